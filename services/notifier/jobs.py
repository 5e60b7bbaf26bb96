"""Time in: the sender. A mail is sent with no transaction open, by whoever holds its lease.

Invariants:
- Transaction one takes the lease, the mail goes out, transaction two records the answer. A sender that dies in between
  leaves a lease that ends; the next one sends again under the same Message-ID.
- The lease is renewed while the sender lives, so that a slow server is not sent the same mail twice.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from services.notifier import repository as rows
from services.notifier.clients import Answer, MailServer
from services.notifier.domain.mail import ATTACHED_BYTES, Desk, Letter, date_header, write
from services.notifier.domain.retry import after_attempt
from services.notifier.handlers import NotifierHandler
from services.notifier.repository import Claimed, sql
from services.notifier.settings import NotifierSettings
from shared.blobs import BlobMissingError, Blobs
from shared.clock import Clock
from shared.contracts.envelope import Envelope
from shared.contracts.state import AttachmentRef, Attempt
from shared.errors import TransientError
from shared.ids import derived_id
from shared.links import RequestLink, mint_request_token
from shared.messaging.outbox import add
from shared.observability.metrics import EFFECTS
from shared.postgres.lease import LEASE_SECONDS, RENEW_SECONDS
from shared.postgres.pool import TRANSIENT_ERRORS, Json, Pool
from shared.reply_address import mint_bounce_address
from shared.secrets import Keys

_log = structlog.get_logger()
IDLE_SECONDS = 1.0
LINK_AGE = timedelta(days=90)


class Sender:
    """Sends due deliveries until stopped."""

    def __init__(
        self,
        *,
        settings: NotifierSettings,
        pool: Pool,
        handler: NotifierHandler,
        blobs: Blobs,
        keys: Keys,
        clock: Clock,
    ) -> None:
        self._settings, self._pool, self._handler = settings, pool, handler
        self._blobs, self._keys, self._clock = blobs, keys, clock
        self._owner = f"notifier-{settings.replica}"
        self._wake = asyncio.Event()
        self._servers: asyncio.Queue[MailServer] = asyncio.Queue()
        for _ in range(settings.notifier_senders):
            self._servers.put_nowait(MailServer(settings.smtp_url))

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due, woken by commits; ends when asked, with the mails in hand finished."""
        listener = await asyncpg.connect(self._settings.database_url.get_secret_value(), timeout=5)
        try:
            await listener.add_listener("deliveries", lambda *_: self._wake.set())
            while not stop.is_set():
                self._wake.clear()
                if not await self._send_due():
                    await self._sleep(stop)
        finally:
            await listener.close(timeout=1)

    async def _sleep(self, stop: asyncio.Event) -> None:
        waiting = [asyncio.create_task(self._wake.wait()), asyncio.create_task(stop.wait())]
        await asyncio.wait(waiting, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()

    async def _send_due(self) -> bool:
        """One round; false when nothing was due."""
        async with self._pool.acquire() as connection:
            claimed = await rows.claim(
                connection, self._owner, self._clock(), LEASE_SECONDS, self._settings.notifier_senders * 4
            )
            if not claimed:
                return False
            desk = await self._handler.desk(connection)
        renewing = asyncio.create_task(self._renew([c.delivery.id for c in claimed]))
        try:
            await asyncio.gather(*(self._send(desk, one) for one in claimed))
        finally:
            renewing.cancel()
        return True

    async def _renew(self, ids: Sequence[UUID]) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._pool.execute(sql.renew, self._owner, self._clock(), float(LEASE_SECONDS), list(ids))
            except TRANSIENT_ERRORS as error:
                _log.warning("lease_not_renewed", reason=type(error).__name__)

    async def _send(self, desk: Desk, one: Claimed) -> None:
        server = await self._servers.get()
        try:
            answer = await self._hand_over(desk, one, server)
        finally:
            self._servers.put_nowait(server)
        await self._record(one, answer)

    async def _hand_over(self, desk: Desk, one: Claimed, server: MailServer) -> Answer:
        delivery, message = one.delivery, one.content.message
        try:
            files = await self._files(message.attachments if message and delivery.kind != "assignment" else ())
        except TransientError as error:
            return Answer("deferred", None, str(error)[:200])
        letter = Letter(delivery, one.content.item, message, self._link(one), files)
        mail = write(desk, letter, date_header(delivery.created_at))
        sender = mint_bounce_address(self._keys, delivery.id, desk.mail_domain)
        return await server.send(sender, delivery.recipient.address, mail)

    def _link(self, one: Claimed) -> str:
        """The signed link of a customer's own page; staff have the workspace."""
        person, item = one.delivery.recipient, one.content.item
        if person.staff or not person.link_nonce:
            return f"{self._settings.public_url}/tickets/{item.number}" if person.staff else ""
        expires = int((one.delivery.created_at + LINK_AGE).timestamp())
        token = mint_request_token(self._keys, RequestLink(item.id, person.id, person.link_nonce, expires))
        return f"{self._settings.public_url}/portal/requests/{token}"

    async def _files(self, attachments: Sequence[AttachmentRef]) -> tuple[tuple[AttachmentRef, bytes], ...]:
        """Files that fit into the mail; the others are named in it."""
        found, room = [], ATTACHED_BYTES
        for ref in attachments:
            if ref.size_bytes > room:
                continue
            try:
                found.append((ref, await self._blobs.get(ref.blob_key)))
            except BlobMissingError:
                _log.error("attachment_missing", blob=ref.blob_key)
                continue
            room -= ref.size_bytes
        return tuple(found)

    async def _record(self, one: Claimed, answer: Answer) -> None:
        """Transaction two: the attempt, if we still hold the lease; somebody else's result stands otherwise."""
        now = self._clock()
        attempt = Attempt(at=now, outcome=answer.outcome, code=answer.code, detail=answer.detail)
        delivery = after_attempt(one.delivery, attempt, one.began_at)
        cause = Envelope(
            id=derived_id(delivery.id, f"attempt:{delivery.version}"),
            type="deskstream.notifier.attempt.v1",
            source=rows.SOURCE,
            time=now,
            subject=delivery.state_key(),
            correlationid=one.correlation_id,
            actor="system:notifier",
            accepted_at=delivery.accepted_at,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            held = await connection.fetchval(
                sql.finish,
                delivery.id,
                self._owner,
                delivery.status,
                delivery.next_attempt_at,
                delivery.version,
                Json(delivery.model_dump_json()),
            )
            if held is not None:
                await add(connection, rows.delivery_messages(delivery, cause, now))
        EFFECTS.labels("mail", answer.outcome).inc()
        _log.info(
            "mail", delivery=str(delivery.id), outcome=answer.outcome, code=answer.code, attempts=len(delivery.attempts)
        )
