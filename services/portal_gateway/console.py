"""What whoever runs the desk does at its console with credentials: first password, new passwords, agents, tokens.

Invariant: a password or a token is shown once, to whoever asked, and kept as a hash only.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from services.portal_gateway.domain.caller import CONSOLE, Caller
from services.portal_gateway.domain.passwords import Passwords, new_password
from services.portal_gateway.repository.accounts import AccountRows, TokenRow
from services.portal_gateway.repository.asking import AnswerRows
from services.portal_gateway.repository.setup import Setup
from services.portal_gateway.use_cases import set_up
from services.portal_gateway.use_cases.ask import Desk
from services.portal_gateway.use_cases.live import Live
from services.portal_gateway.use_cases.sign_in import SECRET_BYTES, TOKEN_PREFIX, hash_of
from shared.addresses import normalise, person_id
from shared.clock import system_clock
from shared.contracts.answers import Answer
from shared.contracts.state import StaffRole
from shared.errors import TransientError
from shared.ids import new_id
from shared.messaging.direct import DirectProducer
from shared.postgres.pool import Pool, create_pool
from shared.settings import KafkaSettings

#: Addresses of accounts that no person has; nobody can be mailed there (RFC 2606 §2), and no company is made of it.
TOKEN_DOMAIN = "invalid"  # noqa: S105 - a domain
ANSWER_SECONDS = 30.0
LOOK_SECONDS = 0.1
_now = system_clock()


class ConsoleError(Exception):
    """It was not done; the message says why, and what to do."""


@dataclass(frozen=True)
class Place:
    """Where a desk's servers are; `database_url` is the gateway's."""

    database_url: SecretStr
    kafka: KafkaSettings


async def first_password(database_url: SecretStr, address: str) -> str | None:
    """The password of the first administrator, made now; none where they have one already."""
    async with _pool(database_url) as pool:
        password = new_password()
        kept = await AccountRows(pool).set_first_password(person_id(address), Passwords().hash(password), _now())
        return password if kept else None


async def reset_password(place: Place, address: str) -> str:
    """A new password of somebody of staff; their sessions are over.

    Raises:
        ConsoleError: nobody of staff has this address.
    """
    async with _pool(place.database_url) as pool:
        person = await Setup(pool).person_of_address(normalise(address))
        if person is None or person.role is None or person.service_account:
            raise ConsoleError(f"{address} is nobody of staff; `deskstream agent add` makes somebody so")
        password = new_password()
        await AccountRows(pool).set_password(person.id, Passwords().hash(password), _now())
        return password


async def add_agent(place: Place, address: str, name: str, role: StaffRole, teams: Sequence[str]) -> str:
    """Somebody is staff; their password.

    Raises:
        ConsoleError: they are staff already, a team is unknown, or the desk did not answer.
    """
    agent = set_up.NewAgent(address=address, name=name, role=role, teams=tuple(teams))
    await _add(place, agent)
    return await reset_password(place, address)


async def create_token(place: Place, name: str, role: StaffRole) -> str:
    """An API token of an account of its own.

    Raises:
        ConsoleError: the desk did not answer.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "api"
    address = f"token-{slug}-{secrets.token_hex(4)}@{TOKEN_DOMAIN}"
    await _add(place, set_up.NewAgent(address=address, name=name, role=role, service_account=True))
    token = TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    async with _pool(place.database_url) as pool:
        await AccountRows(pool).keep_token(new_id(), hash_of(token), name, person_id(address), _now())
    return token


async def list_tokens(place: Place) -> list[TokenRow]:
    """Every token ever made, oldest first."""
    async with _pool(place.database_url) as pool:
        return await AccountRows(pool).tokens()


async def revoke_token(place: Place, name: str) -> list[str]:
    """Tokens of this name or id open nothing any more; their names."""
    async with _pool(place.database_url) as pool:
        return await AccountRows(pool).revoke_token(name, _now())


async def _add(place: Place, agent: set_up.NewAgent) -> None:
    producer = DirectProducer(place.kafka)
    try:
        async with _pool(place.database_url) as pool:
            answers = AnswerRows(pool)
            desk = Desk(producer, answers, Live(), LOOK_SECONDS)
            caller = Caller(CONSOLE, new_id(), _now())
            try:
                said = await set_up.add_agent(desk, Setup(pool), caller, agent)
            except TransientError as error:
                raise ConsoleError(f"the desk does not take it now: {error}") from error
            answer = said or await _answer(answers, caller)
    finally:
        await producer.close()
    if answer.outcome == "refused":
        raise ConsoleError(answer.text)


async def _answer(answers: AnswerRows, caller: Caller) -> Answer:
    """The answer of the owner, however busy it is; no signal comes to the console, so it looks."""
    deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        answer = await answers.find(caller.command_id)
        if answer is not None:
            return answer
        await asyncio.sleep(LOOK_SECONDS)
    raise ConsoleError(f"no answer in {ANSWER_SECONDS:.0f} s; is `tickets` running? See `deskstream status`")


@asynccontextmanager
async def _pool(database_url: SecretStr) -> AsyncIterator[Pool]:
    pool = await create_pool(database_url, max_size=2)
    try:
        yield pool
    finally:
        await pool.close()
