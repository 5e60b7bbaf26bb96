"""The statements, and snapshots as JSON."""

from typing import Any

from pydantic import BaseModel, TypeAdapter

from services.tickets.domain.workspace import Cause
from shared.contracts.base import Message
from shared.contracts.envelope import Headers
from shared.contracts.state import Snapshot
from shared.postgres.pool import Json
from shared.postgres.statements import Statements

sql = Statements("services.tickets")

SOURCE = "/deskstream/tickets"
#: Fields of facts that hold a snapshot whole.
_CARRIED = ("item", "message", "reference")
_REST: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def dump(state: BaseModel) -> Json:
    """A model as JSON for a jsonb column."""
    return Json(state.model_dump_json())


class Rendered:
    """What is made once for a batch.

    That is each snapshot as JSON, for its row, its record and the facts that carry it, and the headers that all
    messages of a cause share.
    """

    def __init__(self) -> None:
        # By identity: a snapshot is frozen, and kept here so that no other gets its identity meanwhile.
        self._known: dict[int, tuple[Snapshot, Json]] = {}
        self._common: dict[int, tuple[Cause, Headers]] = {}

    def text(self, state: Snapshot) -> Json:
        """A snapshot as JSON."""
        known = self._known.get(id(state))
        if known is None:
            known = self._known[id(state)] = (state, dump(state))
        return known[1]

    def fact(self, body: Message) -> bytes:
        """A fact as JSON, put together from the snapshots it carries and the rest of it."""
        carried = [name for name in _CARRIED if name in body.__dict__]
        if not carried:
            return body.model_dump_json().encode()
        rest = _REST.dump_json({name: value for name, value in body.__dict__.items() if name not in carried}).decode()
        parts = [f'"{name}":{self.text(getattr(body, name))}' for name in carried]
        # Both are objects: the carried fields stand before the others.
        return ("{" + ",".join([*parts, rest[1:-1]] if len(rest) > 2 else parts) + "}").encode()

    def common(self, cause: Cause) -> Headers:
        """The headers that all messages of a cause share."""
        known = self._common.get(id(cause))
        if known is None:
            known = self._common[id(cause)] = (cause, _common_headers(cause))
        return known[1]


def _common_headers(cause: Cause) -> Headers:
    origin = cause.envelope
    following = origin.model_copy(update={"source": SOURCE, "time": cause.now, "causationid": origin.id})
    return following.common_headers()
