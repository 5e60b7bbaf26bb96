"""What clients were told on a bad day, each try judged: taken, or put off in good form and in time; nothing hangs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.chaos.history import Input, Kind, Outcome, Try
from tests.overload.report import Part

PROMISED_SECONDS = 1.0
#: Whatever was on its way when a server went away, and readiness, may be told a little later.
ONSET_SECONDS = 6.0
#: So long the gateway waits for what becomes of a form or a command before it says that it was taken (DESIGN.md §4).
WAITED_SECONDS = 2.0
MAILS = {Kind.MAIL, Kind.REPLY}
#: What the doors may answer meanwhile; anything else is a promise broken, and so is no answer within the client's
#: patience.
ALLOWED = {200, 202, 201, 250, 303, 409, 451, 452, 503}
PUT_OFF = {429, 451, 452, 503}
#: Clients post a form again and again meanwhile, from few addresses; one that comes too often is put off with this.
TOO_OFTEN = {Kind.FORM: 429, Kind.LINK_ANSWER: 429}


@dataclass
class Answers:
    """What clients were told from a moment on, by the kind of their input.

    Attributes:
        codes: how often each was told.
        slowest: seconds, of what was on its way or came when a server went away, and of all that came after.
    """

    codes: dict[Kind, Counter[str]] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=lambda: {"first": 0.0, "after": 0.0})

    @property
    def put_off(self) -> int:
        """How many were told to come again."""
        return sum(found[str(code)] for found in self.codes.values() for code in PUT_OFF)


def judge_answers(
    part: Part, what: str, inputs: Iterable[Input], span: tuple[float, float], onsets: Sequence[float]
) -> Answers:
    """Every try that was begun while something was wrong has the answer that DESIGN.md §4 promises.

    Args:
        part: where it is written down.
        what: is wrong.
        inputs: with their tries.
        span: from when until when.
        onsets: moments at which a server went away; for `ONSET_SECONDS` from each an answer may take longer.
    """
    found, faults, late, later = Answers(), Counter[str](), 0, 0
    tries = ((each.kind, one) for each in inputs for one in each.tries if span[0] <= one.begun_at <= span[1])
    for kind, one in tries:
        found.codes.setdefault(kind, Counter())[str(one.code)] += 1
        faults[f"{what}: {kind} {_fault_of(kind, one)}"] += bool(_fault_of(kind, one))
        seconds, when = one.ended_at - one.begun_at, "first"
        if not any(one.begun_at <= onset + ONSET_SECONDS and one.ended_at >= onset for onset in onsets):
            when = "after"
            later += 1
            late += seconds > _promised(kind, one)
        found.slowest[when] = max(found.slowest[when], seconds)
    for fault, times in faults.items():
        part.promise(times == 0, f"{fault}, {times} times")
    part.promise_in_time(late == 0, f"{what}: {late} of {later} answers took longer than was promised")
    return found


def _fault_of(kind: Kind, one: Try) -> str:
    """What is wrong with an answer, whenever it came."""
    if one.code is None:
        return f"had no answer within its client's patience: {one.detail or 'nothing'}"
    if one.code not in {*ALLOWED, TOO_OFTEN.get(kind)}:
        return f"was told {one.code} {one.detail[:80]}"
    return f"was told {one.code} without Retry-After" if one.code in {429, 503} and one.again_seconds <= 0 else ""


def _promised(kind: Kind, one: Try) -> float:
    """Within how many seconds such an answer comes; one that was taken may have been waited for."""
    waited = kind not in MAILS and one.outcome is not Outcome.UNKNOWN
    return PROMISED_SECONDS + (WAITED_SECONDS if waited else 0.0)
