"""What the workspace's forms post, and what its lists ask for."""

from uuid import UUID

from services.portal_gateway.routes.rendering import linked, rev
from services.portal_gateway.routes.workspace.filters import asked_of, filter_of, fits, place_of
from services.portal_gateway.routes.workspace.lists import had_of
from services.portal_gateway.routes.workspace.posted import posted_change
from tests.browser.sample import EQUIPMENT, RITA, SHOP
from tests.browser.sample_tickets import ITEMS, ONT
from tests.browser.sample_workspace import NAMES

SPECS = (SHOP, EQUIPMENT)
ME = UUID(int=7)


def test_only_what_differs_from_what_was_shown_is_a_change() -> None:
    """R18: a form saved whole takes back nothing that somebody else set meanwhile."""
    typed = {
        "version": "9",
        "team": "hardware",
        "was.team": "hardware",
        "tags": "Dev, vip ,Dev",
        "was.tags": "",
        "fields.shop": "porto",
        "was.fields.shop": "",
    }
    posted = posted_change(typed, SPECS)
    assert posted.values == {"tags": ["Dev", "vip"], "fields.shop": "porto"}
    assert posted.version == 9


def test_nobody_and_no_team_are_values() -> None:
    """P36: a field can be cleared."""
    assert posted_change({"assignee": "", "team": ""}, ()).values == {"assignee": None, "team": None}


def test_fields_that_the_type_does_not_have_are_passed_over() -> None:
    """Whatever a form is made to post, only known fields get on the log."""
    assert posted_change({"fields.evil": "1", "number": "7", "csrf": "x"}, SPECS).is_empty


def test_followers_come_by_address_and_go_by_id() -> None:
    """P29: adding and removing is one act each."""
    posted = posted_change({"follow": " ana@shop.example ", "unfollow": str(ME)}, ())
    assert (posted.follow, posted.unfollow) == (["ana@shop.example"], [ME])


def test_list_without_a_status_is_what_is_open() -> None:
    """The list that everybody begins with."""
    assert filter_of({}, ME).is_open is True
    assert filter_of({"status": "any"}, ME).is_open is None
    assert filter_of({"status": "solved"}, ME).statuses == ("solved",)
    assert filter_of({"assignee": "me"}, ME).assignee == ME


def test_each_filter_of_a_list_is_asked_for() -> None:
    """P67: what stands in the list's address is what the read model is asked, and nobody's id fits nothing."""
    asked = {"team": "hardware", "organisation": str(ME), "q": "till", "type": "request", "priority": "high"}
    wanted = filter_of(asked, ME)
    assert (wanted.team, wanted.organisation, wanted.words) == ("hardware", ME, "till")
    assert (wanted.type, wanted.priority, wanted.unassigned, wanted.without_team) == ("request", "high", False, False)
    assert filter_of({"assignee": "none", "team": "none"}, ME).unassigned
    assert filter_of({"assignee": "none", "team": "none"}, ME).without_team
    assert filter_of({"organisation": "x"}, ME).organisation == UUID(int=0)


def test_live_list_counts_just_what_its_filter_would_hold() -> None:
    """ "Show 3 new" counts tickets that belong to the list, no others."""
    urgent = filter_of({"priority": "urgent", "assignee": str(RITA.id)}, ME)
    assert [item.number for item in ITEMS if fits(item, urgent)] == [ONT.number]
    unassigned = filter_of({"assignee": "none"}, ME)
    assert all(item.assignee is None for item in ITEMS if fits(item, unassigned))
    assert not any(fits(item, filter_of({}, ME)) for item in ITEMS if item.state == "finished")


def test_bounds_of_an_address() -> None:
    """Control characters and endless values get nowhere."""
    assert asked_of({"q": "a\x00b", "team": "x" * 1000, "other": "1"}) == {"team": "x" * 200}


def test_place_of_a_list() -> None:
    """The navigation shows where one is."""
    assert place_of({"sort": "number"}, NAMES) == ("open", "All open")
    assert place_of({"team": "hardware"}, NAMES) == ("team:hardware", "Hardware")
    assert place_of({"team": "hardware", "q": "x"}, NAMES) == ("", "Tickets")


def test_what_a_page_has_is_read_as_it_says() -> None:
    """A page names its blocks with their revs; anything else is passed over."""
    assert had_of("t-head~0a1b2c3d,m-1~,<script>~ffffffff") == {"t-head": "0a1b2c3d", "m-1": ""}


def test_plain_text_becomes_links_and_nothing_else() -> None:
    """S19: what a stranger wrote is text; an address in it is a link that tells nothing."""
    html = str(linked('<img src=x> see https://a.example/b?c=1&d="2". Bye'))
    assert "<img" not in html
    assert 'href="https://a.example/b?c=1&amp;d="' in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert str(linked("javascript:alert(1)")) == "javascript:alert(1)"


def test_rev_names_content() -> None:
    """Equal content has an equal name, other content another."""
    assert rev("a") == rev("a") != rev("b")
