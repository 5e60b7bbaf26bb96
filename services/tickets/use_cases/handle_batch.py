"""Take a batch of messages and commands: load what all of them need, decide each in turn, record everything.

Rules:
- Each message and each command is answered exactly once, after the facts it caused and under their key.
- Facts and snapshots leave through the outbox of the same transaction.
- A copy whose original has not come is kept and decided later; nothing waits behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

from services.tickets.domain import changes, conversation, receive, setup
from services.tickets.domain.needs import Needs, needs_of
from services.tickets.domain.workspace import Cause, Decision, Fact, Refusal, Settled, Wait, Workspace
from shared.contracts.answers import TicketsAnswered
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageAlsoReceived, MessageReceived
from shared.contracts.tickets import (
    AcceptHeld,
    AddMessage,
    ChangeItem,
    CreateItem,
    SaveAgent,
    SaveMailbox,
    SaveTeam,
    SaveType,
    SplitOff,
)


class Store(Protocol):
    """The rows, as this use case needs them."""

    async def load(self, needs: Needs) -> Workspace:
        """Everything that `needs` names, items locked in the order of their ids."""

    async def record(self, ws: Workspace, first_cause: Cause) -> None:
        """Everything that decisions changed, and what they say."""

    async def keep_copies(self, copies: Sequence[tuple[Envelope, MessageAlsoReceived]], now: datetime) -> None:
        """Copies wait for their originals."""


@dataclass(frozen=True)
class Taken:
    """One message to decide."""

    envelope: Envelope
    body: BaseModel


_DECISIONS: dict[type[BaseModel], Callable[..., Decision]] = {
    MessageReceived: receive.receive,
    MessageAlsoReceived: receive.also_received,
    CreateItem: conversation.create_item,
    ChangeItem: changes.change_item,
    AddMessage: conversation.write,
    AcceptHeld: conversation.accept,
    SplitOff: conversation.split_off,
    SaveType: setup.save_type,
    SaveTeam: setup.save_team,
    SaveAgent: setup.save_agent,
    SaveMailbox: setup.save_mailbox,
}


async def handle_batch(store: Store, batch: Sequence[Taken], now: datetime) -> list[Decision] | None:
    """Every message of the batch is decided and recorded.

    Args:
        store: rows of the current transaction.
        batch: new messages, those of a partition in order.
        now: the moment that all of them are decided at.

    Returns:
        A decision for each, in order; none where the desk is not seeded yet, and nothing was decided.
    """
    if not batch:
        return []
    ws = await store.load(needs_of([(taken.envelope.actor, taken.body) for taken in batch]))
    if not ws.types:
        return None
    decisions: list[Decision] = []
    waiting = []
    for taken in batch:
        cause = Cause(taken.envelope, now)
        decision = _DECISIONS[type(taken.body)](ws, taken.body, cause)
        decisions.append(decision)
        if not isinstance(decision, Wait):
            ws.facts.append(_answer(taken, decision, cause))
        elif isinstance(taken.body, MessageAlsoReceived):
            waiting.append((taken.envelope, taken.body))
    await store.record(ws, Cause(batch[0].envelope, now))
    if waiting:
        await store.keep_copies(waiting, now)
    return decisions


def _answer(taken: Taken, decision: Settled | Refusal, cause: Cause) -> Fact:
    command_id = getattr(taken.body, "receipt_id", None) or taken.envelope.id
    if isinstance(decision, Settled):
        body = TicketsAnswered(command_id=command_id, outcome="done", result=decision.result)
        key = decision.subject
    else:
        body = TicketsAnswered(
            command_id=command_id,
            outcome="refused",
            code=decision.code,
            text=decision.text,
            field=decision.about,
            conflicts=dict(decision.conflicts),
        )
        key = str(getattr(taken.body, "item_id", command_id))
    return Fact(body, key, f"command:{command_id}", 0, cause, "answer")
