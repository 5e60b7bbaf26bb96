"""A small run with nothing wrong in it, for tests that then spoil one thing."""

from dataclasses import replace
from email.message import EmailMessage
from typing import Any

from tests.chaos.checker.seen import (
    Action,
    Answered,
    ChangeRow,
    DecisionRow,
    DeliveryRow,
    Evidence,
    Fact,
    Fault,
    MessageRow,
    Page,
    Said,
    Someone,
    Tables,
    Topics,
)
from tests.chaos.history import Input, Kind, Outcome, Try
from tests.chaos.sinks import SunkMail

MAIL, REPLY, AGENT, NOTE, RENAME = "mk00000000m1", "mk00000000r1", "mk00000000a1", "mk00000000n1", "mk00000000c1"
ANA = Someone("p-ana", "ana@kunde.example", staff=False)
RUI = Someone("p-rui", "rui@kunde.example", staff=False)
ITEM, RULE, EFFECT, SHA = "item-1", "rule-ack", "effect-1", "ab" * 32
PRINT = b"same"


def given(op: str, kind: Kind, at: float, outcome: Outcome = Outcome.OK, **facts: Any) -> Input:
    """An input tried once."""
    tried = Try(at, at + 0.1, outcome, 250, str(facts.pop("receipt", "")), "door-1")
    return Input(op, kind, {"begun_by": MAIL, **facts}, [tried])


def fact(version: int, kind: str, said: Said | None = None, **more: Any) -> Fact:
    """A fact about the one item, on its place in the topic."""
    return Fact(
        topic="tickets-events",
        partition=0,
        offset=version,
        id=f"event-{version}",
        type=f"deskstream.tickets.{kind}.v1",
        aggregate=f"item:{ITEM}",
        version=version,
        actor=more.pop("actor", "customer:p-ana"),
        item=ITEM,
        involved=(ANA, RUI),
        said=said,
        **more,
    )


def said(marker: str, by: str, author: str, *, public: bool = True) -> Said:
    return Said(f"message-{marker}", author, by, public, held=False, automatic=False, marker=marker)


def row(marker: str, by: str, **more: Any) -> MessageRow:
    """A message in the database."""
    found = MessageRow(
        f"message-{marker}", ITEM, None, marker, f"Text {marker}", by, held=False, raw_blob=None, blobs=()
    )
    return replace(found, **more)


def step(version: int) -> ChangeRow:
    """A step of the one item; the fifth is its new title."""
    title = f"Renamed {RENAME}" if version == 5 else None
    return ChangeRow(ITEM, version, "agent:p-bot", title, assignee=False, followers_added=frozenset())


def mail(to: str, name: str, text: str, at: float, answer: str = "250") -> SunkMail:
    """A mail at the sink."""
    message = EmailMessage()
    message["Message-ID"], message["Subject"] = f"<{name}>", "Re: Question [#1]"
    message.set_content(text)
    return SunkMail(at, "bounce@desk.example", (to,), message.as_bytes(), answer)


def delivery(cause: str, person: Someone, name: str, kind: str = "message") -> DeliveryRow:
    return DeliveryRow(
        f"d-{cause}-{person.id}", ITEM, cause, person.id, kind, person.address, name, "sent", ("sent",), None
    )


def evidence() -> Evidence:
    """One mail, acknowledged; an answer by its sender; an agent's reply, a note and a new title; one follower."""
    facts = [
        fact(1, "item.created", said(MAIL, "customer", "p-ana")),
        fact(2, "message.added", said(REPLY, "customer", "p-ana")),
        fact(3, "message.added", said(AGENT, "staff", "p-bot"), actor="agent:p-bot"),
        fact(4, "message.added", said(NOTE, "staff", "p-bot", public=False), actor="agent:p-bot"),
        fact(5, "item.changed", actor="agent:p-bot"),
        replace(
            fact(6, "command.answered"), item=None, said=None, version=None, answered=Answered("c-1", "done", "", PRINT)
        ),
    ]
    inputs = [
        given(MAIL, Kind.MAIL, 1.0, sender=ANA.address, sha256=SHA, mailbox="support@desk.example", receipt="r-1"),
        given(REPLY, Kind.REPLY, 2.0, sender=ANA.address, sha256=SHA, receipt="r-2"),
        given(AGENT, Kind.AGENT_REPLY, 3.0, text=f"Text {AGENT}"),
        given(NOTE, Kind.NOTE, 4.0, text=f"Text {NOTE}"),
        given(RENAME, Kind.CHANGE, 5.0),
    ]
    states = {f"item:{ITEM}": (5, PRINT)}
    return Evidence(
        inputs={each.op: each for each in inputs},
        mails=[
            mail(ANA.address, "ack-1", "We received it", 1.5),
            mail(RUI.address, "m-2", f"Ana wrote: {REPLY}", 2.5),
            mail(ANA.address, "m-3", f"We look at it, {AGENT}", 3.5),
            mail(RUI.address, "m-3", f"We look at it, {AGENT}", 3.6),
            mail(RUI.address, "m-1", f"Ana wrote: {MAIL}", 1.6),
        ],
        faults=[Fault("kill-tickets", "tickets-1", 1.0, 1.2)],
        tables=Tables(
            messages=[
                row(MAIL, "customer", raw_blob="blob-1"),
                row(REPLY, "customer", raw_blob="blob-1"),
                row(AGENT, "staff"),
                row(NOTE, "staff"),
            ],
            changes=[step(version) for version in range(1, 6)],
            versions={ITEM: 5},
            receipts={"r-1": "accepted", "r-2": "duplicate"},
            deliveries=[
                delivery("event-1", RUI, "m-1"),
                delivery("event-2", RUI, "m-2"),
                delivery("event-3", ANA, "m-3"),
                delivery("event-3", RUI, "m-3"),
                delivery(EFFECT, ANA, "ack-1", "rule"),
            ],
            decisions=[DecisionRow("event-1", "created", (Action(RULE, "mail", "emitted", EFFECT),))],
            owners={"tickets": states},
            read_model=dict(states),
            feed=[(ITEM, version) for version in range(1, 6)],
        ),
        topics=Topics(facts=facts, states={"tickets": dict(states)}, told=dict(states), lag={"tickets": 0}),
        blobs={"blob-1": SHA},
        pages={"/portal/requests/a": Page(MAIL, f"<p>{MAIL}</p><p>{REPLY}</p>")},
    )
