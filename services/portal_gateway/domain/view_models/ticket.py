"""The ticket page: its head, the conversation, the panel beside it, the composer under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import JsonValue

from services.portal_gateway.domain.view_models.conversation import Entry, Told, conversation
from services.portal_gateway.domain.view_models.fields import Choice, Question, answered, question
from services.portal_gateway.domain.view_models.history import Line
from services.portal_gateway.domain.view_models.marks import (
    CHANNELS,
    PRIORITIES,
    PriorityMark,
    StatusMark,
    priority_mark,
    spec_mark,
    status_mark,
)
from services.portal_gateway.domain.view_models.names import Names
from services.portal_gateway.domain.view_models.people import Face, face
from services.portal_gateway.domain.view_models.texts import counted
from services.portal_gateway.domain.view_models.times import Clock, Moment, age, moment
from shared.contracts.state import ItemState, OrganisationState, PersonState, StatusSpec, TypeState


@dataclass(frozen=True, slots=True)
class AssigneeGroup:
    """The members of a team, to choose an assignee from."""

    label: str
    people: tuple[Face, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the conversation: number, title, and what is changed with one act.

    Attributes:
        version: what the reader sees; a change is based on it.
        solve: the status that "Solve" sets; none where it is solved.
    """

    number: int
    title: str
    version: int
    url: str
    status: StatusMark
    statuses: tuple[StatusMark, ...]
    priority: PriorityMark
    priorities: tuple[PriorityMark, ...]
    assignee: Face | None
    assignees: tuple[AssigneeGroup, ...]
    solve: StatusMark | None
    held: int
    incomplete: bool


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who hears of public messages."""

    who: Face
    told: str


@dataclass(frozen=True, slots=True)
class Company:
    """The requester's organisation and how much of it is here."""

    name: str
    initials: str
    domains: str
    counts: str
    url: str


@dataclass(frozen=True, slots=True)
class Related:
    number: int
    title: str
    url: str
    status: StatusMark


@dataclass(frozen=True, slots=True)
class Panel:
    """What stands beside the conversation.

    Attributes:
        fields: the type's custom fields with their answers.
        facts: (label, words) that nobody changes here; a moment where it is one.
    """

    requester: Face
    teams: tuple[Choice, ...]
    types: tuple[Choice, ...]
    team: str
    type: str
    labels: tuple[str, ...]
    in_status: Moment
    created: Moment
    facts: tuple[tuple[str, str], ...]
    fields: tuple[Question, ...]
    followers: tuple[Follower, ...]
    company: Company | None
    related: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class SendOption:
    """What the send button does besides sending; `status` is "" where it changes nothing."""

    status: str
    label: str


@dataclass(frozen=True, slots=True)
class Composer:
    """Where staff write.

    Attributes:
        to: "Reply to Marta Silva + 2 followers".
        recipients: who gets a reply by mail.
        typed, typed_note: what a post that was not taken had.
        seen: how many of the customers' messages the writer has seen; a newer one is told before sending.
        version: the ticket's, on which the status that the send sets is based.
        newer: sentence about a message that came meanwhile; the next send goes through.
        error: why the post was not taken.
        token: makes a second click the same message.
    """

    to: str
    recipients: tuple[Face, ...]
    send: SendOption
    others: tuple[SendOption, ...]
    seen: int
    version: int
    token: str
    staff_hint: str
    typed: str = ""
    typed_note: str = ""
    note: bool = False
    newer: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A ticket as one agent sees it."""

    id: UUID
    head: Head
    entries: tuple[Entry, ...]
    panel: Panel
    composer: Composer
    history: tuple[Line, ...]
    decisions: int


@dataclass(frozen=True)
class Shown:
    """What a ticket page is made from.

    Attributes:
        told: item, messages, steps, decisions, deliveries, names.
        staff: everyone who can be an assignee.
        organisation: the requester's, with how many of its tickets are open, and how many there are.
        related: tickets that may belong to it.
        token: of the composer.
        desk: what the desk is called.
        composer: what a post that was not taken had typed, and why: ``typed``, ``typed_note``, ``note``, ``newer``,
            ``error``, ``kept_token``.
    """

    told: Told
    staff: Sequence[PersonState]
    organisation: tuple[OrganisationState, int, int] | None
    related: Sequence[ItemState]
    token: str
    desk: str
    composer: Mapping[str, object] = field(default_factory=dict)


def ticket_page(shown: Shown, clock: Clock) -> TicketPage:
    """The page."""
    told, item = shown.told, shown.told.item
    kind = told.names.types.get(item.type)
    return TicketPage(
        id=item.id,
        head=head(item, told.names, shown.staff),
        entries=conversation(told, clock),
        panel=_panel(shown, kind, clock),
        composer=_composer(shown, kind),
        history=tuple(told.line_of(step, clock) for step in reversed(told.steps)),
        decisions=len(told.decisions),
    )


def head(item: ItemState, names: Names, staff: Sequence[PersonState]) -> Head:
    """A ticket's head."""
    kind = names.types.get(item.type)
    specs = kind.statuses if kind else ()
    solved = next((spec_mark(spec) for spec in specs if spec.state == "finished"), None)
    return Head(
        number=item.number,
        title=item.title or "(no subject)",
        version=item.version,
        url=f"/workspace/items/{item.number}",
        status=status_mark(item.status, kind),
        statuses=tuple(spec_mark(spec) for spec in specs),
        priority=priority_mark(item.priority),
        priorities=tuple(priority_mark(key) for key in PRIORITIES),
        assignee=face(item.assignee) if item.assignee else None,
        assignees=_assignees(item, names, staff),
        solve=solved if item.state != "finished" else None,
        held=item.held_count,
        incomplete=item.incomplete,
    )


def _assignees(item: ItemState, names: Names, staff: Sequence[PersonState]) -> tuple[AssigneeGroup, ...]:
    """The item's team first; everybody else under "Others"."""
    able = [person for person in staff if person.active and not person.service_account]
    team = names.teams.get(item.team or "")
    members = set(team.members) if team else set()
    groups = []
    if team and members:
        groups.append(AssigneeGroup(team.label, tuple(face(p) for p in able if p.id in members)))
    others = tuple(face(p) for p in able if p.id not in members)
    if others:
        groups.append(AssigneeGroup("Others" if groups else "Everybody", others))
    return tuple(group for group in groups if group.people)


def _panel(shown: Shown, kind: TypeState | None, clock: Clock) -> Panel:
    item, names = shown.told.item, shown.told.names
    typed: dict[str, JsonValue] = {f"fields.{key}": value for key, value in item.fields.items()}
    facts = [("Came in", CHANNELS[item.channel])]
    if item.mailboxes:
        facts.append(("Mailboxes", ", ".join(names.mailbox(key) for key in item.mailboxes)))
    if item.language:
        facts.append(("Language", item.language))
    types = [t for t in names.types.values() if not t.retired or t.key == item.type]
    return Panel(
        requester=face(item.requester),
        teams=(
            Choice("", "No team", not item.team),
            *(Choice(t.key, t.label, t.key == item.team) for t in names.teams.values()),
        ),
        types=tuple(Choice(t.key, t.label, t.key == item.type) for t in types),
        team=names.team(item.team),
        type=names.type(item.type),
        labels=item.tags,
        in_status=age(item.status_since, clock),
        created=moment(item.created_at, clock),
        facts=tuple(facts),
        fields=tuple(answered(question(spec), typed, {}) for spec in (kind.fields if kind else ())),
        followers=tuple(Follower(face(p), "staff" if p.staff else "gets replies") for p in item.followers),
        company=_company(shown),
        related=tuple(
            Related(r.number, r.title, f"/workspace/items/{r.number}", status_mark(r.status, names.types.get(r.type)))
            for r in shown.related
        ),
    )


def _company(shown: Shown) -> Company | None:
    if shown.organisation is None:
        return None
    organisation, open_count, total = shown.organisation
    return Company(
        name=organisation.name,
        initials=organisation.name[:2].upper(),
        # One that was made of a mail's domain is called by it until somebody names it.
        domains=", ".join(domain for domain in organisation.domains if domain != organisation.name),
        counts=f"{open_count:,} open, {total:,} in all",
        url=f"/workspace?organisation={organisation.id}&status=any",
    )


def _composer(shown: Shown, kind: TypeState | None) -> Composer:
    item = shown.told.item
    followers = len(item.followers)
    to = f"Reply to {face(item.requester).name}"
    if followers:
        to += f" + {counted(followers, 'follower')}"
    send, others = send_options(item, kind)
    return Composer(
        to=to,
        recipients=tuple(face(p) for p in (item.requester, *item.followers)),
        send=send,
        others=others,
        seen=sum(1 for m in shown.told.messages if m.by == "customer" and m.public and not m.held),
        version=item.version,
        token=str(shown.composer.get("kept_token") or shown.token),
        staff_hint=f"Only {shown.desk} staff can read this. No e-mail goes out.",
        typed=str(shown.composer.get("typed", "")),
        typed_note=str(shown.composer.get("typed_note", "")),
        note=bool(shown.composer.get("note", False)),
        newer=str(shown.composer.get("newer", "")),
        error=str(shown.composer.get("error", "")),
    )


def send_options(item: ItemState, kind: TypeState | None) -> tuple[SendOption, tuple[SendOption, ...]]:
    """What the send button does first, and what else it can do: wait for the customer, unless that is so already."""
    specs = kind.statuses if kind else ()
    waiting = next((spec for spec in specs if spec.waits_on == "customer"), None)
    plain = SendOption("", "Send reply")
    if waiting is not None and item.status != waiting.key:
        first = SendOption(waiting.key, "Send and set waiting")
        rest = [SendOption("", "Send, leave the status")]
    else:
        first, rest = plain, []
    rest += [
        _set(spec) for spec in specs if spec.key not in {item.status, first.status} and spec.state != "not_started"
    ]
    return first, tuple(rest)


def _set(spec: StatusSpec) -> SendOption:
    return SendOption(spec.key, f"Send and set {spec.label[0].lower()}{spec.label[1:]}")
