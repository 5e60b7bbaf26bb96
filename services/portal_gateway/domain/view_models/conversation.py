"""A ticket's conversation: messages, notes, held messages, what rules mailed, and the steps between, by time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal
from uuid import UUID

from services.portal_gateway.domain.view_models.deliveries import Deliveries, deliveries_of
from services.portal_gateway.domain.view_models.history import Line, line, said_already
from services.portal_gateway.domain.view_models.marks import CHANNELS, FileMark, file_mark
from services.portal_gateway.domain.view_models.names import Names
from services.portal_gateway.domain.view_models.people import Face, face, stranger
from services.portal_gateway.domain.view_models.texts import Text, folded
from services.portal_gateway.domain.view_models.times import Clock, Moment, moment
from shared.contracts.state import (
    AttachmentRef,
    ChangeState,
    DecisionState,
    DeliveryState,
    ItemState,
    MessageState,
)

_AUTOMATIC = {
    "auto_reply": "Automatic reply",
    "bounce": "Mail report",
    "list": "Mailing list",
    "loop": "Loop",
    "complaint": "Complaint report",
    "receipt": "Read receipt",
}
_HELD = {
    "stranger": "It refers to this ticket, but its sender takes no part in it.",
    "dmarc_fail": "Its sender's domain says that it did not send it.",
    "forged": "Its sender's domain says that it did not send it.",
}
_FLAGS = {
    "dmarc_fail": "The sender's domain says that it did not send this mail",
    "same_id_other_content": "Another mail had the same Message-ID",
    "two_from_headers": "It names two senders",
    "from_with_several_addresses": "It names several senders",
    "name_looks_like_another_address": "The sender's name looks like another address",
    "clipped": "It is longer than what is shown; the original has all of it",
    "bare": "It could not be read; the original is attached",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A message of the conversation.

    Attributes:
        kind: ``customer``, ``staff`` (a public reply), ``note``, ``held``, ``system``.
        told: how it came, or who wrote it for whom: "by e-mail to support@…".
        automatic: "Automatic reply" and the like, "" for what a human wrote.
        warnings: what should be known before it is trusted.
        html_url: where its HTML can be looked at, in a frame without scripts; "" for none.
        raw_url: where its original is downloaded; "" for none.
        whole_url: where all of a very long message is read; "" where it is here.
        deliveries: its mails to customers; `staff_mails` those that told staff.
        held_because: why it is held.
    """

    id: UUID
    kind: Literal["customer", "staff", "note", "held", "system"]
    author: Face
    at: Moment
    text: Text
    told: str = ""
    automatic: str = ""
    warnings: tuple[str, ...] = ()
    files: tuple[FileMark, ...] = ()
    html_url: str = ""
    raw_url: str = ""
    whole_url: str = ""
    language: str | None = None
    deliveries: Deliveries | None = None
    staff_mails: Deliveries | None = None
    held_because: str = ""

    @property
    def anchor(self) -> str:
        return f"m-{self.id}"


@dataclass(frozen=True, slots=True)
class RuleMail:
    """A mail that a rule sent about the ticket: a delivery, no message."""

    id: UUID
    rule: str
    to: Face
    subject: str
    text: str
    at: Moment
    deliveries: Deliveries
    why: str

    @property
    def anchor(self) -> str:
        return f"r-{self.id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the conversation: just one of the three is there."""

    at: datetime
    block: Block | None = None
    line: Line | None = None
    mail: RuleMail | None = None

    @property
    def anchor(self) -> str:
        """Id of the entry on its page."""
        if self.line is not None:
            return self.line.id
        return self.block.anchor if self.block is not None else self.mail.anchor if self.mail is not None else ""


@dataclass(frozen=True)
class Told:
    """What a conversation is made from.

    Attributes:
        file_url: where staff read a file of a message.
    """

    item: ItemState
    messages: Sequence[MessageState]
    steps: Sequence[ChangeState]
    decisions: Sequence[DecisionState]
    deliveries: Sequence[DeliveryState]
    names: Names
    file_url: Callable[[MessageState, AttachmentRef], str] = field(default=lambda _message, _file: "")

    def line_of(self, step: ChangeState, clock: Clock) -> Line:
        """A step as a line, with who wrote the message that it is about."""
        author = self._authors.get(step.message_id, "") if step.message_id else ""
        return line(step, self.item, self.names, clock, self.decisions, author=author)

    @cached_property
    def _authors(self) -> dict[UUID, str]:
        return {message.id: _author(message).name for message in self.messages}


def conversation(told: Told, clock: Clock) -> tuple[Entry, ...]:
    """Every entry, oldest first."""
    by_message: dict[UUID, list[DeliveryState]] = {}
    for delivery in told.deliveries:
        if delivery.message_id is not None:
            by_message.setdefault(delivery.message_id, []).append(delivery)
    entries = [Entry(m.created_at, block=block(m, told, by_message.get(m.id, []), clock)) for m in told.messages]
    entries += [
        Entry(step.at, line=told.line_of(step, clock))
        for step in told.steps
        if not said_already(step) and step.event != "message_held"
    ]
    entries += [Entry(d.created_at, mail=_rule_mail(d, told, clock)) for d in told.deliveries if d.kind == "rule"]
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.block is None)))


def block(message: MessageState, told: Told, mails: Sequence[DeliveryState], clock: Clock) -> Block:
    """A message as staff see it, with what became of its mails."""
    author = _author(message)
    kind: Literal["customer", "staff", "note", "held", "system"] = "customer"
    if message.held:
        kind = "held"
    elif not message.public and message.by != "customer":
        kind = "note"
    elif message.by != "customer":
        kind = "staff" if message.by == "staff" else "system"
    return Block(
        id=message.id,
        kind=kind,
        author=author,
        at=moment(message.created_at, clock),
        text=folded(message.text or message.subject, message.full_text),
        told=_how_it_came(message, told.names) if kind in {"customer", "held"} else "",
        automatic=_machine_words(message),
        warnings=tuple(_FLAGS[flag] for flag in message.flags if flag in _FLAGS),
        files=tuple(file_mark(file, told.file_url(message, file)) for file in message.attachments if not file.inline),
        html_url=f"/workspace/messages/{message.id}/html" if message.html else "",
        raw_url=f"/api/v1/messages/{message.id}/raw" if message.raw_blob else "",
        whole_url=f"/workspace/messages/{message.id}/text" if message.body_blob else "",
        deliveries=deliveries_of([mail for mail in mails if mail.kind == "message"], clock),
        staff_mails=deliveries_of([mail for mail in mails if mail.kind == "customer_message"], clock),
        held_because=_HELD.get(message.held_reason or "", "It waits for somebody to look at it.")
        if message.held
        else "",
    )


def _author(message: MessageState) -> Face:
    return face(message.author) if message.author else stranger(message.sender)


def _machine_words(message: MessageState) -> str:
    """What a machine wrote, and that nobody was told of it."""
    if message.automatic is None:
        return "" if message.public or message.held or message.by != "customer" else "Not passed on"
    words = _AUTOMATIC.get(message.automatic, "Automatic")
    return words if message.public or message.held else f"{words}, not passed on"


def _how_it_came(message: MessageState, names: Names) -> str:
    how = CHANNELS[message.channel]
    if message.channel == "mail" and message.mailbox:
        return f"{how} to {names.mailbox(message.mailbox)}"
    return how


def _rule_mail(delivery: DeliveryState, told: Told, clock: Clock) -> RuleMail:
    rule_id = delivery.rule_id or ""
    found = [
        decision
        for decision in told.decisions
        for verdict in decision.verdicts
        if str(verdict.rule_id) == rule_id and verdict.matched and decision.at <= delivery.created_at
    ]
    why = f"/workspace/items/{told.item.number}/decisions/{found[-1].id}#rule-{rule_id}" if found else ""
    mails = deliveries_of([delivery], clock)
    if mails is None:
        raise AssertionError("one delivery is some deliveries")
    return RuleMail(
        id=delivery.id,
        rule=told.names.rule(rule_id),
        to=face(delivery.recipient),
        subject=delivery.subject,
        text=delivery.text.strip(),
        at=moment(delivery.created_at, clock),
        deliveries=mails,
        why=why,
    )
