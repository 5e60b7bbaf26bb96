"""The past that a large desk is filled with is one that services could have written."""

from shared.addresses import person_id
from shared.contracts.state import ChangeState, DecisionState, DeliveryState, ItemState, MessageState, PersonState
from tests.bench.growth_rows import Past, checked


def test_every_row_is_as_its_contract_says_and_belongs_together() -> None:
    """Items, messages, steps, decisions and mails name one another; requesters are people that there are."""
    past = Past(60)
    checked(past)
    people = {person.id: person for person in map(PersonState.model_validate, past.people())}
    assert all(person.id == person_id(person.address) for person in people.values())
    for number, grown in enumerate(past.items(), 1):
        item, message = ItemState.model_validate(grown.item), MessageState.model_validate(grown.message)
        step, decision = ChangeState.model_validate(grown.change), DecisionState.model_validate(grown.decision)
        delivery = DeliveryState.model_validate(grown.delivery)
        assert item.number == number
        assert {message.item_id, step.item_id, decision.item_id, delivery.item_id} == {item.id}
        assert (step.message_id, step.event_id) == (message.id, decision.event_id)
        assert people[item.requester.id].address == item.requester.address
        assert item.public_message_ids == (message.id,)
        assert item.last_message_ids == (message.message_id,)


def test_the_same_size_is_the_same_desk() -> None:
    """Two runs measure the same; times apart."""
    first, again = (
        [{name: value for name, value in grown.item.items() if not name.endswith(("_at", "_since"))} for grown in past]
        for past in (Past(30).items(), Past(30).items())
    )
    assert first == again
    assert len({item["id"] for item in first}) == 30


def test_most_of_an_old_desk_is_finished() -> None:
    """A list of open items has to pass many that are not."""
    states = [grown.item["state"] for grown in Past(1000).items()]
    assert 0.8 < states.count("finished") / len(states) < 0.97
