"""The verdict: every check's findings, one table, one file."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.checker.folds import check_folds, check_leftovers
from tests.chaos.checker.inputs import accepted, check_inputs
from tests.chaos.checker.leaks import check_leaks, pages_read
from tests.chaos.checker.notifications import check_notifications, doubles
from tests.chaos.checker.order import check_order
from tests.chaos.checker.recovery import limit_of, over_limit
from tests.chaos.checker.rules import check_rules
from tests.chaos.checker.seen import Evidence, Finding
from tests.chaos.evidence import Json
from tests.chaos.history import Outcome

#: Every check, in the order in which they are printed, with what a finding of it means.
CHECKS = {
    "lost": "accepted inputs that are nowhere",
    "doubled": "inputs that are there more than once",
    "invented": "messages that nobody gave, or that were refused",
    "altered": "inputs that are there with other content",
    "misplaced": "messages on another item than they belong to, or held",
    "ledger": "receipts that the ledger does not know, or accepted twice",
    "blobs": "files that are missing or differ",
    "notifications_missing": "people who did not hear",
    "notifications_uninvolved": "mails to someone not involved",
    "notifications_doubled_unexplained": "mails that came twice, and no attempt of theirs is unknown",
    "two_message_ids": "messages that a person got under two names",
    "private_leaks": "internal text that left, or text of another's request",
    "pages_unread": "customers' pages that could not be read",
    "order_faults": "gaps and facts out of order, in database, topic, read model",
    "answer_faults": "commands with two answers",
    "rule_effect_faults": "rule effects other than once",
    "dead_letter_faults": "dead letters that are no poison, or poison that is none",
    "fold_differences": "rows other than the fold of events",
    "read_model_differences": "read model other than one folded beside it",
    "leftovers": "lag, outbox, leases and deliveries that are left",
    "crashes": "processes that ended by themselves",
    "client_crashes": "clients of the run that ended by themselves: nobody knows of their inputs",
    "recovery_faults": "faults kept apart (--spread) after which all was not normal again in 90 s",
}
SHOWN = 5


@dataclass
class Verdict:
    """What the checks made of the evidence.

    Attributes:
        facts: figures that are no faults: how many inputs, mails, faults, doubles with a reason.
    """

    findings: Sequence[Finding]
    facts: Json = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(finding.check for finding in self.findings)
        return {check: found[check] for check in CHECKS}

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def told(self) -> str:
        """The first findings of each check, a line each."""
        return "\n".join(f"{each.check} {each.subject}: {each.detail}" for each in _some(self.findings, 10))


def judge(evidence: Evidence) -> Verdict:
    """Every check on all the evidence."""
    findings = [
        *check_inputs(evidence),
        *check_notifications(evidence),
        *check_leaks(evidence),
        *check_order(evidence),
        *check_rules(evidence),
        *check_folds(evidence),
        *check_leftovers(evidence),
    ]
    outcomes = Counter(each.outcome for each in evidence.inputs.values())
    twice = doubles(evidence)
    refused_late = sum(each.is_refused_late for each in evidence.inputs.values())
    facts: Json = {
        "inputs": len(evidence.inputs),
        "accepted": accepted(evidence),
        "refused": outcomes[Outcome.FAIL],
        "refused_after_no_answer": refused_late,
        "still_waiting": outcomes[Outcome.UNKNOWN] - refused_late,
        "tries": sum(len(each.tries) for each in evidence.inputs.values()),
        "messages": len(evidence.tables.messages),
        "facts_told": len(evidence.topics.facts),
        "mails": sum(mail.is_taken for mail in evidence.mails),
        "pages_read": pages_read(evidence),
        "notifications_doubled_explained": twice.explained,
        "notifications_doubled_by_attempt_alone": twice.by_attempt_alone,
        "dead_letters": len(evidence.topics.dead),
        "poison": sum(len(topics) for topics in evidence.poison.values()),
    }
    return Verdict(findings, facts)


@dataclass(frozen=True)
class Faults:
    """How many faults there were of each kind.

    Attributes:
        counted: that had an effect, or may have had one.
        without_effect: that found nothing which they could spoil; they are not counted.
        unseen: of those that are counted, of which nobody can know.
    """

    counted: Json
    without_effect: Json
    unseen: Json


def faults_of(evidence: Evidence) -> Faults:
    """By kind, as the evidence says."""
    kinds = {met: Counter(f.kind for f in evidence.faults if f.had_effect is met) for met in (True, False, None)}
    return Faults(dict(kinds[True] + kinds[None]), dict(kinds[False]), dict(kinds[None]))


def show(verdict: Verdict, recovery: Mapping[str, float | None], faults: Faults | None, console: Console) -> None:
    """One table of all checks, the first findings of each, and the recovery of each kind of fault beside its limit."""
    table = Table("check", "faults", "means", box=None, pad_edge=False)
    for check, means in CHECKS.items():
        count = verdict.counts[check]
        table.add_row(check, f"[red]{count}[/]" if count else "0", means)
    console.print(table)
    for finding in _some(verdict.findings):
        console.print(f"[red]{finding.check}[/] {finding.subject}: {finding.detail}", highlight=False, markup=True)
    console.print(", ".join(f"{name} {value}" for name, value in verdict.facts.items()), highlight=False)
    if faults is not None:
        kinds = Table("fault", "times", "without effect", "seconds to normal", "limit", box=None, pad_edge=False)
        for kind in sorted(faults.counted.keys() | faults.without_effect.keys()):
            times, nothing = faults.counted.get(kind, 0), faults.without_effect.get(kind, 0)
            kinds.add_row(kind, str(times), str(nothing), *_recovery(kind, recovery.get(kind)))
        console.print(kinds)


def together(first: Verdict, second: Verdict) -> Verdict:
    """The verdict on two desks: all findings, and the sum of each figure."""
    both = {name: value + second.facts.get(name, 0) for name, value in first.facts.items()}
    return Verdict([*first.findings, *second.findings], {**second.facts, **both})


def _recovery(kind: str, seconds: float | None) -> tuple[str, str]:
    """Seconds, with a word where they are too many, and how many may be."""
    over = " [red]over[/]" if over_limit({kind: seconds}) else ""
    return "-" if seconds is None else f"{seconds:.1f}{over}", f"{limit_of(kind):.0f}"


def write(path: Path, verdict: Verdict, *, seed: int, **more: Any) -> None:
    """The same as JSON; `result` says how to take it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_as_text({**said(verdict), "seed": seed, **more}))


def said(verdict: Verdict) -> Json:
    """The verdict's part of the file."""
    return {
        "result": "clean" if verdict.is_clean else "faults",
        **verdict.facts,
        **verdict.counts,
        "findings": [f"{f.check} {f.subject}: {f.detail}" for f in _some(verdict.findings, 40)],
    }


def add(path: Path, **more: Any) -> None:
    """The file says this too."""
    path.write_text(_as_text({**json.loads(path.read_text()), **more}))


def _as_text(figures: Json) -> str:
    return json.dumps(figures, indent=2, ensure_ascii=False) + "\n"


def _some(findings: Sequence[Finding], most: int = SHOWN) -> list[Finding]:
    seen, shown = Counter[str](), []
    for finding in findings:
        seen[finding.check] += 1
        if seen[finding.check] <= most:
            shown.append(finding)
    return shown
