"""The rules of the measurement are judged, and the facts differ."""

from uuid import uuid4

from services.automation.domain.rules import Rule, RuleSet, compile_rule
from tests.bench.events import CREATED, facts, rule


def test_every_rule_can_be_judged_and_none_is_passed_over() -> None:
    """A rule with a fault, or one for another type, would be counted as judged in no time."""
    states = [rule(number) for number in range(150)]
    assert all(isinstance(compile_rule(state), Rule) for state in states)
    fitting, passed_over = RuleSet(1, states).fitting(("created",), "request")
    assert (len(fitting), passed_over) == (150, 0)


def test_each_fact_is_of_an_item_and_an_event_of_its_own() -> None:
    """Facts with one id would be one decision."""
    item, message, receipt, event = (str(uuid4()) for _ in range(4))
    value = f'{{"item":"{item}","message":"{message}"}}'
    template = {
        "ids": {"item": item, "message": message, "receipt": receipt},
        "records": [
            ("tickets-state", f"item:{item}", "{}", [("ce_type", "other")]),
            ("tickets-events", item, value, [("ce_type", CREATED), ("ce_id", event)]),
        ],
    }
    made = facts(template, 20)
    assert len({key for key, _, _ in made}) == len({dict(headers)["ce_id"] for _, _, headers in made}) == 20
    assert all(key in value and message.encode() not in value for key, value, _ in made)
