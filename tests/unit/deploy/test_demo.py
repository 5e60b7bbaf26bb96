"""The demonstration day: read whole, paced by its weights, refused where it names nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local.demo.command import MAILS
from deploy.local.demo.day import AnswerStep, FormStep, MailStep, ReplyStep, pauses, read_day
from deploy.local.demo.player import describe
from deploy.local.errors import StackError

MAIL = {"at": "07:00", "who": "shop", "mail": "a.eml", "to": ["hardware@desk.example"]}
FORM = {"at": "08:00", "form": "hardware", "name": "Ana", "address": "a@b.c", "title": "T", "text": "x"}
REPLY = {"at": "09:30", "reply": "Router", "text": "Already on it", "public": False}
ANSWER = {"at": "09:31", "answer": "Router", "as": "ana@x.example", "text": "Obrigada"}


def written(folder: Path, *steps: dict[str, Any]) -> Path:
    (folder / "a.eml").write_bytes(b"From: a@b.c\n\nHi\n")
    (folder / "day.json").write_text(json.dumps({"steps": steps}))
    return folder


def test_every_kind_of_step_is_read_in_order_of_time(tmp_path: Path) -> None:
    """Mails, forms, staff and answers."""
    day = read_day(written(tmp_path, ANSWER, FORM, REPLY, MAIL))
    assert [describe(step) for step in day.steps] == [
        "07:00 shop sends a.eml",
        "08:00 somebody fills in a form: T",
        "09:30 somebody notes: Router",
        "09:31 somebody answers: Router",
    ]


@pytest.mark.parametrize(
    "steps",
    [[], [{**MAIL, "file": "none.eml"}], [{**MAIL, "to": []}], [{"kind": "shout"}], [{**FORM, "colour": "red"}]],
)
def test_a_script_that_cannot_be_played_is_refused_before_the_day_begins(
    tmp_path: Path, steps: list[dict[str, Any]]
) -> None:
    """Not in the middle of it."""
    with pytest.raises(StackError, match="correct the script"):
        read_day(written(tmp_path, *steps))


def test_a_folder_without_a_script_is_no_day(tmp_path: Path) -> None:
    """The remedy is a clone."""
    with pytest.raises(StackError, match="from a clone"):
        read_day(tmp_path)


def test_the_day_takes_as_long_as_wanted(tmp_path: Path) -> None:
    """Half of it by the clock, half by the number of steps, so that a quiet hour is not a long wait."""
    day = read_day(written(tmp_path, MAIL, FORM))
    assert pauses(day, 60) == [15, 45]
    assert pauses(day, 0) == [0, 0]


def test_the_projects_own_day_can_be_played() -> None:
    """Every step of it is understood, every mail is there."""
    steps = read_day(MAILS).steps
    assert len(steps) >= 30
    assert {type(step) for step in steps} >= {MailStep, ReplyStep, AnswerStep, FormStep}
