"""What administrators set up: rows with versions, checked, told whole; and what a fresh desk holds."""

from collections.abc import Callable
from typing import Any

import pytest

from services.tickets.domain.addresses import person_id
from services.tickets.domain.seeds import seeded_people, seeded_setup
from services.tickets.use_cases.handle_batch import Taken, handle_batch
from shared.contracts.base import Message
from shared.contracts.state import (
    BrandState,
    FieldOption,
    FieldSpec,
    FormState,
    MailboxState,
    StatusSpec,
    TeamState,
    TypeState,
)
from shared.contracts.tickets import ReferenceChanged, SaveAgent, SaveMailbox, SaveTeam, SaveType
from tests.unit.tickets.desk import ADMIN, DOMAIN, INES, MARTA, NOON, RITA, TOMAS, Desk, agent, run
from tests.unit.tickets.fake_store import FakeStore

CHIEF = agent(ADMIN)
STATUSES = (
    StatusSpec(key="open", label="Open", state="not_started"),
    StatusSpec(key="shut", label="Shut", state="finished"),
)
NEW_TYPE = SaveType(key="onboarding", label="Onboarding", statuses=STATUSES, create=True)


# ---- seeds


def test_fresh_desk_holds_what_it_needs() -> None:
    """A fresh desk: one portal, two mailboxes, three teams with an agent each, three types with a form each."""
    setup = seeded_setup(DOMAIN)
    teams = {s.key: s for s in setup if isinstance(s, TeamState)}
    types = {s.key: s for s in setup if isinstance(s, TypeState)}
    forms = {s.key: s for s in setup if isinstance(s, FormState)}
    boxes = {s.key: s for s in setup if isinstance(s, MailboxState)}
    assert [s.key for s in setup if isinstance(s, BrandState)] == ["main"]
    assert {key: box.address for key, box in boxes.items()} == {
        "support": f"support@{DOMAIN}",
        "hardware": f"hardware@{DOMAIN}",
    }
    assert [team.label for team in teams.values()] == ["Support", "Hardware", "Development"]
    assert [len(team.members) for team in teams.values()] == [1, 1, 1]
    assert list(types) == list(forms) == ["request", "hardware", "development"]
    assert all(form.type == key and form.mailbox in boxes and form.open for key, form in forms.items())
    assert all(kind.team in teams for kind in types.values())
    assert {box.type for box in boxes.values()} <= set(types)


def test_fresh_desk_knows_its_staff() -> None:
    """The administrator's address is given; each agent is one of a team; ids are the same wherever they are made."""
    people = seeded_people(DOMAIN, "Chief@Desk.example")
    assert [p.role for p in people] == ["administrator", "agent", "agent", "agent"]
    assert people[0].address == "chief@desk.example"
    assert people[0].id == person_id("chief@desk.example")
    members = {m for s in seeded_setup(DOMAIN) if isinstance(s, TeamState) for m in s.members}
    assert members == {p.id for p in people[1:]}


def test_nothing_is_decided_before_the_desk_is_seeded() -> None:
    """A mail that comes before the types are there waits for them; it is not refused."""
    desk = Desk()
    mail = desk.mail()
    assert run(handle_batch(FakeStore(), [Taken(desk.envelope("system:intake", mail), mail)], NOON)) is None


# ---- types


def test_type_is_made_with_a_form_of_its_own(desk: Desk) -> None:
    """P4: types are rows; a new one has its form at once, told with it."""
    outcome = desk.done(NEW_TYPE, CHIEF)
    assert outcome.result == {"key": "onboarding", "version": 1}
    assert desk.store.types["onboarding"].statuses == STATUSES
    assert desk.store.forms["onboarding"].title == "Onboarding"
    told = [fact.reference.state_key() for fact in desk.facts(ReferenceChanged)]
    assert told == ["type:onboarding", "form:onboarding"]
    assert desk.receive(channel="portal", form="onboarding", mailboxes=(), message_id=None).item.status == "open"


def test_type_without_statuses_has_the_usual_ones(desk: Desk) -> None:
    """DESIGN §5: New, In progress, Waiting on customer, On hold, Solved."""
    desk.done(SaveType(key="plain", create=True), CHIEF)
    labels = [status.label for status in desk.store.types["plain"].statuses]
    assert labels == ["New", "In progress", "Waiting on customer", "On hold", "Solved"]


def test_absent_parts_of_a_save_stay(desk: Desk) -> None:
    """A save names what it changes; the rest stays, one version on."""
    field = FieldSpec(key="shop", label="Shop")
    desk.done(SaveType(key="hardware", fields=(field,)), CHIEF)
    desk.done(SaveType(key="hardware", label="Devices"), CHIEF)
    kind = desk.store.types["hardware"]
    assert (kind.label, kind.fields, kind.team, kind.version) == ("Devices", (field,), "hardware", 3)


def test_retired_type_closes_its_form_and_opens_again(desk: Desk) -> None:
    """P4: nobody can post a form whose type is retired."""
    desk.done(SaveType(key="hardware", retired=True), CHIEF)
    assert not desk.store.forms["hardware"].open
    desk.done(SaveType(key="hardware", retired=False), CHIEF)
    assert desk.store.forms["hardware"].open


SELECT = FieldSpec(key="shop", label="Shop", kind="select")


@pytest.mark.parametrize(
    ("command", "code", "about"),
    [
        (SaveType(key="hardware", statuses=()), "invalid", "statuses"),
        (SaveType(key="hardware", statuses=(STATUSES[0], STATUSES[0])), "invalid", "statuses"),
        (SaveType(key="hardware", team="choir"), "unknown_team", "team"),
        (SaveType(key="hardware", fields=(SELECT,)), "invalid", "fields.shop"),
        (
            SaveType(
                key="hardware",
                fields=(SELECT.model_copy(update={"options": (FieldOption(key="a", label="A"),) * 2}),),
            ),
            "invalid",
            "fields.shop",
        ),
        (SaveType(key="hardware", fields=(FieldSpec(key="a", label="A"),) * 2), "invalid", "fields"),
        (SaveType(key="hardware", create=True), "taken", "key"),
        (SaveType(key="choir"), "not_found", "key"),
        (SaveTeam(key="hardware", create=True), "taken", "key"),
        (SaveTeam(key="choir"), "not_found", "key"),
        (SaveTeam(key="hardware", members=(person_id(MARTA),)), "unknown_person", "members"),
        (SaveMailbox(key="dev", create=True), "invalid", "address"),
        (SaveMailbox(key="dev", address="dev", create=True), "invalid", "address"),
        (SaveMailbox(key="dev", address=f"Support@{DOMAIN}", type="request", create=True), "taken", "address"),
        (SaveMailbox(key="dev", address=f"dev@{DOMAIN}", create=True), "unknown_type", "type"),
        (SaveMailbox(key="dev", address=f"dev@{DOMAIN}", type="choir", create=True), "unknown_type", "type"),
        (SaveMailbox(key="support", team="choir"), "unknown_team", "team"),
        (SaveMailbox(key="choir", address="x@y.example"), "not_found", "key"),
    ],
)
def test_setup_that_does_not_fit_is_refused(desk: Desk, command: Message, code: str, about: str) -> None:
    """Every fault of a save has its code and names its field; nothing is saved."""
    refusal = desk.refused(command, CHIEF)
    assert (refusal.code, refusal.about) == (code, about)


def test_status_that_items_are_in_cannot_vanish(desk: Desk) -> None:
    """No item is left in a status that nobody knows; once it has moved on the status may go."""
    item = desk.receive().item
    kept = SaveType(key="request", statuses=STATUSES)
    assert desk.refused(kept, CHIEF).code == "status_in_use"
    extra = (*desk.store.types["request"].statuses, *STATUSES)
    desk.done(SaveType(key="request", statuses=extra), CHIEF)
    desk.change(item, status="open")
    desk.done(kept, CHIEF)
    assert desk.store.types["request"].statuses == STATUSES


# ---- teams, mailboxes, staff


def test_team_and_mailbox_are_rows(desk: Desk) -> None:
    """P48: teams and mailboxes are made and changed without a restart, and told whole."""
    desk.done(SaveTeam(key="field", label="Field", members=(person_id(RITA),), create=True), CHIEF)
    box = SaveMailbox(key="field", address=f"Field@{DOMAIN}", type="request", team="field", create=True)
    desk.done(box, CHIEF)
    assert desk.store.mailboxes["field"].address == f"field@{DOMAIN}"
    item = desk.receive(mailboxes=("field",)).item
    assert item.team == "field"
    desk.done(SaveMailbox(key="field", label="Field work"), CHIEF)
    assert desk.store.mailboxes["field"].version == 2
    assert desk.last(ReferenceChanged).reference == desk.store.mailboxes["field"]


KEY = "hardware"
#: Of everything that several people set up: two parts, each in a save of its own.
PARTS: dict[str, Callable[..., Message]] = {
    "type": lambda **said: SaveType(key=KEY, **said),
    "team": lambda **said: SaveTeam(key=KEY, **said),
    "mailbox": lambda **said: SaveMailbox(key=KEY, **said),
    "agent": lambda **said: SaveAgent(person_id=person_id(TOMAS), address=TOMAS, **said),
}
FIRST: dict[str, dict[str, Any]] = {kind: {"label": "First"} for kind in PARTS} | {"agent": {"name": "First"}}
SECOND: dict[str, dict[str, Any]] = {kind: {"label": "Second"} for kind in PARTS} | {"agent": {"name": "Second"}}
OTHER: dict[str, dict[str, Any]] = {
    "type": {"team": "support"},
    "team": {"members": (person_id(RITA),)},
    "mailbox": {"team": "support"},
    "agent": {"teams": ("support",)},
}


def version_of(desk: Desk, kind: str) -> int:
    rows: dict[str, dict[str, Any]] = {
        "type": {**desk.store.types},
        "team": {**desk.store.teams},
        "mailbox": {**desk.store.mailboxes},
    }
    return desk.person(TOMAS).version if kind == "agent" else int(rows[kind][KEY].version)


@pytest.mark.parametrize("kind", PARTS)
def test_part_that_someone_changed_meanwhile_is_a_conflict(desk: Desk, kind: str) -> None:
    """R18: the second administrator sees both values and whose theirs are; another part, or no change, goes on."""
    save, seen = PARTS[kind], version_of(desk, kind)
    second = agent(INES)
    desk.done(SaveAgent(person_id=person_id(INES), address=INES, role="administrator"), CHIEF)
    desk.done(save(**FIRST[kind], based_on=seen), CHIEF)
    refusal = desk.refused(save(**SECOND[kind], based_on=seen), second)
    part = next(iter(FIRST[kind]))
    assert (refusal.code, refusal.about, set(refusal.conflicts)) == ("conflict", part, {part})
    conflict = refusal.conflicts[part]
    assert (conflict.yours, conflict.theirs, conflict.by) == ("Second", "First", CHIEF)
    desk.done(save(**FIRST[kind], based_on=seen), second)
    desk.done(save(**OTHER[kind], based_on=seen), second)
    desk.done(save(**SECOND[kind], based_on=version_of(desk, kind)), second)
    desk.done(save(**FIRST[kind]), CHIEF)


def test_part_is_free_again_once_its_change_was_seen(desk: Desk) -> None:
    """R18: a version that was seen is no conflict, however often the part changed before it."""
    for label in ("One", "Two"):
        desk.done(SaveType(key=KEY, label=label, based_on=desk.store.types[KEY].version), CHIEF)
    assert desk.refused(SaveType(key=KEY, label="Late", based_on=2), CHIEF).conflicts["label"].theirs == "Two"
    assert desk.store.types[KEY].label == "Two"


def test_customer_becomes_staff_and_keeps_their_record(desk: Desk) -> None:
    """P24: staff are people too: whoever wrote before keeps their id when they become an agent."""
    marta = desk.receive().item.requester
    save = SaveAgent(person_id=desk.new_id(), address=MARTA.upper(), name="Marta Reis", teams=("hardware", "support"))
    outcome = desk.done(save, CHIEF)
    assert outcome.result["person_id"] == str(marta.id)
    person = desk.person(MARTA)
    assert (person.id, person.role, person.name) == (marta.id, "agent", "Marta Reis")
    assert {key for key, team in desk.store.teams.items() if marta.id in team.members} == {"hardware", "support"}


def test_teams_of_an_agent_are_set_where_named(desk: Desk) -> None:
    """Named teams are all they are in; none named leaves them as they are."""
    desk.done(SaveAgent(person_id=person_id(TOMAS), address=TOMAS, teams=("support",)), CHIEF)
    assert person_id(TOMAS) not in desk.store.teams["hardware"].members
    desk.done(SaveAgent(person_id=person_id(TOMAS), address=TOMAS, name="T."), CHIEF)
    assert person_id(TOMAS) in desk.store.teams["support"].members
    assert desk.refused(SaveAgent(person_id=person_id(TOMAS), address=TOMAS, teams=("choir",)), CHIEF).about == "teams"


def test_desk_keeps_an_administrator(desk: Desk) -> None:
    """The last active administrator can neither leave nor step down; with a second one they can."""
    leave = SaveAgent(person_id=person_id(ADMIN), address=ADMIN, active=False)
    step_down = SaveAgent(person_id=person_id(ADMIN), address=ADMIN, role="agent")
    assert desk.refused(leave, CHIEF).code == "last_administrator"
    assert desk.refused(step_down, CHIEF).code == "last_administrator"
    desk.done(SaveAgent(person_id=person_id(INES), address=INES, role="administrator"), CHIEF)
    desk.done(leave, CHIEF)
    assert not desk.person(ADMIN).active


def test_accounts_of_tokens_do_not_count_as_administrators(desk: Desk) -> None:
    """An API token's account is no person who could let anybody in."""
    token = SaveAgent(person_id=desk.new_id(), address="bot@desk.example", role="administrator", service_account=True)
    desk.done(token, CHIEF)
    leave = SaveAgent(person_id=person_id(ADMIN), address=ADMIN, active=False)
    assert desk.refused(leave, CHIEF).code == "last_administrator"


@pytest.mark.parametrize(
    "command",
    [
        NEW_TYPE,
        SaveTeam(key="x", create=True),
        SaveMailbox(key="x", address="x@y.example", type="request", create=True),
        SaveAgent(person_id=person_id(RITA), address=RITA, role="administrator"),
    ],
    ids=lambda command: type(command).__name__,
)
@pytest.mark.parametrize("who", ["agent", "customer", "rule", "inactive administrator"])
def test_only_administrators_set_up(desk: Desk, who: str, command: Message) -> None:
    """P72: an agent cannot make themselves an administrator, nor a rule change what it runs on."""
    desk.done(SaveAgent(person_id=person_id(INES), address=INES, role="administrator"), CHIEF)
    desk.done(SaveAgent(person_id=person_id(INES), address=INES, active=False), CHIEF)
    marta = desk.receive().item.requester
    actors: dict[str, Any] = {
        "agent": agent(RITA),
        "customer": f"customer:{marta.id}",
        "rule": "rule:11111111-1111-1111-1111-111111111111",
        "inactive administrator": agent(INES),
    }
    assert desk.refused(command, actors[who]).code == "forbidden"


def test_console_of_the_desk_may_set_up(desk: Desk) -> None:
    """Whoever runs the desk's machine sets up without signing in."""
    desk.done(NEW_TYPE, "system:console")
    assert "onboarding" in desk.store.types
