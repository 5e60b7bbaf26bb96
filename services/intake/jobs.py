"""What runs beside the consumer: the listeners' lives, and the domains that mail is taken for."""

import asyncio
from typing import Any

import structlog

from services.intake.domain.addresses import domain_of
from services.intake.repository import sql
from services.intake.routes.smtp import Crowd, Domains, Door, LmtpConnection, SmtpConnection
from services.intake.settings import IntakeSettings
from shared.postgres.pool import TRANSIENT_ERRORS, Pool

_log = structlog.get_logger()
REFRESH_SECONDS = 2.0
#: Less than the host's drain time: a mail on its way may end, everybody else is told to come again.
DRAIN_SECONDS = 4.0


class KnownDomains:
    """The domains of our mailboxes, kept fresh while the database is there and remembered while it is away."""

    def __init__(self, pool: Pool, mail_domain: str) -> None:
        self._pool = pool
        self._mail_domain = mail_domain
        self._now = Domains(frozenset({mail_domain}), known=False)

    def __call__(self) -> Domains:
        return self._now

    async def run(self, stop: asyncio.Event) -> None:
        """Look again every few seconds until stopped."""
        while not stop.is_set():
            try:
                rows = await self._pool.fetch(sql.mailboxes)
                own = {self._mail_domain, *(domain_of(row["state"]["address"]) for row in rows)}
                self._now = Domains(frozenset(own), known=bool(rows))
            except TRANSIENT_ERRORS as error:
                _log.info("domains_not_refreshed", reason=type(error).__name__)
            await _wait(stop, REFRESH_SECONDS)


class Listener:
    """Keeps the SMTP door open, and the LMTP one where asked, until stopped; then lets mails on their way end."""

    def __init__(self, settings: IntakeSettings, door: Door) -> None:
        self._settings = settings
        self._door = door
        most_bytes = max(settings.intake_held_bytes, settings.intake_max_mail_bytes)
        self._crowd = Crowd(settings.intake_connections, settings.intake_patience_seconds, most_bytes)
        self.smtp_port = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Listen; a taken port is an error of the process."""
        host, servers = self._settings.intake_smtp_host, []
        server = await self._listen(SmtpConnection, host, self._settings.intake_smtp_port)
        self.smtp_port = server.sockets[0].getsockname()[1]
        servers.append(server)
        if self._settings.intake_lmtp_port:
            servers.append(await self._listen(LmtpConnection, host, self._settings.intake_lmtp_port))
        _log.info("doors_open", smtp_port=self.smtp_port, lmtp_port=self._settings.intake_lmtp_port)
        try:
            await stop.wait()
        finally:
            for server in servers:
                server.close()
            await self._drain()

    async def _listen(self, kind: type[Any], host: str, port: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()

        def connect() -> asyncio.Protocol:
            made = kind(
                self._door,
                self._crowd,
                data_size_limit=self._settings.intake_max_mail_bytes,
                hostname=self._settings.mail_domain,
                timeout=self._settings.intake_idle_seconds,
                loop=loop,
            )
            assert isinstance(made, asyncio.Protocol)  # noqa: S101 - aiosmtpd is untyped
            return made

        return await loop.create_server(connect, host, port, backlog=512)

    async def _drain(self) -> None:
        self._door.closing = True
        deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while self._crowd.open and asyncio.get_running_loop().time() < deadline:
            for connection in list(self._crowd.open):
                connection.close_idle()
            await asyncio.sleep(0.05)
        for connection in list(self._crowd.open):
            connection.give_up()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
