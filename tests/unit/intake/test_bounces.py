"""Reports of mail servers: who failed, for good or for now, and about which mail."""

import pytest

from services.intake.domain.bounces.verdicts import is_hard
from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail
from tests.unit.intake.mails import mail
from tests.unit.intake.reports import FULL, GONE, RETURNED, dsn, head, texts


def read(raw: bytes) -> ParsedMail:
    found = read_mail(raw)
    assert isinstance(found, ParsedMail)
    return found


@pytest.mark.parametrize("server", texts(GONE))
@pytest.mark.parametrize(("reason", "hard"), [(GONE, True), (FULL, False)])
def test_reports_for_people_are_read(server: str, reason: str, hard: bool) -> None:
    """The big servers' words give recipient, code, verdict, and the mail that came back."""
    found = read(texts(reason)[server])
    assert found.automatic == "bounce"
    assert [(one.recipient, one.hard) for one in found.bounces] == [("ana@gone.example", hard)]
    assert found.bounces[0].status == reason.split()[1]
    assert found.about == "1042.aaaa@desk.example"


@pytest.mark.parametrize(("reason", "status", "hard"), [(GONE, "5.1.1", True), (FULL, "5.2.2", False)])
def test_machine_readable_reports_are_read(reason: str, status: str, hard: bool) -> None:
    """RFC 3464: recipient, code and reason stand in the part made for it."""
    found = read(dsn(reason, status))
    bounce = found.bounces[0]
    assert (bounce.recipient, bounce.status, bounce.hard) == ("ana@gone.example", status, hard)
    assert reason in bounce.reason
    assert found.about == "1042.aaaa@desk.example"


def test_delivered_is_a_report_without_a_failure() -> None:
    """A success report is automatic, and nobody failed."""
    found = read(dsn("250 2.0.0 OK", "2.0.0", "delivered"))
    assert (found.automatic, found.bounces) == ("bounce", ())


def test_delayed_is_soft() -> None:
    """A warning that delivery goes on suppresses nobody."""
    assert [one.hard for one in read(dsn("450 4.1.1 User unknown", "4.1.1", "delayed")).bounces] == [False]


def test_several_recipients_are_judged_each_by_its_own_words() -> None:
    """One is gone, the other full."""
    told = f"<a@x.example>:\n{GONE}\n\n<b@x.example>:\n{FULL}"
    body = f"I was not able to deliver.\n\n{told}\n\n--- Below this line is a copy of the message.\n\n{RETURNED}"
    found = read(head("failure notice") + b"\r\n" + body.replace("\n", "\r\n").encode())
    assert [(one.recipient, one.hard) for one in found.bounces] == [("a@x.example", True), ("b@x.example", False)]


def test_human_who_forwards_a_report_is_a_human() -> None:
    """Words alone never make a report: a customer asks about the one that he got."""
    quoted = texts(GONE)["exim"].decode().replace("\r\n", "\n> ")
    for subject in ("Fwd: Mail delivery failed", "Undeliverable: what is this?"):
        found = read(mail(f"What does this mean?\n\n> {quoted}", subject=subject))
        assert (found.automatic, found.bounces) == (None, ())


@pytest.mark.parametrize(
    ("sender", "subject", "words"),
    [
        ("Bounce House Rental <bounce@house.example>", "Quote", "For the following groups we have a price."),
        ("System Administrator <admin@firm.example>", "Server down", "It says permanent error since nine."),
        ("Marta <marta@sorriso.example>", "Delivery failed", "My parcel: unable to deliver, says the courier."),
    ],
)
def test_words_that_name_nobody_make_no_report_of_a_human(sender: str, subject: str, words: str) -> None:
    """Losing a customer's acknowledgement to a likeness would be worse than a report taken for a letter."""
    assert read(mail(words, sender=sender, subject=subject)).automatic is None


def test_report_that_names_nobody_is_about_whom_the_mail_went_to() -> None:
    """The returned mail's own To is taken where the report's words name no recipient."""
    body = f"Your message could not be delivered.\r\n\r\n--- Original message follows.\r\n\r\n{RETURNED}"
    found = read(head("Undeliverable") + b"\r\n" + body.encode())
    assert [one.recipient for one in found.bounces] == ["ana@gone.example"]


@pytest.mark.parametrize(
    ("status", "words", "hard"),
    [
        ("5.1.1", "", True),
        ("5.1.1", "550 rejected as spam", False),
        ("5.7.1", "554 5.7.1 No such user here", True),
        ("", "550 The email account that you tried to reach does not exist", True),
        ("5.0.0", "550 Unrouteable address", True),
        ("5.4.4", "Host or domain name not found. Name service error: Host not found", True),
        ("5.4.4", "Name service error for domain: Host not found, try again", False),
        ("5.1.6", "551 user has moved", True),
        ("", "550 Utilisateur inconnu", True),
        ("", "550 usuario desconocido", True),
        ("", "Empfänger unbekannt", True),
        ("5.2.2", "552 mailbox is over quota", False),
        ("5.2.1", "550 The account is disabled", False),
        ("5.1.8", "553 Domain of sender address does not exist", False),
        ("5.7.26", "550 unauthenticated mail, DMARC policy", False),
        ("5.7.1", "550 blocked using zen.spamhaus.org", False),
        ("5.3.4", "552 message size exceeds limit", False),
        ("4.4.1", "connection timed out", False),
        ("4.0.0", "unknown user", False),
        ("", "550 <ana@gone.example> does not exist", True),
        ("5.0.0", "smtp; 556 nothing is taken here", True),
        ("", "550 PTR record does not exist", False),
        ("5.0.0", "550 sorry, your envelope recipient is in my badrcptto list", True),
        ("5.1.10", "RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup", True),
        ("", "adres nie istnieje", True),
        ("", "gebruiker bestaat niet", True),
        ("", "mottagare finns inte", True),
        ("", "schránka neexistuje", True),
        ("5.1.1", "Brevlådan är full", False),
        ("5.1.1", "550 closed mailing list, members only", False),
        ("5.1.1", "x-unix; procmail: cannot create the file: no such user", False),
        ("5.1.1", "550 BATV validation failure", False),
        ("5.1.1", "the email account that you tried to reach is disabled", False),
        ("5.0.0", "550 Unknown user (in reply to end of DATA command)", False),
        ("5.1.7", "550 no such domain (in reply to MAIL FROM command)", False),
        ("", "", False),
    ],
)
def test_hard_is_only_what_would_fail_for_every_mail(status: str, words: str, hard: bool) -> None:
    """A full, disabled or cautious mailbox is there; suppressing it would silence a customer."""
    assert is_hard("failed", status, words) is hard


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Undeliverable: ONT", "Delivery has failed to these recipients or groups:"),
        ("Unzustellbar: ONT", "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:"),
        ("Non remis : ONT", "Échec de la remise à ces destinataires ou groupes :"),
        ("No se puede entregar: ONT", "No se pudo entregar el mensaje a los siguientes destinatarios:"),
        ("Não é possível entregar: ONT", "Falha na entrega para estes destinatários ou grupos:"),
        ("Non recapitabile: ONT", "Recapito non riuscito per i seguenti destinatari o gruppi:"),
        ("Onbestelbaar: ONT", "De bezorging is mislukt voor de volgende geadresseerden of groepen:"),
        ("Kunde inte levereras: ONT", "Det gick inte att leverera till följande mottagare eller grupper:"),
        ("Kunne ikke leveres: ONT", "Levering mislykkedes til disse modtagere eller grupper:"),
        ("Ei voida toimittaa: ONT", "Toimitus epäonnistui näille vastaanottajille:"),
        ("Niedostarczalne: ONT", "Dostarczenie nie powiodło się do następujących adresatów lub grup:"),
        ("Nedoručitelné: ONT", "Doručení se nezdařilo těmto příjemcům nebo skupinám:"),
        ("Ошибка доставки: ONT", "Сбой доставки следующим получателям или группам:"),
        ("配信不能: ONT", "次の受信者またはグループへのメッセージの配信に失敗しました:"),
        ("未送达: ONT", "未能送达以下收件人或组:"),
    ],
)
def test_reports_are_read_in_the_languages_of_our_users(subject: str, words: str) -> None:
    """Microsoft writes to senders in theirs; recipient and verdict stand in it all the same."""
    told = f"{words}\n\nana@gone.example\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n"
    found = read(mail(told, "Content-Type: text/plain; charset=utf-8", sender="postmaster@mx.example", subject=subject))
    assert found.automatic == "bounce"
    assert [(one.recipient, one.hard) for one in found.bounces] == [("ana@gone.example", True)]
