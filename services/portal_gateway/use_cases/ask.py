"""Ask an owner to do something, and wait for its answer.

Rules:
- The waiter is registered before the command is on the log, so no answer is missed.
- The same id with the same content finds the first answer; with another content it is refused (`OtherContentError`).
- An answer that does not come in time is none: the command is accepted, and a page that looks again finds it.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from services.portal_gateway.use_cases.live import Live, Waiter
from shared.contracts.answers import Answer
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope, Headers
from shared.crashpoint import crashpoint

PRODUCE_SECONDS = 3.0
#: When a waiter looks by itself, in seconds after asking: a signal may be lost.
_LOOKS = (0.25, 0.75, 1.5)
SOURCE = "/deskstream/gateway"


class OtherContentError(Exception):
    """The id was used for another content: the asker should send it as something new."""


class Log(Protocol):
    """The log, as commands need it."""

    async def produce(self, topic: str, key: str, value: bytes, headers: Headers, timeout_seconds: float = 3) -> None:
        """The record is on the log; raises `TransientError` when it may not be."""


class Answers(Protocol):
    """Rows of answers and of what was asked."""

    async def find(self, command_id: UUID) -> Answer | None:
        """The command's answer, when it is known."""

    async def first_content(self, command_id: UUID, content: bytes) -> bytes:
        """The content that the command was first asked with, this one if it is new."""


@dataclass(frozen=True)
class Asked:
    """A command, or what a stranger sends, as it goes on the log.

    Attributes:
        id: the command's id, or the receipt's; the answer carries it.
        body: the message.
        key: of the record: the aggregate.
        subject: ``item:<id>`` and the like.
        actor: ``agent:<person>``, ``customer:<person>`` or ``system:gateway``.
        repeatable: the id is computed from what the caller gave, so it may have been asked before.
        fingerprint: what makes two requests the same where bodies carry minted ids or moments; the body else.
    """

    id: UUID
    body: Message
    key: str
    subject: str
    actor: str
    repeatable: bool = False
    fingerprint: bytes | None = None


@dataclass(frozen=True)
class Desk:
    """What asking needs: the log, the rows, who is woken, how long a page waits."""

    log: Log
    answers: Answers
    live: Live
    answer_seconds: float


async def ask(desk: Desk, asked: Asked, now: datetime, *, wait_seconds: float | None = None) -> Answer | None:
    """The answer, or none when it has not come in time; the command is on the log then all the same.

    Raises:
        OtherContentError: the id was used for another content.
        TransientError: the command may not be on the log; the asker should try again with the same id.
    """
    if asked.repeatable:
        content = sha256(asked.fingerprint or asked.body.model_dump_json().encode()).digest()
        if await desk.answers.first_content(asked.id, content) != content:
            raise OtherContentError(str(asked.id))
        known = await desk.answers.find(asked.id)
        if known is not None:
            return known
    seconds = desk.answer_seconds if wait_seconds is None else wait_seconds
    with desk.live.waiter(asked.id) as waiter:
        headers = _envelope(asked, now).to_headers()
        crashpoint("gateway.before_produce")
        await desk.log.produce(
            asked.body.topic, asked.key, asked.body.model_dump_json().encode(), headers, PRODUCE_SECONDS
        )
        crashpoint("gateway.after_produce")
        answer = await _answer(desk.answers, asked.id, waiter, seconds)
        crashpoint("gateway.before_answer")
        return answer


async def look(desk: Desk, command_id: UUID, wait_seconds: float) -> Answer | None:
    """The answer to something asked before, waited for a while."""
    with desk.live.waiter(command_id) as waiter:
        known = await desk.answers.find(command_id)
        return known or await _answer(desk.answers, command_id, waiter, wait_seconds)


async def _answer(answers: Answers, command_id: UUID, waiter: Waiter, seconds: float) -> Answer | None:
    began = 0.0
    for until in (*(look_at for look_at in _LOOKS if look_at < seconds), seconds):
        try:
            await asyncio.wait_for(waiter.told.wait(), until - began)
        except TimeoutError:
            began = until
        found = waiter.answer or await answers.find(command_id)
        if found is not None:
            return found
        waiter.told.clear()
    return None


def _envelope(asked: Asked, now: datetime) -> Envelope:
    return Envelope(
        id=asked.id,
        type=asked.body.ce_type,
        source=SOURCE,
        time=now,
        subject=asked.subject,
        correlationid=asked.id,
        actor=asked.actor,
        traceparent=f"00-{asked.id.hex}-{asked.id.hex[16:]}-01",
        accepted_at=now,
    )
