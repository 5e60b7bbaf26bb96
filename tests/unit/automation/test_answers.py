"""What the owners made of a decision's commands stands in it."""

import pytest

from services.automation.domain.answers import answered
from shared.contracts.answers import TicketsAnswered
from shared.ids import new_id
from tests.unit.automation.builders import TAG, created, judged, rule


@pytest.mark.parametrize(
    ("outcome", "code", "expected"),
    [
        ("done", None, "done"),
        ("refused", "human_changed", "refused"),
        ("refused", "unknown_team", "unknown"),
        ("refused", "unknown_status", "unknown"),
        ("refused", None, "refused"),
    ],
)
def test_answer_stands_in_the_decision(outcome: str, code: str | None, expected: str) -> None:
    """R11, DESIGN §4: what an owner refused, or does not know, is shown beside the action that asked for it."""
    decision = judged(created(), rule(TAG, TAG), rule(TAG)).decision
    effect = decision.verdicts[0].actions[1].effect_id
    assert effect is not None
    answer = TicketsAnswered.model_validate(
        {"command_id": effect, "outcome": outcome, "code": code, "text": "Because."}
    )
    after = answered(decision, {effect: answer})
    assert [[a.outcome for a in v.actions] for v in after.verdicts] == [["emitted", expected], ["emitted"]]
    assert after.version == decision.version + 1
    assert ("Because." in after.verdicts[0].actions[1].reason) is (outcome == "refused")
    assert answered(after, {effect: answer}) is after, "the same answer again is no new version"


def test_answer_to_another_command_changes_nothing() -> None:
    """A decision is told again only with something new."""
    decision = judged(created(), rule(TAG)).decision
    other = new_id()
    assert answered(decision, {other: TicketsAnswered(command_id=other, outcome="done")}) is decision
