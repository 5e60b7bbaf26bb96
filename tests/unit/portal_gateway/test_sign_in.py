"""Signing in, sessions and tokens over rows in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from services.portal_gateway.domain.passwords import Passwords
from services.portal_gateway.domain.rights import Staff
from services.portal_gateway.use_cases.sign_in import (
    Places,
    Session,
    SignIn,
    TooManyTries,
    WrongSignIn,
    begin_session,
    hash_of,
    staff_of_session,
    staff_of_token,
)
from shared.contracts.state import PersonState

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
RITA = PersonState(version=1, id=UUID(int=7), address="rita@desk.example", name="Rita", role="agent")
CLIENT = "203.0.113.9"


@dataclass
class Accounts:
    """Credentials, sessions and tokens in memory."""

    people: dict[UUID, PersonState] = field(default_factory=lambda: {RITA.id: RITA})
    passwords: dict[UUID, str] = field(default_factory=lambda: {RITA.id: QUICK.hash("right")})
    sessions: dict[bytes, tuple[UUID, str, datetime, datetime]] = field(default_factory=dict)
    tokens: dict[bytes, UUID] = field(default_factory=dict)
    noted: list[datetime] = field(default_factory=list)

    async def password_of(self, address: str) -> tuple[PersonState, str] | None:
        found = next((p for p in self.people.values() if p.address == address), None)
        return None if found is None or found.id not in self.passwords else (found, self.passwords[found.id])

    async def begin_session(
        self, id_hash: bytes, person_id: UUID, csrf: str, now: datetime, expires_at: datetime
    ) -> None:
        self.sessions[id_hash] = (person_id, csrf, now, expires_at)

    async def session(self, id_hash: bytes, now: datetime) -> Session | None:
        row = self.sessions.get(id_hash)
        return None if row is None or row[3] <= now else Session(self.people[row[0]], row[1], row[2])

    async def session_used(self, id_hash: bytes, now: datetime, expires_at: datetime) -> None:
        person_id, csrf, _, _ = self.sessions[id_hash]
        self.sessions[id_hash] = (person_id, csrf, now, expires_at)
        self.noted.append(now)

    async def end_session(self, id_hash: bytes) -> None:
        self.sessions.pop(id_hash, None)

    async def token_used(self, secret_hash: bytes, now: datetime, noted_before: datetime) -> PersonState | None:
        found = self.tokens.get(secret_hash)
        return None if found is None else self.people[found]


@dataclass
class Tries:
    """Tries in memory; like the rows, all keys of one try are taken at once."""

    taken: dict[str, list[datetime]] = field(default_factory=dict)

    async def take(self, keys: Sequence[str], most: int, window: timedelta, now: datetime) -> Places:
        for key in keys:
            recent = [at for at in self.taken.get(key, []) if at > now - window]
            if len(recent) >= most:
                return Places(wait_seconds=max(1, int((recent[-most] + window - now).total_seconds())))
        for key in keys:
            self.taken.setdefault(key, []).append(now)
        self.last = list(keys)
        return Places((1,))

    async def give_back(self, places: Places) -> None:
        for key in self.last:
            self.taken[key].pop()


async def try_password(
    desk: SignIn, password: str, *, address: str = RITA.address, client: str = CLIENT, now: datetime = NOW
) -> Staff | WrongSignIn | TooManyTries:
    return await desk.try_password(address=address, password=password, client=client, now=now)


def signed(found: Staff | WrongSignIn | TooManyTries) -> Staff:
    assert isinstance(found, Staff)
    return found


async def test_right_password_signs_in() -> None:
    """The person comes with role and name."""
    staff = signed(await try_password(SignIn(Accounts(), Tries(), QUICK), "right"))
    assert (staff.person_id, staff.role, staff.name) == (RITA.id, "agent", "Rita")


@pytest.mark.parametrize(
    ("address", "password"),
    [(RITA.address, "wrong"), ("nobody@desk.example", "right"), (RITA.address, ""), (RITA.address, "right" * 100)],
)
async def test_wrong_sign_ins_are_all_alike(address: str, password: str) -> None:
    """Whether it was the address or the password is not said."""
    desk = SignIn(Accounts(), Tries(), QUICK)
    assert await try_password(desk, password, address=address) == WrongSignIn()


async def test_an_unknown_address_costs_the_same_work() -> None:
    """Nobody learns from the time of the answer who has an account: the hash is computed all the same."""
    asked: list[str | None] = []

    class Counting(Passwords):
        def fits(self, password_hash: str | None, password: str) -> bool:
            asked.append(password_hash)
            return super().fits(password_hash, password)

    counting = Counting(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await try_password(SignIn(Accounts(), Tries(), counting), "right", address="nobody@desk.example")
    assert asked == [None]


async def test_who_left_does_not_sign_in() -> None:
    """A role that was taken away takes the sign-in with it, whatever the password."""
    accounts = Accounts()
    for gone in (RITA.model_copy(update={"role": None}), RITA.model_copy(update={"active": False})):
        accounts.people[RITA.id] = gone
        assert await try_password(SignIn(accounts, Tries(), QUICK), "right") == WrongSignIn()


async def test_eleventh_failure_waits_until_the_window_has_passed() -> None:
    """Ten failures in 15 minutes for an account; then even the right password waits, and no longer than the window."""
    desk = SignIn(Accounts(), Tries(), QUICK)
    for n in range(10):
        await try_password(desk, "wrong", client=f"198.51.100.{n}", now=NOW + timedelta(seconds=n))
    refused = await try_password(desk, "right", now=NOW + timedelta(minutes=1))
    assert isinstance(refused, TooManyTries)
    assert 0 < refused.wait_seconds <= 14 * 60
    assert signed(await try_password(desk, "right", now=NOW + timedelta(minutes=15, seconds=1)))


async def test_failures_of_one_client_count_over_all_accounts() -> None:
    """One address that tries many accounts waits; others do not wait for it."""
    desk = SignIn(Accounts(), Tries(), QUICK)
    for n in range(10):
        await try_password(desk, "wrong", address=f"user{n}@desk.example")
    assert isinstance(await try_password(desk, "right"), TooManyTries)
    assert signed(await try_password(desk, "right", client="198.51.100.1"))


async def test_successes_are_no_failures() -> None:
    """A busy office behind one address signs in as often as it likes."""
    desk = SignIn(Accounts(), Tries(), QUICK)
    for _ in range(25):
        assert signed(await try_password(desk, "right"))


async def test_many_tries_at_once_are_not_more() -> None:
    """A try is counted before it is checked."""
    desk = SignIn(Accounts(), Tries(), QUICK)
    found = await asyncio.gather(*(try_password(desk, "wrong") for _ in range(40)))
    assert sum(isinstance(each, WrongSignIn) for each in found) == 10


async def begun(accounts: Accounts, now: datetime = NOW, old: str | None = None) -> str:
    staff = Staff(RITA.id, RITA.address, RITA.name, "agent")
    return await begin_session(accounts, staff, now, 14.0, old=old)


async def test_session_is_kept_as_a_hash_and_rotated_at_sign_in() -> None:
    """Whoever reads the table has no session; a sign-in ends the session that the browser had."""
    accounts = Accounts()
    first = await begun(accounts)
    assert len(first) >= 43
    assert list(accounts.sessions) == [hash_of(first)]
    assert first.encode() not in next(iter(accounts.sessions))
    second = await begun(accounts, old=first)
    assert await staff_of_session(accounts, first, NOW, 14.0) is None
    found = await staff_of_session(accounts, second, NOW, 14.0)
    assert found is not None
    assert found.csrf


async def test_session_lasts_from_its_last_use() -> None:
    """Its end slides with use, at most once a minute; an open page that only listens does not keep it."""
    accounts = Accounts()
    session = await begun(accounts)
    await staff_of_session(accounts, session, NOW + timedelta(seconds=30), 14.0)
    assert accounts.noted == []
    assert await staff_of_session(accounts, session, NOW + timedelta(hours=13), 14.0)
    assert await staff_of_session(accounts, session, NOW + timedelta(hours=26), None)
    assert accounts.noted == [NOW + timedelta(hours=13)]
    assert await staff_of_session(accounts, session, NOW + timedelta(hours=27, minutes=1), 14.0) is None


async def test_session_ends_with_the_role() -> None:
    """Who lost the role is signed out, and stays so when they get it back."""
    accounts = Accounts()
    session = await begun(accounts)
    accounts.people[RITA.id] = RITA.model_copy(update={"role": None})
    assert await staff_of_session(accounts, session, NOW, 14.0) is None
    accounts.people[RITA.id] = RITA
    assert await staff_of_session(accounts, session, NOW, 14.0) is None


async def test_token_opens_what_its_account_may() -> None:
    """A token is found by its hash; one of another shape, or of a closed account, opens nothing."""
    accounts = Accounts()
    accounts.tokens[hash_of("dsk_secret")] = RITA.id
    found = await staff_of_token(accounts, "dsk_secret", NOW)
    assert found is not None
    assert found.csrf == ""
    assert await staff_of_token(accounts, "dsk_other", NOW) is None
    accounts.tokens[hash_of("secret")] = RITA.id
    assert await staff_of_token(accounts, "secret", NOW) is None
    accounts.people[RITA.id] = RITA.model_copy(update={"active": False})
    assert await staff_of_token(accounts, "dsk_secret", NOW) is None


def test_staff_value_is_frozen() -> None:
    """Rights do not change while a request is answered."""
    staff = Staff(RITA.id, RITA.address, RITA.name, "agent")
    assert replace(staff, role="administrator").is_administrator
    with pytest.raises(AttributeError):
        staff.role = "administrator"  # type: ignore[misc]
