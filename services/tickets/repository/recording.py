"""What decisions changed, written set by set."""

from collections.abc import Set as AbstractSet
from operator import attrgetter

from services.tickets.domain.workspace import Workspace
from services.tickets.repository.rows import Rendered, sql
from shared.postgres.pool import Connection

#: The order of ids; compared as they are, each comparison would be a call.
_BY_NUMBER = attrgetter("int")


async def record_rows(connection: Connection, ws: Workspace, held_keys: AbstractSet[str], rendered: Rendered) -> None:
    """Every row that the working set changed is as it is there; Message-IDs that nobody took are let go."""
    await _save_items(connection, ws, rendered)
    await _save_messages(connection, ws, rendered)
    await _save_people_and_setup(connection, ws, rendered)
    joined = ws.changed_threads
    if joined:
        await connection.execute(sql.join_thread_ids, list(joined), list(joined.values()))
    free = held_keys - ws.threads.keys()
    if free:
        await connection.execute(sql.release_thread_ids, sorted(free))


async def _save_items(connection: Connection, ws: Workspace, rendered: Rendered) -> None:
    items = [ws.items[i] for i in sorted(ws.changed_items, key=_BY_NUMBER)]
    if items:
        await connection.execute(
            sql.save_items,
            [i.id for i in items],
            [i.number for i in items],
            [i.type for i in items],
            [i.status for i in items],
            [i.version for i in items],
            [rendered.text(i) for i in items],
        )
    steps = ws.new_changes
    if steps:
        await connection.execute(
            sql.add_changes, [c.item_id for c in steps], [c.version for c in steps], [rendered.text(c) for c in steps]
        )


async def _save_messages(connection: Connection, ws: Workspace, rendered: Rendered) -> None:
    messages = [ws.messages[m] for m in sorted(ws.changed_messages, key=_BY_NUMBER)]
    if messages:
        await connection.execute(
            sql.save_messages,
            [m.id for m in messages],
            [m.item_id for m in messages],
            [m.receipt_id for m in messages],
            [m.public for m in messages],
            [m.id.hex[:20] for m in messages],
            [m.version for m in messages],
            [rendered.text(m) for m in messages],
        )


async def _save_people_and_setup(connection: Connection, ws: Workspace, rendered: Rendered) -> None:
    people = [ws.people[p] for p in sorted(ws.changed_people)]
    if people:
        await connection.execute(
            sql.save_people, [p.id for p in people], [p.version for p in people], [rendered.text(p) for p in people]
        )
    setup = list(ws.changed_setup.items())
    if setup:
        kinds, keys = zip(*(name.split(":", 1) for name, _ in setup), strict=True)
        await connection.execute(
            sql.save_setup, list(kinds), list(keys), [s.version for _, s in setup], [rendered.text(s) for _, s in setup]
        )
    parts = [(*place, ws.parts[place]) for place in sorted(ws.changed_parts)]
    if parts:
        await connection.execute(
            sql.save_parts,
            [subject for subject, _, _ in parts],
            [name for _, name, _ in parts],
            [change.version for _, _, change in parts],
            [change.by for _, _, change in parts],
            [change.by_name for _, _, change in parts],
            [change.at for _, _, change in parts],
        )
    if ws.changed_turns:
        turns = sorted(ws.changed_turns)
        await connection.execute(
            sql.save_turns, [t for t, _ in turns], [p for _, p in turns], [ws.turns[turn] for turn in turns]
        )
