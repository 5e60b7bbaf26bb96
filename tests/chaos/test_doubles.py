"""A mail may come twice only where its sender knows that an answer was lost; faults say why, and excuse nothing."""

from dataclasses import replace

import pytest

from tests.chaos.checker.notifications import doubles
from tests.chaos.checker.report import judge
from tests.chaos.checker.seen import Evidence, Fault
from tests.chaos.checker.stand_in import AGENT, ANA, evidence, mail
from tests.chaos.sinks import SunkMail


def red(spoilt: Evidence) -> dict[str, int]:
    return {check: count for check, count in judge(spoilt).counts.items() if count}


def again(at: float) -> SunkMail:
    """The agent's answer to Ana, which she had at 3.5."""
    return mail(ANA.address, "m-3", f"We look at it, {AGENT}", at)


def twice_by(attempts: tuple[str, ...], *faults: Fault) -> Evidence:
    """A mail came twice to Ana, at 3.5 and at 5.5; its sender recorded these attempts."""
    spoilt = evidence()
    spoilt.mails = [*spoilt.mails, again(5.5)]
    spoilt.tables.deliveries = [
        replace(d, attempts=attempts) if d.message_id == "m-3" and d.person == ANA.id else d
        for d in spoilt.tables.deliveries
    ]
    spoilt.faults = faults
    return spoilt


def reasons(spoilt: Evidence) -> tuple[int, int, int]:
    """Doubles with attempt and fault, with an attempt alone, with neither."""
    found = doubles(spoilt)
    return found.explained, found.by_attempt_alone, len(found.unexplained)


def test_mail_that_came_twice_needs_an_attempt_that_is_unknown() -> None:
    """S4: a lost answer, recorded as unknown, is a reason; a fault beside it says why, and alone excuses nothing."""
    killed = Fault("kill-notifier", "notifier-2", 4.0, 4.5)
    both = twice_by(("unknown", "sent"), killed)
    assert (red(both), reasons(both)) == ({}, (1, 0, 0))
    assert judge(both).facts["notifications_doubled_explained"] == 1
    alone = twice_by(("unknown", "sent"))
    assert (red(alone), reasons(alone)) == ({}, (0, 1, 0))
    assert judge(alone).facts["notifications_doubled_by_attempt_alone"] == 1
    assert red(twice_by(("sent",), killed)) == {"notifications_doubled_unexplained": 1}
    thrice = twice_by(("unknown", "sent"), killed)
    thrice.mails = [*thrice.mails, again(6.5)]
    assert red(thrice) == {"notifications_doubled_unexplained": 1}


@pytest.mark.parametrize(
    ("kind", "target", "is_reason"),
    [
        ("freeze-notifier", "notifier-1", True),
        ("rolling-restart", "notifier", True),
        ("crash-point", "notifier-1", True),
        ("kill-postmaster", "postmaster", True),
        ("disk-full", "postgres", True),
        ("kill-backend", "notifier backend", True),
        ("sink-swallow", "sink", True),
        ("link-cut", "notifier-2.smtp", True),
        ("link-swallow", "notifier-1.postgres", True),
        ("kill-gateway", "gateway-1", False),
        ("rolling-restart", "tickets", False),
        ("kill-backend", "tickets backend", False),
        ("sink-451", "sink", False),
        ("disk-full", "kafka", False),
        ("link-swallow", "tickets-1.postgres", False),
        ("link-delay", "notifier-1.smtp", False),
        ("link-cut", "notifier-1.kafka", False),
        ("poison", "notifier-commands", False),
    ],
)
def test_only_what_can_lose_an_answer_says_why_a_mail_came_twice(kind: str, target: str, *, is_reason: bool) -> None:
    """S4: what befalls a sender, its ways to database and mail server, its backend, or ends the server's talk."""
    wanted = (1, 0, 0) if is_reason else (0, 1, 0)
    assert reasons(twice_by(("unknown", "sent"), Fault(kind, target, 4.0, 4.5))) == wanted
    assert reasons(twice_by(("unknown", "sent"), Fault(kind, target, 0.1, 0.5))) == (0, 1, 0), "over before"
