"""The ids by which mail programs keep a conversation together, for every recipient."""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.mail import write
from services.notifier.domain.queueing import from_fact, from_rule
from services.notifier.domain.text import Letter
from services.notifier.domain.thread import message_id_of, references_of
from shared.contracts.state import ItemState, MessageState
from shared.reply_address import verify_message_id
from tests.unit.notifier.builders import (
    DESK,
    HOUSE,
    added,
    age,
    by_customer,
    envelope,
    item,
    message,
    person,
    rule_mail,
)

ROOT = "root@cliente.example"


def own(of: ItemState, message_id: UUID) -> str:
    return message_id_of(DESK, of, message(of, id=message_id), uuid4())


def test_references_begin_with_the_root_that_came_by_mail() -> None:
    """RELIABILITY, threading: the root, then the nearest ancestors, what the customer wrote last."""
    ids = [uuid4() for _ in range(3)]
    of = item(public_message_ids=tuple(ids), first_message_id=ids[0], last_message_ids=(ROOT, "second@cliente.example"))
    carried = message(of, id=ids[2])
    found = references_of(DESK, of, carried)
    assert found == [ROOT, own(of, ids[0]), own(of, ids[1]), "second@cliente.example"]


def test_portal_conversation_has_a_root_of_ours() -> None:
    """Where it began otherwise, the root is our name for the first message, for ever."""
    ids = [uuid4() for _ in range(30)]
    of = item(root_message_id=None, last_message_ids=(), first_message_id=ids[0], public_message_ids=tuple(ids[-20:]))
    found = references_of(DESK, of, message(of, id=ids[-1]))
    assert found[0] == own(of, ids[0]), "although the first is no longer among the last twenty"
    assert len(found) <= 12
    assert found[-1] == own(of, ids[-2])


def test_first_message_itself_refers_to_nothing() -> None:
    """The mail that carries the root is the root."""
    first = uuid4()
    of = item(root_message_id=None, last_message_ids=(), first_message_id=first, public_message_ids=(first,))
    assert references_of(DESK, of, message(of, id=first)) == []
    assert references_of(DESK, of, None) == [own(of, first)], "a rule's mail about it does"


def test_received_message_does_not_refer_to_itself() -> None:
    """A customer's mail passed on to followers is a mail of ours, in the thread of theirs."""
    mine = uuid4()
    of = item(public_message_ids=(mine,), last_message_ids=(ROOT, "reply@cliente.example"))
    carried = by_customer(of, id=mine, message_id="reply@cliente.example")
    assert references_of(DESK, of, carried) == [ROOT]


@pytest.mark.parametrize("bad", ["has space@x", "a<b@x", "x\r\nBcc: y", "é@x.example", "x" * 401, ""])
def test_id_that_is_none_is_left_out(bad: str) -> None:
    """R1: what a strange mail program made breaks no header and no thread."""
    first = uuid4()
    of = item(root_message_id=bad, first_message_id=first, last_message_ids=(bad, "fine@x.example"))
    assert references_of(DESK, of, None) == [own(of, first), "fine@x.example"]


printable = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="<>"), min_size=1, max_size=400
)


@given(received=st.lists(printable, max_size=20), root=st.none() | printable, count=st.integers(0, 20))
def test_references_are_one_unbroken_line(received: list[str], root: str | None, count: int) -> None:
    """RFC 5322 §2.1.1: whatever ids came in, no id is folded or encoded, and the root stays first."""
    ids = tuple(uuid4() for _ in range(count))
    first = ids[0] if ids else None
    of = item(root_message_id=root, last_message_ids=tuple(received), public_message_ids=ids, first_message_id=first)
    queued = from_rule(DESK, envelope(), rule_mail(of), age())[0]
    raw = write(DESK, Letter(queued.delivery, of, None, ""))
    head = raw.split(b"\r\n\r\n", 1)[0]
    lines = [line for line in head.split(b"\r\n") if line.lower().startswith(b"references:")]
    expected = references_of(DESK, of, None)
    assert len(lines) == (1 if expected else 0)
    if expected:
        assert lines[0] == b"References: " + " ".join(f"<{name}>" for name in expected).encode()
        assert len(lines[0]) <= 998
        assert root is None or expected[0] == root


def parsed(raw: bytes) -> EmailMessage:
    found = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(found, EmailMessage)
    return found


class Mailbox:
    """One recipient's mail program: it puts together what refers to each other, as RFC 5256 does."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}
        self.seen: set[str] = set()

    def take(self, message_id: str, references: list[str]) -> None:
        self.seen.add(message_id)
        for name in references:
            self._join(name, message_id)

    def threads(self) -> int:
        return len({self._root(name) for name in self.seen})

    def _root(self, name: str) -> str:
        while name in self.parent:
            name = self.parent[name]
        return name

    def _join(self, one: str, other: str) -> None:
        left, right = self._root(one), self._root(other)
        if left != right:
            self.parent[right] = left


def delivered(of: ItemState, carried: MessageState | None) -> dict[str, EmailMessage]:
    """The mails that a message, or a rule, sends: recipient -> mail."""
    if carried is None:
        found = from_rule(DESK, envelope(), rule_mail(of), age())
    else:
        found = from_fact(DESK, envelope(), added(of, carried), age())
    return {
        q.delivery.recipient.address: parsed(write(DESK, Letter(q.delivery, q.contents.item, q.contents.message, "")))
        for q in found
    }


writers = st.lists(st.sampled_from(["rita", "marta", "bea", "rule"]), min_size=1, max_size=12)


@given(by_mail=st.booleans(), turns=writers)
def test_each_recipient_sees_one_thread(by_mail: bool, turns: list[str]) -> None:
    """Whoever writes when, by mail or on the portal, an independent threader finds one thread a recipient."""
    marta, bea = person(), person("bea@cliente.example")
    first = uuid4()
    root = ROOT if by_mail else None
    of = item(
        requester=marta,
        followers=(bea,),
        root_message_id=root,
        first_message_id=first,
        public_message_ids=(first,),
        last_message_ids=(ROOT,) if by_mail else (),
    )
    boxes = {marta.address: Mailbox(), bea.address: Mailbox()}
    if by_mail:
        boxes[marta.address].take(f"<{ROOT}>", [])
    for number, who in enumerate(turns):
        carried = None
        if who == "rita":
            carried = message(of, id=uuid4())
        elif who != "rule":
            author = marta if who == "marta" else bea
            mine = f"{who}{number}@cliente.example"
            carried = by_customer(of, id=uuid4(), author=author, message_id=mine)
            boxes[author.address].take(f"<{mine}>", [f"<{of.root_message_id or own(of, first)}>"])
        if carried is not None:
            received = (*of.last_message_ids, carried.message_id) if carried.message_id else of.last_message_ids
            of = of.model_copy(
                update={
                    "public_message_ids": (*of.public_message_ids, carried.id)[-20:],
                    "last_message_ids": received[-20:],
                }
            )
        for address, mail in delivered(of, carried).items():
            boxes[address].take(str(mail["Message-ID"]), str(mail["References"] or "").split())
    for box in boxes.values():
        assert box.threads() <= 1


def test_one_message_has_one_id_and_rules_mails_their_own() -> None:
    """DESIGN §5: minted ids, verified as intake does."""
    of = item(followers=(person("bea@cliente.example"),))
    carried = message(of)
    names = {str(mail["Message-ID"]) for mail in delivered(of, carried).values()}
    assert len(names) == 1
    claim = verify_message_id(HOUSE.keys, names.pop())
    assert claim is not None
    assert claim.message_prefix == carried.id.hex[:20]
