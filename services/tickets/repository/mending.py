"""Versions of rows by the keys of their snapshots, and rows told again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.tickets.domain.workspace import Cause
from services.tickets.repository.outgoing import snapshot_messages
from services.tickets.repository.rows import Rendered, sql
from shared.contracts.state import SNAPSHOTS
from shared.messaging.outbox import add
from shared.postgres.pool import Connection

#: Kinds whose rows are found by id, with the statements that read version and state. Steps never change.
_BY_ID = {
    "item": (sql.item_versions, sql.items_again),
    "message": (sql.message_versions, sql.messages_again),
    "person": (sql.person_versions, sql.people_again),
    "organisation": (sql.organisation_versions, sql.organisations_again),
}


async def versions_of(connection: Connection, keys: Sequence[str]) -> Mapping[str, int]:
    """Versions of the rows that these keys name."""
    found: dict[str, int] = {}
    ids, setup = _sorted_out(keys)
    for kind, wanted in ids.items():
        for row in await connection.fetch(_BY_ID[kind][0], wanted):
            found[f"{kind}:{row['id']}"] = row["version"]
    for row in await connection.fetch(sql.setup_versions, *setup) if setup[0] else ():
        found[f"{row['kind']}:{row['key']}"] = row["version"]
    return found


async def keys_of_setup(connection: Connection) -> list[str]:
    """The keys of all that the desk is set up with."""
    return [f"{row['kind']}:{row['key']}" for row in await connection.fetch(sql.every_setup_key)]


async def tell_again(connection: Connection, keys: Sequence[str], cause: Cause) -> None:
    """The rows of these keys are locked and said again as they are; the locks are taken in the usual order."""
    ids, setup = _sorted_out(keys)
    rows: list[tuple[str, Any]] = []
    if setup[0]:
        rows += [(row["kind"], row["state"]) for row in await connection.fetch(sql.setup_again, *setup)]
    for kind in ("message", "organisation", "person", "item"):
        if ids[kind]:
            rows += [(kind, row["state"]) for row in await connection.fetch(_BY_ID[kind][1], sorted(ids[kind]))]
    rendered = Rendered()
    snapshots = [SNAPSHOTS[kind].model_validate(state) for kind, state in rows]
    await add(connection, [message for s in snapshots for message in snapshot_messages(s, cause, rendered)])


def _sorted_out(keys: Iterable[str]) -> tuple[dict[str, list[UUID]], tuple[list[str], list[str]]]:
    """Ids by kind, and the kinds and keys of setup; a key that is none of ours is left out."""
    ids: dict[str, list[UUID]] = defaultdict(list)
    kinds, names = [], []
    for key in keys:
        kind, _, name = key.partition(":")
        if kind in _BY_ID:
            ids[kind] += _uuid(name)
        elif kind in SNAPSHOTS and kind != "change":
            kinds.append(kind)
            names.append(name)
    return ids, (kinds, names)


def _uuid(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []
