"""Every message by its CloudEvents type, and the decoding of one record.

Invariant: importing this module registers every context, so `MESSAGE_TYPES` is complete for whoever came by here.
"""

from pydantic import ValidationError

from shared.contracts import answers, automation, gateway, intake, notifier, tickets
from shared.contracts.base import MESSAGE_TYPES, Message, faults_of

__all__ = ["CONTEXTS", "MESSAGE_TYPES", "MalformedBodyError", "UnknownTypeError", "decode"]

CONTEXTS = (answers, automation, gateway, intake, notifier, tickets)


class UnknownTypeError(ValueError):
    """No model has this type: the record is of a newer version. Count it and go on."""


class MalformedBodyError(ValueError):
    """The value is not what its type says; the record is a dead letter, retrying cannot mend it."""


def decode(ce_type: str, value: bytes) -> Message:
    """Read a record's value by its type.

    Raises:
        UnknownTypeError: the type is not registered.
        MalformedBodyError: the value is not JSON or not of the model's shape.
    """
    model = MESSAGE_TYPES.get(ce_type)
    if model is None:
        raise UnknownTypeError(ce_type)
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise MalformedBodyError(f"{ce_type}: {faults_of(error)}") from error
