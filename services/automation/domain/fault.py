"""What is wrong with a rule: a value, so that the person who saves it reads the place and the remedy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong with a rule, and where: ``filter.all.0.field``."""

    code: str
    place: str
    text: str


class FaultError(Exception):
    """A rule has a fault; `compile_rule` catches it and hands the fault back as a value."""

    def __init__(self, code: str, place: str, text: str) -> None:
        super().__init__(text)
        self.fault = Fault(code, place, text)
