"""The statements, and snapshots as JSON."""

from pydantic import BaseModel

from shared.contracts.base import Message
from shared.contracts.state import Snapshot
from shared.postgres.pool import Json
from shared.postgres.statements import Statements

sql = Statements("services.tickets")

#: Fields of facts that hold a snapshot whole.
_CARRIED = ("item", "message", "reference")


def dump(state: BaseModel) -> Json:
    """A model as JSON for a jsonb column."""
    return Json(state.model_dump_json())


class Rendered:
    """Every snapshot of a batch as JSON, made once: its row, its record and the facts that carry it hold one text."""

    def __init__(self) -> None:
        # By identity: a snapshot is frozen, and kept here so that no other gets its identity meanwhile.
        self._known: dict[int, tuple[Snapshot, Json]] = {}

    def text(self, state: Snapshot) -> Json:
        """A snapshot as JSON."""
        known = self._known.get(id(state))
        if known is None:
            known = self._known[id(state)] = (state, dump(state))
        return known[1]

    def fact(self, body: Message) -> bytes:
        """A fact as JSON, put together from the snapshots it carries and the rest of it."""
        carried = [name for name in _CARRIED if name in body.__dict__]
        rest = body.model_dump_json(exclude=set(carried)) if carried else body.model_dump_json()
        parts = [f'"{name}":{self.text(getattr(body, name))}' for name in carried]
        # Both are objects: the carried fields stand before the others.
        return ("{" + ",".join([*parts, rest[1:-1]] if len(rest) > 2 else parts) + "}").encode()
