"""What the clients did and what they were told: the first half of the evidence.

Invariant: an input is in the journal, with everything the checker needs of it, before its first octet is sent.
"""

import random
import re
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.chaos.evidence import Journal, Json, read_journal

#: A word that stands in everything that an input leaves behind, and nowhere else.
MARKER = re.compile(r"\bmk[0-9a-z]{10}\b")
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Outcome(StrEnum):
    """What a client knows after a try."""

    OK = "ok"  # it was told yes: exactly once
    FAIL = "fail"  # it was told no, for good: not at all
    UNKNOWN = "unknown"  # it was told to come again, or nothing: at most once


class Kind(StrEnum):
    """What an input is."""

    MAIL = "mail"
    REPLY = "reply"
    FORM = "form"
    LINK_ANSWER = "link_answer"
    AGENT_REPLY = "agent_reply"
    NOTE = "note"
    CHANGE = "change"
    FOLLOW = "follow"
    CREATE = "create"


#: Kinds that begin an item of their own, and kinds that add a message to one.
BEGINS = frozenset({Kind.MAIL, Kind.FORM, Kind.CREATE})
SAYS = BEGINS | {Kind.REPLY, Kind.LINK_ANSWER, Kind.AGENT_REPLY, Kind.NOTE}


@dataclass(frozen=True)
class Told:
    """The answer to one try; who is told to come again is told when, or not."""

    outcome: Outcome
    code: int | None = None
    detail: str = ""
    again_seconds: float = 0.0


@dataclass(frozen=True)
class Try:
    """One try of an input, through which link, and what its client was told; `again_seconds` as it was told."""

    begun_at: float
    ended_at: float
    outcome: Outcome
    code: int | None
    detail: str
    link: str
    again_seconds: float = 0.0


@dataclass
class Input:
    """One thing that a client gave, however often it tried."""

    op: str
    kind: Kind
    facts: Json
    tries: list[Try] = field(default_factory=list)
    given_at: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """A yes settles it; a no stands only where every try was told no."""
        outcomes = {each.outcome for each in self.tries}
        if Outcome.OK in outcomes:
            return Outcome.OK
        return Outcome.FAIL if outcomes == {Outcome.FAIL} else Outcome.UNKNOWN

    @property
    def is_refused_late(self) -> bool:
        """It was told no, but after a try without an answer, which may have come through: a conflict, mostly."""
        return self.outcome is Outcome.UNKNOWN and any(each.outcome is Outcome.FAIL for each in self.tries)

    @property
    def begun_at(self) -> float:
        return min((each.begun_at for each in self.tries), default=self.given_at)

    @property
    def accepted_at(self) -> float | None:
        """When its client first knew."""
        return min((each.ended_at for each in self.tries if each.outcome is Outcome.OK), default=None)


class History:
    """The journal that clients write."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)

    def begin(self, op: str, kind: Kind, facts: Json) -> None:
        self._journal.write({"op": op, "kind": kind, "facts": facts, "at": time.time()})

    def tried(self, op: str, each: Try) -> None:
        self._journal.write({"op": op, "try": vars(each)})

    def close(self) -> None:
        self._journal.close()


def read_history(path: Path) -> dict[str, Input]:
    """Every input by its marker, in the order of their beginning."""
    found: dict[str, Input] = {}
    for line in read_journal(path):
        if "kind" in line:
            found[line["op"]] = Input(line["op"], Kind(line["kind"]), line["facts"], given_at=line["at"])
        else:
            told = line["try"]
            found[line["op"]].tries.append(Try(**{**told, "outcome": Outcome(told["outcome"])}))
    return found


def seeded(seed: int) -> random.Random:
    """Chances that are the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - a test's chances, repeatable on purpose


def new_marker(rng: random.Random) -> str:
    """A marker that no other input has."""
    return "mk" + "".join(rng.choices(_LETTERS, k=10))
