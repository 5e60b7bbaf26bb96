"""One sender and one client of a form at many times the cap: they are put off, and the others hardly notice."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable

from tests.chaos.checker.gather import HISTORY
from tests.chaos.evidence import Json
from tests.chaos.history import Input, Kind, Outcome, Try, read_history
from tests.chaos.session import Session
from tests.overload.flooding import PUT_OFF, SENDER
from tests.overload.inputs import percentile
from tests.overload.report import Part

MOST_WORSE = 2.0
#: With fewer tries than these a p95 is one client's luck.
LEAST_OTHERS = 60
#: Whom the others are: customers at two doors, and agents' programs.
DOORS = {
    "mail": {Kind.MAIL, Kind.REPLY},
    "form": {Kind.FORM, Kind.LINK_ANSWER},
    "agent": {Kind.AGENT_REPLY, Kind.NOTE, Kind.CHANGE, Kind.FOLLOW, Kind.CREATE},
}
TAKEN = {250, 303}
Spans = dict[str, list[tuple[float, float]]]


async def flood(now: Session, part: Part, *, turns: int, turn_seconds: float) -> None:
    """In turns, others alone and others beside the flood.

    Args:
        now: a desk; the load's rate is the others'.
        part: where it is written down.
        turns: of each.
        turn_seconds: of one turn.
    """
    spans: Spans = {"alone": [], "beside": []}
    codes: Counter[str] = Counter()
    inputs: list[Json] = []

    async def in_turns() -> None:
        await asyncio.sleep(turn_seconds)  # the first inputs meet cold caches
        for turn in range(turns):
            began = time.time()
            await asyncio.sleep(turn_seconds)
            spans["alone"].append((began, time.time()))
            began = time.time()
            said = await _flooded(now, turn_seconds, turn)
            spans["beside"].append((began, time.time()))
            codes.update(said["codes"])
            inputs.extend(said["inputs"])

    await now.under_load(in_turns())
    await now.load.finish(60)
    judge_others(part, read_history(now.desk.home / "evidence" / HISTORY).values(), spans)
    _judge_flood(part, codes)
    for each in inputs:
        now.load.history.begin(each["op"], Kind(each["kind"]), each["facts"])
        now.load.history.tried(each["op"], Try(**{**each["try"], "outcome": Outcome(each["try"]["outcome"])}))


async def _flooded(now: Session, seconds: float, seed: int) -> Json:
    """What the flood was told, once it is over. It goes past the proxies: their work is not the desk's."""
    desk = now.desk.desk
    arguments = {
        "smtp": desk.smtp_port(now.desk.of("intake")[0].replica),
        "http": desk.http_port(now.desk.of("gateway")[0].replica),
        "to": f"support@{now.load.entrance.mail_domain}",
        "seconds": seconds,
        "seed": seed,
    }
    flooding = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.overload.flooding"),
        *(f"--{name}={value}" for name, value in arguments.items()),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await flooding.communicate()
    return dict(json.loads(said))


def judge_others(part: Part, others: Iterable[Input], spans: Spans) -> None:
    """How long the others waited, alone and beside the flood; where too few tried, nothing can be said."""
    waits: dict[tuple[str, str], list[float]] = {}
    for each in others:
        door = next(name for name, kinds in DOORS.items() if each.kind in kinds)
        for one in each.tries:
            for when, turns in spans.items():
                if any(began <= one.begun_at <= ended for began, ended in turns):
                    waits.setdefault((door, when), []).append(one.ended_at - one.begun_at)
    for door in DOORS:
        alone, beside = waits.get((door, "alone"), []), waits.get((door, "beside"), [])
        before, after = percentile(alone, 0.95), percentile(beside, 0.95)
        ratio = after / before if before else 0.0
        part.figures[f"others at the {door} door"] = {
            "p50 ms": [round(percentile(each, 0.5) * 1000, 1) for each in (alone, beside)],
            "p95 ms": [round(each * 1000, 1) for each in (before, after)],
            "p95 beside to alone": round(ratio, 2),
            "tries": [len(alone), len(beside)],
        }
        if min(len(alone), len(beside)) < LEAST_OTHERS:
            few = f"others tried {len(alone)} and {len(beside)} times, too few"
            part.not_judged(f"how the flood changes the others' p95 at the {door} door: {few}")
        else:
            broken = f"the flood makes the others' p95 at the {door} door {ratio:.1f} times as long"
            part.promise_in_time(ratio <= MOST_WORSE, broken)


def _judge_flood(part: Part, codes: Counter[str]) -> None:
    """Put off, and nothing but taken or put off."""
    part.figures[f"{SENDER} was told"] = dict(codes.most_common())
    for kind in (Kind.MAIL, Kind.FORM):
        put_off = sum(codes[f"{kind} {code}"] for code in PUT_OFF)
        part.promise(put_off > 0, f"the flood at the {kind} door was never put off: {dict(codes)}")
    known = {f"{kind} {code}" for kind in (Kind.MAIL, Kind.FORM) for code in PUT_OFF | TAKEN}
    part.promise(codes.keys() <= known, f"the flood was told {sorted(codes.keys() - known)}")
