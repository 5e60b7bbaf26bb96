"""What a list page is asked for, as a filter; and whether a ticket fits it, for live lists."""

from collections.abc import Mapping
from uuid import UUID

from services.portal_gateway.domain.listing import ItemFilter, Sort
from services.portal_gateway.domain.view_models.lists import NAMES, STATES
from services.portal_gateway.domain.view_models.names import Names
from shared.contracts.state import ItemState

NOBODY = UUID(int=0)
_LONGEST = 200


def asked_of(query: Mapping[str, str]) -> dict[str, str]:
    """The values of a list's address that are known, bounded."""
    names = (*NAMES, "sort", "cursor")
    found = {name: query[name].strip()[: 600 if name == "cursor" else _LONGEST] for name in names if name in query}
    return {name: value for name, value in found.items() if value and value.isprintable()}


def sort_of(asked: Mapping[str, str]) -> Sort:
    return "number" if asked.get("sort") == "number" else "updated"


def filter_of(asked: Mapping[str, str], me: UUID) -> ItemFilter:
    """The filter; without a status it is what is open."""
    status = asked.get("status", "open")
    assignee = asked.get("assignee", "")
    team = asked.get("team")
    return ItemFilter(
        statuses=(status,) if status not in STATES else None,
        is_open={"open": True, "finished": False}.get(status),
        assignee=me if assignee == "me" else _id(assignee) if assignee not in {"", "none"} else None,
        unassigned=assignee == "none",
        team=team if team != "none" else None,
        without_team=team == "none",
        organisation=_id(asked["organisation"]) if "organisation" in asked else None,
        type=asked.get("type"),
        priority=asked.get("priority"),
        held="held" in asked,
        words=asked.get("q"),
    )


def fits(item: ItemState, wanted: ItemFilter) -> bool:
    """Whether a ticket belongs to a list. Words are looked for in what its row shows: the database knows the rest."""
    assignee = item.assignee.id if item.assignee else None
    return all(
        (
            wanted.statuses is None or item.status in wanted.statuses,
            wanted.is_open is None or wanted.is_open == (item.state != "finished"),
            wanted.assignee is None or assignee == wanted.assignee,
            not wanted.unassigned or assignee is None,
            wanted.team is None or item.team == wanted.team,
            not wanted.without_team or item.team is None,
            wanted.organisation is None
            or (item.organisation is not None and item.organisation.id == wanted.organisation),
            wanted.type is None or item.type == wanted.type,
            wanted.priority is None or item.priority == wanted.priority,
            not wanted.held or item.held_count > 0,
            wanted.words is None or _has_words(item, wanted.words),
        )
    )


def place_of(asked: Mapping[str, str], names: Names) -> tuple[str, str]:
    """Which place of the navigation a list is, and what it is called."""
    kept = {name: value for name, value in asked.items() if name not in {"sort", "cursor"}}
    if not kept:
        return "open", "All open"
    if kept == {"assignee": "me"}:
        return "mine", "Assigned to me"
    if kept == {"assignee": "none"}:
        return "unassigned", "Unassigned"
    if set(kept) == {"team"} and kept["team"] in names.teams:
        return f"team:{kept['team']}", names.team(kept["team"])
    return "", "Tickets"


def _has_words(item: ItemState, words: str) -> bool:
    shown = f"{item.number} {item.title} {item.requester.name} {item.requester.address}".casefold()
    return all(word in shown for word in words.casefold().split())


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return NOBODY
