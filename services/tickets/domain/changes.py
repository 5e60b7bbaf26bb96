"""Changing fields of an item: who may, what fits, what conflicts.

Rules:
- Only a field that this command names and that changed since the version it was based on is a conflict.
- A rule's command carries what the rule saw; if a human changed it since, the command is refused.
- An assignee works in the item's team: another team takes the item from them, unless they are of it.
- One save is one step of the history and one fact. Nothing changed is no step.
"""

from collections.abc import Callable
from uuid import UUID

from pydantic import JsonValue

from services.tickets.domain.bounds import TAGS, fault_of_size
from services.tickets.domain.items import follow, people_of
from services.tickets.domain.lifecycle import fault_of_fields, is_incomplete, status_of
from services.tickets.domain.workspace import (
    Cause,
    Changes,
    Decision,
    Refusal,
    Settled,
    Workspace,
    reference_to,
    updated,
)
from shared.contracts.answers import Conflict
from shared.contracts.state import ItemState, PersonState
from shared.contracts.tickets import Assign, ChangeItem, ItemChanged

PRIORITIES = ("low", "normal", "high", "urgent")
NOT_FOUND = Refusal("not_found", "There is no such item.")
FORBIDDEN = Refusal("forbidden", "You may not do that. An administrator can give you the right.")


def may_work(ws: Workspace, cause: Cause) -> bool:
    """Staff that are active, rules and the system may work on items."""
    if cause.is_machine:
        return True
    person = ws.people.get(cause.actor_id) if cause.is_staff and cause.actor_id else None
    return person is not None and person.role is not None and person.active


def change_item(ws: Workspace, command: ChangeItem, cause: Cause) -> Decision:
    """Decide a change of an item's fields."""
    if not may_work(ws, cause):
        return FORBIDDEN
    item = ws.item(command.item_id)
    if item is None:
        return NOT_FOUND
    wanted = {**_asked_by(command.assign), **command.set}
    seen = _changed_by_human(ws, item, command.saw) or conflicts_with(ws, item, wanted, command.based_on)
    if seen is not None:
        return seen
    draft = Draft(ws, item, cause)
    refusal = draft.set(command.set) or draft.assign(command.assign) or draft.tag(command.tag, command.untag)
    if refusal is not None:
        return refusal
    draft.follow(people_of(ws, command.follow), command.unfollow)
    return settled(draft.save())


def settled(item: ItemState, **more: JsonValue) -> Settled:
    return Settled(str(item.id), {"item_id": str(item.id), "number": item.number, "version": item.version, **more})


def conflicts_with(
    ws: Workspace, item: ItemState, values: dict[str, JsonValue], based_on: int | None
) -> Refusal | None:
    """A refusal that shows both values of each named field that changed since; none when none did."""
    if based_on is None or based_on >= item.version:
        return None
    found: dict[str, Conflict] = {}
    seen: dict[str, JsonValue] = {}
    for change in ws.history.get(item.id, []):
        if change.version <= based_on:
            continue
        for name in values.keys() & change.changes.keys():
            theirs = value_of(item, name)
            # What stands there is what the sender saw again, or what they want: nobody's change is lost.
            if theirs in (seen.setdefault(name, change.changes[name][0]), values[name]):
                continue
            found[name] = Conflict(
                yours=values[name],
                theirs=theirs,
                by=change.actor,
                by_name=change.actor_name,
                at=change.at.isoformat(),
            )
    if not found:
        return None
    return Refusal("conflict", "Someone changed this meanwhile.", found, about=next(iter(found)))


def value_of(item: ItemState, name: str) -> JsonValue:
    """A field's value as changes and conflicts show it; people by id."""
    if name.startswith("fields."):
        return item.fields.get(name.removeprefix("fields."))
    if name == "assignee":
        return str(item.assignee.id) if item.assignee else None
    if name == "followers":
        return [str(follower.id) for follower in item.followers]
    if name in {"tags", "mailboxes"}:
        return list(getattr(item, name))
    value = getattr(item, name, None)
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _asked_by(assign: Assign | None) -> dict[str, JsonValue]:
    """The fields that an assignment names; whose turn it is, is no value that could differ."""
    if assign is None:
        return {}
    asked: dict[str, JsonValue] = {} if assign.team is None else {"team": assign.team}
    return asked if assign.member in {"none", "in_turn"} else {**asked, "assignee": assign.member}


def _changed_by_human(ws: Workspace, item: ItemState, saw: dict[str, JsonValue]) -> Refusal | None:
    """A refusal of a rule's command whose field has another value since, by the hand of a human."""
    for name, value in saw.items():
        if value_of(item, name) == value:
            continue
        last = next((c for c in reversed(ws.history.get(item.id, [])) if name in c.changes), None)
        if last is not None and last.actor.startswith(("agent:", "customer:")):
            return Refusal("human_changed", f"{name} was changed since the rule looked.", about=name)
    return None


class Draft:
    """An item being changed: each step is checked at once, nothing is kept before `save`."""

    def __init__(self, ws: Workspace, item: ItemState, cause: Cause) -> None:
        self._ws, self._before, self._cause = ws, item, cause
        self._values: dict[str, object] = {}
        self._turn: tuple[str, UUID] | None = None

    @property
    def item(self) -> ItemState:
        """The item as it would be."""
        return self._before.model_copy(update=self._values)

    def set(self, values: dict[str, JsonValue]) -> Refusal | None:
        """Set named fields; the type first, since it decides what the others may be."""
        custom = {key.removeprefix("fields."): v for key, v in values.items() if key.startswith("fields.")}
        plain = {key: value for key, value in values.items() if not key.startswith("fields.")}
        for name in sorted(plain, key=lambda n: (n != "type", n != "team", n)):
            setter = self._setters().get(name)
            if setter is None:
                return Refusal("unknown_field", f"Items have no field {name}.", about=name)
            refusal = setter(plain[name])
            if refusal is not None:
                return refusal
        return self._set_custom(custom) if custom else None

    def assign(self, assign: Assign | None) -> Refusal | None:
        """Give the item to a team and, as asked, to nobody, to the member whose turn it is, or to one person."""
        if assign is None:
            return None
        refusal = self._set_team(assign.team) if assign.team is not None else None
        if refusal is not None or assign.member == "none":
            return refusal
        if assign.member != "in_turn":
            return self._set_assignee(assign.member)
        if self.item.team is None:
            return Refusal("invalid", "There is no team whose turn it could be.", about="assign")
        return self._assign_in_turn(self.item.team)

    def tag(self, added: tuple[str, ...], removed: tuple[str, ...]) -> Refusal | None:
        tags: list[JsonValue] = [tag for tag in self.item.tags if tag not in removed]
        tags += [tag.strip() for tag in added if tag.strip()]
        return self._set_tags(tags) if added or removed else None

    def follow(self, added: list[PersonState], removed: tuple[UUID, ...]) -> None:
        kept = tuple(f for f in self.item.followers if f.id not in removed)
        followers, _ = follow(self._ws, self.item.model_copy(update={"followers": kept}), added)
        if followers != self.item.followers:
            self._values["followers"] = followers

    def changes(self) -> Changes:
        """What differs from the item as it was."""
        found: Changes = {}
        for name in self._values:
            if name in {"state", "status_since", "fields", "incomplete"}:
                continue
            before, after = value_of(self._before, name), value_of(self.item, name)
            if before != after:
                found[name] = (before, after)
        for key in self._before.fields.keys() | self.item.fields.keys():
            before, after = self._before.fields.get(key), self.item.fields.get(key)
            if before != after:
                found[f"fields.{key}"] = (before, after)
        return found

    def finish(self) -> tuple[ItemState, Changes]:
        """The item one version on, with what changed; the turn that an assignment took is kept."""
        changes = self.changes()
        kind = self._ws.types.get(self.item.type)
        self._values["incomplete"] = is_incomplete(kind, self.item)
        if self._turn is not None:
            self._ws.turns[self._turn] = max(self._ws.turns.values(), default=0) + 1
            self._ws.changed_turns.add(self._turn)
        return updated(self._before, self._cause, **self._values), changes

    def save(self) -> ItemState:
        """Keep the change as one step and one fact; an item that did not change stays as it is."""
        if not self.changes():
            return self._before
        item, changes = self.finish()
        self._ws.put_item(item)
        fact = ItemChanged(item=item, changes=changes, actor_name=self._ws.name_of(self._cause))
        self._ws.tell_step("changed", fact, self._cause, "changed")
        return item

    def _setters(self) -> dict[str, Callable[[JsonValue], Refusal | None]]:
        return {
            "title": self._set_title,
            "status": self._set_status,
            "priority": self._set_priority,
            "type": self._set_type,
            "team": self._set_team,
            "assignee": self._set_assignee,
            "tags": self._set_tags,
        }

    def _set_title(self, value: JsonValue) -> Refusal | None:
        if not isinstance(value, str) or not value.strip() or len(value) > 255:
            return Refusal("invalid", "A title has 1 to 255 characters.", about="title")
        self._values["title"] = value.strip()
        return None

    def _set_status(self, value: JsonValue) -> Refusal | None:
        kind = self._ws.types.get(self.item.type)
        status = status_of(kind, str(value)) if kind else None
        if status is None:
            return Refusal("unknown_status", f"{self.item.type} items have no status {value}.", about="status")
        if status.key != self.item.status:
            self._values |= {"status": status.key, "state": status.state, "status_since": self._cause.now}
        return None

    def _set_priority(self, value: JsonValue) -> Refusal | None:
        if value not in PRIORITIES:
            return Refusal("invalid", f"Priority is one of {', '.join(PRIORITIES)}.", about="priority")
        self._values["priority"] = value
        return None

    def _set_type(self, value: JsonValue) -> Refusal | None:
        kind = self._ws.types.get(str(value))
        if kind is None or (kind.retired and kind.key != self.item.type):
            return Refusal("unknown_type", f"There is no type {value} in use.", about="type")
        self._values["type"] = kind.key
        if status_of(kind, self.item.status) is None:
            first = kind.statuses[0]
            self._values |= {"status": first.key, "state": first.state, "status_since": self._cause.now}
        return None

    def _set_team(self, value: JsonValue) -> Refusal | None:
        team = self._ws.teams.get(str(value))
        if value is not None and team is None:
            return Refusal("unknown_team", f"There is no team {value}.", about="team")
        if value != self.item.team and self.item.assignee and team and self.item.assignee.id not in team.members:
            self._values["assignee"] = None
        self._values["team"] = value
        return None

    def _set_assignee(self, value: JsonValue) -> Refusal | None:
        if value is None:
            self._values["assignee"] = None
            return None
        person = _person_named(self._ws, str(value))
        if person is None or person.role is None or not person.active:
            return Refusal("unknown_person", "Work goes to active staff only.", about="assignee")
        self._values["assignee"] = reference_to(person)
        return None

    def _set_tags(self, value: JsonValue) -> Refusal | None:
        if not isinstance(value, list) or not all(isinstance(tag, str) and 0 < len(tag) <= 60 for tag in value):
            return Refusal("invalid", "Tags are words of at most 60 characters.", about="tags")
        tags = tuple(dict.fromkeys(str(tag).strip() for tag in value))
        if len(tags) > TAGS:
            return Refusal("too_many", f"An item has at most {TAGS} tags.", about="tags")
        self._values["tags"] = tags
        return None

    def _set_custom(self, values: dict[str, JsonValue]) -> Refusal | None:
        kind = self._ws.types.get(self.item.type)
        if kind is None:
            return Refusal("unknown_type", "Its type is gone.", about="type")
        fault = fault_of_fields(kind, values)
        if fault is not None:
            return fault
        merged = {**self.item.fields, **values}
        for key in [key for key, value in merged.items() if value is None]:
            del merged[key]
        self._values["fields"] = merged
        return fault_of_size(merged)

    def _assign_in_turn(self, team: str) -> Refusal | None:
        members = [self._ws.people[m] for m in self._ws.teams[team].members if m in self._ws.people]
        able = [person for person in members if person.active and person.role is not None]
        if not able:
            return Refusal("nobody_there", f"{self._ws.teams[team].label} has no active member.", about="assign")
        longest_ago = min(able, key=lambda person: (self._ws.turns.get((team, person.id), 0), str(person.id)))
        self._turn = (team, longest_ago.id)
        self._values["assignee"] = reference_to(longest_ago)
        return None


def _person_named(ws: Workspace, name: str) -> PersonState | None:
    try:
        return ws.people.get(UUID(name))
    except ValueError:
        return ws.person(name)
