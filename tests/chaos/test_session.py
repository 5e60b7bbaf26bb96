"""What a session makes of the commands that it runs beside the desk."""

import json
from subprocess import CompletedProcess

import pytest

from tests.chaos.checker.report import CHECKS
from tests.chaos.session import differences_told

DIFFERENCE = {"key": "item:1", "log_version": 3, "row_version": 2}


def said(code: int, out: str, error: str = "") -> CompletedProcess[str]:
    return CompletedProcess(["deskstream"], code, out, error)


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        (said(0, json.dumps({"compared": 9, "differences": []})), []),
        (said(1, json.dumps({"compared": 9, "differences": [DIFFERENCE]})), ["item:1"]),
        (said(0, json.dumps({"compared": 0, "differences": []})), ["parity --json"]),
        (said(0, ""), ["parity --json"]),
        (said(0, "9 keys compared, 0 differ"), ["parity --json"]),
        (said(0, "[]"), ["parity --json"]),
        (said(0, json.dumps({"compared": 9})), ["parity --json"]),
        (said(1, "", "no desk runs"), ["parity --json"]),
        (said(1, json.dumps({"compared": 9, "differences": []}), "it broke after"), ["parity --json"]),
    ],
    ids=["same", "other", "nothing compared", "silent", "words", "no object", "no list", "failed", "failed after"],
)
def test_parity_counts_only_where_it_was_read(told: CompletedProcess[str], wrong: list[str]) -> None:
    """What cannot be read, or compared nothing, is a finding, whatever its exit status says."""
    findings = differences_told(told, "parity", "--json")
    assert [each.subject for each in findings] == wrong
    assert {each.check for each in findings} <= set(CHECKS)


def test_rebuild_that_fails_is_a_finding() -> None:
    """A rebuild says what it likes; its exit status counts."""
    assert differences_told(said(0, "rebuilt from 9 snapshots"), "rebuild", "gateway") == []
    (finding,) = differences_told(said(2, "", "no memory"), "rebuild", "gateway")
    assert "no memory" in finding.detail
