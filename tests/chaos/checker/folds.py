"""Folds: tables, events, state topics and read model all tell the same of every aggregate."""

from collections.abc import Iterable

from tests.chaos.checker.seen import COPIED, Evidence, Finding, Prints
from tests.chaos.checker.topics import SETUP


def check_folds(evidence: Evidence) -> list[Finding]:
    """Rows other than the fold of events or of a compacted topic, and a read model other than that of state topics."""
    states: Prints = {}
    findings: list[Finding] = []
    for owner, rows in evidence.tables.owners.items():
        told = evidence.topics.states.get(owner, {})
        states.update(told)
        findings += _differences("fold_differences", rows, told, f"{owner}-state")
    findings += _setup(evidence)
    told = evidence.topics.told
    rows = {key: found for rows in evidence.tables.owners.values() for key, found in rows.items() if key in told}
    findings += _differences("fold_differences", rows, told, "events")
    return findings + list(_differences("read_model_differences", evidence.tables.read_model, states, "the fold"))


def _setup(evidence: Evidence) -> Iterable[Finding]:
    """What tickets says on a topic for others is what it has, and what they keep of it."""
    told = evidence.topics.setup
    yield from _differences("fold_differences", evidence.tables.setup, told, SETUP)
    for reader, rows in evidence.tables.copies.items():
        kept = {key: found for key, found in told.items() if key.partition(":")[0] in COPIED[reader]}
        yield from _differences("fold_differences", rows, kept, f"{SETUP}, and {reader} has the table")


def check_leftovers(evidence: Evidence) -> list[Finding]:
    """Nothing waits and nothing is held once all is quiet; dead letters are just the poison that was put in."""
    left = {**evidence.tables.left, **{f"lag of {group}": lag for group, lag in evidence.topics.lag.items()}}
    return [*(Finding("leftovers", name, str(count)) for name, count in left.items() if count), *_dead(evidence)]


def _dead(evidence: Evidence) -> Iterable[Finding]:
    found: dict[tuple[bytes, str], set[str]] = {}
    for letter in evidence.topics.dead:
        found.setdefault((letter.value, letter.topic), set()).add(letter.place)
    for value, topics in evidence.poison.items():
        for topic in topics:
            places = found.pop((value, topic), set())
            if len(places) != 1:
                yield Finding("dead_letter_faults", topic, f"poison {value[:40]!r} is there {len(places)} times")
    for (value, topic), places in found.items():
        yield Finding("dead_letter_faults", topic, f"{sorted(places)} is no poison: {value[:80]!r}")


def _differences(check: str, rows: Prints, told: Prints, where: str) -> Iterable[Finding]:
    for key in sorted(rows.keys() | told.keys()):
        row, other = rows.get(key), told.get(key)
        if row is None or other is None:
            yield Finding(check, key, f"only in {where if row is None else 'the table'}")
        elif row != other:
            yield Finding(check, key, f"version {row[0]} in the table, {other[0]} in {where}")
