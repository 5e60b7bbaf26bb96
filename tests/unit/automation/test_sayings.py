"""What automation says, and about what."""

from uuid import UUID

from services.automation.domain.sayings import fact
from shared.contracts.automation import EventDecided, RuleSaved
from shared.contracts.state import DecisionState
from tests.unit.automation.builders import created, rule


def test_fact_is_about_its_aggregate_with_its_version() -> None:
    """DESIGN §2: the sequence is the version of the aggregate that the subject names; the key may be its item's."""
    cause = created().envelope
    saved = rule().model_copy(update={"version": 3})
    decision = DecisionState(
        version=2,
        id=UUID(int=1),
        event_id=cause.id,
        item_id=UUID(int=2),
        item_number=1,
        item_version=1,
        trigger="created",
        rule_set_version=1,
        at=cause.time,
    )
    of_rule = fact(cause, "saved", RuleSaved(rule=saved), str(saved.id), saved, cause.time)
    of_event = fact(cause, "decided", EventDecided(decision=decision), str(decision.item_id), decision, cause.time)
    assert (of_rule.envelope.subject, of_rule.envelope.sequence) == (f"rule:{saved.id}", 3)
    assert (of_event.envelope.subject, of_event.envelope.sequence) == (f"decision:{decision.id}", 2)
    assert of_event.key == str(decision.item_id)


def test_what_is_said_stays_in_the_trace_of_its_cause() -> None:
    """Whoever follows a mail by its trace finds what rules made of it."""
    context = f"00-{'a' * 32}-{'b' * 16}-01"
    cause, saved = created(traceparent=context).envelope, rule()
    told = fact(cause, "saved", RuleSaved(rule=saved), str(saved.id), saved, cause.time)
    assert told.envelope.traceparent == context
