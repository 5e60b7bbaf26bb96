"""The list of tickets: rows, groups, filters as chips, what an empty list says."""

from services.portal_gateway.domain.view_models.lists import list_page, row
from services.portal_gateway.domain.view_models.times import Clock
from tests.browser.sample import NOW, ZONE
from tests.browser.sample_tickets import ITEMS, ONT
from tests.browser.sample_workspace import BY_CHANGE, NAMES

CLOCK = Clock(NOW, ZONE)


def test_row_says_what_is_known_by_labels() -> None:
    """P40, P7: a row shows status, requester, organisation and team as people call them."""
    shown = row(ONT, NAMES, CLOCK)
    assert (shown.status.label, shown.status.tone) == ("In progress", "progress")
    assert (shown.requester.name, shown.organisation) == ("Marta Silva", "Clínica Dentária Sorriso")
    assert (shown.team, shown.priority.label, shown.held) == ("Hardware", "Urgent", 1)
    assert shown.in_status.words == "3 h"


def test_rows_stand_under_their_day_in_the_order_they_came() -> None:
    """A page of a sorted list keeps its order; each day is named once."""
    shown = list_page({}, BY_CHANGE, NAMES, CLOCK, title="All open", count=len(BY_CHANGE))
    labels = [group.label for group in shown.groups]
    assert labels == ["Today", "Yesterday", "This week", "November 2026"]
    assert [r.number for g in shown.groups for r in g.rows] == [item.number for item in BY_CHANGE]


def test_each_filter_is_a_chip_that_takes_itself_off() -> None:
    """P67: what a list is filtered by is seen, and each filter comes off alone."""
    shown = list_page({"team": "hardware", "q": "till", "sort": "number"}, ITEMS, NAMES, CLOCK, title="x", count=2)
    assert [(chip.label, chip.value) for chip in shown.chips] == [("Words", "till"), ("Team is", "Hardware")]
    assert shown.chips[0].without == "/workspace?team=hardware&sort=number"
    assert shown.chips[1].without == "/workspace?q=till&sort=number"


def test_unknown_names_of_the_address_are_passed_over() -> None:
    """An address with what no list knows is the list without it."""
    shown = list_page({"evil": "1", "said": "saved"}, ITEMS, NAMES, CLOCK, title="x", count=1)
    assert (shown.query, shown.chips) == ("/workspace", ())


def test_next_page_keeps_the_filters() -> None:
    """A page further on is the same list."""
    shown = list_page({"team": "hardware"}, ITEMS, NAMES, CLOCK, title="x", count=2000, next_cursor="abc")
    assert shown.next_url == "/workspace?team=hardware&cursor=abc"
    assert shown.count == "1,000+ tickets"


def test_nothing_that_fits_leads_back_to_all() -> None:
    """Filtered to nothing is said, with the way out; an empty desk says what comes here."""
    filtered = list_page({"q": "till", "team": "hardware"}, (), NAMES, CLOCK, title="x", count=0)
    empty = list_page({}, (), NAMES, CLOCK, title="x", count=0)
    assert filtered.empty is not None
    assert filtered.empty.action == "Clear filters"
    assert empty.empty is not None
    assert empty.empty.title == "No open tickets"
