"""Kafka in: raw mails are read in children before the transaction, everything is entered in one."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from services.intake.domain.facts import Arrival, Desk, Stored, facts_of
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from services.intake.parser_child import ParserPool
from services.intake.repository import Repository
from services.intake.use_cases import quarantine
from services.intake.use_cases.take_in import Came, ReadMail, Said, take_in
from shared.blobs import BlobMissingError, Blobs
from shared.clock import Clock
from shared.contracts.intake import DiscardQuarantined, MessageReceived, ReplayQuarantined, TakeAsBareTicket
from shared.contracts.state import AttachmentRef, FormState, MailboxState, Snapshot
from shared.messaging.outcomes import Done, Outcome
from shared.messaging.records import Incoming, RawBody, Record
from shared.postgres.pool import Connection, Pool
from shared.secrets import Keys

TOPICS = ("intake-raw", "intake-submissions", "intake-commands", "tickets-state")
BODY_IN_RECORD = 65_536
_KINDS = (b"mailbox:", b"form:")


def wanted(record: Record) -> bool:
    """Of what tickets tells, intake keeps mailboxes and forms."""
    return record.topic != "tickets-state" or (record.key or b"").startswith(_KINDS)


class IntakeHandler:
    """Reads and enters batches."""

    def __init__(
        self, *, pool: Pool, parsers: ParserPool, blobs: Blobs, keys: Keys, checked: bool, clock: Clock
    ) -> None:
        self._pool = pool
        self._parsers = parsers
        self._blobs = blobs
        self._keys = keys
        self._checked = checked
        self._clock = clock

    async def prepare(self, batch: Sequence[Incoming]) -> Sequence[Incoming]:
        """Every raw mail of the batch is read and its files lie in the blob store; one bad mail costs only itself."""
        return list(await asyncio.gather(*(self._prepared(message) for message in batch)))

    async def _prepared(self, message: Incoming) -> Incoming:
        if isinstance(message.body, RawBody):
            headers = dict(message.record.headers)
            raw = message.record.value or b""
            blob = headers.get("ds_blob_key", b"").decode()
            if blob:
                raw = await self._blobs.get(blob)
            read = await self._read(arrival_of(message, headers, blob), raw)
            return Incoming(message.record, message.envelope, read)
        if isinstance(message.body, ReplayQuarantined):
            return Incoming(message.record, message.envelope, await self._replayed(message.body))
        return message

    async def _read(self, arrival: Arrival, raw: bytes) -> ReadMail:
        if not arrival.raw_blob:
            key = await self._blobs.put(arrival.receipt_id, raw)
            arrival = Arrival(**{**arrival.__dict__, "raw_blob": key})
        mail = await self._parsers.parse(raw)
        stored = Stored((), None)
        if isinstance(mail, ParsedMail):
            stored = await self._store(arrival.receipt_id, mail)
            mail = ParsedMail(**{**mail.__dict__, "attachments": ()})
        return ReadMail(arrival=arrival, mail=mail, stored=stored, head=raw[:4000].decode("utf-8", "replace"))

    async def _replayed(self, command: ReplayQuarantined) -> ReplayQuarantined | ReadMail:
        async with self._pool.acquire() as connection, connection.transaction():
            row = await Repository(connection).quarantined(command.receipt_id)
        if row is None:
            return command
        arrival = quarantine.with_receipt(row.arrival, command.mended_blob)
        try:
            return await self._read(arrival, await self._blobs.get(arrival.raw_blob))
        except BlobMissingError:
            return command

    async def _store(self, owner: UUID, mail: ParsedMail) -> Stored:
        keys = await asyncio.gather(*(self._blobs.put(owner, part.content) for part in mail.attachments))
        refs = tuple(
            AttachmentRef(
                name=part.name,
                content_type=part.content_type,
                size_bytes=len(part.content),
                sha256=key.rpartition("/")[2],
                blob_key=key,
                inline=part.inline,
                content_id=part.content_id,
            )
            for part, key in zip(mail.attachments, keys, strict=True)
        )
        body = json.dumps({"text": mail.text, "html": mail.html}).encode()
        return Stored(refs, await self._blobs.put(owner, body) if len(body) > BODY_IN_RECORD else None)

    async def handle(self, connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        """Enter a prepared batch; references first, so that a mail to a new mailbox finds it."""
        rows = Repository(connection)
        await rows.save_references([m.body for m in batch if isinstance(m.body, MailboxState | FormState)])
        desk = Desk(self._keys, await rows.mailboxes(), self._checked)
        now = self._clock()
        came = [Came(m.envelope, m.body) for m in batch if not isinstance(m.body, Snapshot)]
        commands = {
            id(c)
            for c, m in zip(came, [m for m in batch if not isinstance(m.body, Snapshot)], strict=True)
            if m.record.topic == "intake-commands"
        }
        said = await take_in(rows, desk, await rows.forms(), [c for c in came if id(c) not in commands], now)
        for command in (c for c in came if id(c) in commands):
            await self._command(rows, desk, said, command, now)
        await rows.record(said, now)
        return [Done() for _ in batch]

    async def _command(self, rows: Repository, desk: Desk, said: Said, came: Came, now: datetime) -> None:
        body = came.body
        receipt = body.arrival.receipt_id if isinstance(body, ReadMail) else getattr(body, "receipt_id", None)
        row = await rows.quarantined(receipt) if receipt else None
        if row is None:
            quarantine.refuse(said, came, "not_found", "There is no such mail in the quarantine.")
        elif row.state.status != "open":
            quarantine.refuse(said, came, "already_done", f"It was {row.state.status} already.")
        elif isinstance(body, DiscardQuarantined):
            quarantine.discard(said, came, row, now)
        elif isinstance(body, TakeAsBareTicket):
            await quarantine.take_bare(rows, said, came, row, body.mailbox, now)
        elif isinstance(body, ReadMail):
            reading = (
                body.mail if isinstance(body.mail, Unreadable) else facts_of(desk, body.arrival, body.mail, body.stored)
            )
            if isinstance(reading, MessageReceived):
                await quarantine.release(rows, said, came, row, reading, now)
            else:
                reason = reading.reason if isinstance(reading, Unreadable) else "it is a delivery report"
                quarantine.refuse(said, came, "still_unreadable", f"It still cannot be read: {reason}.")
        else:
            quarantine.refuse(said, came, "bytes_missing", "Its bytes are gone.")


def arrival_of(message: Incoming, headers: dict[str, bytes], blob: str) -> Arrival:
    """How a raw record came, by its headers."""
    size = headers.get("ds_size", b"")
    return Arrival(
        receipt_id=message.envelope.id,
        door=headers.get("ds_door", b"smtp").decode(),
        mail_from=headers.get("ds_mail_from", b"").decode("utf-8", "replace"),
        rcpt_to=tuple(json.loads(headers.get("ds_rcpt_to", b"[]"))),
        size_bytes=int(size) if size.isdigit() else len(message.record.value or b""),
        accepted_at=message.envelope.accepted_at or datetime.fromtimestamp(message.record.timestamp_ms / 1000, UTC),
        raw_blob=blob,
    )
