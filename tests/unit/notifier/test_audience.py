"""Who hears of a fact, each once, and who does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.audience import audience, mails_nobody, told
from shared.contracts.envelope import Envelope
from shared.contracts.state import Address, PersonRef
from shared.contracts.tickets import ItemChanged, ItemFact, MessageHeld, MessageSplit
from shared.ids import new_id
from tests.unit.notifier.builders import added, agent, assigned, by_customer, created, envelope, item, message, person

BEA, CARL = person("bea@cliente.example"), person("carl@cliente.example")
RITA, INES = agent(), agent("ines")
MARTA = "marta@cliente.example"


def hear(fact: ItemFact, about: Envelope | None = None) -> dict[str, str]:
    """Address -> kind of mail."""
    found = audience(about or envelope(), fact)
    assert len({hears.person.id for hears in found}) == len(found), "one mail a person and fact"
    return {hears.person.address: hears.kind for hears in found}


def test_staffs_reply_reaches_requester_and_followers() -> None:
    """P28, P29, P31: each public message mails requester and followers, not its author."""
    of = item(followers=(BEA, RITA, INES))
    assert hear(added(of, message(of, author=INES))) == {
        MARTA: "message",
        BEA.address: "message",
        RITA.address: "message",
    }


def test_customers_message_reaches_the_others_and_the_assignee() -> None:
    """DESIGN §5: the assignee is mailed on customer messages; the author never of their own act."""
    of = item(followers=(BEA, INES), assignee=RITA)
    assert hear(added(of, by_customer(of, author=BEA))) == {
        MARTA: "message",
        INES.address: "customer_message",
        RITA.address: "customer_message",
    }


def test_assignee_hears_nothing_of_a_colleagues_reply() -> None:
    """DESIGN §5: the assignee hears of customers; a colleague's reply is in the workspace."""
    of = item(assignee=RITA)
    assert hear(added(of, message(of, author=INES))) == {MARTA: "message"}


def test_requesters_first_message_mails_nobody_but_who_is_not_copied() -> None:
    """P44: a rule acknowledges it; nobody is assigned yet."""
    assert hear(created(item())) == {}


def test_whom_the_sender_copied_has_the_mail_already() -> None:
    """RELIABILITY, loops: a stranger's mail with a hundred copies makes the desk mail none of them."""
    of = item(followers=(BEA, CARL))
    copied = (Address(address="BEA@cliente.example"), Address(address=CARL.address))
    assert hear(created(of, by_customer(of, addressed=copied))) == {}


def test_known_follower_hears_even_when_copied() -> None:
    """P29: who followed before gets each public message once, whoever else sent it to them."""
    of = item(followers=(BEA, CARL))
    copied = by_customer(of, addressed=(Address(address=BEA.address), Address(address=CARL.address)))
    before, after = [str(BEA.id)], [str(BEA.id), str(CARL.id)]
    assert hear(added(of, copied, followers=(before, after))) == {BEA.address: "message"}
    assert hear(added(of, copied)) == {BEA.address: "message", CARL.address: "message"}


def test_follower_added_by_staff_hears_the_message_beside() -> None:
    """P29: only whom the mail itself was sent to has it already."""
    of = item(followers=(BEA,))
    assert hear(added(of, message(of), followers=([], [str(BEA.id)]))) == {MARTA: "message", BEA.address: "message"}


@pytest.mark.parametrize("about", [{"public": False}, {"public": False, "held": True}, {"held": True}])
def test_note_and_held_message_mail_nobody(about: dict[str, Any]) -> None:
    """P31, R2, R7: an internal note and a held message reach no customer, and no staff by mail."""
    of = item(followers=(BEA, INES), assignee=RITA)
    assert hear(added(of, message(of, **about))) == {}
    assert told(added(of, message(of, **about))) is None


def test_held_and_split_facts_mail_nobody() -> None:
    """R2: the sender learns nothing, nor does anyone else before staff decide."""
    of = item(followers=(BEA,), assignee=RITA)
    held = message(of, held=True, public=False)
    assert hear(MessageHeld(item=of, message=held)) == {}
    assert hear(MessageSplit(item=of, message=by_customer(of), new_item_id=new_id(), new_number=7)) == {}


def test_accepted_message_is_heard_once_by_all_but_its_sender() -> None:
    """R2: a held message that staff accept: recipients hear once, the sender, who follows now, does not."""
    of = item(followers=(BEA, CARL))
    fact = added(of, by_customer(of, author=CARL), followers=([str(BEA.id)], [str(BEA.id), str(CARL.id)]))
    assert hear(fact.model_copy(update={"accepted": True})) == {MARTA: "message", BEA.address: "message"}


def test_field_and_status_changes_mail_nobody() -> None:
    """DESIGN §5: changes mail customers only through a rule; a team alone mails nobody."""
    of = item(followers=(BEA,), assignee=RITA)
    assert hear(ItemChanged(item=of, changes={"status": ("new", "solved"), "team": (None, "support")})) == {}


def test_assignment_is_told_to_who_did_not_make_it() -> None:
    """DESIGN §5: on assignment by a colleague or a rule, not by oneself; unassigning tells nobody."""
    of = item(assignee=RITA)
    assert hear(assigned(of), envelope(actor=f"agent:{INES.id}")) == {RITA.address: "assignment"}
    assert hear(assigned(of), envelope(actor=f"rule:{new_id()}")) == {RITA.address: "assignment"}
    assert hear(assigned(of), envelope(actor=f"agent:{RITA.id}")) == {}
    assert hear(assigned(item(), before=str(RITA.id))) == {}


def test_note_with_an_assignment_tells_of_the_assignment_alone() -> None:
    """R7: the step is one fact; the mail about it carries no message."""
    of = item(assignee=RITA)
    fact = added(of, message(of, public=False), assignee=(None, str(RITA.id)))
    assert hear(fact) == {RITA.address: "assignment"}
    assert told(fact) is None


def test_several_reasons_are_one_mail() -> None:
    """R15: requester, follower and assignee in one person gets one mail a message."""
    of = item(requester=RITA, followers=(RITA, BEA), assignee=RITA)
    assert hear(added(of, by_customer(of, author=BEA), assignee=(None, str(RITA.id)))) == {
        RITA.address: "customer_message"
    }


@pytest.mark.parametrize("kind", ["auto_reply", "bounce", "loop", "receipt", "complaint"])
def test_what_a_machine_wrote_reaches_no_customer(kind: str) -> None:
    """R5: a vacation note is shown to staff and mailed to no customer."""
    of = item(followers=(BEA, INES), assignee=RITA)
    assert hear(added(of, by_customer(of, automatic=kind))) == {
        INES.address: "customer_message",
        RITA.address: "customer_message",
    }


def test_mail_through_a_list_is_a_humans() -> None:
    """R5: a list header forbids an automatic answer to the sender, not the message to the others."""
    of = item(followers=(BEA,))
    assert hear(added(of, by_customer(of, automatic="list"))) == {BEA.address: "message"}


def test_public_message_of_a_rule_reaches_everyone_involved() -> None:
    """P43: nobody is its author, so requester and followers hear it."""
    of = item(followers=(BEA,), assignee=RITA)
    assert set(hear(added(of, message(of, author=None, by="system")))) == {MARTA, BEA.address}


people = st.sampled_from([person(), BEA, CARL, RITA, INES])


@given(
    requester=people,
    followers=st.lists(people, max_size=4),
    assignee=st.none() | st.sampled_from([RITA, INES]),
    author=people,
    public=st.booleans(),
    held=st.booleans(),
    automatic=st.sampled_from([None, "auto_reply", "list"]),
)
def test_nobody_hears_twice_of_their_own_or_of_what_is_internal(
    *, requester: Any, followers: Any, assignee: Any, author: Any, public: bool, held: bool, automatic: Any
) -> None:
    """P31, S3: whoever is involved, whatever is written: never the author, never twice, never something internal."""
    of = item(requester=requester, followers=tuple(followers), assignee=assignee)
    carried = by_customer(of, author=author, public=public, held=held, automatic=automatic)
    found = audience(envelope(), added(of, carried))
    heard = [hears.person.id for hears in found]
    assert len(heard) == len(set(heard))
    assert author.id not in heard
    if not public or held:
        assert heard == []
    elif automatic != "auto_reply":
        assert {requester.id, *(f.id for f in followers)} - {author.id} <= set(heard)


def glance(fact: ItemFact) -> bool:
    return mails_nobody(fact.ce_type, fact.model_dump_json().encode())


def test_most_facts_are_known_at_a_glance_to_mail_nobody() -> None:
    """A customer's own new ticket, and a change that assigns nobody: no claim, no transaction."""
    of = item(followers=(BEA,), assignee=RITA)
    assert glance(created(item()))
    assert glance(ItemChanged(item=of, changes={"status": ("new", "waiting")}))


everyone = st.sampled_from([None, RITA, INES, BEA, CARL, person()])
followers = st.lists(st.sampled_from([RITA, INES, BEA, CARL]), max_size=3, unique=True)


@given(followers=followers, assignee=everyone, author=everyone, changes=st.sampled_from(["assignee", "status"]))
def test_whoever_hears_is_never_passed_over(
    followers: list[PersonRef], assignee: PersonRef | None, author: PersonRef | None, changes: str
) -> None:
    """What is passed over at a glance has no audience, whoever writes, follows and is assigned."""
    of = item(followers=tuple(followers), assignee=assignee)
    written = message(of, author=author, by="staff" if author is None or author.staff else "customer")
    facts: list[ItemFact] = [
        created(of, written),
        added(of, written),
        ItemChanged(item=of, changes={changes: (None, str(assignee.id) if assignee else None)}),
    ]
    assert [hear(fact) for fact in facts if glance(fact)] == [{} for fact in facts if glance(fact)]


@pytest.mark.parametrize("value", [b"", b"not json", b"[]", b"{}", b'{"item": {}, "message": 1}', b'{"changes": 3}'])
def test_what_cannot_be_read_is_not_passed_over(value: bytes) -> None:
    """A bad record becomes a dead letter, where staff see it."""
    for kind in ("item.created", "item.changed", "message.added"):
        assert not mails_nobody(f"deskstream.tickets.{kind}.v1", value)
