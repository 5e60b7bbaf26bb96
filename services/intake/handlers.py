"""Kafka in: raw mails are read in children before the transaction, everything is entered in one."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from services.intake.domain.facts import Arrival, Desk, Stored
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from services.intake.domain.storable import storable
from services.intake.parser_child import ParserPool
from services.intake.repository import Repository
from services.intake.use_cases.accept_mail import BlobStore
from services.intake.use_cases.ledger import Came, ReadMail
from services.intake.use_cases.quarantine import QuarantineWork
from services.intake.use_cases.take_in import take_in
from shared.blobs import BlobMissingError
from shared.clock import Clock
from shared.contracts.intake import ReplayQuarantined
from shared.contracts.state import AttachmentRef, FormState, MailboxState, Snapshot
from shared.messaging.outcomes import Done, Outcome, RetryLater
from shared.messaging.records import Incoming, RawBody, Record
from shared.postgres.pool import Connection, Pool
from shared.secrets import Keys

DOORS = frozenset({"intake-raw", "intake-submissions"})
TOPICS = ("intake-raw", "intake-submissions", "intake-commands", "tickets-setup")
BODY_IN_RECORD = 65_536
HEAD_BYTES = 4000
_KINDS = (b"mailbox:", b"form:")
_BYTES_GONE = Unreadable("bytes_missing", "its octets are no longer in the blob store")


def wanted(record: Record) -> bool:
    """Of what tickets tells, intake keeps mailboxes and forms."""
    return record.topic != "tickets-setup" or (record.key or b"").startswith(_KINDS)


class IntakeHandler:
    """Reads and enters batches."""

    def __init__(
        self, *, pool: Pool, parsers: ParserPool, blobs: BlobStore, keys: Keys, checked: bool, clock: Clock
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
            arrival = arrival_of(message)
            return replace(message, body=await self._read(arrival, message.record.value or b""))
        if isinstance(message.body, ReplayQuarantined):
            return replace(message, body=await self._replayed(message.body))
        return message

    async def _read(self, arrival: Arrival, raw: bytes) -> ReadMail:
        """The mail, read, from the blob store where the record has only its key; its octets and files are kept."""
        try:
            if arrival.raw_blob:
                raw = await self._blobs.get(arrival.raw_blob)
            else:
                arrival = replace(arrival, raw_blob=await self._blobs.put(arrival.receipt_id, raw))
        except BlobMissingError:
            return ReadMail(arrival=arrival, mail=_BYTES_GONE, stored=Stored((), None))
        mail = await self._parsers.parse(raw)
        stored = Stored((), None)
        if isinstance(mail, ParsedMail):
            stored = await self._store(arrival.receipt_id, mail)
            mail = replace(mail, attachments=())
        head = storable(raw[:HEAD_BYTES].decode("utf-8", "replace"))
        return ReadMail(arrival=arrival, mail=mail, stored=stored, head=head)

    async def _replayed(self, command: ReplayQuarantined) -> ReplayQuarantined | ReadMail:
        async with self._pool.acquire() as connection:
            arrival = await Repository(connection).arrival(command.receipt_id)
        if arrival is None:
            return command
        # The same receipt, perhaps other octets: what it says derives from the receipt.
        return await self._read(replace(arrival, raw_blob=command.mended_blob or arrival.raw_blob), b"")

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
        body = json.dumps({"text": mail.text, "html": mail.html}, ensure_ascii=False).encode()
        return Stored(refs, await self._blobs.put(owner, body) if len(body) > BODY_IN_RECORD else None)

    async def handle(self, connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        """Enter a prepared batch; references first, so that a mail to a new mailbox finds it."""
        rows = Repository(connection)
        await rows.save_references([m.body for m in batch if isinstance(m.body, MailboxState | FormState)])
        mailboxes, forms = await rows.references()
        desk = Desk(self._keys, mailboxes, self._checked)
        now = self._clock()
        arrived = [Came(m.envelope, m.body) for m in batch if m.record.topic in DOORS]
        if arrived and not desk.mailboxes:
            # A desk tells its mailboxes at its first start; a mail judged before that would be nobody's.
            waits = RetryLater("no mailbox is known yet")
            return [Done() if isinstance(m.body, Snapshot) else waits for m in batch]
        said = await take_in(rows, desk, forms, arrived, now)
        work = QuarantineWork(rows, desk, said, now)
        for message in batch:
            if message.record.topic == "intake-commands" and not isinstance(message.body, Snapshot):
                await work.carry_out(Came(message.envelope, message.body))
        await rows.record(said, now)
        return [Done() for _ in batch]


def arrival_of(message: Incoming) -> Arrival:
    """How a raw record came, by its headers."""
    headers = dict(message.record.headers)
    size = headers.get("ds_size", b"")
    recipients = json.loads(headers.get("ds_rcpt_to", b"[]"))
    return storable(
        Arrival(
            receipt_id=message.envelope.id,
            door=headers.get("ds_door", b"smtp").decode(),
            mail_from=headers.get("ds_mail_from", b"").decode("utf-8", "replace"),
            rcpt_to=tuple(str(recipient) for recipient in recipients),
            size_bytes=int(size) if size.isdigit() else len(message.record.value or b""),
            accepted_at=message.envelope.accepted_at or datetime.fromtimestamp(message.record.timestamp_ms / 1000, UTC),
            raw_blob=headers.get("ds_blob_key", b"").decode(),
        )
    )
