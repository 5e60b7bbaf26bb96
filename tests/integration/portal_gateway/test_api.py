"""The API on real servers: commands and their answers through two gateways, reads of what was written."""

import asyncio
import hashlib
from uuid import uuid4

import httpx2

from shared.contracts.answers import AutomationAnswered
from shared.contracts.automation import DeleteRule, RuleSaved, SaveRule
from shared.contracts.state import RuleState
from shared.contracts.tickets import AddMessage, ChangeItem, CreateItem, ItemCreated
from shared.ids import new_id
from shared.messaging.records import Incoming
from tests.integration.portal_gateway.two_gateways import Desk, done, refused
from tests.support.waiting import eventually


def tag(item: dict[str, object]) -> dict[str, str]:
    return {"If-Match": f'"{item["version"]}"'}


async def test_writes_are_read_at_once_whichever_gateway_serves(
    gateways: Desk, client: httpx2.AsyncClient, other: httpx2.AsyncClient
) -> None:
    """Users read their own writes: made through one gateway, changed through the other, read from both."""
    made = await gateways.new_item(client, "Two doors")
    changed = await other.patch(f"/api/v1/items/{made['number']}", json={"priority": "urgent"}, headers=tag(made))
    assert changed.status_code == 200, changed.text
    assert changed.json()["priority"] == "urgent"
    assert changed.headers["etag"] == f'"{changed.json()["version"]}"'
    for each in (client, other):
        shown = await each.get(f"/api/v1/items/{made['number']}")
        assert shown.json() == changed.json()


async def test_item_has_the_promised_fields(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Programs find every field of an item and of a message by its name."""
    made = await gateways.new_item(client, requester={"address": "Rui@Shop.example", "name": "Rui"}, tags=["a"])
    assert {
        *("number", "kind", "type", "channel", "title", "status", "priority", "requester", "organisation", "team"),
        *("assignee", "followers", "tags", "fields", "mailboxes", "incomplete", "version", "created_at", "updated_at"),
    } <= set(made)
    assert made["requester"]["address"] == "rui@shop.example"
    assert (made["channel"], made["tags"], made["team"]) == ("api", ["a"], "support")
    messages = (await client.get(f"/api/v1/items/{made['number']}/messages")).json()["items"]
    assert {
        *("id", "from", "public", "held", "text", "full_text", "html", "delivery", "attachments", "created_at"),
    } <= set(messages[0])
    assert messages[0]["from"] == {"name": "Rui", "address": "Rui@Shop.example"}


async def test_same_key_is_done_once(gateways: Desk, client: httpx2.AsyncClient, other: httpx2.AsyncClient) -> None:
    """The impatient second click, through another gateway or at the same time, finds the first answer."""
    title = uuid4().hex
    body = {"type": "request", "title": title, "requester": {"address": "ana@shop.example"}}
    headers = {"Idempotency-Key": uuid4().hex}
    answers = await asyncio.gather(
        *(each.post("/api/v1/items", json=body, headers=headers) for each in (client, other, client, other))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    found = await client.get("/api/v1/items", params={"q": title})
    assert len(found.json()["items"]) == 1
    reused = await other.post("/api/v1/items", json={**body, "title": "Other"}, headers=headers)
    assert reused.status_code == 422
    assert reused.json()["code"] == "key_reused"
    shuffled = dict(reversed(list(body.items())))
    assert (await client.post("/api/v1/items", json=shuffled, headers=headers)).status_code == 201
    async with gateways.client(token=await gateways.new_token()) as stranger:
        theirs = await stranger.post("/api/v1/items", json=body, headers=headers)
        assert theirs.json()["number"] != answers[0].json()["number"], "keys belong to their caller"


async def test_no_answer_in_time_is_a_202_that_catches_up(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Nobody answers: 202 with the command's address, pending there; once answered the outcome stands there."""
    rule = {"name": "Slow", "trigger": "created", "actions": [{"do": "tag", "tags": ["x"]}]}
    seen = gateways.count(SaveRule)
    answer = await client.post("/api/v1/rules", json=rule)
    assert answer.status_code == 202
    url = answer.json()["url"]
    assert answer.headers["location"] == url
    assert (await client.get(url)).json()["outcome"] == "pending"
    cause, command = await gateways.asked(SaveRule, seen=seen)
    assert str(cause.envelope.id) == answer.json()["command_id"]
    assert cause.envelope.actor.startswith("agent:")
    await gateways.tell(cause, str(command.rule_id), refused(AutomationAnswered, cause, "invalid", "Too slow."))

    async def outcome() -> dict[str, object] | None:
        told = (await client.get(url)).json()
        return told if told["outcome"] != "pending" else None

    told = await eventually(outcome, "the outcome")
    assert (told["outcome"], told["code"], told["text"]) == ("refused", "invalid", "Too slow.")


async def test_stale_versions_conflict_only_where_it_hurts(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """R18: the same field is a 409 with both values, another field is taken; without If-Match it is a 428."""
    made = await gateways.new_item(client)
    url = f"/api/v1/items/{made['number']}"
    assert (await client.patch(url, json={"priority": "high"}, headers=tag(made))).status_code == 200
    assert (await client.patch(url, json={"title": "Another field"}, headers=tag(made))).status_code == 200
    conflict = await client.patch(url, json={"priority": "low"}, headers=tag(made))
    assert conflict.status_code == 409
    assert conflict.headers["content-type"] == "application/problem+json"
    told = conflict.json()["conflicts"]["priority"]
    assert (told["yours"], told["theirs"]) == ("low", "high")
    assert told["by"].startswith("agent:")
    assert told["at"]
    assert (await client.patch(url, json={"priority": "low"})).status_code == 428
    assert (await client.patch(url, json={"priority": "low"}, headers={"If-Match": "no tag"})).status_code == 422
    assert (await client.patch(url, json={"priority": "low"}, headers={"If-Match": "*"})).status_code == 200


async def test_every_field_of_an_item_can_be_changed(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Title, status, priority, type, team, assignee by id or address, tags, followers, fields: one request each."""
    made = await gateways.new_item(client)
    url = f"/api/v1/items/{made['number']}"
    agents = {each["address"]: each for each in (await client.get("/api/v1/agents")).json()["items"]}
    tomas = agents["tomas@desk.example"]["id"]

    async def change(**values: object) -> dict[str, object]:
        answer = await client.patch(url, json=values, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert (await change(title="New title", status="on_hold"))["state"] == "in_progress"
    assert (await change(type="hardware"))["type"] == "hardware"
    assert (await change(team="hardware", tags=["b", "c"]))["tags"] == ["b", "c"]
    for name in (tomas, "Tomas@desk.example"):
        assert (await change(assignee=name))["assignee"]["id"] == tomas  # type: ignore[index] # JSON
        assert (await change(assignee=None))["assignee"] is None
    assert (await change(assign={"team": "hardware", "member": "in_turn"}))["assignee"]["id"] == tomas  # type: ignore[index]
    followed = await change(follow=[{"address": "f@shop.example", "name": "F"}])
    assert [each["address"] for each in followed["followers"]] == ["f@shop.example"]  # type: ignore[attr-defined]
    assert (await change(unfollow=[each["id"] for each in followed["followers"]]))["followers"] == []  # type: ignore[attr-defined]
    for bad in ({"status": "gone"}, {"team": "gone"}, {"assignee": "nobody@x.example"}, {"fields": {"gone": 1}}, {}):
        refusal = await client.patch(url, json=bad, headers={"If-Match": "*"})
        assert refusal.status_code == 422, bad
    both = {"assign": {"team": "support"}, "team": "hardware"}
    assert (await client.patch(url, json=both, headers={"If-Match": "*"})).status_code == 422


async def test_nobody_becomes_a_person_by_a_wrong_assignee(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """A mistyped address is refused before it reaches the owner, who would make a person of it."""
    made = await gateways.new_item(client)
    typo = f"ritaa-{uuid4().hex[:6]}@desk.example"
    answer = await client.patch(f"/api/v1/items/{made['number']}", json={"assignee": typo}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["field"]) == (422, "assignee")
    assert (await client.get("/api/v1/people", params={"q": typo})).json()["items"] == []


async def test_messages_carry_files_byte_for_byte(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """A note with files: stored before the command names them, read back as they were, saved and not run."""
    made = await gateways.new_item(client)
    content = bytes(range(256)) * 50
    files = [
        ("attachments", ("..\\plan ü.txt", content, "text/plain")),
        ("attachments", ("page.html", b"<script>alert(1)</script>", "text/html")),
    ]
    url = f"/api/v1/items/{made['number']}/messages"
    written = await client.post(url, data={"text": "Look", "public": "false"}, files=files)
    assert written.status_code == 201, written.text
    message = written.json()
    assert (message["public"], message["text"], message["delivery"]) == (False, "Look", None)
    first, page = message["attachments"]
    assert (first["name"], first["size"]) == ("plan ü.txt", len(content))
    assert first["sha256"] == hashlib.sha256(content).hexdigest()
    got = await client.get(first["url"])
    assert got.content == content
    assert got.headers["content-disposition"].startswith("attachment;")
    shown = await client.get(page["url"], params={"show": True})
    assert shown.headers["content-type"] == "application/octet-stream"
    assert shown.headers["content-security-policy"].startswith("sandbox;")
    assert (await client.get(f"/api/v1/messages/{message['id']}/attachments/2")).status_code == 404
    assert (await client.get(f"/api/v1/messages/{message['id']}/raw")).status_code == 404
    assert (await client.get(f"/api/v1/messages/{message['id']}")).json() == message


async def test_files_of_the_same_key_must_be_the_same(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Files are part of what was asked: other bytes under one key are refused, the same find the first message."""
    made = await gateways.new_item(client)
    url, headers = f"/api/v1/items/{made['number']}/messages", {"Idempotency-Key": uuid4().hex}

    async def post(content: bytes) -> httpx2.Response:
        files = {"attachments": ("a.txt", content, "text/plain")}
        return await client.post(url, data={"text": "x", "public": "true"}, files=files, headers=headers)

    first, again, changed = await post(b"one"), await post(b"one"), await post(b"two")
    assert (first.status_code, again.status_code, changed.status_code) == (201, 201, 422)
    assert first.json()["id"] == again.json()["id"]
    assert len((await client.get(url)).json()["items"]) == 2


async def test_lists_go_on_where_they_ended(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Pages by cursor show each row once, in order; a cursor of another list is refused."""
    made = await gateways.new_item(client, "Long talk")
    url = f"/api/v1/items/{made['number']}"
    for n in range(4):
        assert (await client.post(f"{url}/messages", json={"text": f"{n}", "public": False})).status_code == 201
    texts, cursor = [], None
    while True:
        page = (
            await client.get(f"{url}/messages", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        texts += [message["text"] for message in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        assert (await client.get(f"{url}/deliveries", params={"cursor": cursor})).status_code == 422
    assert texts == ["It does.", "0", "1", "2", "3"]
    history = (await client.get(f"{url}/history", params={"limit": 2})).json()
    assert [step["version"] for step in history["items"]] == [1, 2]
    rest = (await client.get(f"{url}/history", params={"cursor": history["next"]})).json()
    assert [step["version"] for step in rest["items"]] == [3, 4, 5]
    for bad in ({"limit": 0}, {"limit": 201}, {"limit": "many"}):
        assert (await client.get("/api/v1/items", params=bad)).status_code == 422
    numbers = [item["number"] for item in (await client.get("/api/v1/items", params={"limit": 200})).json()["items"]]
    assert numbers == sorted(numbers, reverse=True)


async def test_items_are_found_by_every_filter(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Each filter finds the item that fits and leaves out the one that does not."""
    word = f"w{uuid4().hex[:8]}"
    fits = await gateways.new_item(client, f"{word} fits", tags=[word], priority="high", type="hardware")
    await gateways.new_item(client, f"{word} does not", requester={"address": f"{word}@other.example"})
    rita = next(a for a in (await client.get("/api/v1/agents")).json()["items"] if a["address"] == "rita@desk.example")
    changed = {"assignee": rita["id"], "status": "in_progress"}
    await client.patch(f"/api/v1/items/{fits['number']}", json=changed, headers={"If-Match": "*"})
    for query in (
        {"status": "in_progress"},
        {"status": "in_progress,waiting"},
        {"assignee": rita["id"]},
        {"assignee": "rita@desk.example"},
        {"team": "hardware"},
        {"organisation": fits["organisation"]["id"]},
        {"type": "hardware"},
        {"requester": "ana@shop.example"},
        {"tag": word},
        {"priority": "high"},
        {"q": "fits"},
    ):
        found = (await client.get("/api/v1/items", params={"q": word, **query})).json()["items"]
        assert [item["number"] for item in found] == [fits["number"]], query
    nobody = (await client.get("/api/v1/items", params={"q": word, "assignee": "none"})).json()["items"]
    assert [item["title"] for item in nobody] == [f"{word} does not"]
    assert (await client.get("/api/v1/items", params={"assignee": "nobody@x.example"})).json()["items"] == []
    assert (await client.get("/api/v1/items", params={"colour": "red"})).status_code == 422


async def test_setup_is_made_and_changed_by_the_api(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Types with fields, teams, agents and mailboxes: made, changed, read back; a stale version is a conflict."""
    key = f"k{uuid4().hex[:8]}"
    kind = await client.post("/api/v1/types", json={"key": key, "label": "Onboarding"})
    assert kind.status_code == 201, kind.text
    field = {
        "key": "shop",
        "label": "Shop?",
        "kind": "select",
        "required": True,
        "options": [{"key": "p", "label": "P"}],
    }
    changed = await client.patch(f"/api/v1/types/{key}", json={"fields": [field]}, headers=tag(kind.json()))
    assert changed.json()["fields"][0]["options"] == [{"key": "p", "label": "P"}]
    stale = await client.patch(f"/api/v1/types/{key}", json={"fields": []}, headers=tag(kind.json()))
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
    both = stale.json()["conflicts"]["fields"]
    assert (both["yours"], both["theirs"][0]["key"]) == ([], "shop")
    assert both["by"].startswith("agent:")
    other_part = await client.patch(f"/api/v1/types/{key}", json={"label": "X"}, headers=tag(kind.json()))
    assert other_part.json()["label"] == "X"
    made = await gateways.new_item(client, type=key, fields={"shop": "p"})
    assert made["fields"] == {"shop": "p"}
    assert (await client.post("/api/v1/types", json={"key": key, "label": "Again"})).status_code == 409
    assert (await client.post("/api/v1/teams", json={"key": key, "label": "Team"})).status_code == 201
    agent = await client.post("/api/v1/agents", json={"address": f"{key}@desk.example", "name": "New", "teams": [key]})
    assert agent.status_code == 201, agent.text
    assert (await client.post("/api/v1/agents", json={"address": f"{key}@desk.example"})).status_code == 409
    url = f"/api/v1/agents/{agent.json()['id']}"
    left = await client.patch(url, json={"active": False}, headers=tag(agent.json()))
    assert left.json()["active"] is False
    assert (await client.patch(url, json={"name": "Old"}, headers=tag(left.json()))).json()["active"] is False
    mailbox = {"key": key, "address": f"{key}@desk.example", "label": "Box", "type": key}
    box = await client.post("/api/v1/mailboxes", json=mailbox)
    assert box.status_code == 201, box.text
    crate = await client.patch(f"/api/v1/mailboxes/{key}", json={"label": "Crate"}, headers=tag(box.json()))
    assert crate.json()["label"] == "Crate"
    for missing in ("types/none", "teams/none", "mailboxes/none", f"agents/{new_id()}"):
        assert (await client.get(f"/api/v1/{missing}")).status_code == 404
        said = {"label": "x"} if "agents" not in missing else {"name": "x"}
        assert (await client.patch(f"/api/v1/{missing}", json=said)).status_code == 428, missing
        answer = await client.patch(f"/api/v1/{missing}", json=said, headers={"If-Match": "*"})
        assert answer.status_code == 404, missing


async def answered(gateways: Desk, rule: RuleState, seen: int) -> Incoming:
    """automation's part, played: the rule stands, the command is answered."""
    cause, _ = await gateways.asked(SaveRule, seen=seen)
    await gateways.tell(
        cause, str(rule.id), RuleSaved(rule=rule), done(AutomationAnswered, cause, rule_id=str(rule.id), version=1)
    )
    return cause


async def test_rules_are_rows(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """P41: a rule goes to its owner with an id of the gateway's; unknown names are refused with their place before."""
    body = {
        "name": "Hardware",
        "trigger": "created",
        "filter": {"all": [{"field": "type", "is": "hardware"}]},
        "actions": [{"do": "assign", "team": "hardware", "member": "in_turn"}],
    }
    seen = gateways.count(SaveRule)
    posting = asyncio.create_task(client.post("/api/v1/rules", json=body))
    _, command = await gateways.asked(SaveRule, seen=seen)
    assert command.create
    state = RuleState(
        version=1, id=command.rule_id, name=body["name"], trigger="created", actions=command.actions or ()
    )
    await answered(gateways, state, seen)
    made = await posting
    assert made.status_code == 201, made.text
    assert made.json()["id"] == str(command.rule_id)
    assert made.json()["id"] in [rule["id"] for rule in (await client.get("/api/v1/rules")).json()["items"]]
    wrong = {**body, "actions": [{"do": "assign", "team": "nowhere"}]}
    refusal = await client.post("/api/v1/rules", json=wrong)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "unknown_team")
    assert refusal.json()["field"] == "actions.0.team"
    deleting = asyncio.create_task(client.delete(f"/api/v1/rules/{command.rule_id}"))
    cause, _ = await gateways.asked(DeleteRule)
    gone = state.model_copy(update={"version": 2, "deleted": True})
    await gateways.tell(cause, str(state.id), RuleSaved(rule=gone), done(AutomationAnswered, cause, version=2))
    assert (await deleting).status_code == 204
    assert (await client.get(f"/api/v1/rules/{command.rule_id}")).status_code == 404


async def test_newer_snapshots_stand_and_older_ones_change_nothing(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Replays and late records are harmless: what is shown goes by version."""
    made = await gateways.new_item(client, "By version")
    found = await gateways.wire.wait_for(ItemCreated, lambda body: body.item.number == made["number"])
    created = found[0].body
    assert isinstance(created, ItemCreated)
    for version, title in ((5, "Newer"), (3, "Older"), (5, "Same again")):
        item = created.item.model_copy(update={"version": version, "title": title})
        await gateways.wire.send(created.model_copy(update={"item": item}), str(item.id))
    last = await gateways.new_item(client, "After those")

    async def shown() -> bool:
        return bool((await client.get(f"/api/v1/items/{made['number']}")).json()["version"] == 5)

    await eventually(shown, "the newer version")
    assert last["number"] > made["number"]
    assert (await client.get(f"/api/v1/items/{made['number']}")).json()["title"] == "Newer"


async def test_commands_name_their_actor_and_version(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Owners are told who asks, what was seen, and what is named: nothing else."""
    made = await gateways.new_item(client)
    me = (await client.get("/api/v1/me")).json()
    await client.patch(f"/api/v1/items/{made['number']}", json={"title": "Named"}, headers=tag(made))
    await client.post(f"/api/v1/items/{made['number']}/messages", json={"text": "Noted", "public": False})
    found = await gateways.wire.wait_for(ChangeItem, lambda body: body.set == {"title": "Named"})
    assert found[0].envelope.actor == f"agent:{me['id']}"
    assert found[0].body.based_on == made["version"]  # type: ignore[attr-defined]
    assert found[0].envelope.subject == f"item:{made['id']}"
    assert {type(m.body) for m in gateways.wire.seen} >= {CreateItem, ChangeItem, AddMessage}
