"""One attempt at a delivery: what its mail is made of, and what its answer makes of it.

Rules:
- A sender that took over from one that died notes that the mail may have gone out, before it sends again.
- An answer is recorded by whoever still holds the lease, on the delivery as it is by then.
- A delivery that fails for good is told to the assignee.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.notifier.domain.desk import Desk
from services.notifier.domain.links import page_of
from services.notifier.domain.mail import ATTACHED_BYTES
from services.notifier.domain.queueing import failure_of
from services.notifier.domain.retry import after_attempt, interrupted
from services.notifier.domain.sayings import Saying, attempt_cause, delivery_sayings
from services.notifier.domain.text import Letter
from services.notifier.use_cases.handle_batch import Store, queue
from shared.contracts.envelope import Envelope
from shared.contracts.state import AttachmentRef, Attempt, DeliveryState, ItemState, MessageState

#: A message that fills its record has more of itself in the blob store.
WHOLE_TEXT_FROM_BYTES = 32 * 1024
WHOLE_TEXT_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Claimed:
    """A delivery that this sender works on, with all that its mail is made of, and what first asked for it."""

    delivery: DeliveryState
    item: ItemState
    message: MessageState | None
    began_at: datetime
    cause: Envelope
    interrupted: bool


@dataclass(frozen=True)
class Answered:
    """A mail that was handed over, and what the server made of it; `server_away` where it waits for the server."""

    claimed: Claimed
    attempt: Attempt
    server_away: bool


class Files(Protocol):
    """Files and long bodies, as this use case needs them."""

    async def read(self, key: str) -> bytes | None:
        """The bytes under a key; none where they are gone. Raises TransientError where the store is away."""


@dataclass(frozen=True)
class Held:
    """A delivery that is held still, as it is by now, and when its age began."""

    delivery: DeliveryState
    began_at: datetime


@dataclass(frozen=True)
class Finished:
    """A delivery as its attempt left it, and whether it waits for a server that is away."""

    delivery: DeliveryState
    awaits_server: bool


class Attempts(Store, Protocol):
    """The rows, as attempts need them."""

    async def held(self, claimed: Sequence[Claimed], owner: str) -> dict[UUID, Held]:
        """Of these deliveries those that this sender still holds, locked, as they are by now."""

    async def note(self, delivery: DeliveryState) -> None:
        """What is known of a delivery while it is being sent."""

    async def finish(self, finished: Sequence[Finished]) -> None:
        """These attempts have ended, their leases with them."""


async def compose(desk: Desk, claimed: Claimed, files: Files) -> Letter:
    """Everything that the mail of a delivery is made of.

    Raises:
        TransientError: the files cannot be read now; the attempt is for later.
    """
    message, item = claimed.message, claimed.item
    link = page_of(desk.house, claimed.delivery, item)
    if message is None or claimed.delivery.message_id is None:
        return Letter(claimed.delivery, item, None, link)
    return Letter(
        claimed.delivery,
        item,
        message,
        link,
        await _whole_text(message, files),
        await _attached(message.attachments, files),
    )


async def note_interruptions(store: Attempts, claimed: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """Deliveries whose last sender never said what became of them have an attempt more, *unknown*."""
    found = []
    for one in claimed:
        if one.interrupted:
            delivery = interrupted(one.delivery, now)
            await store.note(delivery)
            await store.say(delivery_sayings(delivery, attempt_cause(delivery, one.cause, now), now))
            one = Claimed(delivery, one.item, one.message, one.began_at, one.cause, interrupted=False)  # noqa: PLW2901
        found.append(one)
    return found


async def record(store: Attempts, answers: Sequence[Answered], *, owner: str) -> list[DeliveryState | None]:
    """Each delivery is as its attempt left it; none where somebody else works on it by now, and nothing was recorded.

    Args:
        store: rows of the current transaction.
        answers: of different deliveries.
        owner: whose leases they are.
    """
    held = await store.held([answer.claimed for answer in answers], owner)
    finished: list[Finished] = []
    sayings: list[Saying] = []
    failed: list[tuple[Envelope, DeliveryState, Claimed]] = []
    for answer in answers:
        one, attempt = answer.claimed, answer.attempt
        kept = held.get(one.delivery.id)
        if kept is None:
            continue
        delivery = after_attempt(kept.delivery, attempt, kept.began_at)
        finished.append(Finished(delivery, answer.server_away and delivery.status == "queued"))
        cause = attempt_cause(delivery, one.cause, attempt.at)
        sayings += delivery_sayings(delivery, cause, attempt.at)
        if delivery.status == "failed" != kept.delivery.status:
            failed.append((cause, delivery, one))
    if finished:
        await store.finish(finished)
        await store.say(sayings)
    if failed:
        desk = await store.desk()
        for cause, delivery, one in failed:
            failure = failure_of(desk, cause, delivery, one.item, cause.time)
            await queue(store, [failure] if failure else [], cause.time)
    after = {each.delivery.id: each.delivery for each in finished}
    return [after.get(answer.claimed.delivery.id) for answer in answers]


async def _whole_text(message: MessageState, files: Files) -> str:
    """The text of a message that is longer than its record; what is gone from the store leaves the beginning."""
    if message.body_blob is None or len(message.text.encode()) < WHOLE_TEXT_FROM_BYTES:
        return message.text
    content = await files.read(message.body_blob)
    if content is None:
        return message.text
    text = json.loads(content).get("text", "")
    return text[:WHOLE_TEXT_CHARACTERS] if isinstance(text, str) and text.strip() else message.text


async def _attached(attachments: Sequence[AttachmentRef], files: Files) -> tuple[tuple[AttachmentRef, bytes], ...]:
    """Files that fit into the mail; the others are named in it."""
    found, room = [], ATTACHED_BYTES
    for ref in attachments:
        content = await files.read(ref.blob_key) if ref.size_bytes <= room else None
        if content is not None:
            found.append((ref, content))
            room -= len(content)
    return tuple(found)
