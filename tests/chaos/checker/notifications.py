"""Notifications: who must hear of a fact hears once; nobody else hears.

The model is DESIGN's "who hears what", told again here: a public message mails requester and followers, never its
author; assignee and staff among them hear of customers' messages; an assignee hears of being assigned by somebody
else, and of a mail that was refused for good; field changes and notes mail nobody; a rule's mail is its action's. One
person hears once of one fact.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.checker.leaks import DESK
from tests.chaos.checker.seen import DeliveryRow, Evidence, Fact, Fault, Finding, Someone
from tests.chaos.history import BEGINS, MARKER, Kind, Outcome
from tests.chaos.sinks import SunkMail
from tests.chaos.threads import text_of

_ID = re.compile(r"<([^<>\s]+)>")
#: Faults, as kind and target, in which the answer to a mail, or the row that says it was sent, may be lost: they befall
#: a sender, its way to its database or to the mail server, its backend or all backends, or end the mail server's talks.
_LOSES_AN_ANSWER = re.compile(
    r"(kill|freeze)-notifier notifier-\d+"
    r"|crash-point notifier-\d+"
    r"|rolling-restart notifier(-\d+)?"
    r"|kill-postmaster postmaster"
    r"|disk-full postgres"
    r"|kill-backend (notifier backend|postgres)"
    r"|sink-(swallow|refuse) sink"
    r"|link-(refuse|black-hole|reset|cut|swallow) notifier-\d+\.(postgres|smtp)"
)
SLACK_SECONDS = 2.0


class Heard:
    """The sink's mails by what the checks ask for."""

    def __init__(self, mails: Iterable[SunkMail]) -> None:
        self.times: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.ids_of_marker: dict[tuple[str, str], set[str]] = defaultdict(set)
        for mail in mails:
            if not mail.is_taken:
                continue
            message = mail.message
            found = _ID.search(str(message["Message-ID"] or ""))
            name, text = found[1] if found else "", text_of(message)
            for recipient in mail.recipients:
                self.times[recipient, name].append(mail.at)
                for marker in set(MARKER.findall(text)):
                    self.ids_of_marker[recipient, marker].add(name)


def check_notifications(evidence: Evidence) -> list[Finding]:
    """Missing, to someone not involved, doubled without an explanation, under two names."""
    heard = Heard(evidence.mails)
    expected = dict(_expected(evidence))
    deliveries = {(row.cause, row.person): row for row in evidence.tables.deliveries}
    return [
        *_missing(expected, deliveries, heard),
        *_uninvolved(expected, evidence, heard),
        *doubles(evidence, heard).unexplained,
        *_two_names(heard),
        *_clients_heard(evidence, heard),
    ]


@dataclass(frozen=True)
class Doubles:
    """Mails that came twice to a recipient under one name, by what is known of why.

    Attributes:
        explained: an attempt of theirs was recorded as *unknown*, and a fault in between says why.
        by_attempt_alone: an attempt was, and no fault was caused in between: something stood still for too long.
        unexplained: no attempt was, whatever faults there were.
    """

    explained: int
    by_attempt_alone: int
    unexplained: Sequence[Finding]


def doubles(evidence: Evidence, heard: Heard | None = None) -> Doubles:
    """S4: a mail comes twice only where its sender knows that an answer was lost, and says so.

    A sender that did not hear the answer records the attempt as *unknown*, or its successor does so before it sends the
    mail again: there is no second time without. A fault alone excuses nothing.
    """
    heard = heard or Heard(evidence.mails)
    unknown = Counter[tuple[str, str]]()
    for row in evidence.tables.deliveries:
        unknown[row.address, row.message_id] += row.attempts.count("unknown")
    faults = [fault for fault in evidence.faults if _may_lose_an_answer(fault)]
    explained, alone, unexplained = 0, 0, list[Finding]()
    for (recipient, name), times in heard.times.items():
        known = unknown[recipient, name]
        for first, again in pairwise(sorted(times)):
            known -= 1
            between = [fault for fault in faults if _covers(fault, first, again)]
            if known < 0:
                beside = ", ".join(f"{fault.kind} on {fault.target}" for fault in between) or "no fault"
                detail = f"to {recipient}, {again - first:.1f} s apart, no attempt unknown; {beside} in between"
                unexplained.append(Finding("notifications_doubled_unexplained", name, detail))
            elif between:
                explained += 1
            else:
                alone += 1
    return Doubles(explained, alone, unexplained)


def _expected(evidence: Evidence) -> Iterable[tuple[tuple[str, str], tuple[Someone, str]]]:
    """(cause, person) -> who hears, and why; of every fact once, however often it was said."""
    for fact in {fact.id: fact for fact in evidence.topics.facts if fact.item}.values():
        for person, why in hearers(fact):
            yield (fact.id, person.id), (person, why)
    mailed = {
        action.effect
        for decision in evidence.tables.decisions
        for action in decision.actions
        if action.do == "mail" and action.outcome in {"emitted", "done"}
    }
    failed = {row.item for row in evidence.tables.deliveries if row.status == "failed"}
    for row in evidence.tables.deliveries:
        tells_of_failure = row.kind == "failure" and row.item in failed and row.address.endswith(DESK)
        if row.cause in mailed or tells_of_failure:
            yield (row.cause, row.person), (Someone(row.person, row.address, staff=tells_of_failure), row.kind)


def hearers(fact: Fact) -> list[tuple[Someone, str]]:
    """Who is mailed about a fact, each once."""
    found: dict[str, tuple[Someone, str]] = {}
    said = fact.said
    if said is not None and said.public and not said.held and not fact.type.endswith("message.split.v1"):
        for person in fact.involved:
            if person.id != said.author and (person.staff or not said.automatic):
                found.setdefault(person.id, (person, "customer_message" if person.staff else "message"))
        if fact.assignee is not None and fact.assignee.id != said.author and said.by == "customer":
            found.setdefault(fact.assignee.id, (fact.assignee, "customer_message"))
    if fact.reassigned and fact.assignee is not None and fact.actor != f"agent:{fact.assignee.id}":
        found.setdefault(fact.assignee.id, (fact.assignee, "assignment"))
    return list(found.values())


def _missing(
    expected: dict[tuple[str, str], tuple[Someone, str]],
    deliveries: dict[tuple[str, str], DeliveryRow],
    heard: Heard,
) -> Iterable[Finding]:
    for (cause, person), (someone, why) in expected.items():
        row = deliveries.get((cause, person))
        if row is None:
            yield Finding("notifications_missing", cause, f"{why} to {someone.address}: nothing was queued")
        elif row.status == "failed" and someone.address.startswith("gone-"):
            continue
        elif (row.address, row.message_id) not in heard.times:
            yield Finding("notifications_missing", cause, f"{why} to {someone.address}: {row.status}, not at the sink")


def _uninvolved(
    expected: dict[tuple[str, str], tuple[Someone, str]], evidence: Evidence, heard: Heard
) -> Iterable[Finding]:
    rows = {(row.address, row.message_id): row for row in evidence.tables.deliveries}
    for recipient, name in heard.times:
        row = rows.get((recipient, name))
        if row is None:
            yield Finding("notifications_uninvolved", name, f"{recipient} got a mail that nothing asked for")
        elif (row.cause, row.person) not in expected:
            yield Finding("notifications_uninvolved", name, f"{recipient} heard ({row.kind}) and takes no part")


def _may_lose_an_answer(fault: Fault) -> bool:
    """By what it is; one that found nothing loses nothing."""
    is_one = _LOSES_AN_ANSWER.fullmatch(f"{fault.kind} {fault.target}") is not None
    return is_one and fault.had_effect is not False


def _covers(fault: Fault, first: float, again: float) -> bool:
    """Something was wrong between the first mail and its repeat."""
    return fault.began_at <= again and fault.healed_at >= first - SLACK_SECONDS


def _two_names(heard: Heard) -> Iterable[Finding]:
    """One message is one Message-ID to everybody who hears it; staff hear in a mail of their own."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (recipient, marker), found in heard.ids_of_marker.items():
        names[marker, recipient if recipient.endswith(DESK) else "customers"] |= found
    for (marker, whom), ids in names.items():
        if len(ids) > 1:
            yield Finding("two_message_ids", marker, f"to {whom} under {sorted(ids)}")


def _clients_heard(evidence: Evidence, heard: Heard) -> Iterable[Finding]:
    """What clients know by themselves: a request is acknowledged, an agent's answer reaches the customer."""
    got = {recipient for recipient, _ in heard.times}
    addresses = {op: str(each.facts.get("sender", "")) for op, each in evidence.inputs.items()}
    for op, each in evidence.inputs.items():
        if each.outcome is not Outcome.OK:
            continue
        if each.kind in BEGINS and not addresses[op].startswith("gone-") and addresses[op] not in got:
            yield Finding("notifications_missing", op, f"{addresses[op]} was never told that the request came")
        customer = addresses.get(str(each.facts.get("begun_by", "")), "")
        reads = each.kind is Kind.AGENT_REPLY and customer and not customer.startswith("gone-")
        if reads and (customer, op) not in heard.ids_of_marker:
            yield Finding("notifications_missing", op, f"{customer} never read the agent's answer")
