"""The list of tickets: rows ready to show, in groups by day, the filters as chips, what an empty list says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from services.portal_gateway.domain.view_models.fields import Choice
from services.portal_gateway.domain.view_models.frame import MOST
from services.portal_gateway.domain.view_models.marks import (
    PriorityMark,
    StatusMark,
    priority_mark,
    status_mark,
)
from services.portal_gateway.domain.view_models.names import PRIORITY_WORDS, Names
from services.portal_gateway.domain.view_models.people import Face, face
from services.portal_gateway.domain.view_models.times import Clock, Moment, age
from shared.contracts.state import ItemState

PATH = "/workspace"
SORTS = {"updated": "last change", "number": "newest first"}
#: Days back that are called this week.
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in a list.

    Attributes:
        label: its first tag, "" without one.
        held: messages that wait for staff.
        in_status: since when it has its status.
    """

    id: UUID
    number: int
    version: int
    url: str
    title: str
    label: str
    messages: int
    held: int
    requester: Face
    organisation: str
    status: StatusMark
    priority: PriorityMark
    team: str
    in_status: Moment
    updated: Moment
    assignee: Face | None


@dataclass(frozen=True, slots=True)
class RowGroup:
    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on; `without` is the list's address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that can be set: a list of choices, the first is none."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: what would stand here, one way on."""

    icon: str
    title: str
    text: str
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of tickets.

    Attributes:
        query: the list's address, with what it is filtered by and how it is sorted, without the place in it.
        kept: hidden values that the filter form keeps: sort.
        after: the page begins after another one: "Show N new" leads to the first.
    """

    title: str
    count: str
    query: str
    words: str
    chips: tuple[Chip, ...]
    filters: tuple[Filter, ...]
    sorts: tuple[tuple[str, str, bool], ...]
    sort: str
    sort_words: str
    groups: tuple[RowGroup, ...]
    next_url: str = ""
    first_url: str = ""
    empty: Empty | None = None


def row(item: ItemState, names: Names, clock: Clock) -> Row:
    """A ticket's row."""
    return Row(
        id=item.id,
        number=item.number,
        version=item.version,
        url=f"{PATH}/items/{item.number}",
        title=item.title or "(no subject)",
        label=item.tags[0] if item.tags else "",
        messages=item.message_count,
        held=item.held_count,
        requester=face(item.requester),
        organisation=item.organisation.name if item.organisation else "",
        status=status_mark(item.status, names.types.get(item.type)),
        priority=priority_mark(item.priority),
        team=names.team(item.team) if item.team else "",
        in_status=age(item.status_since, clock),
        updated=age(item.updated_at, clock),
        assignee=face(item.assignee) if item.assignee else None,
    )


def grouped(items: Sequence[ItemState], names: Names, clock: Clock, sort: str) -> tuple[RowGroup, ...]:
    """Rows under the day of what they are sorted by, in the order they came."""
    groups: list[RowGroup] = []
    for item in items:
        label = _day_of(item.updated_at if sort == "updated" else item.created_at, clock)
        if not groups or groups[-1].label != label:
            groups.append(RowGroup(label, ()))
        groups[-1] = replace(groups[-1], rows=(*groups[-1].rows, row(item, names, clock)))
    return tuple(groups)


def list_page(  # noqa: PLR0913 - the parts of a list
    asked: Mapping[str, str],
    items: Sequence[ItemState],
    names: Names,
    clock: Clock,
    *,
    title: str,
    count: int,
    next_cursor: str | None = None,
) -> ListPage:
    """A list as it was asked for.

    Args:
        asked: the query's values by name: ``q``, ``status``, ``assignee``, ``team``, ``organisation``, ``priority``,
            ``type``, ``held``, ``sort``, ``cursor``; unknown ones are passed over.
        items: of this page, in their order.
        names: labels of what items and filters name.
        clock: the page's moment.
        title: what the list is called.
        count: how many there are in all, at most `MOST`.
        next_cursor: where the next page begins; none at the end.
    """
    values = {name: value for name, value in asked.items() if name in NAMES and value}
    wanted = asked.get("sort", "updated")
    sort = wanted if wanted in SORTS else "updated"
    base = {**values, **({"sort": sort} if sort != "updated" else {})}
    tickets = f"{MOST:,}+ tickets" if count >= MOST else f"{count:,} ticket{'' if count == 1 else 's'}"
    return ListPage(
        title=title,
        count=tickets,
        query=address(base),
        words=values.get("q", ""),
        chips=_chips(values, base, names),
        filters=_filters(values, names),
        sorts=tuple((address({**values, "sort": key}), label, key == sort) for key, label in SORTS.items()),
        sort=sort,
        sort_words=SORTS[sort],
        groups=grouped(items, names, clock, sort),
        next_url=address({**base, "cursor": next_cursor}) if next_cursor else "",
        first_url=address(base) if asked.get("cursor") else "",
        empty=None if items else _empty(values),
    )


#: What a list can be asked by, in the order of its chips.
NAMES = ("q", "status", "assignee", "team", "organisation", "priority", "type", "held")
STATES = {"open": "Open", "finished": "Solved", "any": "Any"}


def address(values: Mapping[str, str]) -> str:
    """The list's address with these values."""
    return f"{PATH}?{urlencode(values)}" if values else PATH


def _day_of(moment: datetime, clock: Clock) -> str:
    local, now = moment.astimezone(clock.zone).date(), clock.now.astimezone(clock.zone).date()
    days = (now - local).days
    if days <= 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    return "This week" if days < _WEEK_DAYS else f"{local:%B %Y}"


def _chips(values: Mapping[str, str], base: Mapping[str, str], names: Names) -> tuple[Chip, ...]:
    chips = []
    for name in NAMES:
        if name not in values:
            continue
        label, shown = _chip_words(name, values[name], names)
        chips.append(Chip(label, shown, address({k: v for k, v in base.items() if k != name})))
    return tuple(chips)


def _chip_words(name: str, value: str, names: Names) -> tuple[str, str]:
    words: dict[str, tuple[str, Callable[[], str]]] = {
        "q": ("Words", lambda: value),
        "held": ("Messages", lambda: "held"),
        "status": ("Status is", lambda: STATES.get(value) or names.status(value)),
        "assignee": ("Assignee is", lambda: {"me": "me", "none": "nobody"}.get(value) or names.person(value)),
        "team": ("Team is", lambda: "none" if value == "none" else names.team(value)),
        "organisation": ("Organisation is", lambda: names.organisation(UUID(value)) if _is_id(value) else value),
        "priority": ("Priority is", lambda: names.value("priority", value)),
        "type": ("Type is", lambda: names.type(value)),
    }
    label, shown = words[name]
    return label, shown()


def _filters(values: Mapping[str, str], names: Names) -> tuple[Filter, ...]:
    statuses = {spec.key: spec.label for kind in names.types.values() for spec in kind.statuses}
    staff = {str(p.id): p.name or p.address for p in names.people.values() if getattr(p, "role", None)}
    asked: dict[str, tuple[str, dict[str, str], str]] = {
        "status": ("Status", {**STATES, **statuses}, "Open"),
        "assignee": ("Assignee", {"me": "Me", "none": "Nobody", **staff}, "Anybody"),
        "team": ("Team", {"none": "No team", **{t.key: t.label for t in names.teams.values()}}, "Any"),
        "organisation": ("Organisation", {str(o.id): o.name for o in names.organisations.values()}, "Any"),
        "priority": ("Priority", PRIORITY_WORDS, "Any"),
        "type": ("Type", {kind.key: kind.label for kind in names.types.values()}, "Any"),
    }
    filters = []
    for name, (label, choices, nothing) in asked.items():
        chosen = values.get(name, "")
        shown = {key: text for key, text in choices.items() if not (name == "status" and key == "open")}
        options = [Choice("", nothing, not chosen), *(Choice(k, text, k == chosen) for k, text in shown.items())]
        filters.append(Filter(name, label, tuple(options)))
    return tuple(filters)


def _empty(values: Mapping[str, str]) -> Empty:
    if set(values) - {"assignee", "team"}:
        return Empty("search", "Nothing fits", "No ticket fits all of these filters.", "Clear filters", PATH)
    if values.get("assignee") == "me":
        text = "Tickets stand here when somebody, or a rule, gives them to you."
        others = address({"assignee": "none"})
        return Empty("circle-check", "Nothing is waiting for you", text, "Show unassigned tickets", others)
    if values:
        text = "A ticket shows up here when it comes in."
        return Empty("circle-check", "Nothing is waiting here", text, "Show all open tickets", PATH)
    text = "A ticket shows up here when a mail or a form comes in, or when you take a call."
    return Empty("inbox", "No open tickets", text, "Create ticket", f"{PATH}/new")


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
