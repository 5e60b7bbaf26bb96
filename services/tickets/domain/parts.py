"""Parts of what administrators set up: who changed which of them last, so that two do not undo each other.

Invariant: a save that says which version it was based on never replaces a part that someone changed since.
"""

from pydantic import JsonValue

from services.tickets.domain.workspace import Cause, PartChange, Refusal, Workspace
from shared.contracts.answers import Conflict
from shared.contracts.state import Snapshot

Parts = dict[str, JsonValue]


def parts_of(state: Snapshot, **more: JsonValue) -> Parts:
    """What of a thing can be changed, as JSON; `more` is what stands elsewhere."""
    return {**state.model_dump(mode="json", exclude={"version"}), **more}


def overtaken(ws: Workspace, key: str, before: Parts, after: Parts, based_on: int | None) -> Refusal | None:
    """A refusal that shows both values of each part that a save replaces and that changed since it was seen."""
    found: dict[str, Conflict] = {}
    for name, yours in after.items():
        last = ws.parts.get((key, name))
        if last is not None and based_on is not None and last.version > based_on and yours != before[name]:
            found[name] = Conflict(
                yours=yours, theirs=before[name], by=last.by, by_name=last.by_name, at=last.at.isoformat()
            )
    if not found:
        return None
    return Refusal("conflict", "Someone changed this meanwhile.", found, about=next(iter(found)))


def note(ws: Workspace, key: str, before: Parts, after: Parts, version: int, cause: Cause) -> None:
    """Each part that has another value now was last changed by this cause, in this version."""
    for name, value in after.items():
        if value != before[name]:
            ws.parts[(key, name)] = PartChange(version, cause.actor, ws.name_of(cause), cause.now)
            ws.changed_parts.add((key, name))
