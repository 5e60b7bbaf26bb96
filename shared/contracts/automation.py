"""Messages of automation: rules as rows, and the decisions they came to."""

from uuid import UUID

from shared.contracts.base import JsonObject, Message, message
from shared.contracts.state import DecisionState, RuleState


@message("deskstream.automation.rule.save.v1", "automation-commands")
class SaveRule(Message):
    """Make or change a rule; absent parts stay as they are. The gateway mints the id of a new one."""

    rule_id: UUID
    create: bool = False
    name: str | None = None
    enabled: bool | None = None
    trigger: str | None = None
    filter: JsonObject | None = None
    actions: tuple[JsonObject, ...] | None = None
    position: int | None = None
    based_on: int | None = None


@message("deskstream.automation.rule.delete.v1", "automation-commands")
class DeleteRule(Message):
    rule_id: UUID


@message("deskstream.automation.rule.saved.v1", "automation-events")
class RuleSaved(Message):
    """A rule as it is now; `rule.deleted` tells one that is gone."""

    rule: RuleState


@message("deskstream.automation.event.decided.v1", "automation-events")
class EventDecided(Message):
    """What the rules made of one event; told again with the answers of the owners it asked."""

    decision: DecisionState
