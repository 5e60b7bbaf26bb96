"""When a delivery is tried again, and when it is given up."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.notifier.domain.retry import ATTEMPTS_KEPT, GIVE_UP_AFTER, PAUSES, after_attempt, interrupted
from shared.contracts.state import Attempt, DeliveryState
from tests.unit.notifier.builders import NOW, delivery


def attempt(outcome: Any = "deferred", at: datetime = NOW, **more: Any) -> Attempt:
    return Attempt(**{"at": at, "outcome": outcome, "code": 451, "detail": "not now", **more})


def test_sent_is_the_end() -> None:
    """R6: the server took it."""
    after = after_attempt(delivery(reason="earlier"), attempt("sent", code=250), NOW)
    assert (after.status, after.reason, after.next_attempt_at, after.version) == ("sent", "", None, 2)


def test_refused_fails_with_the_servers_words() -> None:
    """R6: a 5xx is for good, and shown as the server said it."""
    after = after_attempt(delivery(), attempt("refused", code=550, detail="5.1.1 no such user"), NOW)
    assert (after.status, after.reason, after.next_attempt_at) == ("failed", "5.1.1 no such user", None)


@pytest.mark.parametrize("outcome", ["deferred", "unknown"])
def test_pauses_grow_and_end_with_five_days(outcome: str) -> None:
    """R6, DESIGN §2: seconds at first, an hour at most, until five days have passed; then failed and shown."""
    current, now, pauses = delivery(), NOW, []
    while current.status == "queued":
        current = after_attempt(current, attempt(outcome, at=now), NOW)
        if current.next_attempt_at is not None:
            pauses.append((current.next_attempt_at - now).total_seconds())
            now = current.next_attempt_at
    assert pauses[: len(PAUSES)] == list(PAUSES)
    assert set(pauses[len(PAUSES) : -1]) == {PAUSES[-1]}
    assert now - NOW == GIVE_UP_AFTER == timedelta(days=5)
    assert current.status == "failed"
    assert current.reason == "given up after five days: not now"
    assert len(current.attempts) == ATTEMPTS_KEPT


def test_first_ten_minutes_are_tried_often() -> None:
    """R6: with the server away for ten minutes, no delivery waits much longer than it has waited."""
    current, now = delivery(), NOW
    while now - NOW < timedelta(minutes=10):
        current = after_attempt(current, attempt(at=now), NOW)
        assert current.next_attempt_at is not None
        assert current.next_attempt_at - now <= max(timedelta(seconds=10), 2 * (now - NOW))
        now = current.next_attempt_at


def test_retry_by_hand_begins_the_pauses_anew() -> None:
    """DESIGN §2: a staff replay starts the age anew: old attempts are shown and count no more."""
    later = NOW + timedelta(days=6)
    tried = tuple(attempt(at=NOW + timedelta(hours=n)) for n in range(20))
    after = after_attempt(delivery(attempts=tried), attempt(at=later), later)
    assert after.status == "queued"
    assert after.next_attempt_at == later + timedelta(seconds=PAUSES[0])
    assert len(after.attempts) == 21


@pytest.mark.parametrize("status", ["failed", "sent", "suppressed", "expired"])
def test_what_is_settled_meanwhile_stays_settled(status: Any) -> None:
    """R6: a report that came while the mail went out stands; the attempt is noted beside it."""
    before = delivery(status=status, reason="it came back", next_attempt_at=None)
    after = after_attempt(before, attempt("sent"), NOW)
    assert (after.status, after.reason, after.next_attempt_at) == (status, "it came back", None)
    assert [a.outcome for a in after.attempts] == ["sent"]


def test_interrupted_attempt_is_unknown_and_still_due() -> None:
    """S4: whoever died around DATA may have sent it: that is what is written down, before it is sent again."""
    before: DeliveryState = delivery()
    after = interrupted(before, NOW)
    assert [a.outcome for a in after.attempts] == ["unknown"]
    assert (after.status, after.next_attempt_at, after.version) == ("queued", before.next_attempt_at, 2)
