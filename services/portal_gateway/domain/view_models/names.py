"""Labels for keys and ids: snapshots hold keys, pages show what people call them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import JsonValue

from services.portal_gateway.domain.view_models.marks import PRIORITIES, status_mark
from shared.contracts.state import (
    ItemState,
    MailboxState,
    OrganisationState,
    PersonRef,
    PersonState,
    TeamState,
    TypeState,
)

PRIORITY_WORDS: dict[str, str] = {str(key): label for key, label in PRIORITIES.items()}
#: Fields of an item as sentences name them.
FIELD_LABELS = {
    "title": "title",
    "status": "status",
    "state": "state",
    "priority": "priority",
    "type": "type",
    "team": "team",
    "assignee": "assignee",
    "assignee.address": "assignee's address",
    "tags": "labels",
    "followers": "followers",
    "mailbox": "mailbox",
    "mailboxes": "mailboxes",
    "requester": "requester",
    "requester.address": "requester's address",
    "requester.name": "requester's name",
    "requester.domain": "requester's mail domain",
    "requester.staff": "requester is staff",
    "sender.address": "sender's address",
    "organisation": "organisation",
    "organisation.id": "organisation",
    "text": "text of the message",
    "automatic": "message is automatic",
    "public": "message is public",
    "by": "written by",
    "initiator": "begun by",
    "attachments": "number of files",
    "incomplete": "request is incomplete",
    "channel": "channel",
    "language": "language",
    "kind": "kind",
    "number": "number",
}


@dataclass(frozen=True)
class Names:
    """Everything a page may have to call by its label. What is not there shows its key.

    Attributes:
        rules: names by the rule's id as text.
    """

    types: Mapping[str, TypeState] = field(default_factory=dict)
    teams: Mapping[str, TeamState] = field(default_factory=dict)
    people: Mapping[UUID, PersonState | PersonRef] = field(default_factory=dict)
    organisations: Mapping[UUID, OrganisationState] = field(default_factory=dict)
    mailboxes: Mapping[str, MailboxState] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)

    def rule(self, rule_id: str) -> str:
        return self.rules.get(rule_id, "(deleted)")

    def type(self, key: str) -> str:
        found = self.types.get(key)
        return found.label if found else key

    def team(self, key: str | None) -> str:
        found = self.teams.get(key) if key else None
        return found.label if found else key or "No team"

    def mailbox(self, key: str) -> str:
        found = self.mailboxes.get(key)
        return found.address if found else key

    def person(self, person_id: str | UUID | None) -> str:
        """A person's name; "nobody" for none, "somebody" for one that is not known here."""
        if not person_id:
            return "nobody"
        try:
            found = self.people.get(UUID(str(person_id)))
        except ValueError:
            return str(person_id)
        return (found.name or found.address) if found else "somebody"

    def organisation(self, organisation_id: UUID) -> str:
        found = self.organisations.get(organisation_id)
        return found.name if found else "an organisation"

    def status(self, key: str, type_key: str | None = None) -> str:
        """A status's label, of a type or of the first type that has it."""
        for kind in self._kinds(type_key):
            if any(spec.key == key for spec in kind.statuses):
                return status_mark(key, kind).label
        return status_mark(key, None).label

    def field(self, name: str, type_key: str | None = None) -> str:
        """A field's label, custom ones by their type's."""
        key = name.removeprefix("fields.")
        if key == name:
            return FIELD_LABELS.get(name, name)
        return next((spec.label for kind in self._kinds(type_key) for spec in kind.fields if spec.key == key), key)

    def value(self, name: str, value: JsonValue, type_key: str | None = None) -> str:
        """A field's value in words."""
        if isinstance(value, list):
            return ", ".join(self.value(name, each, type_key) for each in value) or "none"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if name in {"assignee", "followers", "requester"}:
            return self.person(None if value is None else str(value))
        if value is None or value == "":
            return "none"
        return self._labelled(name, str(value), type_key)

    def _labelled(self, name: str, value: str, type_key: str | None) -> str:
        if name.startswith("fields."):
            return self._option(name.removeprefix("fields."), value, type_key)
        labels: dict[str, Callable[[str], str]] = {
            "status": lambda key: self.status(key, type_key),
            "priority": lambda key: PRIORITY_WORDS.get(key, key),
            "type": self.type,
            "team": self.team,
            "mailbox": self.mailbox,
            "mailboxes": self.mailbox,
        }
        return labels[name](value) if name in labels else value

    def _option(self, key: str, value: str, type_key: str | None) -> str:
        specs = (spec for kind in self._kinds(type_key) for spec in kind.fields if spec.key == key)
        return next((o.label for spec in specs for o in spec.options if o.key == value), value)

    def _kinds(self, type_key: str | None) -> Iterable[TypeState]:
        found = self.types.get(type_key) if type_key else None
        return [found] if found else self.types.values()


def people_named(items: Iterable[ItemState]) -> dict[UUID, PersonState | PersonRef]:
    """The people that items carry with them."""
    found: dict[UUID, PersonState | PersonRef] = {}
    for item in items:
        for person in (item.requester, *item.followers, *((item.assignee,) if item.assignee else ())):
            found[person.id] = person
    return found
