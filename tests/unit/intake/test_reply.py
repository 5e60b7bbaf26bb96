"""Trimming replies: what is left out, and above all what is not."""

import pytest

from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail
from services.intake.domain.reply.trimming import trim
from tests.unit.intake.mails import mail

ON = "On Tue, Nov 24, 2026 at 9:12 AM Support <support@desk.example> wrote:"
ANSWERS = "In-Reply-To: <1042.aaaa@desk.example>"


def read(raw: bytes) -> ParsedMail:
    found = read_mail(raw)
    assert isinstance(found, ParsedMail)
    return found


def test_answers_between_quotations_stay_with_what_they_answer() -> None:
    """Who answers point by point loses neither the points nor the answers."""
    text = f"Hi, see my answers:\n\n{ON}\n> Is it on?\n\nYes.\n\n> And the light?\n\nRed.\n\n> Best\n> Tomás"
    assert trim(text) == "Hi, see my answers:\n\n> Is it on?\n\nYes.\n\n> And the light?\n\nRed."


def test_answer_inside_an_unmarked_quotation_is_announced() -> None:
    """ "See below in red": nothing is cut, since nobody can tell whose words are whose."""
    text = "Hi, my answers are below in red.\n\nFrom: Support\nSent: today\nTo: Marta\nSubject: ONT\n\nIs it on? YES"
    assert trim(text) == text


def test_words_above_and_below_a_quotation_both_stay() -> None:
    """A postscript below the quotation is the sender's."""
    assert trim(f"Yes.\n\n{ON}\n> Is it on?\n\nPS: come before noon.") == "Yes.\n\nPS: come before noon."


def test_signature_below_a_quotation_is_no_answer() -> None:
    """What follows the delimiter goes, above and below."""
    assert trim(f"Yes.\n\n{ON}\n> Is it on?\n\n-- \nMarta\nClínica Sorriso") == "Yes."
    assert trim(f"Yes.\n-- \nMarta\n\n{ON}\n> Is it on?") == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "> only\n> a quotation",
        f"{ON}\n> only\n> a quotation",
        "-- \nMarta",
        "Sent from my iPhone",
        "From: Support\nSent: today\nTo: Marta\nSubject: ONT\n\nwhat was forwarded",
    ],
)
def test_where_nothing_own_is_left_everything_stays(text: str) -> None:
    """R24: a reply that consists of a quotation, a signature or a forwarded mail is shown."""
    assert trim(text) == text


def test_line_that_a_mailer_broke_is_part_of_its_quotation() -> None:
    """The end of a long quoted line, wrapped without its mark, is no answer."""
    long = "> this quoted line is so very long that a mailer on the way has wrapped"
    assert trim(f"Yes.\n\n{ON}\n{long}\nit here\n> and goes on\n") == "Yes."


def test_original_message_and_reply_above_this_line_cut() -> None:
    """Separators of mailers and of help desks."""
    assert trim("Yes.\n\n-----Original Message-----\nanything") == "Yes."
    assert trim("Yes.\n\n##- Please type your reply above this line -##\nanything") == "Yes."


def test_code_and_tables_stay() -> None:
    """Dashes, pipes and headings inside a text are the text's."""
    text = "The log says:\n\n```\n# From: here\n-----\n| a | b |\n| 1 | 2 |\n```\n\nWhat now?"
    assert trim(text) == text


def test_dashes_between_questions_are_no_signature() -> None:
    """A separator that only resembles the delimiter hides no question."""
    text = "Two things.\n--\nDoes it need power at night?"
    assert trim(text) == text


def test_first_mail_and_forwarded_mail_mean_all_they_hold() -> None:
    """Only answers are trimmed: a forwarded mail is what the customer wants us to read."""
    body = f"Please look.\n\n{ON}\n> It blinks."
    assert read(mail(body)).reply == read(mail(body)).text
    assert read(mail(body, ANSWERS, subject="Fwd: ONT")).reply == read(mail(body, ANSWERS, subject="Fwd: ONT")).text
    assert read(mail(body, ANSWERS)).reply == "Please look."
    assert read(mail(body, subject="Re: ONT")).reply == "Please look."
    assert read(mail(body, ANSWERS)).text == body


def test_html_marks_what_plain_text_does_not() -> None:
    """Where only the HTML tells quotation from answer, it is asked."""
    html = (
        '<div>Works now.</div><div class="gmail_quote"><div class="gmail_attr">On Tue, Nov 24, 2026 at 9:12 AM '
        '&lt;s@desk.example&gt; wrote:</div><blockquote class="gmail_quote">Restart it.</blockquote></div>'
    )
    assert read(mail(html, "Content-Type: text/html", ANSWERS)).reply == "Works now."
    outlook = (
        "<p>Works now.</p><div style='border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> Support<br><b>Sent:</b> today<br>"
        "<b>To:</b> Marta<br><b>Subject:</b> ONT</p></div><p>Restart it.</p>"
    )
    assert read(mail(outlook, "Content-Type: text/html", ANSWERS)).reply == "Works now."


def test_indented_paragraph_of_html_is_no_quotation() -> None:
    """A blockquote that nobody marked as quotation is an indent."""
    html = "<p>The message says:</p><blockquote style='margin-left:40px'>no light</blockquote>"
    assert read(mail(html, "Content-Type: text/html", ANSWERS)).reply == "The message says:\n\nno light"
