"""What an open request page is told: what its readers see of a change, and no sign of anything else."""

from dataclasses import replace

from hypothesis import given

from services.portal_gateway.domain.view_models.request_changes import changes, content_of
from tests.unit.portal_gateway.portal.builders import item, message, ref
from tests.unit.portal_gateway.portal.test_request_page import conversation, messages_of, seen_page


@given(messages_of)
def test_what_readers_do_not_see_changes_nothing(kinds: list[tuple[bool, bool, bool]]) -> None:
    """P31, R7: with or without notes, held messages and foreign ones, the page has one name and nothing new."""
    ours = item(ref())
    all_of_it = conversation(ours, kinds)
    public = [one for one in all_of_it if "SECRET" not in one.text]
    without, within = seen_page(ours, public), seen_page(ours, all_of_it)
    assert content_of(without) == content_of(within)
    assert not changes(without, within)


def test_only_what_is_new_is_told() -> None:
    """P14: a new message, a new status, a new answerer: each part by itself."""
    ours = item(ref())
    first, second = message(ours, "One"), message(ours, "Two")
    before, after = seen_page(ours, [first]), seen_page(ours, [first, second])
    new = changes(before, after)
    assert [one.id for one in new.messages] == [second.id]
    assert not any((new.way, new.waits, new.facts))
    assert content_of(before) != content_of(after)
    waiting = changes(after, seen_page(ours.model_copy(update={"status": "waiting"}), [first, second]))
    assert waiting.way
    assert waiting.waits
    assert not waiting.messages


def test_whoever_has_something_else_gets_all() -> None:
    """A page that is not known is told every part."""
    ours = item(ref())
    new = changes(None, seen_page(ours, [message(ours)]))
    assert new.way
    assert new.waits
    assert new.facts
    assert len(new.messages) == 1


def test_a_new_day_is_no_news() -> None:
    """Moments are compared, not their words: "Today" becomes "Yesterday" without a word to anybody."""
    page = seen_page(item(ref()), [])
    assert page.steps[0].at is not None
    step = replace(page.steps[0], at=replace(page.steps[0].at, words="Yesterday"))
    assert not changes(page, replace(page, steps=(step, *page.steps[1:])))
