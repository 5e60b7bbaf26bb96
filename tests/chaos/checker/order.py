"""Order: per item no gap and one order, in the database, on the topic and in the read model."""

from collections import defaultdict
from collections.abc import Iterable

from tests.chaos.checker.seen import Evidence, Fact, Finding


def check_order(evidence: Evidence) -> list[Finding]:
    """Gaps and facts out of order."""
    return [*_in_database(evidence), *_on_topics(evidence), *_in_feed(evidence), *_answers(evidence)]


def _in_database(evidence: Evidence) -> Iterable[Finding]:
    """Every version of an item from 1 to the newest is one recorded step."""
    steps: dict[str, list[int]] = defaultdict(list)
    for change in evidence.tables.changes:
        steps[change.item].append(change.version)
    for item, version in evidence.tables.versions.items():
        if sorted(steps[item]) != list(range(1, version + 1)):
            yield Finding("order_faults", item, f"version {version}, recorded steps {sorted(steps[item])[-12:]}")


def _on_topics(evidence: Evidence) -> Iterable[Finding]:
    """First occurrences of an aggregate's facts come in the order of their sequence; an item's without a gap."""
    seen: set[str] = set()
    newest: dict[tuple[str, str], int] = {}
    partitions: dict[tuple[str, str], int] = {}
    for fact in evidence.topics.facts:
        subject = (fact.topic, fact.aggregate)
        if fact.answered is not None or fact.version is None or fact.id in seen:
            continue
        seen.add(fact.id)
        if partitions.setdefault(subject, fact.partition) != fact.partition:
            yield Finding("order_faults", fact.aggregate, f"{fact.place}: on two partitions")
        yield from _follows(fact, newest.get(subject))
        newest[subject] = fact.version
    for item, version in evidence.tables.versions.items():
        told = newest.get(("tickets-events", f"item:{item}"), 0)
        if told != version:
            yield Finding("order_faults", item, f"version {version}, but the last fact told is {told}")


def _follows(fact: Fact, before: int | None) -> Iterable[Finding]:
    version = fact.version or 0
    if before is not None and version <= before:
        yield Finding("order_faults", fact.aggregate, f"{fact.place}: {version} comes after {before}")
    elif fact.item is not None and version != (before or 0) + 1:
        yield Finding("order_faults", fact.aggregate, f"{fact.place}: {version} follows {before}")


def _in_feed(evidence: Evidence) -> Iterable[Finding]:
    """Every version of an item from 1 to the newest is a line of the live stream, and they come in their order.

    The gateway takes in every event, each once, and forgets no line for days: a page that missed one would not know.
    """
    newest: dict[str, int] = {}
    for item, version in evidence.tables.feed:
        before = newest.get(item, 0)
        if version < before:
            yield Finding("order_faults", item, f"the feed tells version {version} after {before}")
        elif version > before + 1:
            yield Finding(
                "order_faults", item, f"the feed tells version {version}, and {before} was the last before it"
            )
        newest[item] = max(version, before)
    for item, version in evidence.tables.versions.items():
        if newest.get(item, 0) != version:
            yield Finding("order_faults", item, f"version {version}, but the feed ends with {newest.get(item, 0)}")


def _answers(evidence: Evidence) -> Iterable[Finding]:
    """One command has one answer, however often it is said."""
    found: dict[str, bytes] = {}
    for fact in evidence.topics.facts:
        if fact.answered is not None:
            command = f"{fact.topic}:{fact.answered.command}"
            if found.setdefault(command, fact.answered.print) != fact.answered.print:
                yield Finding("answer_faults", command, f"{fact.place}: another answer, {fact.answered.outcome}")
