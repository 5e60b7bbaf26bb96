"""Snapshots of people, organisations and teams."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import JsonValue

from shared.contracts.state.base import Snapshot

StaffRole = Literal["agent", "administrator"]


class PersonState(Snapshot):
    """A person: customer, or staff where `role` is set. One address, one person."""

    kind_name: ClassVar[str] = "person"
    record: Literal["person"] = "person"

    id: UUID
    address: str
    name: str = ""
    role: StaffRole | None = None
    service_account: bool = False
    organisation_id: UUID | None = None
    language: str | None = None
    active: bool = True
    fields: dict[str, JsonValue] = {}

    def state_key(self) -> str:
        return f"person:{self.id}"


class OrganisationState(Snapshot):
    kind_name: ClassVar[str] = "organisation"
    record: Literal["organisation"] = "organisation"

    id: UUID
    name: str
    domains: tuple[str, ...] = ()
    fields: dict[str, JsonValue] = {}

    def state_key(self) -> str:
        return f"organisation:{self.id}"


class TeamState(Snapshot):
    kind_name: ClassVar[str] = "team"
    record: Literal["team"] = "team"

    key: str
    label: str
    members: tuple[UUID, ...] = ()

    def state_key(self) -> str:
        return f"team:{self.key}"
