"""What the API shows of what administrators set up, of people, and of the quarantine."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from services.portal_gateway.routes.api.shapes import Shape
from shared.contracts.base import JsonObject
from shared.contracts.state import (
    FieldSpec,
    MailboxState,
    OrganisationState,
    PersonState,
    QuarantineState,
    RuleState,
    StaffRole,
    StatusSpec,
    TeamState,
    TypeState,
)


class Rule(Shape):
    id: UUID
    name: str
    enabled: bool
    trigger: str
    filter: JsonObject
    actions: list[JsonObject]
    position: int
    activated_at: datetime | None
    version: int

    @classmethod
    def of(cls, rule: RuleState) -> "Rule":
        return cls(**rule.model_dump(include=set(cls.model_fields)))


class Type(Shape):
    key: str
    label: str
    item_kind: Literal["ticket", "task"]
    fields: list[FieldSpec]
    statuses: list[StatusSpec]
    team: str | None
    retired: bool
    version: int

    @classmethod
    def of(cls, kind: TypeState) -> "Type":
        return cls(**kind.model_dump(include=set(cls.model_fields)))


class Team(Shape):
    key: str
    label: str
    members: list[UUID]
    version: int

    @classmethod
    def of(cls, team: TeamState) -> "Team":
        return cls(**team.model_dump(include=set(cls.model_fields)))


class Mailbox(Shape):
    key: str
    address: str
    label: str
    type: str
    team: str | None
    version: int

    @classmethod
    def of(cls, mailbox: MailboxState) -> "Mailbox":
        return cls(**mailbox.model_dump(include=set(cls.model_fields)))


class Agent(Shape):
    """Somebody of staff, or the account of an API token."""

    id: UUID
    address: str
    name: str
    role: StaffRole
    active: bool
    service_account: bool
    teams: list[str]
    version: int

    @classmethod
    def of(cls, person: PersonState, teams: list[TeamState]) -> "Agent":
        mine = [team.key for team in teams if person.id in team.members]
        return cls(**person.model_dump(include=set(cls.model_fields)), teams=mine)


class KnownPerson(Shape):
    """A person of the desk: a customer, or staff where `role` is set."""

    id: UUID
    address: str
    name: str
    role: StaffRole | None
    organisation_id: UUID | None
    language: str | None
    active: bool
    fields: dict[str, JsonValue]

    @classmethod
    def of(cls, person: PersonState) -> "KnownPerson":
        return cls(**person.model_dump(include=set(cls.model_fields)))


class Company(Shape):
    """An organisation: a customer's company."""

    id: UUID
    name: str
    domains: list[str]
    fields: dict[str, JsonValue]

    @classmethod
    def of(cls, organisation: OrganisationState) -> "Company":
        return cls(**organisation.model_dump(include=set(cls.model_fields)))


class Quarantined(Shape):
    """A mail that could not be read, or to no mailbox of ours.

    Attributes:
        head: its first lines.
        raw_url: its bytes.
    """

    id: UUID
    status: Literal["open", "released", "discarded"]
    error_code: str
    error: str
    sender: str
    recipients: list[str]
    subject: str
    message_id: str | None
    size: int
    head: str
    raw_url: str
    item_number: int | None
    last_action_by: str
    accepted_at: datetime

    @classmethod
    def of(cls, row: QuarantineState) -> "Quarantined":
        same = row.model_dump(include=set(cls.model_fields))
        return cls(**same, size=row.size_bytes, raw_url=f"/api/v1/quarantine/{row.id}/raw")


class Me(Shape):
    """Whoever asks."""

    id: UUID
    address: str
    name: str
    role: StaffRole


class Outcome(Shape):
    """What became of a command.

    Attributes:
        outcome: ``pending`` until the answer has come.
        url: what it made or changed, where that is an item.
    """

    command_id: UUID
    outcome: Literal["pending", "done", "refused"]
    code: str | None = None
    text: str = ""
    field: str | None = None
    result: dict[str, JsonValue] = {}
    url: str | None = None
