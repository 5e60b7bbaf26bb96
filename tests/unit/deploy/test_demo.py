"""The demonstration day: read in order of time, paced, refused where it names nothing."""

import json
from pathlib import Path

import pytest

from deploy.local.demo.day import AnswerStep, MailStep, ReplyStep, pauses, read_day
from deploy.local.errors import StackError


def test_a_folder_without_a_script_is_played_by_the_mails_dates(tmp_path: Path) -> None:
    """A mail without a date comes last."""
    (tmp_path / "a.eml").write_text("Date: Tue, 24 Nov 2026 11:00:00 +0000\n\n")
    (tmp_path / "b.eml").write_text("Date: Tue, 24 Nov 2026 08:52:00 +0000\n\n")
    (tmp_path / "c.eml").write_text("\nno header\n")
    assert [step.file.name for step in read_day(tmp_path) if isinstance(step, MailStep)] == ["b.eml", "a.eml", "c.eml"]


def test_a_script_says_who_writes_when(tmp_path: Path) -> None:
    """Mails, staff and customers, in order of time."""
    (tmp_path / "a.eml").write_text("\n")
    steps = [
        {"at": "10:00", "answer": "Router", "as": "ana@x.example", "text": "Obrigada"},
        {"at": "09:30", "reply": "Router", "text": "Already on it", "public": False},
        {"at": "09:00", "mail": "a.eml", "to": ["hardware@desk.example"]},
    ]
    (tmp_path / "day.json").write_text(json.dumps({"steps": steps}))
    assert read_day(tmp_path) == [
        MailStep(540, tmp_path / "a.eml", ("hardware@desk.example",)),
        ReplyStep(570, "Router", "Already on it", is_public=False),
        AnswerStep(600, "Router", "ana@x.example", "Obrigada"),
    ]


@pytest.mark.parametrize("step", [{"at": "09:00", "mail": "none.eml"}, {"at": "09:00", "shout": "x"}])
def test_a_step_that_cannot_be_taken_is_named(tmp_path: Path, step: dict[str, str]) -> None:
    """Before the day begins."""
    (tmp_path / "day.json").write_text(json.dumps({"steps": [step]}))
    with pytest.raises(StackError):
        read_day(tmp_path)


def test_an_empty_folder_is_no_day(tmp_path: Path) -> None:
    """The remedy is a clone."""
    with pytest.raises(StackError, match="no mails"):
        read_day(tmp_path)


def test_the_day_takes_as_long_as_wanted() -> None:
    """Quiet hours shrink, and nothing waits below zero."""
    steps = [MailStep(minute, Path("a"), ()) for minute in (480, 481, 900, 1439)]
    waits = pauses(list(steps), 60)
    assert sum(waits) == pytest.approx(60)
    assert min(waits) > 0
    assert pauses([steps[0]], 10) == [5.0]
