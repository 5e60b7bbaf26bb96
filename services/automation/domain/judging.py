"""What the rules make of one event: a verdict for every rule whose trigger fits, and the commands that follow.

Rules:
- A rule never acts on the consequences of its own act; a chain of rules ends at depth five.
- An event from before the rule's activation, or older than the limit, is judged, and what would follow is *expired*.
- Mail that no human wrote, and held messages, get no automatic mail; caps withhold, the decision says so.
- Ids of what follows derive from event, rule and action: judged again, the same command is said again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from services.automation.domain.rules import OPERATORS, Condition, Group, Rule
from shared.contracts.base import JsonObject, Message
from shared.contracts.envelope import MAX_CAUSE_DEPTH, Envelope
from shared.contracts.notifier import SendMail
from shared.contracts.state import ActionTaken, Address, Check, ItemState, MessageState, PersonRef, Verdict
from shared.contracts.tickets import (
    AddMessage,
    Assign,
    ChangeItem,
    ItemChanged,
    ItemCreated,
    ItemFact,
    MessageAdded,
    MessageHeld,
)
from shared.ids import derived_id

MAILS_AN_HOUR = 5
_TRIGGER_OF: dict[type[Message], str] = {
    ItemCreated: "created",
    ItemChanged: "changed",
    MessageAdded: "message_added",
    MessageHeld: "held",
}


@dataclass(frozen=True)
class Happened:
    """An event that rules may react to."""

    envelope: Envelope
    fact: ItemFact

    @property
    def trigger(self) -> str | None:
        return _TRIGGER_OF.get(type(self.fact))

    @property
    def item(self) -> ItemState:
        return self.fact.item

    @property
    def message(self) -> MessageState | None:
        return getattr(self.fact, "message", None)


@dataclass
class Caps:
    """Automatic mails of the last hour by address, and (address, item) pairs answered within a day."""

    sent: dict[str, int] = field(default_factory=dict)
    answered: set[tuple[str, UUID, UUID]] = field(default_factory=set)
    new: list[tuple[str, UUID, UUID]] = field(default_factory=list)

    def refuses(self, address: str, item_id: UUID, rule_id: UUID) -> str:
        """Why a mail is withheld; "" when it may go, and then it counts."""
        key = address.lower()
        if (key, item_id, rule_id) in self.answered:
            return "this rule mailed this address about this item within a day"
        if self.sent.get(key, 0) >= MAILS_AN_HOUR:
            return f"{MAILS_AN_HOUR} automatic mails an hour went to this address already"
        self.sent[key] = self.sent.get(key, 0) + 1
        self.answered.add((key, item_id, rule_id))
        self.new.append((key, item_id, rule_id))
        return ""


@dataclass(frozen=True)
class Follows:
    """A command that a verdict leads to."""

    effect_id: UUID
    rule: Rule
    body: Message
    key: str


@dataclass
class Judgement:
    """Verdicts of one event, and what follows from them."""

    verdicts: list[Verdict] = field(default_factory=list)
    follows: list[Follows] = field(default_factory=list)


def judge(event: Happened, rules: Iterable[Rule], caps: Caps, now: datetime, max_age: timedelta) -> Judgement:
    """Judge every rule whose trigger fits, in their order."""
    judgement = Judgement()
    facts = facts_of(event)
    for rule in rules:
        if rule.state.trigger != event.trigger:
            continue
        matched, checks = holds(rule.filter, facts, event.fact.changes)
        guard = _guard(event, rule) if matched else ""
        actions: tuple[ActionTaken, ...] = ()
        if matched and not guard:
            actions = _act(event, rule, caps, judgement, _too_old(event, rule, now, max_age))
        judgement.verdicts.append(_verdict(rule, matched, guard, checks, actions))
    return judgement


def holds(group: Group, facts: Mapping[str, Any], changes: Mapping[str, Any]) -> tuple[bool, list[Check]]:
    """Does a filter hold, and what did each of its checks see."""
    results, checks = [], []
    for part in group.parts:
        if isinstance(part, Condition):
            saw = changes.get(part.field) if part.about_change else facts.get(part.field)
            ok = OPERATORS[part.op](saw, part.wanted)
            checks.append(Check(field=part.field, op=part.op, expected=part.wanted, saw=_shown(saw), ok=ok))
        else:
            ok, inner = holds(part, facts, changes)
            checks += inner
        results.append(ok)
    if group.how == "any":
        return any(results), checks
    return (not any(results) if group.how == "none" else all(results)), checks


def facts_of(event: Happened) -> dict[str, Any]:
    """What filters see of an event."""
    item, message = event.item, event.message
    facts: dict[str, Any] = {
        "number": item.number,
        "kind": item.kind,
        "type": item.type,
        "channel": item.channel,
        "title": item.title,
        "status": item.status,
        "state": item.state,
        "priority": item.priority,
        "team": item.team,
        "assignee": str(item.assignee.id) if item.assignee else None,
        "organisation": item.organisation.name if item.organisation else None,
        "requester.address": item.requester.address,
        "requester.name": item.requester.name,
        "requester.domain": item.requester.address.rpartition("@")[2],
        "requester.staff": item.requester.staff,
        "tags": list(item.tags),
        "mailbox": item.mailboxes[0] if item.mailboxes else None,
        "mailboxes": list(item.mailboxes),
        "incomplete": item.incomplete,
        "language": item.language,
        "initiator": event.envelope.actor.partition(":")[0] if not message else _initiator(event, message),
        **{f"fields.{key}": value for key, value in item.fields.items()},
    }
    if message is not None:
        facts |= {
            "text": message.text,
            "automatic": message.automatic is not None,
            "public": message.public,
            "by": message.by,
            "sender.address": message.sender.address,
            "attachments": len(message.attachments),
        }
    return facts


def _initiator(event: Happened, message: MessageState) -> str:
    if event.envelope.actor.startswith(("rule:", "agent:")):
        return event.envelope.actor.partition(":")[0]
    return {"staff": "agent", "customer": "customer"}.get(message.by, "system")


def _guard(event: Happened, rule: Rule) -> str:
    """Why a rule that matches must not act; "" when it may."""
    if str(rule.state.id) in event.envelope.causes:
        return "it would act on a consequence of its own act"
    if len(event.envelope.causes) >= MAX_CAUSE_DEPTH:
        return f"a chain of rules ends after {MAX_CAUSE_DEPTH} steps"
    return ""


def _too_old(event: Happened, rule: Rule, now: datetime, max_age: timedelta) -> str:
    activated = rule.state.activated_at
    if activated is not None and event.envelope.time < activated:
        return "it happened before the rule was switched on"
    if now - event.envelope.time > max_age:
        return f"it happened over {max_age.total_seconds() / 3600:.0f} hours ago"
    return ""


def _act(event: Happened, rule: Rule, caps: Caps, judgement: Judgement, too_old: str) -> tuple[ActionTaken, ...]:
    taken = []
    for index, action in enumerate(rule.state.actions):
        do, effect_id = str(action["do"]), derived_id(event.envelope.id, f"rule:{rule.state.id}:{index}")
        reason = too_old or (_withheld(event, rule, action, caps) if do == "mail" else "")
        if reason:
            outcome = "expired" if too_old else "withheld"
            taken.append(ActionTaken(index=index, do=do, outcome=outcome, reason=reason))
            continue
        body = _command(event, rule, action, effect_id)
        judgement.follows.append(Follows(effect_id, rule, body, str(event.item.id)))
        taken.append(ActionTaken(index=index, do=do, outcome="emitted", effect_id=effect_id))
    return tuple(taken)


def _withheld(event: Happened, rule: Rule, action: JsonObject, caps: Caps) -> str:
    message, people = event.message, _recipients(event.item, str(action["to"]))
    if message is not None and message.automatic is not None:
        return f"the message is automatic ({message.automatic})"
    if message is not None and message.held:
        return "the message is held"
    if not people:
        return f"there is no {action['to']}"
    if message is not None and _unproven(message):
        return "the border did not vouch for the sender"
    return next((r for p in people if (r := caps.refuses(p.address, event.item.id, rule.state.id))), "")


def _unproven(message: MessageState) -> bool:
    """Where a border checks mail, a confirmation goes out only on dmarc=pass: it must not become a mail cannon."""
    return bool(message.authentication) and message.authentication.get("dmarc") != "pass"


def _recipients(item: ItemState, to: str) -> tuple[PersonRef, ...]:
    if to == "requester":
        return (item.requester,)
    if to == "assignee":
        return (item.assignee,) if item.assignee else ()
    return item.followers


def _command(event: Happened, rule: Rule, action: JsonObject, effect_id: UUID) -> Message:
    item, do = event.item, str(action["do"])
    if do == "assign":
        assign = Assign.model_validate({"team": action.get("team"), "member": action.get("member", "none")})
        saw: dict[str, JsonValue] = {"assignee": str(item.assignee.id) if item.assignee else None}
        return ChangeItem(item_id=item.id, assign=assign, saw=saw)
    if do == "set":
        name = str(action["field"])
        return ChangeItem(item_id=item.id, set={name: action["value"]}, saw={name: facts_of(event).get(name)})
    if do in {"tag", "untag"}:
        tags = tuple(str(tag) for tag in action["tags"])  # type: ignore[union-attr] # checked when saved
        return ChangeItem(item_id=item.id, tag=tags) if do == "tag" else ChangeItem(item_id=item.id, untag=tags)
    if do == "follow":
        return ChangeItem(item_id=item.id, follow=(Address(address=str(action["address"])),))
    if do == "note":
        text = filled(str(action["text"]), item)
        return AddMessage(item_id=item.id, message_id=derived_id(effect_id, "note"), text=text, public=False)
    return SendMail(
        effect_key=effect_id,
        rule_id=rule.state.id,
        rule_name=rule.state.name,
        item=item,
        to=_recipients(item, str(action["to"])),
        subject=filled(str(action.get("subject", "")), item),
        text=filled(str(action["text"]), item),
        caused_at=event.envelope.time,
        accepted_at=event.envelope.accepted_at,
    )


def filled(template: str, item: ItemState) -> str:
    """A template with its placeholders filled. The requester's own words are not among them."""
    values = {
        "number": str(item.number),
        "status": item.status,
        "type": item.type,
        "team": item.team or "",
        "requester.name": item.requester.name or item.requester.address,
        "title": item.title,
        "assignee.name": item.assignee.name if item.assignee else "",
    }
    for name, value in values.items():
        template = template.replace("{{" + name + "}}", value)
    return template


def _verdict(rule: Rule, matched: bool, guard: str, checks: list[Check], actions: tuple[ActionTaken, ...]) -> Verdict:
    if guard:
        reason = guard
    elif matched:
        reason = "every check holds"
    else:
        reason = next((f"{c.field} {c.op} does not hold" for c in checks if not c.ok), "its filter does not hold")
    return Verdict(
        rule_id=rule.state.id,
        rule_name=rule.state.name,
        rule_version=rule.state.version,
        matched=matched and not guard,
        reason=reason,
        checks=tuple(checks[:50]),
        actions=actions,
    )


def _shown(value: Any) -> JsonValue:
    """What a check saw, short enough to keep; texts are not copied into decisions."""
    if isinstance(value, str):
        return value[:120]
    return list(value)[:20] if isinstance(value, tuple | list) else value
