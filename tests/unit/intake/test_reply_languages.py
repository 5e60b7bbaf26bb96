"""Trimming in the languages of our users, as their mail programs write."""

import pytest

from services.intake.domain.reply.trimming import trim
from tests.unit.intake.reply_samples import ATTRIBUTIONS, LABELS, PROGRAMS, SIGNED, TRAPS

OWN = "Thank you, it works now.\n\nMarta"
QUOTED = "> Please restart it.\n>\n> Best, Tomás"
BARE = "Please restart it.\n\nBest, Tomás"

announced = [(language, text) for language, texts in ATTRIBUTIONS.items() for text in texts]
signed = [(language, text) for language, texts in SIGNED.items() for text in texts]
trapped = [(language, text) for language, texts in TRAPS.items() for text in texts]


def test_all_languages_have_samples() -> None:
    """The samples speak for every language that the desk promises to trim."""
    promised = {"en", "es", "pt", "fr", "de", "it", "nl", "sv", "da", "no", "fi", "pl", "cs", "ru", "ja", "zh"}
    assert all(set(table) == promised for table in (ATTRIBUTIONS, LABELS, SIGNED, TRAPS))


@pytest.mark.parametrize(("language", "announcement"), announced)
@pytest.mark.parametrize("quotation", [QUOTED, BARE])
def test_answer_above_a_quotation_stands_alone(language: str, announcement: str, quotation: str) -> None:
    """The answer stays, announcement and quotation go, marked or not."""
    assert trim(f"{OWN}\n\n{announcement}\n\n{quotation}\n") == OWN


@pytest.mark.parametrize(("language", "announcement"), announced)
def test_answer_right_above_its_quotation_stays_whole(language: str, announcement: str) -> None:
    """Without an empty line between, no word of the answer goes with the announcement."""
    assert trim(f"{OWN}\n{announcement}\n{QUOTED}\n") == OWN


@pytest.mark.parametrize(("language", "announcement"), announced)
def test_answer_below_a_marked_quotation_stays(language: str, announcement: str) -> None:
    """Who answers below loses nothing."""
    assert trim(f"{announcement}\n{QUOTED}\n\n{OWN}\n") == OWN


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("quotation", [QUOTED, BARE])
def test_answer_above_what_a_program_writes_stands_alone(program: str, quotation: str) -> None:
    """Telephones, web mail, old Outlook and other desks announce a quotation in their own way."""
    assert trim(f"{OWN}\n\n{PROGRAMS[program]}\n\n{quotation}\n") == OWN


@pytest.mark.parametrize(
    "line",
    [
        "Zitat von S <s@desk.example>:",
        "S <s@desk.example> \u05db\u05ea\u05d1:",
        "S <s@d.example> :",
        "Marta wrote:",
        "Marta a écrit :",
    ],
)
def test_name_above_a_marked_quotation_announces_it_in_any_language(line: str) -> None:
    """A name with its address and a colon, right above marked lines, is no word of the answer."""
    assert trim(f"{OWN}\n\n{line}\n{QUOTED}\n") == OWN
    alone = f"{OWN}\n\n{line}\n\nnot marked\n"
    assert trim(alone) == alone.strip()


@pytest.mark.parametrize("language", LABELS)
@pytest.mark.parametrize("style", ["{}: ", "*{}:* ", "{} : ", "> {}: "])
def test_answer_above_a_header_block_stands_alone(language: str, style: str) -> None:
    """Outlook's block of From, Sent, To, Subject begins the quotation, in every language."""
    values = ("Support <support@desk.example>", "Tue, 24 Nov 2026 09:12", "Marta", "Re: ONT [#1042]")
    block = "\n".join(style.format(label) + value for label, value in zip(LABELS[language], values, strict=True))
    quoted = QUOTED if style.startswith(">") else BARE
    assert trim(f"{OWN}\n\n{block}\n\n{quoted}\n") == OWN
    assert trim(f"{OWN}\n\n________________________________\n{block}\n\n{quoted}\n") == OWN


@pytest.mark.parametrize(("language", "line"), signed)
def test_line_of_a_telephone_is_no_word_of_its_owner(language: str, line: str) -> None:
    """What mail programs sign by themselves goes, at the end and above a quotation."""
    assert trim(f"{OWN}\n\n{line}\n") == OWN
    assert trim(f"{OWN}\n\n{line}\n\n{ATTRIBUTIONS[language][0]}\n{QUOTED}") == OWN


def test_quotation_between_own_words_stays() -> None:
    """Who quotes a line to speak about it loses neither the line nor the words around it."""
    text = "Good morning,\n\nyou wrote:\n> restart it\n\nbut it does not help."
    assert trim(text) == text


def test_first_sentence_that_resembles_an_announcement_stays() -> None:
    """With a time and "wrote", but without an address and without a mark below: it may be the sender's own."""
    text = "Am Montag um 10:00 schrieb mir Herr Meier, dass alles gut sei:\n\nDas stimmt nicht, es geht nicht."
    assert trim(text) == text


@pytest.mark.parametrize(("language", "text"), trapped)
def test_words_that_resemble_an_announcement_stay(language: str, text: str) -> None:
    """Losing a customer's words is the worst fault."""
    assert trim(text) == text
