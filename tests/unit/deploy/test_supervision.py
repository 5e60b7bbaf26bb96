"""When a crashed process is started again, and how its end is told."""

from deploy.local.supervisor import LONGEST_PAUSE_SECONDS, ending, pause_before


def test_pauses_grow_to_a_limit() -> None:
    """The first restart is quick; a process that crashes and crashes does not burn the machine."""
    pauses = [pause_before(crashes) for crashes in range(1, 12)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_an_ending_is_told_in_words() -> None:
    """A signal and an exit code are different things."""
    assert ending(-9) == "signal 9"
    assert ending(70) == "exit code 70"
