"""Snapshots of rules and of the decisions they came to."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import JsonValue

from shared.contracts.base import Contract, JsonObject
from shared.contracts.state.base import Snapshot


class Check(Contract):
    """One condition of a rule's filter, with the value it saw."""

    field: str
    op: str
    expected: JsonValue = None
    saw: JsonValue = None
    ok: bool


class ActionTaken(Contract):
    """What became of one action of a matched rule.

    Attributes:
        outcome: ``emitted``, ``withheld`` (a cap or an automatic mail), ``expired``, ``refused`` (by the owner, later).
        effect_id: id of the command that carries it out; the key under which it happens once.
    """

    index: int
    do: str
    outcome: Literal["emitted", "done", "withheld", "expired", "refused", "unknown"]
    reason: str = ""
    effect_id: UUID | None = None


class Verdict(Contract):
    """What one rule made of one event: matched or not, and why."""

    rule_id: UUID
    rule_name: str
    rule_version: int
    matched: bool
    reason: str
    checks: tuple[Check, ...] = ()
    actions: tuple[ActionTaken, ...] = ()


class DecisionState(Snapshot):
    """One event's decision row: every rule whose trigger fits, with its verdict.

    Attributes:
        trigger: what happened; a message that came with changes fires ``changed`` too.
        unlisted: rules that did not match and are left out, where there are very many.
    """

    kind_name: ClassVar[str] = "decision"

    id: UUID
    event_id: UUID
    item_id: UUID
    item_number: int
    item_version: int
    trigger: str
    rule_set_version: int
    verdicts: tuple[Verdict, ...] = ()
    unlisted: int = 0
    at: datetime

    def state_key(self) -> str:
        return f"decision:{self.id}"


class RuleState(Snapshot):
    """A rule as it stands: filter + trigger + actions. `filter` and `actions` are checked by automation."""

    kind_name: ClassVar[str] = "rule"

    id: UUID
    name: str
    enabled: bool = True
    trigger: str
    filter: JsonObject = {}
    actions: tuple[JsonObject, ...]
    position: int = 0
    activated_at: datetime | None = None
    deleted: bool = False

    def state_key(self) -> str:
        return f"rule:{self.id}"
