"""Say the way of something through the desk: by item number, Message-ID or correlation id.

Rules:
- A number means everything that ever had to do with the item.
- Duplicates and quarantined mails have their way too: it ends in the ledger.
- Events come from the gateway's index; commands and raw mails are looked up on the log around their time, and left out
  where the log is away.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.portal_gateway.domain.tracing import Happening, Step, Trace, in_order
from shared.contracts.state import DecisionState, DeliveryState, ReceiptState


class Index(Protocol):
    """The trace index and what it names."""

    async def of_item(self, number: int) -> list[UUID]:
        """Correlations of an item."""

    async def of_message_id(self, message_id: str) -> list[UUID]:
        """Correlations of a mail."""

    async def is_known(self, correlation: UUID) -> bool:
        """Does the index know a correlation?"""

    async def steps(self, correlations: Sequence[UUID]) -> list[Step]:
        """Indexed steps."""

    async def receipts(self, ids: Sequence[UUID]) -> list[ReceiptState]:
        """Rows of the ledger."""

    async def decisions(self, ids: Sequence[UUID]) -> list[DecisionState]:
        """Decisions."""

    async def deliveries(self, ids: Sequence[UUID]) -> list[DeliveryState]:
        """Deliveries."""


class Log(Protocol):
    """The log around an input."""

    async def steps(self, correlations: set[UUID], since: datetime, until: datetime) -> list[Step]:
        """Records that the index does not hold."""


async def trace(index: Index, log: Log | None, name: str) -> Trace | None:
    """The way of what `name` names; none where nobody knows it."""
    correlations = await _correlations(index, name)
    if not correlations:
        return None
    steps = await index.steps(correlations)
    receipts = await index.receipts(correlations)
    moments = [*(step.at for step in steps), *(receipt.accepted_at for receipt in receipts)]
    if log is not None and moments:
        steps += await log.steps(set(correlations), min(moments), max(moments))
    happenings = [
        *map(_of_receipt, receipts),
        *(h for d in await index.decisions(_named(steps, "decision")) for h in _of_decision(d)),
        *(h for d in await index.deliveries(_named(steps, "delivery")) for h in _of_delivery(d)),
    ]
    numbers = sorted({step.item_number for step in steps if step.item_number is not None})
    return Trace(
        name=name,
        correlations=tuple(correlations),
        items=tuple(numbers),
        steps=tuple(in_order(steps)),
        happenings=tuple(sorted(happenings, key=lambda happening: happening.at)),
    )


async def _correlations(index: Index, name: str) -> list[UUID]:
    plain = name.strip().strip("<>")
    number = plain.removeprefix("#")
    if number.isdecimal() and len(number) <= 18:
        return await index.of_item(int(number))
    try:
        correlation = UUID(plain)
    except ValueError:
        return await index.of_message_id(plain)
    return [correlation] if await index.is_known(correlation) else []


def _named(steps: list[Step], kind: str) -> list[UUID]:
    """Ids of the aggregates of a kind that these steps are about."""
    found = dict.fromkeys(s.subject.partition(":")[2] for s in steps if s.subject.startswith(f"{kind}:"))
    return [UUID(text) for text in found]


def _of_receipt(receipt: ReceiptState) -> Happening:
    text = f"{receipt.door} receipt {receipt.outcome}"
    if receipt.duplicate_of is not None:
        text += f" of {receipt.duplicate_of}"
    if receipt.reason:
        text += f": {receipt.reason}"
    return Happening(receipt.accepted_at, "receipt", text, receipt.outcome, receipt.id)


def _of_decision(decision: DecisionState) -> list[Happening]:
    return [
        Happening(
            decision.at,
            "rule",
            f"{verdict.rule_name}: {verdict.reason}"
            + "".join(f"; {a.do} {a.outcome}{': ' + a.reason if a.reason else ''}" for a in verdict.actions),
            "matched" if verdict.matched else "not matched",
        )
        for verdict in decision.verdicts
    ]


def _of_delivery(delivery: DeliveryState) -> list[Happening]:
    mail = f"{delivery.kind} mail {delivery.id}"
    tries = [
        Happening(
            attempt.at, "mail", f"{mail}: try {number} {attempt.outcome} {attempt.code or ''}".strip(), attempt.outcome
        )
        for number, attempt in enumerate(delivery.attempts, start=1)
    ]
    return tries or [
        Happening(delivery.created_at, "mail", f"{mail}: {delivery.reason or delivery.status}", delivery.status)
    ]
