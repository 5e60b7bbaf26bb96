"""The registry of topics holds together: each message has its topic, each reader its dead letters."""

from services.portal_gateway.clients import STATE_TOPICS
from shared.contracts.registry import MESSAGE_TYPES
from shared.contracts.state import SNAPSHOTS
from shared.contracts.topics import TOPICS


def test_every_message_has_a_registered_topic() -> None:
    """No message can be published on a topic that nobody creates."""
    assert {model.topic for model in MESSAGE_TYPES.values()} <= set(TOPICS)


def test_every_reader_has_a_topic_for_what_it_gives_up() -> None:
    """A dead letter always has somewhere to go, with room for the record and its reason."""
    for name, topic in list(TOPICS.items()):
        for reader in topic.readers:
            dead = TOPICS[f"{name}.{reader}.dead"]
            assert dead.max_record_bytes > topic.max_record_bytes


def test_doors_are_flushed_before_they_answer() -> None:
    """Accept, then process: with one broker the two door topics are synced to disk for each record."""
    assert {name for name, topic in TOPICS.items() if topic.flush_each} == {"intake-raw", "intake-submissions"}


def test_a_read_model_is_rebuilt_from_the_state_topics_alone() -> None:
    """What stands on the topic of the setup too must not hide that it is missing there."""
    assert set(STATE_TOPICS) == {name for name in TOPICS if name.endswith("-state")}


def test_state_topics_are_kept_for_ever() -> None:
    """Any read model can be rebuilt from the compacted topics."""
    states = [topic for name, topic in TOPICS.items() if name.endswith("-state")]
    assert len(states) == 4
    assert all(topic.compacted and topic.retention_ms == -1 for topic in states)
    assert len(SNAPSHOTS) >= 16
