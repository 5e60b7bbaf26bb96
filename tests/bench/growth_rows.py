"""A desk that has worked for long: items with all that belongs to them, as the services would have written them.

tickets' tables are filled by COPY, the read model by the gateway's own statements from the same snapshots; both are
vacuumed and analysed. A row of each kind is checked against its contract.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.portal_gateway.repository.accounts import AccountRows
from services.portal_gateway.repository.read_model import sql as projecting
from services.portal_gateway.use_cases.sign_in import TOKEN_PREFIX, hash_of
from services.tickets.domain.seeds import seeded_people, seeded_setup
from services.tickets.repository.rows import dump
from services.tickets.repository.rows import sql as of_tickets
from shared.addresses import person_id
from shared.contracts.state import (
    ChangeState,
    DecisionState,
    DeliveryState,
    ItemState,
    MessageState,
    PersonState,
    Snapshot,
)
from shared.ids import new_id
from tests.bench.stage_load import WORDS

JsonObject = dict[str, Any]
DOMAIN, ADMINISTRATOR = "desk.example", "admin@desk.example"
#: A customer in so many items.
ITEMS_A_CUSTOMER = 5
CHUNK = 2000
YEAR = timedelta(days=365)
STATUSES = (("new", "not_started"), ("in_progress", "in_progress"), ("waiting", "in_progress"), ("solved", "finished"))
TEAMS = ("support", "hardware", "development")
#: Of ten items nine are finished, as on a desk that has worked for long.
_WEIGHTS = (3, 4, 3, 90)
_PUTS = {
    "item": projecting.put_item,
    "message": projecting.put_message,
    "change": projecting.put_change,
    "person": projecting.put_person,
    "decision": projecting.put_decision,
    "delivery": projecting.put_delivery,
}
_KINDS: dict[str, type[Snapshot]] = {
    "item": ItemState,
    "message": MessageState,
    "change": ChangeState,
    "person": PersonState,
    "decision": DecisionState,
    "delivery": DeliveryState,
}


@dataclass(frozen=True)
class Grown:
    """One item, with all that belongs to it, as snapshots."""

    item: JsonObject
    message: JsonObject
    change: JsonObject
    decision: JsonObject
    delivery: JsonObject


class Past:
    """So many items, the same for the same count."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.customers = max(1, count // ITEMS_A_CUSTOMER)
        self._began = datetime.now(UTC) - YEAR

    def people(self) -> Iterator[JsonObject]:
        """Every customer."""
        for number in range(self.customers):
            address, name = _customer(number)
            yield {"version": 1, "id": str(person_id(address)), "address": address, "name": name, "active": True}

    def items(self) -> Iterator[Grown]:
        """Every item, oldest first."""
        dice = random.Random(self.count)  # noqa: S311 - variety, not secrecy
        for number in range(1, self.count + 1):
            yield self._item(dice, number)

    def _item(self, dice: random.Random, number: int) -> Grown:
        item, message, event, receipt = (str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(4))
        at = (self._began + YEAR * (number / (self.count + 1))).isoformat()
        address, name = _customer(dice.randrange(self.customers))
        requester = {"id": str(person_id(address)), "address": address, "name": name, "staff": False, "link_nonce": ""}
        status, state = dice.choices(STATUSES, _WEIGHTS)[0]
        team, title = dice.choice(TEAMS), " ".join(dice.choices(WORDS, k=6))
        received = f"{receipt}@grown.example"
        whole = {
            "version": 1, "id": item, "number": number, "kind": "ticket", "type": "request", "channel": "mail",
            "title": title, "status": status, "state": state, "status_since": at,
            "priority": dice.choices(("normal", "high", "low"), (80, 10, 10))[0], "requester": requester,
            "organisation": None, "team": team, "assignee": None, "followers": [], "tags": [f"tag-{number % 50}"],
            "fields": {}, "mailboxes": ["support"], "incomplete": False, "root_message_id": received,
            "first_message_id": message, "last_message_ids": [received], "public_message_ids": [message],
            "related": [], "message_count": 1, "held_count": 0, "language": None, "created_at": at, "updated_at": at,
            "accepted_at": at,
        }  # fmt: skip
        said = {
            "version": 1, "id": message, "item_id": item, "item_number": number, "author": requester, "by": "customer",
            "sender": {"address": address, "name": name}, "channel": "mail", "public": True, "held": False,
            "subject": title, "text": " ".join([word_of(number), *dice.choices(WORDS, k=80)]), "mailbox": "support",
            "receipt_id": receipt, "message_id": received, "thread_ids": [received], "created_at": at,
            "accepted_at": at,
        }  # fmt: skip
        step = {
            "version": 1, "item_id": item, "event_id": event, "event": "created", "at": at,
            "actor": f"customer:{requester['id']}", "actor_name": name, "causes": [], "changes": {},
            "message_id": message, "correlation_id": receipt,
        }  # fmt: skip
        decision = {
            "version": 1, "id": str(UUID(int=dice.getrandbits(128), version=4)), "event_id": event, "item_id": item,
            "item_number": number, "item_version": 1, "trigger": "created", "rule_set_version": 2, "verdicts": [],
            "unlisted": 2, "at": at,
        }  # fmt: skip
        delivery = {
            "version": 2, "id": str(UUID(int=dice.getrandbits(128), version=4)), "item_id": item,
            "item_number": number, "kind": "rule", "recipient": requester, "subject": f"[#{number}] {title}",
            "text": "We have received your request.", "rfc_message_id": f"{event}@{DOMAIN}", "status": "sent",
            "attempts": [{"at": at, "outcome": "sent", "code": 250, "detail": "taken"}], "created_at": at,
            "updated_at": at,
        }  # fmt: skip
        return Grown(whole, said, step, decision, delivery)


def word_of(number: int) -> str:
    """A word that no other item has, and that no other item's begins with: words are searched by their beginnings."""
    return f"zq{number}x"


def _customer(number: int) -> tuple[str, str]:
    return f"g{number}@grown{number % 997}.example", f"Customer {number}"


async def fill_tickets(url: str, past: Past) -> None:
    """tickets' tables hold the past, and the next item has the next number."""
    connection = await asyncpg.connect(url)
    await _seed(connection)
    people = ((UUID(p["id"]), p["address"], 1, json.dumps(p)) for p in past.people())
    await connection.copy_records_to_table("person", records=people, columns=("id", "address", "version", "state"))
    for chunk in _chunks(past):
        await _copy_items(connection, chunk)
    await connection.execute("select setval('item_number', $1)", past.count)
    await connection.execute("vacuum analyze")
    await connection.close()


async def _seed(connection: asyncpg.Connection) -> None:
    setup = seeded_setup(DOMAIN)
    names = [snapshot.state_key().split(":", 1) for snapshot in setup]
    kinds, keys = [kind for kind, _ in names], [key for _, key in names]
    await connection.fetch(of_tickets.seed_setup, kinds, keys, [dump(snapshot) for snapshot in setup])


async def _copy_items(connection: asyncpg.Connection, chunk: Sequence[Grown]) -> None:
    items = [(UUID(g.item["id"]), g.item["number"], "request", g.item["status"], 1, json.dumps(g.item)) for g in chunk]
    messages = [
        (
            UUID(g.message["id"]),
            UUID(g.item["id"]),
            UUID(g.message["receipt_id"]),
            True,
            UUID(g.message["id"]).hex[:20],
            1,
            json.dumps(g.message),
        )
        for g in chunk
    ]
    steps = [(UUID(g.item["id"]), 1, json.dumps(g.change)) for g in chunk]
    threads = [(g.message["message_id"], UUID(g.item["id"])) for g in chunk]
    claims = [("tickets", UUID(g.message["receipt_id"])) for g in chunk]
    copy = connection.copy_records_to_table
    async with connection.transaction():
        await copy("item", records=items, columns=("id", "number", "type", "status", "version", "state"))
        columns = ("id", "item_id", "receipt_id", "public", "prefix", "version", "state")
        await copy("message", records=messages, columns=columns)
        await copy("item_change", records=steps, columns=("item_id", "version", "state"))
        await copy("message_ids", records=threads, columns=("id", "item_id"))
        await copy("inbox", records=claims, columns=("consumer", "message_id"))


async def fill_gateway(url: str, past: Past) -> str:
    """The read model shows the past; the secret of a token that opens it."""
    connection = await asyncpg.connect(url)
    for snapshot in seeded_setup(DOMAIN):
        await connection.execute(projecting.put_setup, [snapshot.model_dump_json()])
    staff = seeded_people(DOMAIN, ADMINISTRATOR)
    await connection.execute(projecting.put_person, [person.model_dump_json() for person in staff])
    people = list(past.people())
    for at in range(0, len(people), CHUNK):
        await connection.execute(projecting.put_person, [json.dumps(person) for person in people[at : at + CHUNK]])
    for chunk in _chunks(past):
        for kind in ("item", "message", "change", "decision", "delivery"):
            await connection.execute(_PUTS[kind], [json.dumps(getattr(grown, kind)) for grown in chunk])
    token = f"{TOKEN_PREFIX}bench"
    rows = AccountRows(connection)
    await rows.keep_token(new_id(), hash_of(token), "bench", person_id(ADMINISTRATOR), datetime.now(UTC))
    await connection.execute("vacuum analyze")
    await connection.close()
    return token


def _chunks(past: Past) -> Iterator[list[Grown]]:
    chunk: list[Grown] = []
    for grown in past.items():
        chunk.append(grown)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def checked(past: Past) -> None:
    """The first row of each kind is as its contract says.

    Raises:
        pydantic.ValidationError: one is not.
    """
    first = next(past.items())
    for kind, model in _KINDS.items():
        model.model_validate(next(past.people()) if kind == "person" else getattr(first, kind))
