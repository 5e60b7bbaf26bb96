"""Which faults come when: drawn from a seed, every kind often enough."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SERVICES = ("intake", "tickets", "automation", "notifier", "gateway")
#: A frozen process is stopped for longer than its broker waits for it (10 s), so that it wakes as a zombie.
FROZEN_SECONDS = (12.0, 16.0)
#: The first faults come once there is something to break, the last soon enough to be healed under load.
WARM_SECONDS, COOL_SECONDS = 6.0, 8.0
SOAK_OF_EACH, SOAK_SECONDS = 20, 3 * 3600.0


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        least: how many of a run of ten minutes.
        seconds: how long it lasts, from and to.
    """

    least: int
    seconds: tuple[float, float]


KINDS: dict[str, Kind] = {
    **{f"kill-{service}": Kind(3, (0.5, 4.0)) for service in SERVICES},
    "kill-broker": Kind(2, (2.0, 6.0)),
    "kill-postmaster": Kind(2, (1.0, 4.0)),
    "kill-backend": Kind(3, (0.0, 0.0)),
    **{f"freeze-{service}": Kind(1, FROZEN_SECONDS) for service in SERVICES},
    "rolling-restart": Kind(1, (0.0, 0.0)),
    "sink-swallow": Kind(2, (3.0, 8.0)),
    **{f"sink-{manner}": Kind(1, (4.0, 10.0)) for manner in ("refuse", "421", "450", "451", "trickle")},
    "link-swallow": Kind(3, (2.0, 8.0)),
    "link-reset": Kind(3, (0.0, 0.0)),
    **{f"link-{manner}": Kind(2, (3.0, 10.0)) for manner in ("refuse", "black-hole", "delay", "slow", "cut")},
    "poison": Kind(3, (0.0, 0.0)),
}


@dataclass(frozen=True)
class Planned:
    """One fault to come.

    Attributes:
        at: seconds after the load began.
        draw: chance in [0, 1) that chooses whom it hits.
    """

    at: float
    kind: str
    seconds: float
    draw: float


def plan_faults(seed: int, run_seconds: float, count: int, least: Mapping[str, int] | None = None) -> list[Planned]:
    """Faults over a run, in the order of their time; they may overlap.

    Args:
        seed: the same seed is the same plan.
        run_seconds: how long the load lasts.
        count: how many in all; more where the least numbers ask for more and there is time for them.
        least: of each kind; those of a run of ten minutes in the run's proportion when left out.
    """
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    wanted = _wanted(rng, count, least or in_proportion(run_seconds))
    rng.shuffle(wanted)
    room = max(1.0, run_seconds - WARM_SECONDS - COOL_SECONDS)
    planned = []
    for number, kind in enumerate(wanted):
        seconds = rng.uniform(*KINDS[kind].seconds)
        at = WARM_SECONDS + room * (number + rng.random() * 0.8) / len(wanted)
        latest = max(WARM_SECONDS, run_seconds - COOL_SECONDS - seconds)
        planned.append(Planned(round(min(at, latest), 2), kind, round(seconds, 2), rng.random()))
    return sorted(planned, key=lambda each: each.at)


def spread_faults(seed: int, rounds: int = 1) -> list[Planned]:
    """Every kind once a round, to be carried out one after another."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    kinds = [kind for _ in range(rounds) for kind in rng.sample(list(KINDS), len(KINDS))]
    return [Planned(0.0, kind, round(rng.uniform(*KINDS[kind].seconds), 2), rng.random()) for kind in kinds]


def rounds_of(faults: int) -> int:
    """As many rounds of all kinds as are nearest to so many faults."""
    return max(1, round(faults / len(KINDS)))


def in_proportion(run_seconds: float) -> dict[str, int]:
    """The least numbers of a run of ten minutes, for a longer or shorter one."""
    return {kind: int(each.least * run_seconds / 600) for kind, each in KINDS.items()}


def of_each(run_seconds: float) -> dict[str, int]:
    """So many of every kind as a soak of this length has: twenty of each from three hours on, in proportion below."""
    share = min(1.0, run_seconds / SOAK_SECONDS)
    return dict.fromkeys(KINDS, max(1, round(SOAK_OF_EACH * share)))


def _wanted(rng: random.Random, count: int, least: Mapping[str, int]) -> list[str]:
    """The least of each kind, then one of each kind that has none, then any, up to the count."""
    wanted = [kind for kind, number in least.items() for _ in range(number)]
    rest: Sequence[str] = [kind for kind in KINDS if kind not in wanted]
    wanted += rng.sample(rest, min(len(rest), max(0, count - len(wanted))))
    return wanted + rng.choices(list(KINDS), k=max(0, count - len(wanted)))
