"""Rows of rules, decisions and caps; no rule about rules."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.automation.domain.judging import Caps
from services.automation.domain.rules import Fault, Rule, compile_rule
from shared.contracts.envelope import Envelope
from shared.contracts.state import DecisionState, RuleState, Snapshot
from shared.ids import derived_id
from shared.messaging.outbox import Outgoing
from shared.postgres.pool import Connection, Json
from shared.postgres.statements import Statements

sql = Statements("services.automation")
SOURCE = "/deskstream/automation"


class RuleSet:
    """The compiled rules of a process, loaded again when the set's number has moved."""

    def __init__(self) -> None:
        self.version = 0
        self._by_trigger: dict[str, list[Rule]] = {}
        self._by_type: dict[tuple[str, str], list[Rule]] = {}

    async def refresh(self, connection: Connection) -> None:
        """The rules are those of this transaction's moment."""
        version = await connection.fetchval(sql.set_version)
        if version == self.version:
            return
        compiled = [compile_rule(RuleState.model_validate(row["state"])) for row in await connection.fetch(sql.rules)]
        rules = [rule for rule in compiled if not isinstance(rule, Fault) and rule.state.enabled]
        self._by_trigger, self._by_type = {}, {}
        for rule in rules:
            if rule.only_type is None:
                self._by_trigger.setdefault(rule.state.trigger, []).append(rule)
            else:
                self._by_type.setdefault((rule.state.trigger, rule.only_type), []).append(rule)
        self.version = version

    def fitting(self, trigger: str, item_type: str) -> list[Rule]:
        """Rules to judge for an event, in order. A rule for another type is not among them: it cannot match."""
        found = self._by_trigger.get(trigger, []) + self._by_type.get((trigger, item_type), [])
        return sorted(found, key=lambda rule: (rule.state.position, str(rule.state.id)))


async def load_caps(connection: Connection, addresses: set[str], now: datetime) -> Caps:
    """What caps know of these addresses, counted by one batch at a time."""
    caps = Caps()
    if not addresses:
        return caps
    names = sorted(addresses)
    await connection.execute(sql.hold_addresses, names)
    for row in await connection.fetch(sql.mails_sent, names, now):
        caps.sent[row["address"]] = row["sent"]
    for row in await connection.fetch(sql.answered, names, now):
        caps.answered.add((row["address"], row["item_id"], row["rule_id"]))
    return caps


async def save_caps(connection: Connection, caps: Caps, now: datetime) -> None:
    if caps.new:
        addresses, items, rules = (list(column) for column in zip(*caps.new, strict=True))
        await connection.execute(sql.add_mails_sent, addresses, items, rules, now)


async def load_rule(connection: Connection, rule_id: UUID) -> RuleState | None:
    row = await connection.fetchrow(sql.rule, rule_id)
    return None if row is None else RuleState.model_validate(row["state"])


async def save_rule(connection: Connection, rule: RuleState) -> None:
    await connection.execute(
        sql.save_rule, rule.id, rule.version, rule.position, rule.deleted, Json(rule.model_dump_json())
    )
    await connection.execute(sql.next_set_version)


async def save_decisions(connection: Connection, decisions: Sequence[DecisionState]) -> None:
    """Keep decisions, and which commands belong to them."""
    newest = {decision.id: decision for decision in decisions}
    if not newest:
        return
    rows = list(newest.values())
    await connection.execute(
        sql.save_decisions, [d.id for d in rows], [d.version for d in rows], [Json(d.model_dump_json()) for d in rows]
    )
    effects = [(a.effect_id, d.id) for d in rows for v in d.verdicts for a in v.actions if a.effect_id is not None]
    if effects:
        await connection.execute(sql.save_effects, [e for e, _ in effects], [d for _, d in effects])


async def decisions_of(connection: Connection, effects: Sequence[UUID]) -> dict[UUID, DecisionState]:
    """The decision that each command belongs to."""
    rows = await connection.fetch(sql.decisions_of_effects, list(effects)) if effects else []
    return {row["effect_id"]: DecisionState.model_validate(row["state"]) for row in rows}


def snapshot_message(snapshot: Snapshot, cause: Envelope, now: datetime) -> Outgoing:
    key = snapshot.state_key()
    envelope = Envelope(
        id=derived_id(cause.id, f"state:{key}:{snapshot.version}"),
        type=f"deskstream.state.{snapshot.kind_name}.v1",
        source=SOURCE,
        time=now,
        subject=key,
        correlationid=cause.correlationid,
        causationid=cause.id,
        actor="system:automation",
        sequence=snapshot.version,
        traceparent=cause.traceparent,
    )
    return Outgoing("automation-state", key, envelope, snapshot)
