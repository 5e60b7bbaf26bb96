"""The root of every message and the table that finds a message's model by its CloudEvents type.

Invariant: one ``ce_type`` names one model for ever. Within a version only optional fields with defaults may be
added; a change of meaning is a new version.
"""

from collections.abc import Callable
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

JsonObject = dict[str, JsonValue]


class Contract(BaseModel):
    """A frozen value that crosses a service's border; unknown fields are ignored, so that old code reads new events."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(Contract):
    """A contract that travels as a record's whole value, under a type of its own."""

    ce_type: ClassVar[str]
    topic: ClassVar[str]


M = TypeVar("M", bound=type[Message])

#: Every message type that exists, by ``ce_type``. Filled while the context modules are imported.
MESSAGE_TYPES: dict[str, type[Message]] = {}


def message(ce_type: str, topic: str) -> Callable[[M], M]:
    """Register a model under its CloudEvents type and the topic it is published on.

    Args:
        ce_type: ``deskstream.<service>.<aggregate>.<fact>.v<n>``.
        topic: name of a topic of ``shared.contracts.topics`` (without an install's prefix).

    Raises:
        ValueError: the type is taken; two models under one name could not be told apart on the log.
    """

    def register(model: M) -> M:
        if ce_type in MESSAGE_TYPES:
            raise ValueError(f"{ce_type} is registered twice")
        model.ce_type = ce_type
        model.topic = topic
        MESSAGE_TYPES[ce_type] = model
        return model

    return register


def faults_of(error: ValidationError) -> str:
    """What is wrong with a value and where, without quoting it: it may hold what no log should."""
    faults = error.errors(include_input=False, include_context=False, include_url=False)
    named = (f"{'.'.join(str(part) for part in fault['loc']) or 'value'}: {fault['msg']}" for fault in faults)
    return "; ".join(named)[:300]
