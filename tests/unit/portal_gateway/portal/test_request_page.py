"""Who opens a request's page, and that nothing but the public conversation ever stands on it."""

import dataclasses
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal_gateway.domain.request_page import file_of, opens, readable
from services.portal_gateway.domain.view_models.portal import Seen, portal_word, request_page
from services.portal_gateway.domain.view_models.times import Clock
from services.portal_gateway.use_cases.request_page import find_file, find_message, open_request, read_conversation
from shared.contracts.state import Address, AttachmentRef, ChangeState, ItemState, MessageState, PersonState
from tests.unit.portal_gateway.portal.builders import NOW, REQUEST, item, link, message, person, ref

CLOCK = Clock(NOW, ZoneInfo("Europe/Lisbon"))
OTHER_NONCE = "8899aabbccddeeff"


def test_requester_and_followers_open_their_link() -> None:
    """P14: whoever takes part opens the request by the link of the mail."""
    ana, rui = ref(), ref("rui@cliente.example", nonce=OTHER_NONCE)
    ours = item(ana, followers=(rui,))
    assert opens(link(ours, ana), ours, person(ana))
    assert opens(link(ours, rui), ours, person(rui))


@pytest.mark.parametrize("why", ["gone", "other_nonce", "no_nonce", "inactive", "other_item", "other_person", "nobody"])
def test_a_link_ends_when_its_person_goes(why: str) -> None:
    """A withdrawn, foreign or unknown link opens nothing."""
    ana, rui = ref(), ref("rui@cliente.example")
    ours, theirs = item(ana, followers=(rui,)), item(ana)
    token, at, who = link(ours, rui), ours, person(rui)
    assert opens(token, at, who)
    if why == "gone":
        at = ours.model_copy(update={"followers": ()})
    elif why == "other_nonce":
        at = ours.model_copy(update={"followers": (rui.model_copy(update={"link_nonce": OTHER_NONCE}),)})
    elif why == "no_nonce":
        at = ours.model_copy(update={"followers": (rui.model_copy(update={"link_nonce": ""}),)})
        token = dataclasses.replace(token, nonce="")
    elif why == "inactive":
        who = person(rui, active=False)
    elif why == "other_item":
        at = theirs.model_copy(update={"followers": (rui,)})
    elif why == "other_person":
        who = person(ana)
    assert not opens(token, at if why != "nobody" else None, who)


messages_of = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=8)


def secret_unless(shown: bool, name: str) -> str:
    return f"{'seen' if shown else 'SECRET'}-{name}"


def conversation(ours: ItemState, kinds: list[tuple[bool, bool, bool]]) -> list[MessageState]:
    """Messages public or not, held or not, of this item or not; all that is in each says whether it may be seen."""
    made = []
    for place, (public, held, own) in enumerate(kinds):
        shown = public and not held and own
        word = secret_unless(shown, str(place))
        file = AttachmentRef(
            name=f"{word}.txt", content_type="text/plain", size_bytes=3, sha256="0" * 64, blob_key=f"{word}/key"
        )
        made.append(
            message(
                ours,
                word,
                item_id=ours.id if own else uuid4(),
                public=public,
                held=held,
                full_text=f"{word}\n> quoted {word}",
                html=f"<b>{word}</b>",
                subject=word,
                author=ref(f"{word}@x.example", name=word, staff=not shown),
                sender=Address(address=f"{word}@x.example", name=word),
                attachments=(file,),
            )
        )
    return made


def seen_page(ours: ItemState, messages: list[MessageState], **changes: Any) -> Any:
    seen = Seen(
        item=ours,
        kind=REQUEST,
        messages=messages,
        steps=changes.pop("steps", ()),
        reader=changes.pop("reader", ours.requester.id),
        action="/portal/requests/token",
        token="token",
        desk="Lagoon",
        file_url=lambda m, place: f"/{m.id}/{place}",
        whole_url=lambda m: f"/{m.id}",
    )
    return request_page(seen, CLOCK)


@given(messages_of)
def test_no_internal_or_held_word_stands_on_the_page(kinds: list[tuple[bool, bool, bool]]) -> None:
    """P31, R7: whatever messages it is given, no text, name, file or address of a note or a held message is shown."""
    ours = item(ref())
    page = seen_page(ours, conversation(ours, kinds))
    assert "SECRET" not in repr(page)
    assert repr(page).count("quoted seen") == sum(public and not held and own for public, held, own in kinds)


@given(messages_of, st.integers(-2, 3))
def test_no_file_of_an_internal_or_held_message_is_handed_over(
    kinds: list[tuple[bool, bool, bool]], place: int
) -> None:
    """R7, R19: a file comes from a readable message of this very item, and from a place that it has."""
    ours = item(ref())
    for made, (public, held, own) in zip(conversation(ours, kinds), kinds, strict=True):
        file = file_of(made, ours, place)
        assert (file is not None) == (public and not held and own and place == 0)
    assert file_of(None, ours, 0) is None


def test_addresses_are_not_shown_to_other_readers() -> None:
    """R7: people are named, never addressed; staff without a name speak for the desk."""
    ours = item(ref())
    said = [
        message(ours, author=ref("luisa.secret@corp.example", name="")),
        message(ours, by="staff", author=ref("rita@desk.example", name="", staff=True)),
        message(ours, by="staff", author=None, sender=Address(address="robot@desk.example")),
    ]
    page = seen_page(ours, said, reader=uuid4())
    assert [m.author.name for m in page.messages] == ["luisa.secret", "Lagoon", "Lagoon"]
    assert "desk.example" not in repr(page)
    assert "corp.example" not in repr(page)


def test_status_is_told_in_plain_words() -> None:
    """P14: Received, We are on it, Your turn, Solved; nothing of the desk's own words."""
    words = [portal_word(spec) for spec in REQUEST.statuses]
    assert words == ["Received", "We are on it", "Your turn", "Solved"]
    assert portal_word(None) == "We are on it"


def test_the_way_shows_what_was_reached_and_when() -> None:
    """P14: each step has the moment at which it was first reached; "your turn" is a step only while it is."""
    ours = item(ref(), status="waiting", assignee=ref("rita@desk.example", name="Rita Almeida", staff=True))
    steps = [
        ChangeState(
            version=2,
            item_id=ours.id,
            event_id=uuid4(),
            event="changed",
            at=NOW,
            actor="agent:x",
            changes={"status": ("new", "in_progress")},
            correlation_id=uuid4(),
        )
    ]
    page = seen_page(ours, [], steps=steps)
    assert [(step.word, step.state) for step in page.steps] == [
        ("Received", "done"),
        ("We are on it", "done"),
        ("Your turn", "now"),
        ("Solved", "next"),
    ]
    assert page.waits_for_you == "Rita"
    assert [step.word for step in seen_page(item(ref()), []).steps] == ["Received", "We are on it", "Solved"]


class Rows:
    """Rows in memory; it hands over every message, also those that it was not asked for."""

    def __init__(self, ours: ItemState, messages: list[MessageState], who: PersonState) -> None:
        self.ours, self.all, self.who = ours, messages, who

    async def of_id(self, item_id: UUID) -> ItemState | None:
        return self.ours if item_id == self.ours.id else None

    async def person(self, person_id: UUID) -> PersonState | None:
        return self.who if person_id == self.who.id else None

    async def messages(self, item_id: UUID, **_: Any) -> list[MessageState]:
        return self.all

    async def message(self, message_id: UUID) -> MessageState | None:
        return next((m for m in self.all if m.id == message_id), None)

    async def history(self, item_id: UUID, after_version: int = 0, limit: int = 1000) -> list[ChangeState]:
        return []


async def test_the_use_case_reads_only_what_the_link_opens() -> None:
    """R19: the conversation, a file and a long text come of this item's public messages, whatever the rows hold."""
    ana = ref()
    ours = item(ana)
    messages = conversation(ours, [(True, False, True), (False, False, True), (True, True, True), (True, False, False)])
    rows = Rows(ours, messages, person(ana))
    assert await open_request(rows, rows, link(ours, ana)) is not None
    assert await open_request(rows, rows, link(ours, ana, OTHER_NONCE)) is None
    assert await open_request(rows, rows, link(item(ana), ana)) is None
    assert await open_request(rows, rows, None) is None
    assert [m.text for m in (await read_conversation(rows, ours)).messages] == ["seen-0"]
    assert [await find_file(rows, ours, m.id, 0) is not None for m in messages] == [True, False, False, False]
    assert [await find_message(rows, ours, m.id) is not None for m in messages] == [True, False, False, False]
    assert readable(messages, ours) == messages[:1]
