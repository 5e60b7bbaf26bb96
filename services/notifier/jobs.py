"""Time in: the sender. A mail is sent with no transaction open, by whoever holds its lease.

Invariants:
- One transaction takes the lease, the mail goes out, a later one records the answer. A sender that dies in between
  leaves a lease that ends; the next one notes an *unknown* attempt and sends again under the same Message-ID.
- The lease is renewed from the moment it is taken until the answer is recorded, so that neither a slow server nor a
  database that is away makes a living sender's mail go out twice.
- One mail that takes long holds up no other: each has a connection of its own.

One transaction does both for many mails: it records all answers there are by then, and takes what is due.
"""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import structlog

from services.notifier.clients import Answer, BlobFiles, MailServer
from services.notifier.domain.addresses import with_ascii_domain
from services.notifier.domain.desk import Desk, House
from services.notifier.domain.mail import write
from services.notifier.repository import CHANNEL, Repository, sql
from services.notifier.settings import NotifierSettings
from services.notifier.use_cases.deliver import Answered, Claimed, compose, note_interruptions, record
from shared.clock import Clock
from shared.contracts.state import Attempt, DeliveryState
from shared.crashpoint import crashpoint
from shared.errors import TransientError
from shared.ids import new_id
from shared.messaging.host import Job
from shared.observability.logs import tell_many
from shared.observability.metrics import EFFECTS
from shared.postgres.lease import LEASE_SECONDS, RENEW_SECONDS
from shared.postgres.pool import TRANSIENT_ERRORS, Connection, Pool, is_transient
from shared.reply_address import mint_bounce_address

_log = structlog.get_logger()
IDLE_SECONDS = 1.0
PROBE_SECONDS = 5.0
AGAIN_SECONDS = 0.5
#: An answer waits so long for others, and for what comes due meanwhile, to be recorded in the same transaction.
RECORD_WITHIN_SECONDS = 0.02


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
        self._in_hand: dict[UUID, Claimed] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._answers: list[Answered] = []
        self._servers = [self._new_server() for _ in range(settings.notifier_senders)]
        self._free = list(self._servers)
        # Whether mails may be due that were not taken; else only a commit, or a moment that comes, makes some due.
        self._due = True

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due, woken by commits; ends when asked, with the mails in hand finished."""
        listener: asyncpg.Connection | None = None
        renewing = asyncio.create_task(self._renew())
        stopping = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                if renewing.done():
                    renewing.result()  # it ends by a fault alone, and mails without a lease would go out twice
                self._wake.clear()
                try:
                    if listener is None or listener.is_closed():
                        listener = await self._listen()
                    await self._turn()
                except Exception as error:
                    if not is_transient(error):
                        raise
                    # Answers that were not recorded are kept: their mails are out, and must not go out again.
                    _log.warning("sender_waits", reason=type(error).__name__, answers=len(self._answers))
                    self._due = True
                    await _pause(stop, AGAIN_SECONDS)
                    continue
                if not (self._due and self._free):
                    await self._sleep()
        finally:
            try:
                await self._finish()
            finally:
                renewing.cancel()
                stopping.cancel()
                if listener is not None:
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
                self._look()
            server.close()
            await _pause(stop, PROBE_SECONDS)

    def _new_server(self) -> MailServer:
        return MailServer(self._settings.smtp_url, self._settings.mail_domain, self._settings.notifier_answer_seconds)

    async def _listen(self) -> asyncpg.Connection:
        listener = await asyncpg.connect(self._settings.database_url.get_secret_value(), timeout=5)
        await listener.add_listener(CHANNEL, lambda *_: self._look())
        return listener

    def _look(self) -> None:
        """Mails may be due now."""
        self._due = True
        self._wake.set()

    async def _turn(self) -> None:
        """Record the answers that there are, and begin with due deliveries, as many as connections are free.

        Raises what the driver raises where the database is away; then nothing is recorded or taken.
        """
        # A mail that went out twice, its lease lost in between, has two answers: the second is for the next turn.
        answers = list({one.claimed.delivery.id: one for one in reversed(self._answers)}.values())
        asked = len(self._free) if self._due else 0
        if not answers and not asked:
            return
        if asked:
            self._due = False
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                recorded = await self._record(connection, answers)
                claimed, desk = await self._claim(connection, asked)
        except Exception as error:
            if is_transient(error) or not answers:
                raise
            await self._record_one_by_one(answers)
            self._look()
            return
        self._let_go(answers, recorded)
        self._due |= asked > 0 and len(claimed) == asked
        for one in claimed:
            assert desk is not None  # noqa: S101 - loaded with what was claimed; tells the type checker
            self._in_hand[one.delivery.id] = one
            task = asyncio.create_task(self._send(desk, one, self._free.pop()))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    async def _claim(self, connection: Connection, asked: int) -> tuple[list[Claimed], Desk | None]:
        if not asked:
            return [], None
        rows, now = Repository(connection, self._house), self._clock()
        claimed = await rows.claim(self._owner, now, float(LEASE_SECONDS), asked, self._in_hand)
        claimed = await note_interruptions(rows, claimed, now)
        return claimed, await rows.desk() if claimed else None

    async def _record(self, connection: Connection, answers: Sequence[Answered]) -> list[DeliveryState | None]:
        if not answers:
            return []
        recorded = await record(Repository(connection, self._house), answers, owner=self._owner)
        crashpoint("sender.before_commit")
        return recorded

    async def _record_one_by_one(self, answers: Sequence[Answered]) -> None:
        """One answer that cannot be recorded costs no other; what became of its mail is for its next sender to find.

        Raises what the driver raises where the database is away.
        """
        for one in answers:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    recorded = await self._record(connection, [one])
            except Exception as error:
                if is_transient(error):
                    raise
                _log.error("attempt_not_recorded", delivery=str(one.claimed.delivery.id), exc_info=error)
                recorded = [None]
            self._let_go([one], recorded)

    def _let_go(self, answers: Sequence[Answered], recorded: Sequence[DeliveryState | None]) -> None:
        """These are over; none stands for an answer that somebody else's lease left nothing to say to."""
        self._answers = [one for one in self._answers if not any(one is over for over in answers)]
        rows = []
        for one, delivery in zip(answers, recorded, strict=True):
            self._put_down(one.claimed)
            EFFECTS.labels("mail", one.attempt.outcome).inc()
            line = {
                "delivery": str(one.claimed.delivery.id),
                "outcome": one.attempt.outcome,
                "code": one.attempt.code,
                "recorded": delivery is not None,
                "attempts": len(delivery.attempts) if delivery else None,
            }
            rows.append((logging.INFO, line))
        tell_many("mail", rows)

    def _put_down(self, one: Claimed) -> None:
        if self._in_hand.get(one.delivery.id) is one:
            del self._in_hand[one.delivery.id]

    async def _renew(self) -> None:
        """The living sender keeps what it works on."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._pool.execute(sql.renew, self._owner, float(LEASE_SECONDS), list(self._in_hand))
            except TRANSIENT_ERRORS as error:
                _log.warning("lease_not_renewed", reason=type(error).__name__)

    async def _send(self, desk: Desk, one: Claimed, server: MailServer) -> None:
        try:
            answer = await self._hand_over(desk, one, server)
        except Exception as error:  # noqa: BLE001 - a mail that cannot be made costs no other; its lease ends by itself
            _log.error("mail_not_handled", delivery=str(one.delivery.id), exc_info=error)
            self._put_down(one)
        else:
            self._answered(one, answer)
        finally:
            self._free.append(server)

    def _answered(self, one: Claimed, answer: Answer) -> None:
        """The answer is recorded with the next transaction, in a moment at the latest."""
        attempt = Attempt(at=self._clock(), outcome=answer.outcome, code=answer.code, detail=answer.detail)
        if not self._answers:
            asyncio.get_running_loop().call_later(RECORD_WITHIN_SECONDS, self._wake.set)
        self._answers.append(Answered(one, attempt, answer.server_away))

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if self._due:
            self._wake.set()

    async def _hand_over(self, desk: Desk, one: Claimed, server: MailServer) -> Answer:
        try:
            letter = await compose(desk, one, self._files)
        except TransientError as error:
            return Answer("deferred", None, str(error)[:200])
        sender = mint_bounce_address(self._house.keys, one.delivery.id, self._house.mail_domain)
        recipient = with_ascii_domain(one.delivery.recipient.address)
        return await server.send(sender, recipient, write(desk, letter))

    async def _finish(self) -> None:
        """The mails in hand are out and their answers recorded; a database that is away is waited for."""
        await asyncio.gather(*self._sending, return_exceptions=True)
        while self._answers:
            self._due = False
            try:
                await self._turn()
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("sender_waits", reason=type(error).__name__, answers=len(self._answers))
                await asyncio.sleep(AGAIN_SECONDS)

    async def _sleep(self) -> None:
        """Until woken; a moment that comes makes mails due, too."""
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            self._due = True

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
