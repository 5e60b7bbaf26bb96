"""What stands around every page of the workspace: who is there, the ways to go, what waits where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.portal_gateway.domain.view_models.people import Face, face
from shared.contracts.state import PersonState, TeamState

#: Counts are taken up to here; more is shown as this with a plus.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many wait where; each at most `MOST`."""

    open: int = 0
    mine: int = 0
    unassigned: int = 0
    teams: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    quarantine: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A way to go.

    Attributes:
        key: names the page, for `Frame.here`.
        count: "" where nothing waits.
        alert: what waits there should not wait long.
    """

    key: str
    label: str
    icon: str
    url: str
    count: str = ""
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of one page for one person.

    Attributes:
        here: key of the place that the page is.
        csrf: the session's token; every form posts it.
        feed: number of the newest event that the page shows; its live stream goes on from there.
        theme: ``light``, ``dark`` or "" for the system's.
    """

    desk: str
    person: Face
    administrator: bool
    own: tuple[Place, ...]
    views: tuple[Place, ...]
    more: tuple[Place, ...]
    here: str
    csrf: str
    feed: int
    theme: str = ""

    @property
    def tabs(self) -> tuple[Place, ...]:
        """The five places at the bottom of a phone's screen, but the last, which is the menu."""
        held = next(place for place in self.more if place.key == "held")
        return (*self.views[:1], *self.own[:2], held)


def frame(  # noqa: PLR0913 - the parts of a page's frame
    person: PersonState,
    *,
    desk: str,
    counts: Counts,
    teams: Sequence[TeamState],
    here: str,
    csrf: str,
    feed: int,
    theme: str = "",
) -> Frame:
    """The frame of a page."""
    own = (
        Place("mine", "Assigned to me", "circle-user-round", "/workspace?assignee=me", _many(counts.mine)),
        Place("unassigned", "Unassigned", "user-x", "/workspace?assignee=none", _many(counts.unassigned)),
    )
    views = (
        Place("open", "All open", "inbox", "/workspace", _many(counts.open)),
        *(
            Place(f"team:{t.key}", t.label, "users", f"/workspace?team={t.key}", _many(counts.teams.get(t.key, 0)))
            for t in teams
        ),
    )
    more = (
        Place("held", "Held messages", "hand", "/workspace/held", _many(counts.held), alert=counts.held > 0),
        Place(
            "quarantine",
            "Quarantine",
            "mail-warning",
            "/workspace/quarantine",
            _many(counts.quarantine),
            alert=counts.quarantine > 0,
        ),
        Place("rules", "Rules", "zap", "/workspace/rules"),
    )
    administrator = person.role == "administrator"
    return Frame(desk, face(person), administrator, own, views, more, here, csrf, feed, theme)


def _many(number: int) -> str:
    if number <= 0:
        return ""
    return f"{MOST:,}+" if number >= MOST else f"{number:,}"
