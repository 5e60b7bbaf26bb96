"""The script of a demonstration day: who writes what, and at what hour. Pure but for reading its files."""

import json
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.local.errors import StackError

SCRIPT = "day.json"


class Taken(BaseModel):
    """What every step has: the hour, and who takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    at: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    who: str = "somebody"

    @property
    def minute(self) -> int:
        """Minutes since midnight."""
        hour, minute = self.at.split(":")
        return int(hour) * 60 + int(minute)


class MailStep(Taken):
    """A mail comes in, its octets from a file."""

    file: str = Field(alias="mail")
    recipients: tuple[str, ...] = Field(alias="to", min_length=1)


class FormStep(Taken):
    """A customer sends a portal form."""

    form: str
    name: str
    address: str
    title: str
    text: str
    fields: dict[str, str] = {}


class ReplyStep(Taken):
    """Staff writes on the newest item whose title holds these words."""

    title: str = Field(alias="reply")
    text: str
    public: bool = True


class AnswerStep(Taken):
    """A customer answers the newest mail to them whose subject holds these words."""

    subject: str = Field(alias="answer")
    address: str = Field(alias="as")
    text: str


Step = MailStep | FormStep | ReplyStep | AnswerStep


class Day(BaseModel):
    """A whole script."""

    about: str = ""
    steps: tuple[Step, ...] = Field(min_length=1)


def read_day(folder: Path) -> Day:
    """The day that the folder's script describes, every file of it there.

    Raises:
        StackError: There is no script, or it says what cannot be done.
    """
    script = folder / SCRIPT
    if not script.exists():
        raise StackError(f"there is no {script}", "play it from a clone of the project")
    try:
        day = Day.model_validate(json.loads(script.read_text()))
    except (ValidationError, json.JSONDecodeError) as error:
        raise StackError(f"{script} cannot be played: {error}", "correct the script") from error
    missing = [step.file for step in day.steps if isinstance(step, MailStep) and not (folder / step.file).exists()]
    if missing:
        raise StackError(f"{script} names {', '.join(missing)}, not there", "correct the script")
    return day.model_copy(update={"steps": tuple(sorted(day.steps, key=lambda step: step.minute))})


def pauses(day: Day, total_seconds: float) -> list[float]:
    """Seconds to wait before each step, so that the day takes `total_seconds`; quiet hours shrink."""
    gaps = [0, *(after.minute - before.minute for before, after in pairwise(day.steps))]
    by_clock = total_seconds / 2 / max(1, sum(gaps))
    by_count = total_seconds / 2 / len(gaps)
    return [by_count + gap * by_clock for gap in gaps]
