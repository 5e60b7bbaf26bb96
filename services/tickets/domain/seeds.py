"""What a fresh desk holds. Seeded once each; later edits are never overwritten."""

from services.tickets.domain.addresses import person_id
from services.tickets.domain.lifecycle import DEFAULT_STATUSES
from shared.contracts.state import (
    BrandState,
    FormState,
    MailboxState,
    PersonState,
    Snapshot,
    TeamState,
    TypeState,
)

_AGENTS = (
    ("rita", "Rita Almeida", "support"),
    ("tomas", "Tomás Ferreira", "hardware"),
    ("ines", "Inês Duarte", "development"),
)
_TEAMS = {"support": "Support", "hardware": "Hardware", "development": "Development"}
_TYPES = {
    "request": ("Request", "support"),
    "hardware": ("Hardware", "hardware"),
    "development": ("Development", "development"),
}


def seeded_people(mail_domain: str, administrator: str) -> list[PersonState]:
    """The administrator and an agent for each team."""
    agents = [
        PersonState(
            version=1, id=person_id(f"{name}@{mail_domain}"), address=f"{name}@{mail_domain}", name=full, role="agent"
        )
        for name, full, _ in _AGENTS
    ]
    chief = PersonState(
        version=1,
        id=person_id(administrator),
        address=administrator.lower(),
        name="Administrator",
        role="administrator",
    )
    return [chief, *agents]


def seeded_setup(mail_domain: str) -> list[Snapshot]:
    """Brand, mailboxes, teams, types and their forms."""
    teams = [
        TeamState(
            version=1,
            key=key,
            label=label,
            members=tuple(person_id(f"{name}@{mail_domain}") for name, _, team in _AGENTS if team == key),
        )
        for key, label in _TEAMS.items()
    ]
    types = [
        TypeState(version=1, key=key, label=label, statuses=DEFAULT_STATUSES, team=team)
        for key, (label, team) in _TYPES.items()
    ]
    mailboxes = [
        MailboxState(
            version=1, key="support", address=f"support@{mail_domain}", label="Support", type="request", team="support"
        ),
        MailboxState(
            version=1,
            key="hardware",
            address=f"hardware@{mail_domain}",
            label="Hardware",
            type="hardware",
            team="hardware",
        ),
    ]
    forms = [
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
    ]
    brand = BrandState(version=1, key="main", name="Deskstream", intro="How can we help?")
    return [brand, *teams, *types, *mailboxes, *forms]
