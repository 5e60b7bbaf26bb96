"""Staff sign in with address and password; sessions begin, go on and end; API tokens open the API.

Rules:
- Of a session or a token only the hash is kept: whoever reads the table cannot use it.
- An unknown address gets the same answer, after the same work, as a wrong password.
- More than ten failures in 15 minutes, for one account or from one client, wait until the window has passed; every
  try is counted before it is checked, so that many at once are not more.
- A session gets a new id at every sign-in, lasts for some hours after its last use, and is over when its person is
  no active staff any more.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from services.portal_gateway.domain.passwords import MOST_CHARACTERS, Passwords
from services.portal_gateway.domain.rights import Staff, staff_of
from shared.contracts.state import PersonState

FAILURES = 10
WINDOW = timedelta(minutes=15)
SECRET_BYTES = 32
TOKEN_PREFIX = "dsk_"  # noqa: S105 - a prefix by which leaked tokens are found
#: Use is noted at most so often: a page load is no write.
NOTED_EVERY = timedelta(minutes=1)
#: Passwords checked at once in a process; each takes 64 MiB.
CHECKED_AT_ONCE = 2


@dataclass(frozen=True)
class Session:
    """A session that is not over, with the person it belongs to as they are now."""

    person: PersonState
    csrf: str
    last_seen_at: datetime


@dataclass(frozen=True)
class Places:
    """Places taken among the tries of a window; with `wait_seconds` none was free."""

    ids: tuple[int, ...] = ()
    wait_seconds: int = 0


class Accounts(Protocol):
    """Rows of credentials, sessions and tokens."""

    async def password_of(self, address: str) -> tuple[PersonState, str] | None:
        """The person of an address and their password's hash."""

    async def begin_session(
        self, id_hash: bytes, person_id: UUID, csrf: str, now: datetime, expires_at: datetime
    ) -> None:
        """The session stands."""

    async def session(self, id_hash: bytes, now: datetime) -> Session | None:
        """A session that has not expired."""

    async def session_used(self, id_hash: bytes, now: datetime, expires_at: datetime) -> None:
        """The session lasts until then."""

    async def end_session(self, id_hash: bytes) -> None:
        """The session is over."""

    async def token_used(self, secret_hash: bytes, now: datetime, noted_before: datetime) -> PersonState | None:
        """The account of a token that was not revoked; its use is noted unless it was after `noted_before`."""


class Pace(Protocol):
    """Tries, counted across replicas."""

    async def take(self, keys: Sequence[str], most: int, window: timedelta, now: datetime) -> Places:
        """A place among the tries of each key, or how long to wait for one."""

    async def give_back(self, places: Places) -> None:
        """These tries do not count."""


@dataclass(frozen=True)
class WrongSignIn:
    """Address and password do not fit; which of them is not said."""


@dataclass(frozen=True)
class TooManyTries:
    """Wait so long, then try again."""

    wait_seconds: int


class SignIn:
    """Checks passwords."""

    def __init__(self, accounts: Accounts, pace: Pace, passwords: Passwords) -> None:
        self._accounts = accounts
        self._pace = pace
        self._passwords = passwords
        self._at_once = asyncio.Semaphore(CHECKED_AT_ONCE)

    async def try_password(
        self, *, address: str, password: str, client: str, now: datetime
    ) -> Staff | WrongSignIn | TooManyTries:
        """Who signs in.

        Args:
            address: normalised.
            password: as typed.
            client: a name of the client's network address.
            now: the present moment.
        """
        keys = (f"sign-in:account:{_digest(address)}", f"sign-in:client:{_digest(client)}")
        places = await self._pace.take(keys, FAILURES, WINDOW, now)
        if places.wait_seconds:
            return TooManyTries(places.wait_seconds)
        found = await self._accounts.password_of(address)
        person, password_hash = found or (None, None)
        async with self._at_once:
            fits = await asyncio.to_thread(self._passwords.fits, password_hash, password[:MOST_CHARACTERS])
        staff = staff_of(person) if person is not None else None
        if not fits or staff is None or len(password) > MOST_CHARACTERS:
            return WrongSignIn()
        await self._pace.give_back(places)
        return staff


async def begin_session(accounts: Accounts, staff: Staff, now: datetime, hours: float, old: str | None = None) -> str:
    """A new session's id, to be shown to its owner only; the `old` one of the same browser is over."""
    if old is not None:
        await accounts.end_session(hash_of(old))
    session_id = secrets.token_urlsafe(SECRET_BYTES)
    csrf = secrets.token_urlsafe(SECRET_BYTES)
    await accounts.begin_session(hash_of(session_id), staff.person_id, csrf, now, now + timedelta(hours=hours))
    return session_id


async def staff_of_session(accounts: Accounts, session_id: str, now: datetime, hours: float | None) -> Staff | None:
    """Whose session it is; one whose person is no active staff any more is over.

    Args:
        accounts: their rows.
        session_id: as its owner shows it.
        now: the present moment.
        hours: how long it lasts after this use; none where this is no use.
    """
    id_hash = hash_of(session_id)
    session = await accounts.session(id_hash, now)
    if session is None:
        return None
    staff = staff_of(session.person, session.csrf)
    if staff is None:
        await accounts.end_session(id_hash)
    elif hours is not None and now - session.last_seen_at >= NOTED_EVERY:
        await accounts.session_used(id_hash, now, now + timedelta(hours=hours))
    return staff


async def staff_of_token(accounts: Accounts, token: str, now: datetime) -> Staff | None:
    """Whose API token it is; none for one that is not ours, was revoked, or whose account is closed."""
    if not token.startswith(TOKEN_PREFIX) or len(token) > MOST_CHARACTERS:
        return None
    person = await accounts.token_used(hash_of(token), now, now - NOTED_EVERY)
    return staff_of(person) if person is not None else None


def hash_of(secret: str) -> bytes:
    """What is kept of a session's id or a token; 256 random bits need no salt."""
    return sha256(secret.encode(errors="replace")).digest()


def _digest(name: str) -> str:
    """A name that tells nothing to whoever reads the table."""
    return sha256(name.encode(errors="replace")).hexdigest()[:32]
