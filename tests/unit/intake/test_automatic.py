"""Mail that no human wrote, and whose word about the sender counts."""

import pytest

from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail
from tests.unit.intake.mails import mail, multimail, part


def read(raw: bytes, border: str = "", desk: str = "") -> ParsedMail:
    found = read_mail(raw, border, desk)
    assert isinstance(found, ParsedMail)
    return found


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Auto-Submitted: auto-replied", "auto_reply"),
        ("Auto-Submitted: auto-generated; x=y", "auto_reply"),
        ("Auto-Submitted: no", None),
        ("X-Autoreply: yes", "auto_reply"),
        ("X-Autorespond: x", "auto_reply"),
        ("Precedence: auto_reply", "auto_reply"),
        ("X-Apple-Action: vacation", "auto_reply"),
        ("Precedence: bulk", "list"),
        ("Precedence: list", "list"),
        ("Precedence: junk", "auto_reply"),
        ("List-Id: <x.example>", "list"),
        ("List-Unsubscribe: <mailto:x@x.example>", "list"),
        ("X-Auto-Response-Suppress: All", None),
        ("X-Deskstream-Desk: desk.example", "loop"),
        ("X-Mailer: any", None),
    ],
)
def test_headers_say_who_wrote(header: str, kind: str | None) -> None:
    """R5, RFC 3834: a request not to answer is no proof that nobody wrote."""
    assert read(mail("words", header), desk="desk.example").automatic == kind


def test_header_of_another_desk_is_no_loop_of_ours() -> None:
    """A person of another desk writes to us: that is a letter, however often it says so."""
    mark = "X-Deskstream-Desk: other.example"
    found = read(mail("words", mark, mark), desk="desk.example")
    assert (found.automatic, found.hops) == (None, 0)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: ONT", "Out of Office: ONT", "Out of office", "Abwesenheitsnotiz: x",
        "Automatische Antwort: x", "Respuesta automática: x", "Resposta automática: x", "Réponse automatique : x",
        "Risposta automatica: x",
        "Automatisch antwoord: x", "Autosvar: x", "Automatiskt svar: x", "Automaattinen vastaus: x",
        "Automatyczna odpowiedź: x", "Automatická odpověď: x", "Автоответ: x", "自動返信: x", "自动回复: x",
    ],
)  # fmt: skip
def test_vacation_programs_without_headers_are_known_by_their_subject(subject: str) -> None:
    """R5: in the languages of our users."""
    found = read(mail(subject=subject))
    assert found.automatic == "auto_reply"
    assert "out_of_office" in found.flags


@pytest.mark.parametrize(
    "subject", ["Out of office chairs", "Autoclave broken", "Absent pump", "不在票が届きました", "Re: away"]
)
def test_human_subjects_that_resemble_them_are_human(subject: str) -> None:
    """An order of office chairs is answered."""
    assert read(mail(subject=subject)).automatic is None


def test_receipts_and_complaints_are_what_they_are() -> None:
    """RFC 8098 and RFC 5965: neither is a bounce; a complaint tells which mail it is about."""
    receipt = part("Disposition: manual-action/x; displayed", "Content-Type: message/disposition-notification")
    kind = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b"
    found = read(mail(b"--b\r\n" + receipt + b"\r\n--b--", kind))
    assert found.automatic == "receipt"
    about = part("Message-ID: <7.a@desk.example>\n\nx", "Content-Type: message/rfc822")
    told = part("Feedback-Type: abuse", "Content-Type: message/feedback-report")
    parts = (part("words", "Content-Type: text/plain"), told, about)
    complaint = read(multimail("report; report-type=feedback-report", *parts))
    assert (complaint.automatic, complaint.about) == ("complaint", "7.a@desk.example")


def test_reports_are_known_by_their_parts_too() -> None:
    """A complaint or receipt that calls itself plain mixed is one; so is what Microsoft's complaints say."""
    words = part("words", "Content-Type: text/plain")
    for kind, name in (("feedback-report", "complaint"), ("disposition-notification", "receipt")):
        told = part("Feedback-Type: abuse", f"Content-Type: message/{kind}")
        assert read(multimail("mixed", words, told)).automatic == name
    assert read(mail(subject="complaint about message from 192.0.2.1")).automatic == "complaint"
    assert read(mail(subject="Complaint about message from Rita")).automatic is None


def test_words_of_a_sender_are_no_result() -> None:
    """RFC 8601 §2.2: a border repeats addresses in quotes and comments; what they hold proves nothing."""
    told = 'mx.desk.example; spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example (a; dkim=pass (b)); dkim=none'
    found = read(mail("x", f"Authentication-Results: {told}"), "mx.desk.example")
    assert found.authentication == {"spf": "pass", "dkim": "none"}


def test_only_our_own_border_is_believed() -> None:
    """RFC 8601 §5: results by anybody else's name are none; the worst of two counts, one good signature suffices."""
    told = (
        'Authentication-Results: mx.desk.example; spf=pass smtp.mailfrom=x; dkim=fail (bad; "sig") header.d=a',
        "Authentication-Results: mx.desk.example; dkim=pass header.d=b; dmarc=fail (p=reject) header.from=x",
        "Authentication-Results: evil.example; dmarc=pass",
        "Authentication-Results: mx.desk.example 1; spf=softfail",
    )
    results = {"spf": "softfail", "dkim": "pass", "dmarc": "fail"}
    assert read(mail("x", *told), "mx.desk.example").authentication == results
    assert read(mail("x", *told), "MX.desk.example").authentication == results
    assert read(mail("x", *told), "").authentication == {}
    assert read(mail("x", *told), "desk.example").authentication == {}
