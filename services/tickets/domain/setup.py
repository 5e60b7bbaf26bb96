"""What administrators set up: types, teams, staff, mailboxes. Each save is a new version, told whole."""

from pydantic import JsonValue

from services.tickets.domain.addresses import normalise
from services.tickets.domain.changes import FORBIDDEN
from services.tickets.domain.lifecycle import DEFAULT_STATUSES
from services.tickets.domain.parts import note, overtaken, parts_of
from services.tickets.domain.workspace import Cause, Decision, Refusal, Settled, Workspace
from shared.contracts.state import (
    FormState,
    MailboxState,
    OrganisationState,
    PersonState,
    StatusSpec,
    TeamState,
    TypeState,
)
from shared.contracts.tickets import ReferenceChanged, SaveAgent, SaveMailbox, SaveTeam, SaveType

Setup = TypeState | TeamState | MailboxState | FormState | OrganisationState


def may_set_up(ws: Workspace, cause: Cause) -> bool:
    """Administrators, and the console of whoever runs the desk (``system:…``); no rule, no customer."""
    if cause.actor.startswith("system:"):
        return True
    person = ws.people.get(cause.actor_id) if cause.is_staff and cause.actor_id else None
    return person is not None and person.role == "administrator" and person.active


def save_type(ws: Workspace, command: SaveType, cause: Cause) -> Decision:
    """A type is made or changed. A status that items are in cannot vanish; a form of the same key follows it."""
    known = ws.types.get(command.key)
    refusal = _cannot_save(ws, cause, command.create, known)
    if refusal is not None:
        return refusal
    statuses = command.statuses if command.statuses is not None else known.statuses if known else DEFAULT_STATUSES
    fault = _fault_of_statuses(ws, command.key, statuses) or _fault_of_type(ws, command)
    if fault is not None:
        return fault
    kind = TypeState(
        version=known.version + 1 if known else 1,
        key=command.key,
        label=command.label or (known.label if known else command.key),
        fields=command.fields if command.fields is not None else known.fields if known else (),
        statuses=statuses,
        team=command.team or (known.team if known else None),
        retired=command.retired if command.retired is not None else known.retired if known else False,
    )
    clash = _replaced(ws, known, kind, command.based_on, cause)
    if clash is not None:
        return clash
    ws.types[kind.key] = kind
    _tell(ws, kind, cause)
    _form_follows(ws, kind, cause)
    return _settled(kind, kind.key)


def save_team(ws: Workspace, command: SaveTeam, cause: Cause) -> Decision:
    """A team is made or changed; its members are staff."""
    known = ws.teams.get(command.key)
    refusal = _cannot_save(ws, cause, command.create, known)
    if refusal is not None:
        return refusal
    for member in command.members or ():
        person = ws.people.get(member)
        if person is None or person.role is None:
            return Refusal("unknown_person", f"{member} is nobody of staff.", about="members")
    team = TeamState(
        version=known.version + 1 if known else 1,
        key=command.key,
        label=command.label or (known.label if known else command.key),
        members=command.members if command.members is not None else known.members if known else (),
    )
    clash = _replaced(ws, known, team, command.based_on, cause)
    if clash is not None:
        return clash
    ws.teams[team.key] = team
    _tell(ws, team, cause)
    return _settled(team, team.key)


def save_mailbox(ws: Workspace, command: SaveMailbox, cause: Cause) -> Decision:
    """A mailbox is made or changed; its address is no other's."""
    known = ws.mailboxes.get(command.key)
    refusal = _cannot_save(ws, cause, command.create, known)
    if refusal is not None:
        return refusal
    mailbox = MailboxState(
        version=known.version + 1 if known else 1,
        key=command.key,
        address=normalise(command.address) if command.address else known.address if known else "",
        label=command.label or (known.label if known else command.key),
        type=command.type or (known.type if known else ""),
        team=command.team or (known.team if known else None),
    )
    fault = _fault_of_mailbox(ws, mailbox)
    if fault is not None:
        return fault
    clash = _replaced(ws, known, mailbox, command.based_on, cause)
    if clash is not None:
        return clash
    ws.mailboxes[mailbox.key] = mailbox
    _tell(ws, mailbox, cause)
    return _settled(mailbox, mailbox.key)


def save_agent(ws: Workspace, command: SaveAgent, cause: Cause) -> Decision:
    """A person becomes staff, or staff change; teams are set where named."""
    if not may_set_up(ws, cause):
        return FORBIDDEN
    known = ws.person(command.address) or ws.people.get(command.person_id)
    if known is None:
        return Refusal("invalid", "Staff need an address.", about="address")
    for team in command.teams or ():
        if team not in ws.teams:
            return Refusal("unknown_team", f"There is no team {team}.", about="teams")
    if _ends_administration(ws, known, command):
        return Refusal("last_administrator", "A desk keeps at least one active administrator.", about="role")
    person = known.model_copy(
        update={
            "version": known.version + 1,
            "name": command.name or known.name,
            "role": command.role or known.role or "agent",
            "service_account": command.service_account or known.service_account,
            "active": command.active,
        }
    )
    teams = _teams_of(ws, known)
    before = parts_of(known, teams=[*teams])
    after = parts_of(person, teams=[*teams] if command.teams is None else [*sorted(command.teams)])
    clash = overtaken(ws, person.state_key(), before, after, command.based_on)
    if clash is not None:
        return clash
    note(ws, person.state_key(), before, after, person.version, cause)
    ws.put_person(person)
    (ws.administrators.add if _administers(person) else ws.administrators.discard)(person.id)
    ws.tell(ReferenceChanged(reference=person), person, cause, "person")
    if command.teams is not None:
        _set_teams(ws, person, command.teams, cause)
    return _settled(person, str(person.id), person_id=str(person.id))


def _administers(person: PersonState) -> bool:
    return person.role == "administrator" and person.active and not person.service_account


def _ends_administration(ws: Workspace, known: PersonState, command: SaveAgent) -> bool:
    """The only active administrator would be none any more."""
    stays = command.active and (command.role or known.role) == "administrator"
    return _administers(known) and not stays and ws.administrators <= {known.id}


def _set_teams(ws: Workspace, person: PersonState, teams: tuple[str, ...], cause: Cause) -> None:
    for team in list(ws.teams.values()):
        members = [member for member in team.members if member != person.id]
        if team.key in teams:
            members.append(person.id)
        if tuple(members) != team.members:
            changed = team.model_copy(update={"members": tuple(members), "version": team.version + 1})
            _replaced(ws, team, changed, None, cause)
            ws.teams[team.key] = changed
            _tell(ws, changed, cause)


def _teams_of(ws: Workspace, person: PersonState) -> list[str]:
    return sorted(team.key for team in ws.teams.values() if person.id in team.members)


def _replaced(ws: Workspace, known: Setup | None, state: Setup, based_on: int | None, cause: Cause) -> Refusal | None:
    """What stands in the way of a new version, or none: then the parts that it changes are noted."""
    if known is None:
        return None
    key, before, after = state.state_key(), parts_of(known), parts_of(state)
    clash = overtaken(ws, key, before, after, based_on)
    if clash is None:
        note(ws, key, before, after, state.version, cause)
    return clash


def _cannot_save(ws: Workspace, cause: Cause, create: bool, known: Setup | None) -> Refusal | None:
    if not may_set_up(ws, cause):
        return FORBIDDEN
    if create and known is not None:
        return Refusal("taken", "The key is taken.", about="key")
    if not create and known is None:
        return Refusal("not_found", "There is none with this key.", about="key")
    return None


def _fault_of_statuses(ws: Workspace, key: str, statuses: tuple[StatusSpec, ...]) -> Refusal | None:
    keys = [status.key for status in statuses]
    if not keys or len(set(keys)) != len(keys):
        return Refusal("invalid", "A lifecycle has at least one status, each once.", about="statuses")
    gone = ws.statuses_in_use.get(key, set()) - set(keys)
    if gone:
        return Refusal("status_in_use", f"Items are in {', '.join(sorted(gone))}.", about="statuses")
    return None


def _fault_of_type(ws: Workspace, command: SaveType) -> Refusal | None:
    if command.team is not None and command.team not in ws.teams:
        return Refusal("unknown_team", f"There is no team {command.team}.", about="team")
    keys = [field.key for field in command.fields or ()]
    if len(set(keys)) != len(keys):
        return Refusal("invalid", "Each field has a key of its own.", about="fields")
    for field in command.fields or ():
        options = [option.key for option in field.options]
        if field.kind == "select" and (not options or len(set(options)) != len(options)):
            return Refusal("invalid", f"{field.label} needs options, each once.", about=f"fields.{field.key}")
    return None


def _fault_of_mailbox(ws: Workspace, mailbox: MailboxState) -> Refusal | None:
    if "@" not in mailbox.address:
        return Refusal("invalid", "A mailbox needs an address.", about="address")
    if any(m.address == mailbox.address and m.key != mailbox.key for m in ws.mailboxes.values()):
        return Refusal("taken", f"{mailbox.address} is another mailbox's address.", about="address")
    if mailbox.type not in ws.types:
        return Refusal("unknown_type", f"There is no type {mailbox.type}.", about="type")
    if mailbox.team is not None and mailbox.team not in ws.teams:
        return Refusal("unknown_team", f"There is no team {mailbox.team}.", about="team")
    return None


def _form_follows(ws: Workspace, kind: TypeState, cause: Cause) -> None:
    known = ws.forms.get(kind.key)
    form = FormState(
        version=known.version + 1 if known else 1,
        key=kind.key,
        type=kind.key,
        title=known.title if known else kind.label,
        intro=known.intro if known else "",
        mailbox=known.mailbox if known else _mailbox_for(ws, kind),
        open=not kind.retired,
    )
    if known is None or known.open != form.open:
        ws.forms[form.key] = form
        _tell(ws, form, cause)


def _mailbox_for(ws: Workspace, kind: TypeState) -> str:
    fitting = (m.key for m in ws.mailboxes.values() if m.type == kind.key)
    return next(fitting, next(iter(ws.mailboxes), "support"))


def _tell(ws: Workspace, state: TypeState | TeamState | MailboxState | FormState, cause: Cause) -> None:
    ws.put_setup(state)
    ws.tell(ReferenceChanged(reference=state), state, cause, state.state_key())


def _settled(state: Setup | PersonState, key: str, **more: JsonValue) -> Settled:
    return Settled(state.state_key(), {"key": key, "version": state.version, **more})
