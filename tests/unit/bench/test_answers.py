"""Answers find the mails that they answer, once."""

from tests.bench.answers import Answers, Sunk

A, B = "a@load.example", "b@load.example"


def sunk(at: float, recipient: str, *markers: str) -> Sunk:
    return Sunk(at, (recipient,), frozenset(markers), f"<{at}@desk.example>")


def test_a_wait_is_from_the_moment_due_to_the_answer_of_that_sender() -> None:
    """Two mails that cross have their own waits."""
    answers = Answers()
    answers.expect("one", A, 10.0)
    answers.expect("two", B, 11.0)
    answers.arrived(sunk(11.5, B))
    answers.arrived(sunk(12.0, A))
    assert answers.waits(["one"]) == [2.0]
    assert answers.waits(["two"]) == [0.5]
    assert answers.open == 0
    assert answers.message_ids(["two"]) == {"two": "<11.5@desk.example>"}


def test_a_mail_without_an_answer_has_no_wait() -> None:
    """A lost mail is seen: there are fewer waits than mails."""
    answers = Answers()
    answers.expect("one", A, 10.0)
    answers.arrived(sunk(11.0, B))
    assert (answers.waits(["one"]), answers.open, answers.unasked) == ([], 1, 1)


def test_a_second_answer_is_counted_and_is_nobodys_wait() -> None:
    """What comes twice does not make a mail look answered twice."""
    answers = Answers()
    answers.expect("one", A, 10.0)
    answers.arrived(sunk(11.0, A))
    answers.arrived(sunk(15.0, A))
    assert (answers.waits(["one"]), answers.doubled, answers.same_again, answers.open) == ([1.0], 1, 0, 0)
    answers.arrived(sunk(11.0, A))
    assert (answers.waits(["one"]), answers.doubled, answers.same_again) == ([1.0], 2, 1)


def test_answers_to_one_address_are_told_apart_by_what_they_quote() -> None:
    """A colleague who follows a thread gets several mails; each is the answer to the one it carries."""
    answers = Answers()
    answers.expect("bench-reply1-1", A, 10.0, must_quote=True)
    answers.expect("bench-reply2-1", A, 20.0, must_quote=True)
    answers.arrived(sunk(21.0, A, "bench-reply2-1"))
    assert answers.waits(["bench-reply1-1"]) == []
    assert answers.waits(["bench-reply2-1"]) == [1.0]
    answers.arrived(sunk(22.0, A, "bench-other-1"))
    assert answers.unasked == 1


def test_an_answer_before_its_mail_is_no_wait() -> None:
    """Clocks of two processes that disagreed would be seen, not told as waits below zero."""
    answers = Answers()
    answers.expect("one", A, 10.0)
    answers.arrived(sunk(9.0, A))
    assert (answers.waits(["one"]), answers.early, answers.open) == ([], 1, 1)


def test_a_refused_mail_is_not_waited_for() -> None:
    """The desk owes no answer to what it did not take."""
    answers = Answers()
    answers.expect("one", A, 10.0)
    answers.expect("two", A, 10.0)
    answers.forget("one", A)
    assert answers.open == 1
    answers.arrived(sunk(11.0, A))
    assert (answers.waits(["one"]), answers.waits(["two"])) == ([], [1.0])


async def test_waiting_ends_when_all_have_come_or_time_is_up() -> None:
    """A try knows whether all of its mails were answered."""
    answers = Answers()
    assert await answers.all_arrived(60)
    answers.expect("one", A, 10.0)
    assert not await answers.all_arrived(0.01)
    answers.arrived(sunk(11.0, A))
    assert await answers.all_arrived(60)
