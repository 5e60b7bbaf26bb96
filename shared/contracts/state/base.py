"""The snapshot: a versioned aggregate on a state topic."""

from typing import ClassVar

from shared.contracts.base import Contract


class Snapshot(Contract):
    """A versioned aggregate on a state topic; subclasses name their kind."""

    kind_name: ClassVar[str]

    version: int

    def state_key(self) -> str:
        """``kind:id``, the record's key on the state topic."""
        raise TypeError("a snapshot names its key")
