"""Who gets in: tokens, sessions and tries on real rows; every route of the API by its description."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from services.portal_gateway import console
from services.portal_gateway.domain.passwords import Passwords
from services.portal_gateway.domain.rights import Staff
from services.portal_gateway.repository.accounts import AccountRows, PaceRows
from services.portal_gateway.repository.asking import forget_old
from services.portal_gateway.use_cases.sign_in import SignIn, TooManyTries, WrongSignIn, begin_session, hash_of
from shared.addresses import person_id
from shared.ids import new_id
from tests.integration.portal_gateway.two_gateways import Desk, now
from tests.support.waiting import eventually

RITA = person_id("rita@desk.example")
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
OPEN = {"/api/v1/openapi.json", "/api/docs"}
ANY = {"If-Match": "*"}


def rows(gateways: Desk) -> AccountRows:
    return AccountRows(gateways.pool)


@pytest_asyncio.fixture
async def session(gateways: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    """Rita's browser, signed in; it holds her csrf as a header of no name yet."""
    staff = Staff(RITA, "rita@desk.example", "Rita", "agent")
    session_id = await begin_session(rows(gateways), staff, now(), 14.0)
    async with gateways.client(token="", cookies={"deskstream": session_id}) as browser:
        yield browser


async def csrf_of(gateways: Desk, browser: httpx2.AsyncClient) -> str:
    found = await rows(gateways).session(hash_of(browser.cookies["deskstream"]), now())
    assert found is not None
    return found.csrf


async def every_operation(client: httpx2.AsyncClient) -> list[tuple[str, str]]:
    """Method and path of everything in the API's description, with something in each placeholder."""
    paths = (await client.get("/api/v1/openapi.json")).json()["paths"]
    found = []
    for path, operations in paths.items():
        filled = re.sub(r"\{(number|place)\}", "1", path)
        filled = re.sub(r"\{key\}", "request", filled)
        filled = re.sub(r"\{[a-z_]+\}", str(new_id()), filled)
        found += [(method.upper(), filled) for method in operations]
    return found


async def test_nothing_of_the_api_is_open(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Every route of the description refuses strangers and made-up tokens with a 401 problem."""
    operations = await every_operation(client)
    assert len(operations) > 40
    for token in ("", "dsk_made-up", "made-up"):
        async with gateways.client(token=token) as stranger:
            for method, path in operations:
                answer = await stranger.request(method, path)
                assert answer.status_code == 401, (method, path, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["www-authenticate"] == "Bearer"
            for path in OPEN:
                assert (await stranger.get(path)).status_code in {200, 401}


async def test_agents_do_not_set_the_desk_up(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """P72: an agent reads the setup and changes none of it: 403 before anything is asked of its owner."""
    setup = ("/api/v1/rules", "/api/v1/types", "/api/v1/teams", "/api/v1/agents", "/api/v1/mailboxes")
    bodies: dict[str, dict[str, Any]] = {
        "/api/v1/rules": {"name": "R", "trigger": "created", "actions": []},
        "/api/v1/types": {"key": "k", "label": "K"},
        "/api/v1/teams": {"key": "k", "label": "K"},
        "/api/v1/agents": {"address": "new@desk.example"},
        "/api/v1/mailboxes": {"key": "k", "address": "k@desk.example", "label": "K", "type": "request"},
    }
    async with gateways.client(token=await gateways.new_token("agent")) as agent:
        for path in setup:
            assert (await agent.get(path)).status_code == 200, path
            answer = await agent.post(path, json=bodies[path])
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path
        for method, path in await every_operation(client):
            if path.startswith(setup) and method in {"PATCH", "DELETE"}:
                body = {"name": "x"} if "rules" in path or "agents" in path else {"label": "x"}
                answer = await agent.request(method, path, json=body)
                assert answer.status_code == 403, (method, path)
        made = await gateways.new_item(agent)
        assert made["number"] > 0, "work itself is an agent's"


async def test_nothing_is_changed_blindly(client: httpx2.AsyncClient) -> None:
    """R18: every PATCH needs the version that was seen, and the description says so; without it the answer is 428."""
    paths = (await client.get("/api/v1/openapi.json")).json()["paths"]
    for path, operations in paths.items():
        if "patch" in operations:
            match = next(each for each in operations["patch"]["parameters"] if each["name"] == "If-Match")
            assert match["required"], path
            assert "428" in operations["patch"]["responses"], path
    changes = [path for method, path in await every_operation(client) if method == "PATCH"]
    assert len(changes) == 6
    for path in changes:
        body = {"name": "x"} if "rules" in path or "agents" in path else {"label": "x"}
        answer = await client.patch(path, json={"title": "x"} if "items" in path else body)
        assert (answer.status_code, answer.json()["code"]) == (428, "version_needed"), path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_revoked_token_opens_nothing(gateways: Desk) -> None:
    """It is refused at once by every gateway; the list shows when it was used and revoked."""
    token = await gateways.new_token(name="short-lived")
    async with gateways.client(token=token) as first, gateways.client(1, token=token) as second:
        for each in (first, second):
            assert (await each.get("/api/v1/me")).json()["name"] == "short-lived"
        assert await console.revoke_token(gateways.place, "short-lived") == ["short-lived"]
        for each in (first, second):
            assert (await each.get("/api/v1/me")).status_code == 401
    row = next(row for row in await console.list_tokens(gateways.place) if row.name == "short-lived")
    assert row.last_used_at is not None
    assert row.revoked_at is not None
    assert await console.revoke_token(gateways.place, "short-lived") == []


async def test_use_of_a_token_is_noted_once_a_minute(gateways: Desk) -> None:
    """A busy program does not make the database write for each of its reads."""
    token = await gateways.new_token(name="busy")
    async with gateways.client(token=token) as busy:
        await busy.get("/api/v1/me")
        used = "select last_used_at from api_token where name = 'busy'"
        first = await gateways.pool.fetchval(used)
        await busy.get("/api/v1/me")
        assert await gateways.pool.fetchval(used) == first
        await gateways.pool.execute(
            "update api_token set last_used_at = now() - interval '2 minutes' where name = 'busy'"
        )
        await busy.get("/api/v1/me")
        assert await gateways.pool.fetchval(used) > first


async def test_closed_account_closes_its_token(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """An administrator ends a token's account by the API; the token ends with it."""
    token = await gateways.new_token(name="to-close")
    account = next(a for a in (await client.get("/api/v1/agents")).json()["items"] if a["name"] == "to-close")
    assert account["service_account"]
    async with gateways.client(token=token) as closed:
        assert (await closed.get("/api/v1/me")).status_code == 200
        assert (
            await client.patch(f"/api/v1/agents/{account['id']}", json={"active": False}, headers=ANY)
        ).status_code == 200
        assert (await closed.get("/api/v1/me")).status_code == 401


async def test_session_reads_and_needs_its_csrf_to_write(gateways: Desk, session: httpx2.AsyncClient) -> None:
    """A cookie alone changes nothing: another site's form would carry it too."""
    body = {"type": "request", "title": "By cookie", "requester": {"address": "ana@shop.example"}}
    assert (await session.get("/api/v1/me")).json()["id"] == str(RITA)
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": ""}):
        refused = await session.post("/api/v1/items", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    csrf = {"X-CSRF-Token": await csrf_of(gateways, session)}
    made = await session.post("/api/v1/items", json=body, headers=csrf)
    assert made.status_code == 201, made.text
    url = f"/api/v1/items/{made.json()['number']}/messages"
    form = {"text": "by form", "public": "false", "csrf": csrf["X-CSRF-Token"]}
    assert (await session.post(url, data=form, files={"attachments": ("a.txt", b"a")})).status_code == 201
    assert (await session.post(url, data={**form, "csrf": "wrong"})).status_code == 403


async def test_requests_of_other_sites_are_refused(gateways: Desk, session: httpx2.AsyncClient) -> None:
    """By Origin, or by what the browser says of the request's source; our own pages and programs pass."""
    csrf = await csrf_of(gateways, session)
    body = {"type": "request", "title": "From elsewhere", "requester": {"address": "ana@shop.example"}}

    async def status(**headers: str) -> int:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await session.post("/api/v1/items", json=body, headers={"X-CSRF-Token": csrf, **told})).status_code

    assert await status(Origin="https://evil.example") == 403
    assert await status(Origin="null") == 403
    assert await status(Sec_Fetch_Site="cross-site") == 403
    assert await status(Origin=gateways.urls[0]) == 201
    assert await status(Origin="http://127.0.0.1:8080") == 201, "the public address"
    assert await status(Sec_Fetch_Site="same-origin") == 201


async def test_session_ends_with_its_person(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Who is made inactive is signed out everywhere; being let in again does not bring the session back."""
    agent = (await client.post("/api/v1/agents", json={"address": "leaving@desk.example"})).json()
    staff = Staff(UUID(agent["id"]), agent["address"], "", "agent")
    session_id = await begin_session(rows(gateways), staff, now(), 14.0)
    async with gateways.client(1, token="", cookies={"deskstream": session_id}) as browser:
        assert (await browser.get("/api/v1/me")).status_code == 200
        await client.patch(f"/api/v1/agents/{agent['id']}", json={"active": False}, headers=ANY)
        assert (await browser.get("/api/v1/me")).status_code == 401
        await client.patch(f"/api/v1/agents/{agent['id']}", json={"active": True}, headers=ANY)
        assert (await browser.get("/api/v1/me")).status_code == 401


async def test_old_sessions_are_forgotten(gateways: Desk) -> None:
    """Rows of sessions that ended, and of people who are no staff, do not stay."""
    staff = Staff(RITA, "rita@desk.example", "Rita", "agent")
    nobody = Staff(new_id(), "gone@desk.example", "", "agent")
    kept, _, ended = [
        hash_of(await begin_session(rows(gateways), who, now(), hours))
        for who, hours in ((staff, 1.0), (nobody, 1.0), (staff, -1.0))
    ]
    await forget_old(gateways.pool, now())
    found = {bytes(row["id_hash"]) for row in await gateways.pool.fetch("select id_hash from session")}
    assert kept in found
    assert ended not in found


async def test_tries_count_across_gateways_and_at_once(gateways: Desk) -> None:
    """Ten failures in 15 minutes, however many gateways they come to and however many at a time."""
    await rows(gateways).set_password(RITA, QUICK.hash("right"), now())
    desks = [SignIn(AccountRows(host.pool), PaceRows(host.pool, 5.0), QUICK) for host in gateways.hosts]

    async def attempt(n: int, password: str) -> object:
        return await desks[n % 2].try_password(
            address="rita@desk.example", password=password, client=f"198.51.100.{n}", now=now()
        )

    found = await asyncio.gather(*(attempt(n, "wrong") for n in range(30)))
    assert found.count(WrongSignIn()) == 10
    assert sum(isinstance(each, TooManyTries) for each in found) == 20
    refused = await attempt(50, "right")
    assert isinstance(refused, TooManyTries)
    assert 0 < refused.wait_seconds <= 15 * 60
    await gateways.pool.execute("update pace set at = at - interval '15 minutes 1 second'")
    assert isinstance(await attempt(51, "right"), Staff), "nobody is locked out beyond the window"


async def test_new_password_ends_sessions_and_first_one_is_set_once(gateways: Desk) -> None:
    """`admin reset-password` signs its owner out everywhere; a second start does not change the first password."""
    url = gateways.place.database_url
    first = await console.first_password(url, "admin@desk.example")
    assert first is not None
    assert await console.first_password(url, "admin@desk.example") is None
    chief = Staff(person_id("admin@desk.example"), "admin@desk.example", "", "administrator")
    session_id = await begin_session(rows(gateways), chief, now(), 14.0)
    again = await console.reset_password(gateways.place, "Admin@desk.example")
    assert again != first
    assert await rows(gateways).session(hash_of(session_id), now()) is None
    desk = SignIn(rows(gateways), PaceRows(gateways.pool, 5.0), Passwords())

    async def attempt(password: str) -> object:
        return await desk.try_password(address="admin@desk.example", password=password, client="c", now=now())

    assert await attempt(first) == WrongSignIn()
    assert isinstance(await attempt(again), Staff)
    kept = await gateways.pool.fetch("select password_hash from credential")
    assert all(row["password_hash"].startswith("$argon2id$") for row in kept)


async def test_agents_are_added_at_the_console(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """`agent add` makes somebody staff with a password; twice, or for a team that is not, it says so."""
    password = await console.add_agent(gateways.place, "vera@desk.example", "Vera", "agent", ["hardware"])
    found = next(a for a in (await client.get("/api/v1/agents")).json()["items"] if a["address"] == "vera@desk.example")
    assert (found["name"], found["role"]) == ("Vera", "agent")

    async def teams() -> bool:
        return "hardware" in (await client.get(f"/api/v1/agents/{found['id']}")).json()["teams"]

    await eventually(teams, "the team")
    desk = SignIn(rows(gateways), PaceRows(gateways.pool, 5.0), Passwords())
    signed = await desk.try_password(address="vera@desk.example", password=password, client="v", now=now())
    assert isinstance(signed, Staff)
    for address, team in (("vera@desk.example", "hardware"), ("new2@desk.example", "nowhere")):
        with pytest.raises(console.ConsoleError, match=f"{address}|{team}"):
            await console.add_agent(gateways.place, address, "", "agent", [team])


async def test_files_open_only_as_parts_of_messages(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """A stored file that no message holds, and another message's place, are not there for anybody."""
    made = await gateways.new_item(client)
    url = f"/api/v1/items/{made['number']}/messages"
    with_file = await client.post(
        url, data={"public": "false"}, files={"attachments": ("a.txt", b"secret", "text/plain")}
    )
    assert with_file.status_code == 201, with_file.text
    without = await client.post(url, json={"text": "no file", "public": True})
    assert (await client.get(f"/api/v1/messages/{without.json()['id']}/attachments/0")).status_code == 404
    assert (await client.get(f"/api/v1/messages/{new_id()}/attachments/0")).status_code == 404
    for place in ("-1", "1", "x", "..%2f..%2fsecret", "99999999999999999999"):
        answer = await client.get(f"/api/v1/messages/{with_file.json()['id']}/attachments/{place}")
        assert answer.status_code in {404, 422}, place
    async with gateways.client(token="") as stranger:
        assert (await stranger.get(with_file.json()["attachments"][0]["url"])).status_code == 401
