"""The five services as processes: their names, their modules, and how many of each."""

from dataclasses import dataclass

from deploy.local.errors import StackError

# In the order in which a message meets them; the gateway last, so that its pages find everybody.
MODULES = {
    "intake": "services.intake",
    "tickets": "services.tickets",
    "automation": "services.automation",
    "notifier": "services.notifier",
    "gateway": "services.portal_gateway",
}
MOST = 12


@dataclass(frozen=True)
class Replica:
    """One process of a service.

    Args:
        service: A key of `MODULES`.
        number: From 1.
    """

    service: str
    number: int

    @property
    def label(self) -> str:
        return f"{self.service}-{self.number}"

    @property
    def module(self) -> str:
        return MODULES[self.service]


def parse_replicas(text: str) -> dict[str, int]:
    """`tickets=2,gateway=2` as counts of every service; those not named run once.

    Raises:
        StackError: An unknown service, or a count that is none or beyond a topic's partitions.
    """
    counts = dict.fromkeys(MODULES, 1)
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, count = part.partition("=")
        if name not in counts:
            raise StackError(f"there is no service {name!r}", f"name one of {', '.join(counts)}")
        if not count.isdecimal() or not 1 <= int(count) <= MOST:
            raise StackError(f"{part!r} is no number of replicas", f"write {name}=N with N from 1 to {MOST}")
        counts[name] = int(count)
    return counts


def replicas_of(counts: dict[str, int]) -> list[Replica]:
    """Every process to start, in order."""
    return [Replica(service, number) for service, count in counts.items() for number in range(1, count + 1)]
