"""An edit that met another: both values, who set theirs and when, and the way to keep either."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.portal_gateway.domain.view_models.marks import StatusMark, status_mark
from services.portal_gateway.domain.view_models.names import Names
from services.portal_gateway.domain.view_models.times import Clock, Moment, moment
from shared.contracts.answers import Conflict
from shared.contracts.state import ItemState


@dataclass(frozen=True, slots=True)
class Clash:
    """One field with both values; the marks are there where it is the status."""

    field: str
    label: str
    theirs: str
    yours: str
    by: str
    at: Moment
    theirs_mark: StatusMark | None
    yours_mark: StatusMark | None
    yours_key: str


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Both values of every field, and the version on which "Save mine" is based."""

    number: int
    title: str
    version: int
    headline: str
    clashes: tuple[Clash, ...]
    keep: str


def conflict_page(item: ItemState, conflicts: Mapping[str, Conflict], names: Names, clock: Clock) -> ConflictPage:
    """The page or dialog after a refused change."""
    clashes = tuple(_clash(name, conflict, item, names, clock) for name, conflict in conflicts.items())
    first = clashes[0] if clashes else None
    short = first.by.split()[0] if first else "Somebody"
    headline = f"{short} changed the {first.label} before you saved" if first else "This changed meanwhile"
    return ConflictPage(item.number, item.title, item.version, headline, clashes, f"Keep {short}'s")


def _clash(name: str, conflict: Conflict, item: ItemState, names: Names, clock: Clock) -> Clash:
    kind = names.types.get(item.type)
    status = name == "status"
    key = "" if conflict.yours is None else str(conflict.yours)
    return Clash(
        field=name,
        label=names.field(name, item.type),
        theirs=names.value(name, conflict.theirs, item.type),
        yours=names.value(name, conflict.yours, item.type),
        by=conflict.by_name or "Somebody",
        at=moment(datetime.fromisoformat(conflict.at), clock),
        theirs_mark=status_mark(str(conflict.theirs), kind) if status else None,
        yours_mark=status_mark(str(conflict.yours), kind) if status else None,
        yours_key=key,
    )
