"""How long after a fault was healed until all was normal, by the evidence of clients and sink.

Normal is the moment from which every input begun so far is over within two seconds (a mail: acknowledged at the sink;
anything else: answered), one that was begun after the healing among them.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate

from tests.chaos.checker.seen import Evidence, Fault
from tests.chaos.history import Kind, Outcome

USUAL_SECONDS = 2.0

#: When an input was begun, and when it was over.
Work = tuple[float, float]


def recovery_seconds(evidence: Evidence, *, spread: bool) -> dict[str, float]:
    """The longest time to normal of each kind of fault; where faults overlap, of those that stood alone.

    Args:
        evidence: of the run.
        spread: faults were kept apart, so each counts.
    """
    longest: dict[str, float] = defaultdict(float)
    work = works(evidence)
    for fault in evidence.faults:
        at = normal_at(work, fault.healed_at)
        if at is not None and (spread or not _disturbed(fault, at, evidence.faults)):
            longest[fault.kind] = max(longest[fault.kind], at - fault.healed_at)
    return {kind: round(seconds, 1) for kind, seconds in longest.items()}


def works(evidence: Evidence) -> list[Work]:
    """Every accepted input with its beginning and its end, by beginning."""
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
    return sorted(found)


def normal_at(work: Sequence[Work], healed_at: float) -> float | None:
    """The first moment after the healing at which all was normal; none where it never was."""
    begun = [begin for begin, _ in work]
    latest_end = list(accumulate((end for _, end in work), max))
    for moment in sorted(end for begin, end in work if begin >= healed_at):
        if latest_end[bisect_right(begun, moment) - 1] <= moment + USUAL_SECONDS:
            return moment
    return None


def _disturbed(fault: Fault, normal: float, faults: Sequence[Fault]) -> bool:
    """Another fault was going on between this one's beginning and the moment at which all was normal."""
    return any(
        other is not fault and other.began_at <= normal and other.healed_at >= fault.began_at for other in faults
    )
