"""automation on a real Kafka and a real PostgreSQL: facts and commands in, decisions and rules' commands out, once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from shared.contracts.answers import TicketsAnswered
from shared.contracts.automation import DeleteRule, EventDecided, RuleSaved, SaveRule
from shared.contracts.envelope import Envelope
from shared.contracts.notifier import SendMail
from shared.contracts.state import DecisionState, RuleState, Snapshot, StatusSpec, TypeState
from shared.contracts.tickets import AddMessage, ChangeItem, ItemChanged, ItemCreated
from shared.ids import new_id, seed_id
from tests.integration.automation.saying import RITA, Start, command, decision_on, new_rule, said, tell
from tests.integration.service_process import KILLED, ServiceProcess
from tests.integration.wire import Wire
from tests.support.waiting import eventually
from tests.unit.automation.builders import item, message


async def test_seeded_rules_acknowledge_and_assign(wire: Wire, start: Start) -> None:
    """P44, P48, R11: a hardware request is acknowledged and assigned in turn; one decision row says why."""
    await start()
    of = item(type="hardware", title="Router")
    event = await tell(wire, of)
    mail = (await wire.wait_for(SendMail))[0]
    assert isinstance(mail.body, SendMail)
    assert [p.address for p in mail.body.to] == ["marta@cliente.example"]
    assert "#1042" in mail.body.text
    assign = (await wire.wait_for(ChangeItem))[0]
    assert isinstance(assign.body, ChangeItem)
    assert assign.body.assign is not None
    assert (assign.body.assign.team, assign.body.assign.member) == ("hardware", "in_turn")
    assert assign.envelope.actor == f"rule:{seed_id('rule:hardware')}"
    assert assign.envelope.causes == (str(seed_id("rule:hardware")),)
    assert assign.envelope.causationid == event
    decision = (await decision_on(wire, event)).decision
    assert [(v.rule_name, v.matched) for v in decision.verdicts] == [
        ("Acknowledge", True),
        ("Hardware to the hardware team", True),
    ]


async def test_rule_added_by_a_command_runs_and_is_removed(wire: Wire, start: Start) -> None:
    """P41: a third rule runs with no change of code; removed, it is not judged any more."""
    await start()
    third = new_rule()
    answer = await command(wire, third)
    assert (answer.outcome, answer.result) == ("done", {"rule_id": str(third.rule_id), "version": 1})
    saved = (await wire.wait_for(RuleSaved, lambda b: b.rule.id == third.rule_id))[0].body
    assert isinstance(saved, RuleSaved)
    assert saved.rule.activated_at is not None
    snapshot = (await wire.wait_for(RuleState, lambda b: b.id == third.rule_id))[0]
    assert snapshot.record.key == f"rule:{third.rule_id}".encode()
    first = await tell(wire, item(title="Urgent: no light"))
    tag = (await wire.wait_for(ChangeItem, lambda b: b.tag == ("seen",)))[0]
    assert tag.envelope.causationid == first
    removed = await command(wire, DeleteRule(rule_id=third.rule_id))
    assert removed.outcome == "done"
    second = await decision_on(wire, await tell(wire, item(title="Urgent: still no light")))
    assert third.rule_id not in {v.rule_id for v in second.decision.verdicts}
    gone = await wire.wait_for(RuleState, lambda b: b.id == third.rule_id and b.deleted)
    assert gone[0].body.version == 2  # type: ignore[attr-defined] # a RuleState, by the line above


async def test_bad_rule_is_refused_with_its_place_and_unknown_keys_are_taken(wire: Wire, start: Start) -> None:
    """DESIGN §4: shape is checked, the place is named; a team that nobody made is for the rule's run to find out."""
    await start()
    refused = await command(wire, new_rule({"do": "explode"}))
    assert (refused.outcome, refused.code, refused.field) == ("refused", "unknown_action", "actions.0.do")
    assert said(wire, RuleSaved) == [] or all(m.body.rule.name != "Third" for m in said(wire, RuleSaved))  # type: ignore[attr-defined]
    taken = await command(wire, new_rule({"do": "assign", "team": "mars"}))
    assert taken.outcome == "done"
    forbidden = await command(wire, new_rule(), actor=f"customer:{new_id()}")
    assert forbidden.code == "forbidden"


async def test_second_edit_of_the_same_part_conflicts(wire: Wire, start: Start) -> None:
    """R18: two administrators: the same part is a conflict with both values, another part is not."""
    await start()
    third = new_rule()
    await command(wire, third)
    assert (await command(wire, SaveRule(rule_id=third.rule_id, name="Mine", based_on=1))).result["version"] == 2
    late = await command(wire, SaveRule(rule_id=third.rule_id, name="Yours", based_on=1), actor="agent:ines")
    assert late.code == "conflict"
    assert (late.conflicts["name"].theirs, late.conflicts["name"].by) == ("Mine", RITA)
    other = await command(wire, SaveRule(rule_id=third.rule_id, position=7, based_on=1))
    assert other.result["version"] == 3


async def test_owners_answers_stand_in_the_decision(wire: Wire, start: Start) -> None:
    """R11, DESIGN §4: done, refused with the reason, or unknown: told again, as a new version of the decision."""
    await start()
    actions: list[dict[str, Any]] = [
        {"do": "tag", "tags": ["seen"]},
        {"do": "set", "field": "priority", "value": "high"},
        {"do": "assign", "team": "mars"},
    ]
    third = new_rule(*actions, filter={})
    await command(wire, third)
    of = item()
    event = await tell(wire, of)
    by = f"rule:{third.rule_id}"
    commands = await wire.wait_for(ChangeItem, count=3)
    answers = [
        {"outcome": "done"},
        {"outcome": "refused", "code": "human_changed", "text": "priority was changed since the rule looked."},
        {"outcome": "refused", "code": "unknown_team", "text": "There is no team mars."},
    ]
    for asked, values in zip(commands, answers, strict=True):
        answer = TicketsAnswered.model_validate({"command_id": asked.envelope.id, **values})
        await wire.send(answer, str(of.id), actor=by)

    def settled(body: EventDecided) -> bool:
        taken = [a.outcome for v in body.decision.verdicts if v.rule_id == third.rule_id for a in v.actions]
        return body.decision.event_id == event and taken == ["done", "refused", "unknown"]

    told = (await wire.wait_for(EventDecided, settled))[0].body
    assert isinstance(told, EventDecided)
    reasons = [a.reason for v in told.decision.verdicts if v.rule_id == third.rule_id for a in v.actions]
    assert reasons == [
        "",
        "human_changed: priority was changed since the rule looked.",
        "unknown_team: There is no team mars.",
    ]
    version = told.decision.version
    kept = await wire.wait_for(DecisionState, lambda b: b.event_id == event and b.version == version)
    assert kept[0].record.topic == "automation-state"
    assert kept[0].record.key == f"decision:{told.decision.id}".encode()


async def test_caps_hold_across_batches_and_replicas(wire: Wire, start: Start) -> None:
    """R5: seven requests of one sender, one after another: five are acknowledged, two withheld, all seven decided."""
    await start(replica="1")
    await start(replica="2")
    events = []
    for _ in range(7):
        events.append(await tell(wire, item()))
        await decision_on(wire, events[-1])
    taken = [(await decision_on(wire, event)).decision.verdicts[0].actions[0] for event in events]
    assert [action.outcome for action in taken] == ["emitted"] * 5 + ["withheld"] * 2
    assert "within an hour" in taken[-1].reason
    await wire.settle()
    assert len(said(wire, SendMail)) == 5


async def test_burst_from_one_sender_keeps_the_cap(wire: Wire, start: Start) -> None:
    """R5: thirty requests at once, over all partitions and two replicas, are acknowledged five times."""
    await start(replica="1")
    await start(replica="2")
    events = [await tell(wire, item()) for _ in range(30)]
    await wire.wait_for(EventDecided, lambda b: b.decision.event_id in events, count=30)
    await wire.settle()
    assert len(said(wire, SendMail)) == 5
    assert len(said(wire, EventDecided)) == 30


async def test_repeated_fact_is_decided_once(wire: Wire, start: Start) -> None:
    """R11: the same record three times, the third after a restart, is one decision and one command an action."""
    host = await start()
    of = item(type="hardware")
    body = ItemCreated(item=of, message=message(of))
    identity = new_id()
    await wire.send(body, str(of.id), message_id=identity)
    await wire.send(body, str(of.id), message_id=identity)
    await decision_on(wire, identity)
    await host.stop()
    await wire.send(body, str(of.id), message_id=identity)
    await start()
    await decision_on(wire, await tell(wire, item()))
    await wire.settle()
    assert len([m for m in said(wire, EventDecided) if m.body.decision.event_id == identity]) == 1  # type: ignore[attr-defined]
    assert len(said(wire, ChangeItem)) == 1
    assert len([m for m in said(wire, SendMail) if m.body.item.id == of.id]) == 1  # type: ignore[attr-defined]


async def test_what_happened_before_a_rule_was_switched_on_expires(wire: Wire, start: Start) -> None:
    """DESIGN §2: a rule made now does nothing about an event of five minutes ago."""
    await start()
    third = new_rule(filter={})
    await command(wire, third)
    event = await tell(wire, item(), time=datetime.now(UTC) - timedelta(minutes=5))
    verdicts = (await decision_on(wire, event)).decision.verdicts
    taken = [a for v in verdicts if v.rule_id == third.rule_id for a in v.actions]
    assert [(a.outcome, a.reason) for a in taken] == [("expired", "it happened before the rule was switched on")]


async def test_two_rules_that_undo_each_other_stop(wire: Wire, start: Start) -> None:
    """R12: played over the log: each acts once, the chain is told, and it ends."""
    await start()
    for low, high in (("low", "high"), ("high", "low")):
        action: dict[str, Any] = {"do": "set", "field": "priority", "value": high}
        raw: dict[str, Any] = {"all": [{"field": "priority", "changed_to": low}]}
        await command(wire, new_rule(action, trigger="changed", filter=raw, name=f"{low} is {high}"))
    of = item(priority="high")
    changes: dict[str, Any] = {"priority": ("normal", "high")}
    await wire.send(ItemChanged(item=of, changes=changes), str(of.id), actor=RITA)
    for version in (1, 2):
        asked = (await wire.wait_for(ChangeItem, count=version))[-1]
        assert isinstance(asked.body, ChangeItem)
        value = str(asked.body.set["priority"])
        changes = {"priority": (of.priority, value)}
        of = of.model_copy(update={"priority": value, "version": of.version + 1})
        envelope = asked.envelope
        sent = await wire.send(
            ItemChanged(item=of, changes=changes), str(of.id), actor=envelope.actor, causes=envelope.causes
        )
    stopped = (await decision_on(wire, sent.id)).decision
    withheld = [a for v in stopped.verdicts for a in v.actions]
    assert [a.outcome for a in withheld] == ["withheld"]
    assert "high is low, then low is high" in withheld[0].reason
    await wire.settle()
    assert len(said(wire, ChangeItem)) == 2


async def test_words_come_from_copies_of_types_and_teams(wire: Wire, start: Start) -> None:
    """P43: a rule's note says labels, not keys; they come from tickets-setup, an older record never wins."""
    await start()
    await command(wire, new_rule({"do": "note", "text": "{{type}}: {{status}}"}, filter={}))
    status = StatusSpec(key="new", label="Recebido", state="not_started")
    for version, label in ((2, "Pedido"), (1, "Old word")):
        state = TypeState(version=version, key="request", label=label, statuses=(status,))
        headers = state_envelope(state).to_headers()
        await wire.send_raw("tickets-setup", state.state_key(), state.model_dump_json().encode(), headers)

    async def noted() -> str:
        of = item()
        await tell(wire, of)
        note = (await wire.wait_for(AddMessage, lambda b: b.item_id == of.id))[0].body
        assert isinstance(note, AddMessage)
        return note.text if note.text == "Pedido: Recebido" else ""

    assert await eventually(noted, "the label in a note") == "Pedido: Recebido"


def state_envelope(state: Snapshot) -> Envelope:
    return Envelope(
        id=new_id(),
        type=f"deskstream.state.{state.kind_name}.v1",
        source="/deskstream/tickets",
        time=datetime.now(UTC),
        subject=state.state_key(),
        correlationid=new_id(),
        actor="system:tickets",
        sequence=state.version,
    )


async def test_edit_of_a_seeded_rule_outlives_a_restart(wire: Wire, start: Start) -> None:
    """Seeded once; later edits, and a removal, are never overwritten."""
    host = await start()
    await wire.wait_for(RuleSaved, count=2)
    acknowledge, hardware = seed_id("rule:acknowledge"), seed_id("rule:hardware")
    assert (await command(wire, SaveRule(rule_id=acknowledge, enabled=False))).outcome == "done"
    assert (await command(wire, DeleteRule(rule_id=hardware))).outcome == "done"
    await host.stop()
    await start()
    third = new_rule(filter={})
    await command(wire, third)
    decision = (await decision_on(wire, await tell(wire, item(type="hardware")))).decision
    assert [v.rule_id for v in decision.verdicts] == [third.rule_id]
    assert len([m for m in said(wire, RuleSaved) if m.body.rule.id == hardware]) == 2  # type: ignore[attr-defined]


async def test_killed_between_commit_and_offset_it_decides_once(wire: Wire, make_database: Any, tmp_path: Path) -> None:
    """R11, STYLE 17: kill -9 after the commit, before the offset: after the restart each effect is there once."""
    url = await make_database("automation")
    event = await tell(wire, item(type="hardware"))
    doomed = ServiceProcess("automation", wire, url, tmp_path, crash_at="consumer.automation.after_commit:1")
    try:
        await eventually(lambda: ended(doomed), "the death at the crash point")
        assert doomed.process.returncode == KILLED
    finally:
        doomed.stop()
    healed = ServiceProcess("automation", wire, url, tmp_path)
    try:
        await wire.wait_for(EventDecided, lambda b: b.decision.event_id == event)
        after = await tell(wire, item())
        await wire.wait_for(EventDecided, lambda b: b.decision.event_id == after)
        await wire.settle()
    finally:
        healed.stop()
    # The relay may have died between the broker's answer and its delete: then it repeats itself, under the same id.
    assert len({m.envelope.id for m in said(wire, EventDecided)}) == 2
    assert len({m.envelope.id for m in said(wire, ChangeItem)}) == 1
    assert len({m.envelope.id for m in said(wire, SendMail)}) == 2
    assert await count_of(url, "mail_sent") == 2, "done twice, a mail would count twice"


async def count_of(url: str, table: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(f"select count(*) from {table}"))  # noqa: S608 - a name of this file's
    finally:
        await connection.close()


async def ended(service: ServiceProcess) -> bool:
    return service.process.poll() is not None
