"""What administrators set up, by a page or by the API: each is one command to its owner.

Rules:
- Whether the caller may, and whether it fits, is the owner's decision.
- The names in a rule are checked here, against what the gateway shows: `automation` does not know them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.domain.rule_names import Names, unknown_name
from services.portal_gateway.use_cases.ask import Desk
from services.portal_gateway.use_cases.command import command, refused
from shared.addresses import normalise, person_id
from shared.contracts.answers import Answer
from shared.contracts.automation import DeleteRule, SaveRule
from shared.contracts.state import PersonState, StaffRole, TeamState, TypeState
from shared.contracts.tickets import SaveAgent, SaveMailbox, SaveTeam, SaveType


class Shown(Protocol):
    """What the gateway shows, as names in a rule are checked against."""

    async def types(self) -> list[TypeState]:
        """Every type."""

    async def teams(self) -> list[TeamState]:
        """Every team."""

    async def staff(self) -> list[PersonState]:
        """Everyone with a role."""

    async def person_of_address(self, address: str) -> PersonState | None:
        """The person of a normalised address."""


@dataclass(frozen=True)
class NewAgent:
    """Somebody who becomes staff."""

    address: str
    name: str = ""
    role: StaffRole = "agent"
    teams: Sequence[str] = ()
    service_account: bool = False


async def save_rule(desk: Desk, shown: Shown, caller: Caller, rule: SaveRule) -> Answer | None:
    """A rule is made (its id is `caller.derived("rule")`) or changed; absent parts stay as they are."""
    names = Names.of(await shown.types(), await shown.teams(), await shown.staff())
    fault = unknown_name(names, rule.filter, rule.actions or ())
    if fault is not None:
        return refused(caller, fault.code, fault.text, fault.place)
    return await _about_rule(desk, caller, rule, rule.rule_id)


async def delete_rule(desk: Desk, caller: Caller, rule_id: UUID) -> Answer | None:
    """A rule is gone; its decisions stay."""
    return await _about_rule(desk, caller, DeleteRule(rule_id=rule_id), rule_id)


async def save_type(desk: Desk, caller: Caller, kind: SaveType) -> Answer | None:
    """A type is made or changed, and its form follows."""
    return await command(desk, caller, kind, key=f"type:{kind.key}", subject=f"type:{kind.key}")


async def save_team(desk: Desk, caller: Caller, team: SaveTeam) -> Answer | None:
    """A team is made or changed."""
    return await command(desk, caller, team, key=f"team:{team.key}", subject=f"team:{team.key}")


async def save_mailbox(desk: Desk, caller: Caller, mailbox: SaveMailbox) -> Answer | None:
    """A mailbox is made or changed."""
    return await command(desk, caller, mailbox, key=f"mailbox:{mailbox.key}", subject=f"mailbox:{mailbox.key}")


async def add_agent(desk: Desk, shown: Shown, caller: Caller, agent: NewAgent) -> Answer | None:
    """A person of an address becomes staff, whether or not they wrote before; one who is staff already is refused."""
    known = await shown.person_of_address(normalise(agent.address))
    if known is not None and known.role is not None:
        return refused(caller, "taken", f"{known.address} is of staff already.", "address")
    body = SaveAgent(
        person_id=known.id if known is not None else person_id(agent.address),
        address=normalise(agent.address),
        name=agent.name,
        role=agent.role,
        service_account=agent.service_account,
        teams=tuple(agent.teams),
    )
    return await save_agent(desk, caller, body)


async def save_agent(desk: Desk, caller: Caller, agent: SaveAgent) -> Answer | None:
    """Staff change: name, role, teams, or whether they still work here."""
    key = f"person:{agent.person_id}"
    return await command(desk, caller, agent, key=key, subject=key)


async def _about_rule(desk: Desk, caller: Caller, body: SaveRule | DeleteRule, rule_id: UUID) -> Answer | None:
    return await command(desk, caller, body, key=str(rule_id), subject=f"rule:{rule_id}")
