"""What a mail is to the desk."""

import pytest

from services.intake.domain.facts import NOBODY, Stored, facts_of, key_of
from services.intake.domain.parsed_mail import Unreadable
from shared.contracts.intake import BounceReceived, MessageReceived
from shared.contracts.state import AttachmentRef
from shared.ids import new_id
from shared.reply_address import mint_bounce_address, mint_message_id, mint_reply_address
from tests.unit.intake.desks import KEYS, arrival, desk, parsed
from tests.unit.intake.mails import mail
from tests.unit.intake.reports import FULL, GONE, dsn, head

NOTHING = Stored((), None)
DELIVERY = new_id()
VERP = mint_bounce_address(KEYS, DELIVERY, "desk.example")


def message(raw: bytes, *rcpt_to: str, mail_from: str = "marta@sorriso.example") -> MessageReceived:
    found = facts_of(desk(), arrival(*rcpt_to, mail_from=mail_from), parsed(raw), NOTHING)
    assert isinstance(found, MessageReceived)
    return found


def test_envelope_says_where_and_headers_say_in_which_order() -> None:
    """The first of our mailboxes in To, Cc order counts, of those that this copy was delivered to."""
    raw = mail("x", "Cc: SUPPORT+x@desk.example, hardware@desk.example").replace(b"To: support@desk", b"To: a@other", 1)
    assert message(raw, "support@desk.example", "hardware@desk.example").mailboxes == ("support", "hardware")
    assert message(raw, "hardware@desk.example").mailboxes == ("hardware",)
    assert message(mail(), "hardware@desk.example").mailboxes == ("hardware",)


def test_reply_address_and_own_ids_are_claims_only_with_their_proof() -> None:
    """R1, R2: a token or a Message-ID counts when its MAC is right; the nearest reference stands first."""
    token = mint_reply_address(KEYS, "support", 1042, "desk.example")
    own = mint_message_id(KEYS, 1042, new_id(), "desk.example")
    forged = own[:-20] + "a" * 6 + own[-14:]
    raw = mail("x", f"References: <old@x> <{own}>", f"In-Reply-To: <{forged}>", subject="Re: [#1042] #7")
    found = message(raw, token.upper())
    assert [claim.number for claim in found.reply_tokens] == [1042]
    assert found.mailboxes == ("support",)
    assert [claim.number for claim in found.own_ids] == [1042]
    assert found.thread_ids == (forged, own, "old@x")
    assert found.subject_numbers == (1042,)
    assert message(mail(), "support+1042.1.aaaaaaaaaaaaaaaa@desk.example").reply_tokens == ()


def test_unknown_mailbox_loop_and_nobody_are_kept_for_staff() -> None:
    """R3: what cannot become a message has a reason."""
    for raw, to, code in (
        (mail(), "nobody@desk.example", "unknown_mailbox"),
        (mail("x", *["X-Deskstream-Desk: desk.example"] * 3), "support@desk.example", "loop"),
        (mail(sender=""), "support@desk.example", "no_sender"),
    ):
        found = facts_of(desk(), arrival(to), parsed(raw), NOTHING)
        assert isinstance(found, Unreadable)
        assert found.code == code


@pytest.mark.parametrize(("reason", "hard"), [(GONE, True), (FULL, False)])
def test_report_to_our_envelope_sender_is_a_bounce(reason: str, hard: bool) -> None:
    """A report to our VERP address names its delivery; it is no message."""
    found = facts_of(desk(), arrival(VERP, mail_from=""), parsed(dsn(reason)), NOTHING)
    assert isinstance(found, BounceReceived)
    assert found.delivery_id == DELIVERY
    assert [one.hard for one in found.recipients] == [hard]


def test_report_about_our_message_id_is_a_bounce_wherever_it_comes() -> None:
    """Some servers report to From: the id that we minted proves it."""
    own = mint_message_id(KEYS, 1042, new_id(), "desk.example")
    raw = dsn(GONE).replace(b"1042.aaaa@desk.example", own.encode())
    found = facts_of(desk(), arrival(mail_from=""), parsed(raw), NOTHING)
    assert isinstance(found, BounceReceived)
    assert found.original_message_id == own


def test_report_about_no_mail_of_ours_is_a_message_marked_automatic() -> None:
    """Anybody's report is shown on a ticket, and nobody is acknowledged."""
    assert message(dsn(GONE), mail_from="").automatic == "bounce"


def test_unclear_words_to_our_envelope_sender_are_a_soft_bounce() -> None:
    """From the null sender nothing else comes there, however it is written."""
    raw = mail("Something went wrong.", sender="a@b.example", subject="Hm")
    found = facts_of(desk(), arrival(VERP, mail_from=""), parsed(raw), NOTHING)
    assert isinstance(found, BounceReceived)
    assert [(one.hard, one.reason) for one in found.recipients] == [(False, "Hm")]


def test_vacation_reply_to_our_envelope_sender_is_kept() -> None:
    """R5: vacation programs answer the envelope's sender; the answer is stored, not dropped."""
    found = message(mail("Away.", "Auto-Submitted: auto-replied"), VERP, mail_from="")
    assert (found.automatic, found.mailboxes) == ("auto_reply", ("support",))


def test_null_sender_is_automatic_and_machines_need_no_address() -> None:
    """RFC 3834: who sends from nowhere gets no answer; a report without From is a message all the same."""
    assert message(mail(), mail_from="").automatic == "auto_reply"
    assert message(mail()).automatic is None
    bare = head("Undeliverable").replace(b"Mail Delivery System <MAILER-DAEMON@mx.example>", b"MAILER-DAEMON")
    assert message(bare + b"\r\nYour mail could not be delivered.", mail_from="").sender.address == NOBODY


def test_record_stays_small_whatever_a_mail_holds() -> None:
    """Every record is under 256 KiB; what is left out is told, the octets have it."""
    ids = " ".join(f"<{n}.{'x' * 300}@y>" for n in range(180))
    raw = mail("\N{GRINNING FACE}" * 100_000, f"References: {ids}", subject="s" * 3_000)
    ref = AttachmentRef(name="n" * 240, content_type="a/b", size_bytes=1, sha256="0" * 64, blob_key="k" * 100)
    stored = Stored((ref,) * 150, "blob/body")
    found = facts_of(desk(), arrival(), parsed(raw), stored)
    assert isinstance(found, MessageReceived)
    assert len(found.model_dump_json().encode()) < 256 * 1024
    assert len(found.attachments) == 100
    assert "150 files" in found.notice


def test_key_names_the_message_and_not_its_way() -> None:
    """R4: other trace headers, other mailbox, other line ends are the same mail; other words are another."""
    first = key_of(arrival(), parsed(mail()))
    traced = b"Received: from a by b; now\r\nX-Spam: 1\r\nDelivered-To: support@desk.example\r\n" + mail()
    assert key_of(arrival("hardware@desk.example"), parsed(traced)) == first
    assert key_of(arrival(), parsed(mail().replace(b"\r\n", b"\n"))) == first
    assert key_of(arrival(), parsed(mail("other words"))) != first
    assert key_of(arrival(), parsed(mail(subject="other"))) != first


def test_alarm_without_id_and_date_counts_once_a_day() -> None:
    """A printer's identical alarm of the next day is no duplicate."""
    raw = b"From: printer@desk.example\r\nTo: support@desk.example\r\nSubject: jam\r\n\r\njam"
    today = arrival()
    tomorrow = type(today)(**{**today.__dict__, "accepted_at": today.accepted_at.replace(day=25)})
    assert key_of(today, parsed(raw)) == key_of(arrival(), parsed(raw))
    assert key_of(today, parsed(raw)) != key_of(tomorrow, parsed(raw))
