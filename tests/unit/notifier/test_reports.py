"""What reports and staff make of a delivery and of its address."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifier.domain.reports import bounced, concerned, lifted, retried, suppression_after
from shared.contracts.intake import BouncedRecipient
from shared.contracts.state import SuppressionState
from tests.unit.notifier.builders import NOW, delivery, person

MARTA = "marta@cliente.example"


def named(recipient: str = MARTA, **more: Any) -> BouncedRecipient:
    values: dict[str, Any] = {"status": "5.1.1", "hard": True, "reason": "no such user"}
    return BouncedRecipient(**{"recipient": recipient, **values, **more})


def test_hard_bounce_fails_and_suppresses() -> None:
    """R5, RELIABILITY: hard: the delivery failed, the address is not written to again."""
    failed = bounced(delivery(status="sent", next_attempt_at=None), named(), NOW)
    assert (failed.status, failed.reason, failed.version) == ("failed", "it came back: 5.1.1 no such user", 2)
    known = suppression_after(None, MARTA, named(), NOW)
    assert (known.active, known.soft_count, known.version) == (True, 0, 1)


def test_soft_bounce_is_counted() -> None:
    """RELIABILITY: soft: the delivery stays as it is, the address is counted, and stays suppressed if it was."""
    soft = named(hard=False, status="4.2.2", reason="mailbox full")
    after = bounced(delivery(status="sent"), soft, NOW)
    assert (after.status, after.reason) == ("sent", "it came back: 4.2.2 mailbox full")
    known = suppression_after(suppression_after(None, MARTA, soft, NOW), MARTA, soft, NOW)
    assert (known.active, known.soft_count, known.version) == (False, 2, 2)
    assert suppression_after(suppression_after(None, MARTA, named(), NOW), MARTA, soft, NOW).active


def test_reason_of_a_stranger_is_clipped() -> None:
    """A report is somebody else's text: it does not grow our records."""
    long = named(reason="x" * 10_000)
    assert len(bounced(delivery(), long, NOW).reason) <= 300
    assert len(suppression_after(None, MARTA, long, NOW).reason) <= 300


@pytest.mark.parametrize(
    ("recipients", "alone", "found"),
    [
        ([MARTA], True, MARTA),
        ([MARTA.upper()], False, MARTA.upper()),
        (["bea@x.example", MARTA], False, MARTA),
        (["forwarded@elsewhere.example"], True, "forwarded@elsewhere.example"),
        (["forwarded@elsewhere.example"], False, None),
        ([], True, None),
    ],
)
def test_report_is_about_whom_it_names(recipients: list[str], alone: bool, found: str | None) -> None:
    """R6: of several recipients of one Message-ID only the named one failed; alone, a forward is this one too."""
    about = concerned(delivery(recipient=person()), [named(each) for each in recipients], alone=alone)
    assert (about.recipient if about else None) == found


def test_of_several_names_the_hard_one_counts() -> None:
    """A report to our own envelope sender is about one delivery; what is for good in it is what happened."""
    both = [named("a@x.example", hard=False), named("b@x.example")]
    about = concerned(delivery(), both, alone=True)
    assert about is not None
    assert about.hard


@pytest.mark.parametrize("status", ["failed", "expired", "suppressed", "queued"])
def test_retry_is_due_at_once_under_the_same_id(status: Any) -> None:
    """R6: the retry button works for everything that is not sent; the Message-ID stays."""
    before = delivery(status=status, reason="because", next_attempt_at=NOW + timedelta(hours=1))
    after = retried(before, NOW)
    assert (after.status, after.reason, after.next_attempt_at, after.version) == ("queued", "", NOW, 2)
    assert after.rfc_message_id == before.rfc_message_id


def test_retry_trusts_the_address_again() -> None:
    """R6: staff say that the address works; its soft bounces are forgotten."""
    known = SuppressionState(version=4, address=MARTA, reason="5.1.1", soft_count=3, at=NOW - timedelta(days=1))
    after = lifted(known, NOW)
    assert (after.active, after.soft_count, after.version, after.at) == (False, 0, 5, NOW)
