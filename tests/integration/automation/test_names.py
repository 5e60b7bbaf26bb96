"""automation under another consumer name: it reads everything anew, and says nothing twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.automation import EventDecided
from shared.contracts.notifier import SendMail
from shared.contracts.tickets import ChangeItem
from shared.messaging.browse import Browser
from shared.messaging.browse import Start as Beginning
from shared.messaging.dead_letters import GivenUp, read_dead_letter
from tests.integration.automation.saying import Start, decision_on, said, tell
from tests.integration.wire import Wire
from tests.support.waiting import eventually
from tests.unit.automation.builders import created, item


async def test_other_consumer_says_the_same_commands_again(wire: Wire, start: Start, make_database: Any) -> None:
    """B8: rewound with an empty inbox while events are young, it says the same things, and owners drop repeats."""
    host = await start()
    of = item(type="hardware")
    event = await tell(wire, of)
    first = await wire.wait_for(ChangeItem)
    mails = await wire.wait_for(SendMail)
    decided = await decision_on(wire, event)
    await host.stop()
    await start(url=await make_database("automation"), automation_consumer="automation-again")
    again = await wire.wait_for(ChangeItem, count=2)
    repeated = await wire.wait_for(SendMail, count=2)
    assert {m.envelope.id for m in again} == {first[0].envelope.id}
    assert {m.envelope.id for m in repeated} == {mails[0].envelope.id}
    decisions = await wire.wait_for(EventDecided, count=2)
    assert {m.body.decision.id for m in decisions} == {decided.decision.id}  # type: ignore[attr-defined]


async def test_dead_letters_of_a_renamed_consumer_are_its_services(wire: Wire, start: Start) -> None:
    """R3: whatever the consumer is called, what it gives up is kept where staff look, and the next record goes on."""
    await start(automation_consumer="automation-renamed")
    broken = created().envelope.to_headers()
    await wire.send_raw("tickets-events", "x", b"{", broken)
    await decision_on(wire, await tell(wire, item()))

    async def given_up() -> list[GivenUp]:
        async with Browser(wire.settings) as browser:
            letters = [read_dead_letter(r) async for r in browser.read(["tickets-events.automation.dead"], Beginning())]
        return [letter for letter in letters if letter is not None]

    (letter,) = await eventually(given_up, "the dead letter")
    assert (letter.service, letter.consumer, letter.original.value) == ("automation", "automation-renamed", b"{")


async def test_old_log_is_no_mail_cannon(wire: Wire, start: Start, make_database: Any) -> None:
    """DESIGN §2: a new consumer with an empty inbox on an old log decides, shows *expired*, and does nothing."""
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    events = [await tell(wire, item(type="hardware"), time=yesterday) for _ in range(5)]
    young = await tell(wire, item())
    await start(url=await make_database("automation"), automation_consumer="automation-new")
    for event in events:
        taken = [a for v in (await decision_on(wire, event)).decision.verdicts for a in v.actions]
        assert [a.outcome for a in taken] == ["expired", "expired"]
        assert all(a.reason for a in taken)
    await decision_on(wire, young)
    await wire.settle()
    assert said(wire, ChangeItem) == []
    assert [m.body.item.number for m in said(wire, SendMail)] == [1042]  # type: ignore[attr-defined] # the young one
