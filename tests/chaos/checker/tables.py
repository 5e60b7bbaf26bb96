"""Tables as evidence: plain SQL under the administrator, past all proxies."""

import json
from typing import Any

import asyncpg

from tests.chaos.checker.seen import (
    COPIED,
    Action,
    ChangeRow,
    DecisionRow,
    DeliveryRow,
    MessageRow,
    Prints,
    Tables,
    print_of,
)
from tests.chaos.history import MARKER

#: Where each owner keeps the snapshots that it publishes: kind, the query of (key, version, state).
_OWNERS = {
    "intake": {
        "receipt": "select id::text, version, state from intake.receipt",
        "quarantine": "select id::text, version, state from intake.quarantine",
    },
    "tickets": {
        "item": "select id::text, version, state from tickets.item",
        "message": "select id::text, version, state from tickets.message",
        "change": "select item_id::text || ':' || version, version, state from tickets.item_change",
        "person": "select id::text, version, state from tickets.person",
        "organisation": "select id::text, version, state from tickets.organisation",
    },
    "automation": {
        "rule": "select id::text, version, state from automation.rule",
        "decision": "select id::text, version, state from automation.decision",
    },
    "notifier": {
        "delivery": "select id::text, version, state from notifier.delivery",
        "suppression": "select address, version, state from notifier.suppression",
    },
}
_READ_MODEL = {
    **{
        kind: query.replace(f"from {owner}.", "from gateway.")
        for owner in _OWNERS
        for kind, query in _OWNERS[owner].items()
    },
    "change": "select item_id::text || ':' || version, version, state from gateway.change",
}
_SETUP = "select kind || ':' || key, version, state from {schema}.setup"
_COPIES = "select kind || ':' || id, version, state from {schema}.reference"
_SCHEMAS = ("intake", "tickets", "automation", "notifier", "gateway")


async def read_tables(url: str) -> Tables:
    """All that the tables say now."""
    connection = await asyncpg.connect(url)
    try:
        await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            owners = {owner: await _prints(connection, queries) for owner, queries in _OWNERS.items()}
            setup = await _keyed(connection, _SETUP.format(schema="tickets"))
            owners["tickets"].update(setup)
            read_model = await _prints(connection, _READ_MODEL)
            read_model.update(await _keyed(connection, _SETUP.format(schema="gateway")))
            return Tables(
                messages=[_message(state) for state in await _states(connection, "tickets.message")],
                changes=[_change(state) for state in await _states(connection, "tickets.item_change")],
                versions={row[0]: row[1] for row in await connection.fetch(_VERSIONS)},
                people={row[0]: row[1] for row in await connection.fetch(_PEOPLE)},
                receipts={row[0]: row[1] for row in await connection.fetch(_RECEIPTS)},
                deliveries=[_delivery(row) for row in await connection.fetch(_DELIVERIES)],
                decisions=[_decision(state) for state in await _states(connection, "automation.decision")],
                owners=owners,
                setup=setup,
                copies={name: await _keyed(connection, _COPIES.format(schema=name)) for name in COPIED},
                read_model=read_model,
                feed=[(row[0], row[1]) for row in await connection.fetch(_FEED)],
                left=await left_over(connection),
            )
    finally:
        await connection.close()


_VERSIONS = "select id::text, version from tickets.item"
_PEOPLE = "select address, id::text from tickets.person"
_RECEIPTS = "select id::text, state->>'outcome' from intake.receipt"
_DELIVERIES = "select cause_id::text as cause, state from notifier.delivery"
_FEED = """select item_id::text, version from gateway.feed
    where item_id is not null and version is not null and subject like 'item:%' order by number"""


async def left_over(connection: asyncpg.Connection) -> dict[str, int]:
    """What waits, by its name: nothing should when all is quiet."""
    found: dict[str, int] = {}
    for schema in _SCHEMAS:
        for what, query in {
            "outbox": "select count(*) from {}.outbox",
            "attempts": "select count(*) from {}.attempt",
            "stale leases": "select count(*) from {}.lease where expires_at < now() - interval '30 seconds'",
        }.items():
            found[f"{schema} {what}"] = await connection.fetchval(query.format(schema))
    found["queued deliveries"] = await connection.fetchval(
        "select count(*) from notifier.delivery where status = 'queued' or leased_by is not null"
    )
    found["waiting copies"] = await connection.fetchval("select count(*) from tickets.waiting_copy")
    return found


async def _states(connection: asyncpg.Connection, table: str) -> list[Any]:
    return [row["state"] for row in await connection.fetch(f"select state from {table}")]  # noqa: S608 - our own names


async def _prints(connection: asyncpg.Connection, queries: dict[str, str]) -> Prints:
    found: Prints = {}
    for kind, query in queries.items():
        found.update({f"{kind}:{key}": value for key, value in (await _keyed(connection, query)).items()})
    return found


async def _keyed(connection: asyncpg.Connection, query: str) -> Prints:
    found: Prints = {}
    async for row in connection.cursor(query, prefetch=500):
        found[row[0]] = (row[1], print_of(row[2]))
    return found


def _message(state: dict[str, Any]) -> MessageRow:
    found = MARKER.search(state["text"]) or MARKER.search(state["full_text"])
    return MessageRow(
        id=state["id"],
        item=state["item_id"],
        receipt=state["receipt_id"],
        marker=found[0] if found else "",
        text=state["text"],
        by=state["by"],
        held=state["held"],
        raw_blob=state["raw_blob"],
        blobs=tuple((each["blob_key"], each["sha256"]) for each in state["attachments"]),
    )


def _change(state: dict[str, Any]) -> ChangeRow:
    changes = state["changes"]
    old, new = changes.get("followers", ([], []))
    return ChangeRow(
        item=state["item_id"],
        version=state["version"],
        actor=state["actor"],
        title=changes["title"][1] if "title" in changes and state["event"] != "created" else None,
        assignee="assignee" in changes and changes["assignee"][1] is not None,
        followers_added=frozenset(set(new or ()) - set(old or ())),
    )


def _delivery(row: asyncpg.Record) -> DeliveryRow:
    state = row["state"]
    return DeliveryRow(
        id=state["id"],
        item=state["item_id"],
        cause=row["cause"],
        person=state["recipient"]["id"],
        kind=state["kind"],
        address=state["recipient"]["address"].lower(),
        message_id=state["rfc_message_id"],
        status=state["status"],
        attempts=tuple(each["outcome"] for each in state["attempts"]),
        rule=state["rule_id"],
    )


def _decision(state: dict[str, Any]) -> DecisionRow:
    return DecisionRow(
        event=state["event_id"],
        trigger=state["trigger"],
        actions=tuple(
            Action(verdict["rule_id"], each["do"], each["outcome"], each["effect_id"])
            for verdict in state["verdicts"]
            for each in verdict["actions"]
        ),
    )
