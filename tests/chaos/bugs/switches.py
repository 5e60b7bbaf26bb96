"""Each bug replaces one thing of the code under test by its faulty twin.

Every name that is replaced must be there: a bug that no longer bites says so at the start of the process.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any
from uuid import uuid4


def switch_on(name: str) -> None:
    """The bug is in this process.

    Raises:
        KeyError: there is no such bug.
    """
    _BUGS[name]()


def replace(path: str, make: Callable[[Any], Any]) -> None:
    """The thing named ``module:attribute.attribute`` is what `make` makes of it.

    Raises:
        AttributeError: it is not there; the code under test has changed, and the bug must follow.
    """
    module, _, names = path.partition(":")
    *owners, last = names.split(".")
    owner: Any = import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    setattr(owner, last, make(getattr(owner, last)))


def offsets_before_commit() -> None:
    """Offsets are committed when a batch is read, not when its effect is."""

    def faulty(handle: Any) -> Any:
        async def early(self: Any, found: dict[Any, list[Any]]) -> None:
            await self._kafka.commit({tp: records[-1].offset + 1 for tp, records in found.items()})
            await handle(self, found)

        return early

    replace("shared.messaging.consumer:Consumer._handle", faulty)


def no_inbox() -> None:
    """Every message counts as new, however often it comes."""

    def faulty(_: Any) -> Any:
        async def claim(_connection: Any, _consumer: str, ids: Sequence[Any]) -> set[Any]:
            return set(ids)

        return claim

    replace("shared.postgres.inbox:claim", faulty)


def relay_with_a_cursor() -> None:
    """The relay remembers the last id and asks for what is greater: a late commit with a lower id is passed over."""

    relay = import_module("shared.messaging.relay")
    query = "select id, topic, key, value, headers from outbox where id > $2 order by id limit $1"
    publish, unpack, delete, chunk = relay.publish, relay.unpack, relay._DELETE, relay.CHUNK  # noqa: SLF001

    def faulty(_: Any) -> Any:
        async def after_the_last(self: Any) -> bool:
            async with self._pool.acquire() as connection:
                rows = await connection.fetch(query, chunk, getattr(self, "_last_id", 0))
            if rows:
                records = [(row["topic"], row["key"], row["value"], unpack(row["headers"])) for row in rows]
                await publish(await self._started(), records)
                self._last_id = rows[-1]["id"]
                async with self._pool.acquire() as connection:
                    await connection.execute(delete, [row["id"] for row in rows])
            return bool(rows)

        return after_the_last

    replace("shared.messaging.relay:Relay._publish_chunk", faulty)


def marked_before_sent() -> None:
    """A delivery is written down as sent before the mail goes out."""

    def faulty(_: Any) -> Any:
        async def mark_then_send(self: Any, desk: Any, one: Any, server: Any) -> None:
            answer = import_module("services.notifier.clients").Answer("sent", 250, "")
            self._answered(one, answer)
            while one.delivery.id in self._in_hand:  # noqa: ASYNC110 - the code under test tells nobody
                await asyncio.sleep(0.01)
            try:
                await self._hand_over(desk, one, server)
            finally:
                self._free.append(server)

        return mark_then_send

    replace("services.notifier.jobs:Sender._send", faulty)


def unawaited_produce() -> None:
    """A door says yes while its record is still on the way to the broker."""

    def faulty(produce: Any) -> Any:
        async def hope(self: Any, *args: Any, **more: Any) -> None:
            task = asyncio.ensure_future(produce(self, *args, **{**more, "timeout_seconds": 60}))
            _kept.add(task)
            task.add_done_callback(_forget)

        return hope

    replace("shared.messaging.direct:DirectProducer.produce", faulty)


_kept: set["asyncio.Future[Any]"] = set()


def _forget(done: "asyncio.Future[Any]") -> None:
    _kept.discard(done)
    if not done.cancelled():
        done.exception()


def random_message_id() -> None:
    """Every try of a mail has a Message-ID of its own."""

    def faulty(write: Any) -> Any:
        def renamed(*args: Any, **more: Any) -> Any:
            anew = f"\r\nMessage-ID: <{uuid4()}@desk.example>\r\n".encode()
            mail, found = re.subn(rb"\r\nMessage-ID: [^\r]+\r\n", anew, write(*args, **more), count=1)
            if not found:
                raise ValueError("no Message-ID to spoil")
            return mail

        return renamed

    replace("services.notifier.jobs:write", faulty)


def follower_left_out() -> None:
    """The last of an item's followers is forgotten."""

    def faulty(audience: Any) -> Any:
        def shorter(envelope: Any, fact: Any) -> Any:
            if fact.item.followers:
                fact = fact.model_copy(
                    update={"item": fact.item.model_copy(update={"followers": fact.item.followers[:-1]})}
                )
            return audience(envelope, fact)

        return shorter

    replace("services.notifier.domain.queueing:audience", faulty)


def lease_without_expiry() -> None:
    """Who takes a delivery keeps it for ever, dead or alive."""
    replace("services.notifier.jobs:LEASE_SECONDS", lambda _: 10**9)


def note_to_customers() -> None:
    """Internal notes are mailed like public messages."""

    def faulty(original: Any) -> Any:
        def opened(fact: Any) -> Any:
            message = getattr(fact, "message", None)
            return original(fact) if message is None else message

        return opened

    replace("services.notifier.domain.audience:told", faulty)
    replace("services.notifier.domain.queueing:told", faulty)


def every_copy_is_new() -> None:
    """The ledger takes every copy of a mail for the first."""

    def faulty(_: Any) -> Any:
        async def claim(_self: Any, messages: Sequence[Any]) -> dict[str, Any]:
            known = import_module("services.intake.use_cases.ledger").Known
            return {message.dedupe_key: known(message.receipt_id, message.mailboxes) for message in messages}

        return claim

    replace("services.intake.repository:Repository.claim", faulty)


def effects_without_a_key() -> None:
    """What a rule does has another id each time it is judged, and no message is known to have been judged."""
    no_inbox()

    def faulty(_: Any) -> Any:
        return property(lambda _self: uuid4())

    replace("services.automation.domain.effects:Effect.id", faulty)


_BUGS: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        offsets_before_commit,
        no_inbox,
        relay_with_a_cursor,
        marked_before_sent,
        unawaited_produce,
        random_message_id,
        follower_left_out,
        lease_without_expiry,
        note_to_customers,
        every_copy_is_new,
        effects_without_a_key,
    )
}
NAMES = tuple(_BUGS)
