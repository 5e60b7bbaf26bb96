"""The script of a demonstration day: who writes when. Pure but for reading its files."""

import json
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import default
from itertools import pairwise
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError

SCRIPT = "day.json"
LAST_MINUTE = 24 * 60 - 1


@dataclass(frozen=True)
class MailStep:
    """A mail comes in."""

    minute: int
    file: Path
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class ReplyStep:
    """Staff writes on the newest item whose title holds these words."""

    minute: int
    title: str
    text: str
    is_public: bool


@dataclass(frozen=True)
class AnswerStep:
    """A customer answers the newest mail to them whose subject holds these words."""

    minute: int
    subject: str
    customer: str
    text: str


Step = MailStep | ReplyStep | AnswerStep


def read_day(folder: Path) -> list[Step]:
    """The steps in order of time: as `day.json` says, else every mail at the hour of its Date header.

    Raises:
        StackError: The folder holds no mails, or the script names what is not there.
    """
    script = folder / SCRIPT
    if script.exists():
        steps = [read_step(each, folder) for each in json.loads(script.read_text())["steps"]]
    else:
        steps = [MailStep(minute_of_date(file), file, ()) for file in sorted(folder.rglob("*.eml"))]
    if not steps:
        raise StackError(f"{folder} holds no mails", "play it from a clone of the project")
    return sorted(steps, key=lambda step: step.minute)


def read_step(said: dict[str, Any], folder: Path) -> Step:
    """One step of the script.

    Raises:
        StackError: It is of no known kind, or its mail is not there.
    """
    minute = minute_of(said["at"])
    if "mail" in said:
        file = folder / said["mail"]
        if not file.exists():
            raise StackError(f"{SCRIPT} names {said['mail']}, which is not there", "correct the script")
        return MailStep(minute, file, tuple(said.get("to", ())))
    if "reply" in said:
        return ReplyStep(minute, said["reply"], said["text"], bool(said.get("public", True)))
    if "answer" in said:
        return AnswerStep(minute, said["answer"], said["as"], said["text"])
    raise StackError(f"{SCRIPT} has a step of no known kind at {said['at']}", "correct the script")


def minute_of(clock: str) -> int:
    """Minutes since midnight of `08:52`."""
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def minute_of_date(file: Path) -> int:
    """When a mail was written, in minutes since midnight; one without a readable date comes last."""
    headers = BytesHeaderParser(policy=default).parsebytes(file.read_bytes())
    date = headers["Date"]
    moment: datetime | None = getattr(date, "datetime", None)
    return moment.hour * 60 + moment.minute if moment else LAST_MINUTE


def pauses(steps: list[Step], total_seconds: float) -> list[float]:
    """Seconds to wait before each step, so that the whole day takes `total_seconds`; quiet hours shrink."""
    first, last = steps[0].minute, steps[-1].minute
    by_clock = total_seconds / 2 / max(1, last - first)
    by_count = total_seconds / 2 / len(steps)
    gaps = [0, *(after.minute - before.minute for before, after in pairwise(steps))]
    return [by_count + gap * by_clock for gap in gaps]
