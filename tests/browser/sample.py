"""A desk at a quarter past twelve on a Monday, as snapshots: what the pages are looked at with, without servers."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from shared.contracts.state import (
    Address,
    AttachmentRef,
    BrandState,
    Channel,
    FieldOption,
    FieldSpec,
    FormState,
    ItemState,
    MessageState,
    OrganisationRef,
    OrganisationState,
    PersonRef,
    PersonState,
    Priority,
    StatusSpec,
    TeamState,
    TypeState,
)

ZONE = ZoneInfo("Europe/Lisbon")
NOW = datetime(2026, 11, 23, 12, 14, tzinfo=ZONE)
_NAMES = UUID("6b1f6c0e-5d0a-4a3e-9a57-1d0c1f5f3a11")


def an_id(name: str) -> UUID:
    """The same id for the same name."""
    return uuid5(_NAMES, name)


def at(clock: str, days_ago: int = 0) -> datetime:
    """A moment of that Monday, or of a day before it."""
    hour, minute = (int(part) for part in clock.split(":"))
    return NOW.replace(hour=hour, minute=minute) - timedelta(days=days_ago)


STATUSES = (
    StatusSpec(key="new", label="New", state="not_started", phase="triage"),
    StatusSpec(key="in_progress", label="In progress", state="in_progress"),
    StatusSpec(key="waiting_on_customer", label="Waiting on customer", state="in_progress", waits_on="customer"),
    StatusSpec(key="on_hold", label="On hold", state="in_progress", waits_on="other"),
    StatusSpec(key="solved", label="Solved", state="finished", phase="delivery"),
)
_STATE_OF = {spec.key: spec.state for spec in STATUSES}

SHOP = FieldSpec(
    key="shop",
    label="Which shop?",
    kind="select",
    required=True,
    options=(
        FieldOption(key="vigo", label="Vigo Gran Vía"),
        FieldOption(key="porto", label="Porto Boavista"),
        FieldOption(key="lisboa", label="Lisboa Alvalade"),
    ),
)
EQUIPMENT = FieldSpec(key="equipment", label="Equipment", kind="text", help="The number on its label.")
ORDER = FieldSpec(key="order", label="Order number", kind="text")

TYPES = {
    kind.key: kind
    for kind in (
        TypeState(version=1, key="request", label="Request", statuses=STATUSES, fields=(SHOP, ORDER), team="support"),
        TypeState(version=1, key="hardware", label="Hardware", statuses=STATUSES, fields=(EQUIPMENT,), team="hardware"),
        TypeState(version=1, key="development", label="Development", statuses=STATUSES, team="development"),
    )
}


def staff(name: str, address: str, role: str = "agent") -> PersonState:
    return PersonState.model_validate(
        {"version": 1, "id": an_id(address), "address": address, "name": name, "role": role}
    )


RITA = staff("Rita Almeida", "rita@ribalink.example", "administrator")
TOMAS = staff("Tomás Ferreira", "tomas@ribalink.example")
INES = staff("Inês Duarte", "ines@ribalink.example")
MIGUEL = staff("Miguel Nunes", "miguel@ribalink.example")
JOANA = staff("Joana Pinto", "joana@ribalink.example")
STAFF = (RITA, TOMAS, INES, MIGUEL, JOANA)

TEAMS = {
    team.key: team
    for team in (
        TeamState(version=1, key="support", label="Support", members=(RITA.id, JOANA.id)),
        TeamState(version=1, key="hardware", label="Hardware", members=(TOMAS.id, RITA.id)),
        TeamState(version=1, key="development", label="Development", members=(INES.id, MIGUEL.id)),
    )
}

BRAND = BrandState(version=1, key="main", name="Ribalink", colour="#0b5d6b")
FORMS = (
    FormState(
        version=1,
        key="request",
        type="request",
        title="Ask us something",
        mailbox="support",
        intro="Questions, bills, appointments: anything that is not a broken device.",
    ),
    FormState(
        version=1,
        key="hardware",
        type="hardware",
        title="Report a device",
        mailbox="hardware",
        intro="A router, pump, till or lamp that does not do what it should.",
    ),
    FormState(
        version=1,
        key="development",
        type="development",
        title="Suggest an improvement",
        mailbox="support",
        intro="Something that our shops, site or systems should do better.",
    ),
)


def ref(person: PersonState) -> PersonRef:
    return PersonRef(id=person.id, address=person.address, name=person.name, staff=person.role is not None)


def customer(name: str, address: str) -> PersonRef:
    return PersonRef(id=an_id(address), address=address, name=name)


def company(name: str) -> OrganisationState:
    return OrganisationState(version=1, id=an_id(name), name=name)


ORGANISATIONS = tuple(
    company(name)
    for name in (
        "Clínica Dentária Sorriso",
        "Cooperativa do Minho",
        "Hotel Miramar",
        "Residencial Atlântico",
        "Padaria Central",
        "Brito & Filhos",
        "Ayuntamiento de Tui",
        "Escola Básica de Vilar",
        "Gestoría Prieto",
        "Lagoon & Reef",
    )
)
MARTA = customer("Marta Silva", "marta@sorriso.example")
ANA = customer("Ana Torres", "ana.torres@correo.example")


def item(
    number: int,
    title: str,
    requester: PersonRef,
    organisation: str | None,
    status: str,
    priority: Priority,
    *,
    assignee: PersonState | None = None,
    kind: str = "hardware",
    team: str | None = "hardware",
    since: datetime | None = None,
    messages: int = 1,
    held: int = 0,
    channel: Channel = "mail",
    fields: dict[str, JsonValue] | None = None,
    followers: tuple[PersonRef, ...] = (),
    tags: tuple[str, ...] = (),
    version: int = 4,
) -> ItemState:
    since = since or at("10:02")
    return ItemState(
        version=version,
        id=an_id(f"item {number}"),
        number=number,
        type=kind,
        channel=channel,
        title=title,
        status=status,
        state=_STATE_OF[status],
        status_since=since,
        priority=priority,
        requester=requester,
        organisation=OrganisationRef(id=an_id(organisation), name=organisation) if organisation else None,
        team=team,
        assignee=ref(assignee) if assignee else None,
        followers=followers,
        tags=tags,
        fields=fields or {},
        mailboxes=("hardware",) if channel == "mail" else (),
        message_count=messages,
        held_count=held,
        created_at=min(since, at("08:14")),
        updated_at=since,
    )


def file(name: str, content_type: str, size_bytes: int) -> AttachmentRef:
    return AttachmentRef(name=name, content_type=content_type, size_bytes=size_bytes, sha256="0" * 64, blob_key=name)


def message(
    about: ItemState,
    author: PersonRef,
    clock: str,
    text: str,
    *,
    public: bool = True,
    full_text: str = "",
    attachments: tuple[AttachmentRef, ...] = (),
    channel: Channel = "mail",
    held: bool = False,
    html: str | None = None,
    days_ago: int = 0,
    mailbox: str | None = None,
) -> MessageState:
    return MessageState(
        version=1,
        id=an_id(f"{about.number} {clock} {text[:20]}"),
        item_id=about.id,
        item_number=about.number,
        author=None if held else author,
        by="staff" if author.staff else "customer",
        sender=Address(address=author.address, name=author.name),
        channel=channel,
        public=public,
        held=held,
        held_reason="stranger" if held else None,
        text=text,
        full_text=full_text,
        html=html,
        attachments=attachments,
        mailbox=mailbox,
        raw_blob="raw" if channel == "mail" and not author.staff else None,
        created_at=at(clock, days_ago),
    )
