"""Rows to working set and back: set-based statements, one for each table, no rule.

Locks are taken in one order everywhere, so that two batches never wait for each other: setup, turns, messages,
Message-IDs, organisations, people, items; within each kind in the order of their keys.
"""

from collections.abc import Sequence
from datetime import datetime

from services.tickets.domain.needs import Needs
from services.tickets.domain.workspace import Cause, Workspace
from services.tickets.repository.copies import keep_copies
from services.tickets.repository.loading import Loader
from services.tickets.repository.outgoing import outgoing_of
from services.tickets.repository.recording import record_rows
from services.tickets.repository.rows import Rendered
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageAlsoReceived
from shared.messaging.outbox import add
from shared.postgres.pool import Connection


class Repository:
    """The rows of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._loader = Loader(connection)

    async def load(self, needs: Needs) -> Workspace:
        """Everything that `needs` names; people and organisations that do not exist are made."""
        return await self._loader.load(needs)

    async def record(self, ws: Workspace, first_cause: Cause) -> None:
        """Everything that decisions changed, and what they say.

        Args:
            ws: as `load` gave it, changed by decisions.
            first_cause: why people and organisations came to be that nobody knew before.
        """
        rendered = Rendered()
        await record_rows(self._db, ws, self._loader.held_keys, rendered)
        await add(self._db, outgoing_of(ws, first_cause, rendered))

    async def keep_copies(self, copies: Sequence[tuple[Envelope, MessageAlsoReceived]], now: datetime) -> None:
        """Copies wait for their originals."""
        await keep_copies(self._db, copies, now)
