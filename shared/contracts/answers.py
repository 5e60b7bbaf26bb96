"""The answer to a command: the one message that tells a waiting page what became of it.

Invariant: each command and each receipt gets exactly one answer, on its owner's events topic, after the facts that
it caused and under their key, so that whoever has projected the answer has projected the facts.
"""

from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from shared.contracts.base import Contract, Message, message


class Conflict(Contract):
    """A field that changed since the version that a command was based on."""

    yours: JsonValue
    theirs: JsonValue
    by: str
    by_name: str = ""
    at: str


class Answer(Message):
    """What became of a command.

    Attributes:
        command_id: the command's ``ce_id``, or the receipt's id for what came in by a door.
        code: stable, of a refusal: ``conflict``, ``not_found``, ``forbidden``, ``invalid``, ``unknown_status`` …
        text: one sentence for a person.
        field: the field that the refusal is about.
        conflicts: with code ``conflict``, every field that differs.
        result: what was made or changed: ``item_id``, ``number``, ``version``, ``message_id``, ``disposition``
            (created, threaded, held, also_received), ``rule_id``, ``key``, ``goes_on`` (a mail left the quarantine
            for `tickets`, which answers for its receipt) …
    """

    command_id: UUID
    outcome: Literal["done", "refused"]
    code: str | None = None
    text: str = ""
    field: str | None = None
    conflicts: dict[str, Conflict] = {}
    result: dict[str, JsonValue] = {}


@message("deskstream.tickets.command.answered.v1", "tickets-events")
class TicketsAnswered(Answer):
    """The answer of `tickets`."""


@message("deskstream.intake.command.answered.v1", "intake-events")
class IntakeAnswered(Answer):
    """The answer of `intake`."""


@message("deskstream.automation.command.answered.v1", "automation-events")
class AutomationAnswered(Answer):
    """The answer of `automation`."""


@message("deskstream.notifier.command.answered.v1", "notifier-events")
class NotifierAnswered(Answer):
    """The answer of `notifier`."""
