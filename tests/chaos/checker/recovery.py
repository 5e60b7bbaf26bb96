"""How long after a fault was healed until all was normal, by the evidence of clients and sink.

Normal is the moment from which every input begun so far is over within two seconds (a mail: acknowledged at the sink;
anything else: answered), one that was begun after the healing among them.
"""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from tests.chaos.checker.seen import Evidence, Fault, Finding
from tests.chaos.history import Input, Kind, Outcome

USUAL_SECONDS = 2.0
#: Who is not normal again so long after a fault that stood alone is not going to be.
NORMAL_SECONDS = 90.0
#: S8: the aim of each kind, and of those that start a server again.
LIMIT_SECONDS, SERVER_LIMIT_SECONDS = 30.0, 60.0
_SERVERS = frozenset({"kill-broker", "kill-postmaster", "kill-backend"})

#: When an input was begun, and when it was over.
Work = tuple[float, float]


def check_recovery(evidence: Evidence) -> Iterable[Finding]:
    """Of faults that were kept apart: after each, all was normal again."""
    work = works(evidence)
    for fault in evidence.faults:
        if _normal_in_time(work, fault) is None:
            detail = f"not normal again within {NORMAL_SECONDS:.0f} s of its healing"
            yield Finding("recovery_faults", f"{fault.kind} on {fault.target}", detail)


def recovery_seconds(evidence: Evidence, *, spread: bool) -> dict[str, float | None]:
    """The longest time to normal of each kind of fault; none of a kind whose time nobody can tell.

    That is a kind which always had another fault beside it, or, where faults were kept apart, one that did not heal.

    Args:
        evidence: of the run.
        spread: faults were kept apart, so each counts.
    """
    found: dict[str, list[float | None]] = defaultdict(list)
    work = works(evidence)
    for fault in evidence.faults:
        if fault.had_effect is False:
            continue
        at = _normal_in_time(work, fault)
        if spread or (at is not None and not _disturbed(fault, at, evidence.faults)):
            found[fault.kind].append(None if at is None else at - fault.healed_at)
        else:
            found.setdefault(fault.kind, [])
    return {kind: _longest(times) for kind, times in found.items()}


def limit_of(kind: str) -> float:
    """Seconds that a kind of fault may take to normal."""
    return SERVER_LIMIT_SECONDS if kind in _SERVERS else LIMIT_SECONDS


def over_limit(recovery: Mapping[str, float | None]) -> dict[str, float]:
    """The kinds that took longer than they may.

    No findings: on a shared machine the seconds are the machine's, too. That a fault does not heal is one.
    """
    return {kind: seconds for kind, seconds in recovery.items() if seconds is not None and seconds > limit_of(kind)}


def works(evidence: Evidence, *, so_far: bool = False) -> list[Work]:
    """Every accepted input with its beginning and its end, by beginning.

    Args:
        evidence: inputs and mails.
        so_far: the run goes on, so what is not over may yet be, and has no end for now.
    """
    acknowledged: dict[str, float] = {}
    for mail in evidence.mails:
        if mail.is_taken:
            for recipient in mail.recipients:
                acknowledged.setdefault(recipient, mail.at)
    found: list[Work] = []
    for each in evidence.inputs.values():
        over = each.accepted_at
        if each.kind is Kind.MAIL:
            over = acknowledged.get(str(each.facts["sender"]))
        if over is not None and each.outcome is Outcome.OK:
            found.append((each.begun_at, over))
        elif so_far and _may_end(each):
            found.append((each.begun_at, math.inf))
    return sorted(found)


def _may_end(each: Input) -> bool:
    """Whether its client, or the sender of a mail that was taken, waits for anything more."""
    if each.accepted_at is not None:
        return each.kind is Kind.MAIL and not str(each.facts["sender"]).startswith("gone-")
    return not each.tries or each.tries[-1].outcome is not Outcome.FAIL


def normal_at(work: Sequence[Work], healed_at: float) -> float | None:
    """The first moment after the healing at which all was normal; none where it never was."""
    begun = [begin for begin, _ in work]
    latest_end = list(accumulate((end for _, end in work), max))
    for moment in sorted(end for begin, end in work if begin >= healed_at and end < math.inf):
        if latest_end[bisect_right(begun, moment) - 1] <= moment + USUAL_SECONDS:
            return moment
    return None


def _normal_in_time(work: Sequence[Work], fault: Fault) -> float | None:
    at = normal_at(work, fault.healed_at)
    return at if at is not None and at <= fault.healed_at + NORMAL_SECONDS else None


def _longest(times: Sequence[float | None]) -> float | None:
    """None where there is none, or one of them has no end."""
    known = [seconds for seconds in times if seconds is not None]
    return round(max(known), 1) if known and len(known) == len(times) else None


def _disturbed(fault: Fault, normal: float, faults: Sequence[Fault]) -> bool:
    """Another fault was going on between this one's beginning and the moment at which all was normal."""
    return any(
        other is not fault and other.began_at <= normal and other.healed_at >= fault.began_at for other in faults
    )
