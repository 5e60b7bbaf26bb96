"""What follows from an action: one command to the owner of what it changes, or the reason why nothing does.

Invariant: the id of what follows derives from event, rule and action; judged again, the same command is said again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue

from services.automation.domain.caps import Caps, proven, unfit
from services.automation.domain.facts import Happened
from services.automation.domain.rules import Rule
from services.automation.domain.words import filled
from shared.contracts.base import JsonObject, Message
from shared.contracts.notifier import SendMail
from shared.contracts.state import Address, ItemState, PersonRef
from shared.contracts.tickets import AddMessage, Assign, ChangeItem
from shared.ids import derived_id


@dataclass(frozen=True)
class Context:
    """What judging needs beside the event: the moment, the age past which nothing is done, words for keys."""

    now: datetime
    max_age: timedelta
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Effect:
    """One action of a matched rule, about to be carried out."""

    event: Happened
    rule: Rule
    index: int
    action: JsonObject

    @property
    def id(self) -> UUID:
        return derived_id(self.event.envelope.id, f"rule:{self.rule.state.id}:{self.index}")

    @property
    def do(self) -> str:
        return str(self.action["do"])


@dataclass(frozen=True)
class Follows:
    """A command that a verdict leads to; `note` says who is left out of a mail, and why."""

    effect_id: UUID
    rule_id: UUID
    body: Message
    key: str
    note: str = ""


@dataclass(frozen=True)
class Withheld:
    """Nothing follows from an action, and why."""

    reason: str


def carry_out(effect: Effect, caps: Caps, context: Context) -> Follows | Withheld:
    """The command that an action leads to; a mail that goes counts towards the caps."""
    note = ""
    people = _mailed(effect)
    if people is not None:
        allowed = _let_through(effect.event, people, caps)
        if isinstance(allowed, Withheld):
            return allowed
        people, note = allowed
    body = _BODIES[effect.do](effect, people or (), caps, context)
    return Follows(effect.id, effect.rule.state.id, body, str(effect.event.item.id), note)


def _mailed(effect: Effect) -> tuple[PersonRef, ...] | None:
    """Whom an action mails; none where it mails nobody. A public message reaches requester and followers."""
    item, action = effect.event.item, effect.action
    if effect.do == "message" and action.get("public", False):
        return (item.requester, *item.followers)
    if effect.do != "mail":
        return None
    if action["to"] == "requester":
        return (item.requester,)
    if action["to"] == "assignee":
        return (item.assignee,) if item.assignee else ()
    return item.followers


def _let_through(
    event: Happened, people: tuple[PersonRef, ...], caps: Caps
) -> tuple[tuple[PersonRef, ...], str] | Withheld:
    """Those who may be mailed, counted, with a word on those who are left out; or why nobody is."""
    if not people:
        return Withheld("there is nobody to mail")
    reason = unfit(event, people, caps)
    if reason:
        return Withheld(reason)
    allowed, refusals = [], []
    for person in {person.address.lower(): person for person in people}.values():
        refusal = caps.refusal(person.address, event)
        if refusal:
            refusals.append(refusal)
        else:
            caps.count(person.address, event)
            allowed.append(person)
    if not allowed:
        return Withheld(refusals[0])
    return tuple(allowed), f"{len(refusals)} left out: {refusals[0]}" if refusals else ""


def _assign(effect: Effect, _people: tuple[PersonRef, ...], _caps: Caps, _context: Context) -> Message:
    item, team = effect.event.item, effect.action.get("team")
    assign = Assign.model_validate({"team": team, "member": effect.action.get("member", "none")})
    saw: dict[str, JsonValue] = {"assignee": str(item.assignee.id) if item.assignee else None}
    if team is not None:
        saw["team"] = item.team
    return ChangeItem(item_id=item.id, assign=assign, saw=saw)


def _set(effect: Effect, _people: tuple[PersonRef, ...], _caps: Caps, _context: Context) -> Message:
    name = str(effect.action["field"])
    saw = {name: effect.event.facts.get(name)}
    return ChangeItem(item_id=effect.event.item.id, set={name: effect.action["value"]}, saw=saw)


def _tag(effect: Effect, _people: tuple[PersonRef, ...], _caps: Caps, _context: Context) -> Message:
    return ChangeItem.model_validate({"item_id": effect.event.item.id, effect.do: effect.action["tags"]})


def _follow(effect: Effect, _people: tuple[PersonRef, ...], _caps: Caps, _context: Context) -> Message:
    follower = Address(address=str(effect.action["address"]))
    return ChangeItem(item_id=effect.event.item.id, follow=(follower,))


def _write(effect: Effect, _people: tuple[PersonRef, ...], caps: Caps, context: Context) -> Message:
    """A note, or a message that everyone involved reads."""
    public = effect.do == "message" and bool(effect.action.get("public", False))
    item, trusted = effect.event.item, not public or proven(effect.event, caps)
    return AddMessage(
        item_id=item.id,
        message_id=derived_id(effect.id, "message"),
        text=filled(str(effect.action["text"]), item, context.labels, trusted=trusted),
        public=public,
    )


def _mail(effect: Effect, people: tuple[PersonRef, ...], caps: Caps, context: Context) -> Message:
    event, state = effect.event, effect.rule.state
    trusted = all(person.staff for person in people) or proven(event, caps)
    subject = filled(str(effect.action.get("subject", "")), event.item, context.labels, trusted=trusted)
    return SendMail(
        effect_key=effect.id,
        rule_id=state.id,
        rule_name=state.name,
        item=_for_a_mail(event.item),
        to=people,
        subject=subject or (f"Re: {event.item.title}" if trusted else ""),
        text=filled(str(effect.action["text"]), event.item, context.labels, trusted=trusted),
        caused_at=event.envelope.time,
        accepted_at=event.envelope.accepted_at,
    )


def _for_a_mail(item: ItemState) -> ItemState:
    """What a mail needs of an item: its number, its thread, its mailboxes; not who else hears, nor its fields."""
    return item.model_copy(update={"followers": (), "fields": {}, "tags": ()})


_BODIES: dict[str, Callable[[Effect, tuple[PersonRef, ...], Caps, Context], Message]] = {
    "assign": _assign,
    "set": _set,
    "tag": _tag,
    "untag": _tag,
    "follow": _follow,
    "note": _write,
    "message": _write,
    "mail": _mail,
}
