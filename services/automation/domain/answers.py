"""What the owners made of the commands that a decision led to."""

from collections.abc import Mapping
from uuid import UUID

from shared.contracts.answers import TicketsAnswered
from shared.contracts.state import ActionTaken, DecisionState, Verdict


def answered(decision: DecisionState, answers: Mapping[UUID, TicketsAnswered]) -> DecisionState:
    """The decision with each action that was answered *done*, *refused* or, where a key no longer exists, *unknown*."""
    verdicts = tuple(_verdict(verdict, answers) for verdict in decision.verdicts)
    if verdicts == decision.verdicts:
        return decision
    return decision.model_copy(update={"verdicts": verdicts, "version": decision.version + 1})


def _verdict(verdict: Verdict, answers: Mapping[UUID, TicketsAnswered]) -> Verdict:
    if not any(action.effect_id in answers for action in verdict.actions):
        return verdict
    return verdict.model_copy(update={"actions": tuple(_action(action, answers) for action in verdict.actions)})


def _action(action: ActionTaken, answers: Mapping[UUID, TicketsAnswered]) -> ActionTaken:
    answer = answers.get(action.effect_id) if action.effect_id else None
    if answer is None:
        return action
    if answer.outcome == "done":
        return action.model_copy(update={"outcome": "done"})
    unknown = (answer.code or "").startswith("unknown_")
    reason = f"{answer.code}: {answer.text}"[:300]
    return action.model_copy(update={"outcome": "unknown" if unknown else "refused", "reason": reason})
