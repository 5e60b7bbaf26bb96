"""A small service for tests of messaging: what a message's title says, its handler does.

It consumes `tickets-commands` and speaks on `tickets-events`; each effect is a row, and a row more is an effect more.
`python -m tests.integration.messaging.probe` runs it as a process of its own.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.tickets.settings import TicketsSettings
from shared.contracts.answers import TicketsAnswered
from shared.contracts.envelope import Envelope
from shared.contracts.tickets import ChangeItem
from shared.ids import derived_id
from shared.messaging.consumer import ConsumerSpec
from shared.messaging.host import Host
from shared.messaging.outbox import Outgoing, add
from shared.messaging.outcomes import DeadLetter, Done, Outcome, Refused, RetryLater
from shared.messaging.records import Incoming
from shared.messaging.run import run_service
from shared.postgres.pool import Connection, create_pool

TOPIC = "tickets-commands"
TABLE = """
create table if not exists effect (
    id bigint generated always as identity, message_id uuid not null, key text not null, said text not null
)
"""


class Probe:
    """Handles batches as their messages say; remembers what it was handed.

    Args:
        mended: what was poison is none any more.
    """

    def __init__(self, *, mended: bool = False) -> None:
        self.mended = mended
        self.handed: list[list[str]] = []
        self.tries: Counter[UUID] = Counter()

    async def handle(self, connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        self.handed.append([said(message) for message in batch])
        outcomes = [await self._outcome(message) for message in batch]
        done = [m for m, outcome in zip(batch, outcomes, strict=True) if isinstance(outcome, Done)]
        for message in done:
            key = (message.record.key or b"").decode()
            await connection.execute(
                "insert into effect (message_id, key, said) values ($1, $2, $3)",
                message.envelope.id,
                key,
                said(message),
            )
        await add(connection, [answer(m) for m in done])
        return outcomes

    async def _outcome(self, message: Incoming) -> Outcome:
        verb, _, argument = said(message).partition(" ")
        self.tries[message.envelope.id] += 1
        count = self.tries[message.envelope.id]
        if verb == "poison" and not self.mended:
            raise ValueError(f"poison: {argument}")
        if verb == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if verb == "away" and count <= int(argument):
            raise ConnectionError("a server is away")
        if verb == "slow":
            await asyncio.sleep(float(argument.split()[0]))
        if verb == "later" and count <= int(argument):
            return RetryLater("not yet")
        if verb == "dead":
            return DeadLetter(argument)
        if verb == "refuse":
            return Refused(argument)
        return Done()


def said(message: Incoming) -> str:
    assert isinstance(message.body, ChangeItem)
    return str(message.body.set["title"])


def answer(message: Incoming) -> Outgoing:
    """What the probe says of a message; `large` asks for more than a record may hold."""
    text = "x" * 300_000 if said(message).startswith("large") else said(message)
    envelope = message.envelope
    body = TicketsAnswered(command_id=envelope.id, outcome="done", text=text)
    own = Envelope(
        id=derived_id(envelope.id, "answer"),
        type=TicketsAnswered.ce_type,
        source="/deskstream/tickets",
        time=envelope.time,
        subject=envelope.subject,
        correlationid=envelope.correlationid,
        causationid=envelope.id,
        actor="system:tickets",
    )
    return Outgoing("tickets-events", (message.record.key or b"").decode(), own, body)


async def build(settings: TicketsSettings, probe: Probe | None = None, **more: Any) -> Host:
    """The service, not started yet; its table exists."""
    pool = await create_pool(settings.database_url)
    await pool.execute(TABLE)
    handler = (probe or Probe()).handle
    spec = ConsumerSpec(name="probe", topics=(TOPIC,), handler=handler, group="tickets", **more)
    return Host(service="tickets", settings=settings, pool=pool, specs=[spec])


if __name__ == "__main__":
    run_service("tickets", TicketsSettings(), build)
