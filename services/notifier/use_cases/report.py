"""What a delivery report, or a staff member's retry, makes of a delivery.

Rules:
- A hard bounce fails the delivery and suppresses the address; a soft one is counted.
- A retry starts the age anew; nothing else of the delivery changes, its Message-ID least of all.
"""

from datetime import datetime

from shared.contracts.intake import BouncedRecipient
from shared.contracts.state import DeliveryState, SuppressionState


def bounced(delivery: DeliveryState, report: BouncedRecipient, now: datetime) -> DeliveryState:
    """The delivery as a report leaves it."""
    reason = f"it came back: {report.status} {report.reason}".strip()
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
        reason=report.reason or report.status,
        soft_count=(known.soft_count if known else 0) + (0 if report.hard else 1),
        at=now,
    )


def retried(delivery: DeliveryState, now: datetime) -> DeliveryState:
    """The delivery in the queue again."""
    return delivery.model_copy(
        update={
            "status": "queued",
            "reason": "",
            "next_attempt_at": now,
            "updated_at": now,
            "version": delivery.version + 1,
        }
    )
