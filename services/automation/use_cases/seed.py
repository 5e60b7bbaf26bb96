"""Give a fresh desk its first rules.

Rules:
- Each is made once; later edits, and a removal, are never overwritten.
- They act on what happens after the install, not after the moment in which this process came to make them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.automation.domain.sayings import ACTOR, Saying, fact, seed_cause, snapshot
from services.automation.domain.seeds import seeded_rules
from shared.contracts.automation import RuleSaved
from shared.contracts.state import RuleState
from shared.ids import seed_id


class Store(Protocol):
    """The rows, as this use case needs them."""

    async def installed_unseeded(self) -> datetime | None:
        """When the desk was installed, where it is not seeded yet; nobody else seeds it meanwhile."""

    async def save_rule(self, rule: RuleState, actor: str, now: datetime) -> None:
        """The rule stands."""

    async def set_seeded(self) -> None:
        """The desk is seeded from now on."""

    async def say(self, sayings: Sequence[Saying]) -> None:
        """Publish when the transaction commits."""


async def seed(store: Store, now: datetime) -> int:
    """The first rules of a desk stand; returns how many were made."""
    installed_at = await store.installed_unseeded()
    if installed_at is None:
        return 0
    rules = [rule.model_copy(update={"activated_at": installed_at}) for rule in seeded_rules()]
    for rule in rules:
        key = rule.state_key()
        cause = seed_cause(key, seed_id(f"seed:{key}"), now)
        await store.save_rule(rule, ACTOR, now)
        told = fact(cause, "told", RuleSaved(rule=rule), str(rule.id), rule, now)
        await store.say([told, snapshot(cause, rule, now)])
    await store.set_seeded()
    return len(rules)
