"""Figures are told by name, once, and parts by theirs."""

import io
import os

import pytest
import typer
from rich.console import Console

from tests.bench.__main__ import PARTS, chosen_parts, figures
from tests.bench.processor import Meter, seconds_of
from tests.bench.tables import show


def test_named_figures_stand_side_by_side() -> None:
    """Numbers of the parts are found without knowing the part; texts and groups stay in it."""
    found = {"one": {"a_per_second": 5, "method": "so"}, "two": {"b_ms": 0.5, "steps": [{"x": 1}]}}
    assert figures(found) == {"a_per_second": 5, "b_ms": 0.5}


def test_a_figure_that_could_not_be_had_is_told_as_none() -> None:
    """So that nobody takes a wait that had no end for one that was not measured."""
    found = {"one": {"wait_p95_ms": None, "rate": 5}}
    assert figures(found) == {"wait_p95_ms": None, "rate": 5}
    text = io.StringIO()
    show(Console(file=text, width=100), "part", found["one"])
    assert "lost" in text.getvalue()


def test_no_two_parts_give_a_figure_the_same_name() -> None:
    """One of them would be lost."""
    with pytest.raises(ValueError, match="second time"):
        figures({"one": {"rate": 5}, "two": {"rate": 6}})


def test_unknown_parts_are_refused() -> None:
    """A name that is mistyped measures nothing and says so."""
    assert chosen_parts(["smtp_door"]) == ["smtp_door"]
    assert "whole_path" in PARTS
    with pytest.raises(typer.BadParameter, match="whole_pth"):
        chosen_parts(["whole_pth"])


def test_tables_show_every_figure_of_a_part() -> None:
    """Plain figures, groups by name, and lists."""
    text = io.StringIO()
    found = {"rate": 12.5, "of": {"us": {"ms": 3}, "them": {"ms": 4}}, "steps": [{"rate": 7}], "method": "in turn"}
    show(Console(file=text, width=100), "part", found)
    said = text.getvalue()
    assert all(each in said for each in ("rate", "12.5", "us", "them", "3", "4", "7", "in turn"))


def test_processor_time_is_a_difference() -> None:
    """What a process spent before is not told again."""
    spend(0.3)
    meter = Meter({"me": os.getpid()}, alone=["me"])
    spend(0.1)
    assert 0.05 < meter.spent()["me"] < seconds_of(os.getpid(), alone=True) - 0.2


def spend(seconds: float) -> None:
    """So much processor time is gone."""
    until = seconds_of(os.getpid(), alone=True) + seconds
    while seconds_of(os.getpid(), alone=True) < until:
        pass
