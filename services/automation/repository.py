"""Rows of rules, decisions, addresses and reference copies; no rule about rules."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from services.automation.domain.caps import Caps, Mailed
from services.automation.domain.rules import RuleSet
from services.automation.domain.sayings import Saying
from services.automation.use_cases.save_rule import Versions
from shared.contracts.state import SNAPSHOTS, DecisionState, RuleState, Snapshot
from shared.messaging.outbox import Outgoing, add
from shared.postgres.pool import Connection, Json
from shared.postgres.statements import Statements

_log = structlog.get_logger()
sql = Statements("services.automation")


@dataclass
class RuleCache:
    """The compiled rules of a process, brought up to date by what changed; commits of others show by the number."""

    rules: RuleSet = field(default_factory=RuleSet)


class Repository:
    """The rows of one transaction."""

    def __init__(self, connection: Connection, cache: RuleCache) -> None:
        self._db = connection
        self._cache = cache
        self._changed_here = False

    async def rules(self) -> RuleSet | None:
        known = self._cache.rules
        rows = await self._db.fetch(sql.changed_rules, known.version)
        if not rows[0]["seeded"]:
            return None
        version = rows[0]["version"]
        if version == known.version:
            return known
        states = [RuleState.model_validate(row["state"]) for row in rows if row["state"] is not None]
        rules = known.changed(version, states)
        if not self._changed_here:
            # What this transaction itself changed may still be rolled back; the next one reads it again.
            self._cache.rules = rules
            for rule_id, fault in rules.faults.items():
                _log.error("rule_cannot_be_judged", rule=str(rule_id), place=fault.place, reason=fault.text)
        return rules

    async def versions(self, rule_id: UUID, based_on: int | None) -> Versions:
        await self._db.execute(sql.hold_rule_set)
        row = await self._db.fetchrow(sql.rule, rule_id)
        if row is None:
            return Versions(None)
        now = RuleState.model_validate(row["state"])
        then = None
        if based_on is not None and based_on != now.version:
            state = await self._db.fetchval(sql.rule_version, rule_id, based_on)
            then = None if state is None else RuleState.model_validate(state)
        return Versions(now, then, row["actor"], row["at"])

    async def save_rule(self, rule: RuleState, actor: str, now: datetime) -> None:
        self._changed_here = True
        number = await self._db.fetchval(sql.next_set_version)
        state = Json(rule.model_dump_json())
        await self._db.execute(sql.save_rule, rule.id, rule.version, number, state)
        await self._db.execute(sql.add_rule_version, rule.id, rule.version, actor, now, state)

    async def installed_unseeded(self) -> datetime | None:
        """When the desk was installed, where it is not seeded yet; nobody else seeds it meanwhile."""
        row = await self._db.fetchrow(sql.seeded)
        return None if row is None or row["seeded"] else row["at"]

    async def set_seeded(self) -> None:
        await self._db.execute(sql.set_seeded)

    async def references(self) -> list[Snapshot]:
        return [SNAPSHOTS[row["kind"]].model_validate(row["state"]) for row in await self._db.fetch(sql.references)]

    async def keep_references(self, snapshots: Sequence[Snapshot]) -> None:
        newest = {s.state_key(): s for s in sorted(snapshots, key=lambda s: s.version)}
        if newest:
            kinds, ids = zip(*(key.split(":", 1) for key in sorted(newest)), strict=True)
            states = [newest[key] for key in sorted(newest)]
            dumped = [Json(s.model_dump_json()) for s in states]
            await self._db.execute(sql.keep_references, kinds, ids, [s.version for s in states], dumped)

    async def caps(self, mailed: Collection[str], met: Collection[str], now: datetime) -> Caps:
        caps = Caps()
        if not met:
            return caps
        names = sorted(met)
        await self._db.execute(sql.meet_addresses, names)
        for row in await self._db.fetch(sql.hold_addresses, names):
            if row["standing"]:
                (caps.known if row["standing"] == "known" else caps.doubted).add(row["address"])
        if mailed:
            for row in await self._db.fetch(sql.mails_sent, list(mailed), now):
                caps.sent[row["address"]] = row["sent"]
            for row in await self._db.fetch(sql.answered, list(mailed), now):
                caps.answered.setdefault((row["address"], row["item_id"]), set()).add(row["event_id"])
        return caps

    async def save_caps(self, caps: Caps, now: datetime) -> None:
        if caps.learnt:
            standings = ["known" if known else "doubted" for known in caps.learnt.values()]
            await self._db.execute(sql.learn_addresses, list(caps.learnt), standings)
        if caps.new:
            columns = [[getattr(mailed, name) for mailed in caps.new] for name in Mailed._fields]
            await self._db.execute(sql.add_mails_sent, *columns, now)

    async def decisions_of(self, effects: Collection[UUID]) -> list[DecisionState]:
        rows = await self._db.fetch(sql.decisions_of_effects, list(effects))
        return [DecisionState.model_validate(row["state"]) for row in rows]

    async def save_decisions(self, decisions: Sequence[DecisionState]) -> None:
        if not decisions:
            return
        rows = sorted(decisions, key=lambda decision: decision.id)
        dumped = [Json(d.model_dump_json()) for d in rows]
        await self._db.execute(sql.save_decisions, [d.id for d in rows], [d.version for d in rows], dumped)
        effects = [(a.effect_id, d.id) for d in rows for v in d.verdicts for a in v.actions if a.effect_id is not None]
        if effects:
            await self._db.execute(sql.save_effects, [e for e, _ in effects], [d for _, d in effects])

    async def say(self, sayings: Sequence[Saying]) -> None:
        await add(self._db, [Outgoing(s.topic, s.key, s.envelope, s.body) for s in sayings])
