"""Take a batch of messages and commands: load what all of them need, decide each in turn, record everything.

Rules:
- Each message and each command is answered exactly once, after the facts it caused and under their key.
- Facts and snapshots leave through the outbox of the same transaction.
- A message whose original has not come waits; everything else in its partition waits behind it.
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

    async def record(self, ws: Workspace) -> None:
        """Everything that decisions changed, and what they say."""


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


async def handle_batch(store: Store, batch: Sequence[Taken], now: datetime) -> list[Decision]:
    """Every message of the batch is decided and recorded.

    Args:
        store: rows of the current transaction.
        batch: new messages, those of a partition in order.
        now: the moment that all of them are decided at.

    Returns:
        A decision for each, in order. With a `Wait` among them nothing may be committed.
    """
    ws = await store.load(needs_of([(taken.envelope.actor, taken.body) for taken in batch]))
    decisions = []
    for taken in batch:
        cause = Cause(taken.envelope, now)
        _introduce(ws, cause)
        decision = _DECISIONS[type(taken.body)](ws, taken.body, cause)
        if not isinstance(decision, Wait):
            ws.facts.append(_answer(taken, decision, cause))
        decisions.append(decision)
    if not any(isinstance(decision, Wait) for decision in decisions):
        await store.record(ws)
    return decisions


def _introduce(ws: Workspace, cause: Cause) -> None:
    """People and organisations that loading made are told with the first cause of the batch."""
    ws.fresh = [(snapshot, known or cause) for snapshot, known in ws.fresh]


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
