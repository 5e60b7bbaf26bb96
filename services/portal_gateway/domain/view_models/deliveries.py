"""What became of the mails of a message: one word for all, and each with its attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.portal_gateway.domain.view_models.people import Face, face
from services.portal_gateway.domain.view_models.times import Clock, Moment, moment
from shared.contracts.state import Attempt, DeliveryState

Outcome = Literal["sent", "queued", "failed", "withheld"]
_OUTCOMES: dict[str, Outcome] = {
    "sent": "sent",
    "queued": "queued",
    "failed": "failed",
    "expired": "withheld",
    "suppressed": "withheld",
}
_WITHHELD = {
    "expired": "Not sent: it follows from something that happened too long ago.",
    "suppressed": "Not sent: mails to this address came back before.",
}


@dataclass(frozen=True, slots=True)
class Try:
    """One try to hand a mail to the mail server."""

    at: Moment
    words: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail to one person."""

    id: UUID
    to: Face
    outcome: Outcome
    words: str
    tries: tuple[Try, ...]
    can_retry: bool


@dataclass(frozen=True, slots=True)
class Deliveries:
    """All mails of a message.

    Attributes:
        outcome: of the worst one.
        words: "Sent to 3", "Queued for 1", "Not sent to 1 of 3".
    """

    outcome: Outcome
    words: str
    each: tuple[Delivery, ...]

    @property
    def failed(self) -> tuple[Delivery, ...]:
        return tuple(one for one in self.each if one.outcome == "failed")


def deliveries_of(found: Sequence[DeliveryState], clock: Clock) -> Deliveries | None:
    """What became of these mails; none where there were none."""
    if not found:
        return None
    each = tuple(_delivery(one, clock) for one in found)
    total = len(each)
    counted = {name: sum(one.outcome == name for one in each) for name in ("failed", "queued", "withheld", "sent")}
    outcome: Outcome = "sent"
    if counted["failed"]:
        outcome, words = "failed", f"Not sent to {_of(counted['failed'], total)}"
    elif counted["queued"]:
        outcome, words = "queued", f"Queued for {_of(counted['queued'], total)}"
    elif counted["withheld"] == total:
        outcome, words = "withheld", "Not sent"
    else:
        words = f"Sent to {_of(counted['sent'], total)}"
    return Deliveries(outcome, words, each)


def _of(part: int, total: int) -> str:
    return str(total) if part == total else f"{part} of {total}"


def _delivery(state: DeliveryState, clock: Clock) -> Delivery:
    outcome = _OUTCOMES[state.status]
    tries = tuple(_try(attempt, clock) for attempt in state.attempts)
    words = {
        "sent": "Sent",
        "queued": "Queued" if not tries else "Not yet, tried again by itself",
        "failed": f"Failed: {state.reason}" if state.reason else "Failed",
        "withheld": _WITHHELD.get(state.status, "Not sent"),
    }[outcome]
    if outcome == "queued" and tries and state.next_attempt_at:
        words = f"Not yet; next try {moment(state.next_attempt_at, clock).words}"
    return Delivery(state.id, face(state.recipient), outcome, words, tries, can_retry=outcome == "failed")


def _try(attempt: Attempt, clock: Clock) -> Try:
    said = {
        "sent": "The mail server took it",
        "deferred": "The mail server asked to wait",
        "refused": "The mail server refused it",
        "unknown": "The mail server did not answer",
    }[attempt.outcome]
    code = f" ({attempt.code}{' ' + attempt.detail if attempt.detail else ''})" if attempt.code else ""
    detail = f": {attempt.detail}" if attempt.detail and not attempt.code and attempt.outcome != "sent" else ""
    return Try(moment(attempt.at, clock), f"{said}{code}{detail}")
