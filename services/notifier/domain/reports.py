"""What a delivery report, or a staff member's retry, makes of a delivery and of its address.

Rules:
- A hard bounce fails the delivery and suppresses the address; a soft one is counted.
- A retry starts the age anew and trusts the address again; nothing else changes, the Message-ID least of all.
"""

from collections.abc import Sequence
from datetime import datetime

from shared.contracts.intake import BouncedRecipient
from shared.contracts.state import DeliveryState, SuppressionState

RETRIED = "staff sent a mail to it again"
_TEXT = 300


def concerned(
    delivery: DeliveryState, recipients: Sequence[BouncedRecipient], *, alone: bool
) -> BouncedRecipient | None:
    """What a report says of this delivery; none where it is about others.

    Args:
        delivery: one that the report may be about.
        recipients: those that it names.
        alone: no other delivery can be meant, so that a recipient under another name (a forward) is this one.
    """
    address = delivery.recipient.address.lower()
    named = next((each for each in recipients if each.recipient.lower() == address), None)
    if named is not None or not alone or not recipients:
        return named
    return next((each for each in recipients if each.hard), recipients[0])


def bounced(delivery: DeliveryState, report: BouncedRecipient, now: datetime) -> DeliveryState:
    """The delivery as a report leaves it."""
    reason = f"it came back: {report.status} {report.reason}".strip()[:_TEXT]
    values: dict[str, object] = {"version": delivery.version + 1, "updated_at": now, "reason": reason}
    if report.hard:
        values |= {"status": "failed", "next_attempt_at": None}
    return delivery.model_copy(update=values)


def suppression_after(
    known: SuppressionState | None, address: str, report: BouncedRecipient, now: datetime
) -> SuppressionState:
    """What is known of an address after a report."""
    return SuppressionState(
        version=(known.version if known else 0) + 1,
        address=address,
        active=report.hard or bool(known and known.active),
        reason=(report.reason or report.status)[:_TEXT],
        soft_count=(known.soft_count if known else 0) + (0 if report.hard else 1),
        at=now,
    )


def lifted(known: SuppressionState, now: datetime) -> SuppressionState:
    """The address is written to again."""
    values = {"version": known.version + 1, "active": False, "soft_count": 0, "reason": RETRIED, "at": now}
    return known.model_copy(update=values)


def retried(delivery: DeliveryState, now: datetime) -> DeliveryState:
    """The delivery in the queue again, due at once."""
    return delivery.model_copy(
        update={
            "status": "queued",
            "reason": "",
            "next_attempt_at": now,
            "updated_at": now,
            "version": delivery.version + 1,
        }
    )
