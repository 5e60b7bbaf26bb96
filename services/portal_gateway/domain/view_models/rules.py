"""Rules as pages tell them: when they look, what they ask, what they do."""

from dataclasses import dataclass
from uuid import UUID

from services.portal_gateway.domain.view_models.names import Names
from services.portal_gateway.domain.view_models.words import TRIGGERS, action_words, filter_words, joined
from shared.contracts.state import RuleState


@dataclass(frozen=True, slots=True)
class RuleCard:
    """A rule in words.

    Attributes:
        sentence: the whole rule as one line.
        text: of its mail or note, "" for rules without one.
    """

    id: UUID
    name: str
    enabled: bool
    version: int
    trigger: str
    conditions: tuple[str, ...]
    actions: tuple[str, ...]
    sentence: str
    texts: tuple[str, ...]
    url: str


def rule_card(rule: RuleState, names: Names) -> RuleCard:
    """A rule as it stands."""
    trigger = TRIGGERS.get(rule.trigger, rule.trigger)
    conditions = filter_words(rule.filter, names)
    actions = tuple(action_words(action, names) for action in rule.actions)
    asks = f" and {joined(conditions)}" if conditions else ""
    texts = tuple(str(action["text"]) for action in rule.actions if action.get("text"))
    return RuleCard(
        id=rule.id,
        name=rule.name,
        enabled=rule.enabled,
        version=rule.version,
        trigger=trigger,
        conditions=conditions,
        actions=actions,
        sentence=f"{trigger}{asks}: {joined(actions)}.",
        texts=texts,
        url=f"/workspace/rules/{rule.id}",
    )
