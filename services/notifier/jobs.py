"""Time in: the sender. A mail is sent with no transaction open, by whoever holds its lease.

Invariants:
- Transaction one takes the lease, the mail goes out, transaction two records the answer. A sender that dies in between
  leaves a lease that ends; the next one notes an *unknown* attempt and sends again under the same Message-ID.
- The lease is renewed while the sender lives, so that a slow server is not sent the same mail twice.
- One mail that takes long holds up no other: each has a connection of its own.
"""

import asyncio

import asyncpg
import structlog

from services.notifier.clients import Answer, BlobFiles, MailServer
from services.notifier.domain.addresses import with_ascii_domain
from services.notifier.domain.desk import Desk, House
from services.notifier.domain.mail import write
from services.notifier.repository import CHANNEL, Repository, sql
from services.notifier.settings import NotifierSettings
from services.notifier.use_cases.deliver import Claimed, compose, note_interruptions, record
from shared.clock import Clock
from shared.contracts.state import Attempt
from shared.errors import TransientError
from shared.ids import new_id
from shared.messaging.host import Job
from shared.observability.metrics import EFFECTS
from shared.postgres.lease import LEASE_SECONDS, RENEW_SECONDS
from shared.postgres.pool import TRANSIENT_ERRORS, Pool, is_transient
from shared.reply_address import mint_bounce_address

_log = structlog.get_logger()
IDLE_SECONDS = 1.0
PROBE_SECONDS = 5.0
RECORD_AGAIN_SECONDS = 0.5


def sending_jobs(settings: NotifierSettings, house: House, pool: Pool, files: BlobFiles, clock: Clock) -> list[Job]:
    """The jobs that send due deliveries, and that wake them when the mail server is back."""
    sender = Sender(settings=settings, house=house, pool=pool, files=files, clock=clock)
    return [Job("sender", sender.run), Job("probe", sender.probe)]


class Sender:
    """Sends due deliveries until stopped."""

    def __init__(self, *, settings: NotifierSettings, house: House, pool: Pool, files: BlobFiles, clock: Clock) -> None:
        self._settings, self._house, self._pool = settings, house, pool
        self._files, self._clock = files, clock
        # Two processes never share a name: one that was stopped for long must not take another's lease for its own.
        self._owner = f"notifier-{settings.replica}-{new_id()}"
        self._wake = asyncio.Event()
        self._in_hand: dict[asyncio.Task[None], Claimed] = {}
        self._servers = [self._new_server() for _ in range(settings.notifier_senders)]
        self._free = list(self._servers)
        # Whether more may be due than the last look took: else only a commit, or a moment that comes, makes mails due.
        self._more = False

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due, woken by commits; ends when asked, with the mails in hand finished."""
        listener = await asyncpg.connect(self._settings.database_url.get_secret_value(), timeout=5)
        renewing = asyncio.create_task(self._renew())
        try:
            await listener.add_listener(CHANNEL, lambda *_: self._wake.set())
            while not stop.is_set():
                if renewing.done():
                    renewing.result()  # it ends by a fault alone, and mails without a lease would go out twice
                self._wake.clear()
                if not await self._take():
                    await self._sleep(stop)
        finally:
            try:
                await asyncio.gather(*self._in_hand, return_exceptions=True)
            finally:
                renewing.cancel()
                listener.terminate()
                for server in self._servers:
                    server.close()

    async def probe(self, stop: asyncio.Event) -> None:
        """While mails wait for a server that is away, ask for it; when it is there again, they are due."""
        server = self._new_server()
        while not stop.is_set():
            if await self._pool.fetchval(sql.awaiting) and await server.answers():
                woken = await self._pool.fetch(sql.wake_awaiting, self._clock())
                _log.info("mail_server_is_back", deliveries=len(woken))
                self._wake.set()
            server.close()
            await _pause(stop, PROBE_SECONDS)

    def _new_server(self) -> MailServer:
        return MailServer(self._settings.smtp_url, self._settings.mail_domain, self._settings.notifier_answer_seconds)

    async def _take(self) -> bool:
        """Begin with due deliveries, as many as connections are free; true when more may be due, and one is free."""
        asked = len(self._free)
        if not asked:
            self._more = True
            return False
        now = self._clock()
        async with self._pool.acquire() as connection, connection.transaction():
            rows = Repository(connection, self._house)
            claimed = await rows.claim(self._owner, now, float(LEASE_SECONDS), asked)
            self._more = len(claimed) == asked
            claimed = await note_interruptions(rows, claimed, now)
            desk = await rows.desk() if claimed else None
        for one in claimed:
            assert desk is not None  # noqa: S101 - loaded with what was claimed; tells the type checker
            task = asyncio.create_task(self._send(desk, one, self._free.pop()))
            self._in_hand[task] = one
            task.add_done_callback(self._let_go)
        return self._more and bool(self._free)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        one = self._in_hand.pop(task)
        if self._more:
            self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            _log.error("mail_not_handled", delivery=str(one.delivery.id), exc_info=task.exception())

    async def _renew(self) -> None:
        """The living sender keeps what it works on."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            ids = [one.delivery.id for one in self._in_hand.values()]
            try:
                await self._pool.execute(sql.renew, self._owner, float(LEASE_SECONDS), ids)
            except TRANSIENT_ERRORS as error:
                _log.warning("lease_not_renewed", reason=type(error).__name__)

    async def _send(self, desk: Desk, one: Claimed, server: MailServer) -> None:
        try:
            answer = await self._hand_over(desk, one, server)
        finally:
            self._free.append(server)
        await self._record(one, answer)

    async def _hand_over(self, desk: Desk, one: Claimed, server: MailServer) -> Answer:
        try:
            letter = await compose(desk, one, self._files)
        except TransientError as error:
            return Answer("deferred", None, str(error)[:200])
        sender = mint_bounce_address(self._house.keys, one.delivery.id, self._house.mail_domain)
        recipient = with_ascii_domain(one.delivery.recipient.address)
        return await server.send(sender, recipient, write(desk, letter))

    async def _record(self, one: Claimed, answer: Answer) -> None:
        """Transaction two. A database that is away is waited for: the mail is out, and must not go out again."""
        attempt = Attempt(at=self._clock(), outcome=answer.outcome, code=answer.code, detail=answer.detail)
        while True:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    rows = Repository(connection, self._house)
                    delivery = await record(rows, one, attempt, owner=self._owner, awaits_server=answer.server_away)
                break
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("attempt_not_recorded", delivery=str(one.delivery.id), reason=type(error).__name__)
                await asyncio.sleep(RECORD_AGAIN_SECONDS)
        EFFECTS.labels("mail", answer.outcome).inc()
        _log.info(
            "mail",
            delivery=str(one.delivery.id),
            outcome=answer.outcome,
            code=answer.code,
            recorded=delivery is not None,
            attempts=len(delivery.attempts) if delivery else None,
        )

    async def _sleep(self, stop: asyncio.Event) -> None:
        waiting = [asyncio.create_task(self._wake.wait()), asyncio.create_task(stop.wait())]
        await asyncio.wait(waiting, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
