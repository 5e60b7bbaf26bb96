"""Rows of credentials, sessions, API tokens, and of tries that are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from services.portal_gateway.use_cases.sign_in import Places, Session
from shared.contracts.state import PersonState
from shared.postgres.pool import Connection, Pool, promptly
from shared.postgres.statements import Statements

sql = Statements("services.portal_gateway.queries", "accounts.sql")


@dataclass(frozen=True)
class TokenRow:
    """An API token as lists show it; its secret is kept nowhere."""

    id: UUID
    name: str
    person_id: UUID
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    role: str | None


class AccountRows:
    """Who may sign in, and by what."""

    def __init__(self, pool: Pool | Connection) -> None:
        self._db = pool

    async def password_of(self, address: str) -> tuple[PersonState, str] | None:
        row = await self._db.fetchrow(sql.password_of, address)
        return None if row is None else (PersonState.model_validate(row["state"]), row["password_hash"])

    async def set_password(self, person_id: UUID, password_hash: str, now: datetime) -> None:
        """The password stands; sessions that the old one began are over."""
        await self._db.execute(sql.set_password, person_id, password_hash, now)
        await self._db.execute(sql.end_sessions_of, person_id)

    async def set_first_password(self, person_id: UUID, password_hash: str, now: datetime) -> bool:
        """The password stands unless there is one; says whether it does."""
        return await self._db.fetchval(sql.set_first_password, person_id, password_hash, now) is not None

    async def begin_session(
        self, id_hash: bytes, person_id: UUID, csrf: str, now: datetime, expires_at: datetime
    ) -> None:
        await self._db.execute(sql.begin_session, id_hash, person_id, csrf, now, expires_at)

    async def session(self, id_hash: bytes, now: datetime) -> Session | None:
        row = await self._db.fetchrow(sql.session, id_hash, now)
        if row is None:
            return None
        return Session(PersonState.model_validate(row["state"]), row["csrf"], row["last_seen_at"])

    async def session_used(self, id_hash: bytes, now: datetime, expires_at: datetime) -> None:
        await self._db.execute(sql.session_used, id_hash, now, expires_at)

    async def end_session(self, id_hash: bytes) -> None:
        await self._db.execute(sql.end_session, id_hash)

    async def token_used(self, secret_hash: bytes, now: datetime, noted_before: datetime) -> PersonState | None:
        row = await self._db.fetchrow(sql.token, secret_hash)
        if row is None:
            return None
        if row["last_used_at"] is None or row["last_used_at"] < noted_before:
            await self._db.execute(sql.token_used, row["id"], now)
        return PersonState.model_validate(row["state"])

    async def keep_token(self, token_id: UUID, secret_hash: bytes, name: str, person_id: UUID, now: datetime) -> None:
        await self._db.execute(sql.keep_token, token_id, secret_hash, name, person_id, now)

    async def tokens(self) -> list[TokenRow]:
        return [TokenRow(**dict(row)) for row in await self._db.fetch(sql.tokens)]

    async def revoke_token(self, name: str, now: datetime) -> list[str]:
        """Tokens of this name or id open nothing any more; their names."""
        return [row["name"] for row in await self._db.fetch(sql.revoke_token, name, now)]


class PaceRows:
    """Tries by key, counted across replicas."""

    def __init__(self, pool: Pool, seconds: float) -> None:
        self._pool = pool
        self._seconds = seconds

    async def take(self, keys: Sequence[str], most: int, window: timedelta, now: datetime) -> Places:
        """A place among the tries of each key, or how long to wait until one is free.

        Args:
            keys: of which each may have `most` tries in a window.
            most: 1 or more.
            window: how long a try counts.
            now: the present moment.
        """
        return await promptly(self._take(sorted(keys), most, window, now), self._seconds)

    async def _take(self, keys: list[str], most: int, window: timedelta, now: datetime) -> Places:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.hold_pace, keys)
            rows = await connection.fetch(sql.pace, keys, most, now - window)
            waits = [(row["at"] + window - now).total_seconds() for row in rows if row["at"] is not None]
            if waits:
                return Places(wait_seconds=max(1, ceil(max(waits))))
            taken = await connection.fetch(sql.take_places, keys, now)
        return Places(tuple(row["id"] for row in taken))

    async def give_back(self, places: Places) -> None:
        if places.ids:
            await self._pool.execute(sql.give_back_places, list(places.ids))
