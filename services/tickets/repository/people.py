"""People and organisations, found by address or made at first contact."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.tickets.domain.addresses import company_domain, organisation_id, person_id
from services.tickets.domain.needs import Needs
from services.tickets.domain.workspace import Workspace
from services.tickets.repository.rows import dump, sql
from shared.contracts.state import Address, OrganisationState, PersonState
from shared.postgres.pool import Connection


async def load_people(connection: Connection, ws: Workspace, needs: Needs) -> None:
    """Everyone that `needs` names is in the working set; an address that writes is a new person's."""
    if needs.addresses or needs.known_as:
        wanted = needs.addresses.keys() | needs.known_as
        _meet(ws, await connection.fetch(sql.people_of_addresses, list(wanted)))
        missing = {a: named for a, named in needs.addresses.items() if a not in ws.by_address}
        if missing:
            await _make_people(connection, ws, missing)
    unknown = [person for person in needs.person_ids if person not in ws.people]
    if unknown:
        _meet(ws, await connection.fetch(sql.people_of_ids, unknown))
    await _lock_those_who_may_change(connection, ws, needs)
    organisations = {p.organisation_id for p in ws.people.values() if p.organisation_id} - set(ws.organisations)
    for row in await connection.fetch(sql.organisations_of_ids, list(organisations)) if organisations else ():
        organisation = OrganisationState.model_validate(row["state"])
        ws.organisations[organisation.id] = organisation


async def _lock_those_who_may_change(connection: Connection, ws: Workspace, needs: Needs) -> None:
    """Someone known by address alone may get a name; two batches must not give it at once."""
    nameless = [
        ws.by_address[address]
        for address, named in needs.addresses.items()
        if named.name and address in ws.by_address and not ws.people[ws.by_address[address]].name
    ]
    if nameless:
        _meet(ws, await connection.fetch(sql.lock_people, sorted(nameless)))


def _meet(ws: Workspace, rows: Sequence[Any]) -> None:
    for row in rows:
        person = PersonState.model_validate(row["state"])
        ws.people[person.id] = person
        ws.by_address[person.address] = person.id


async def _make_people(connection: Connection, ws: Workspace, missing: dict[str, Address]) -> None:
    domains = {address: domain for address in missing if (domain := company_domain(address))}
    known = await _organisations(connection, ws, sorted(set(domains.values())))
    people = [
        PersonState(
            version=1,
            id=person_id(address),
            address=address,
            name=named.name.strip()[:200],
            organisation_id=known.get(domains.get(address, "")),
        )
        for address, named in sorted(missing.items())
    ]
    made = await connection.fetch(
        sql.make_people, [p.id for p in people], [p.address for p in people], [dump(p) for p in people]
    )
    made_ids = {row["id"] for row in made}
    ws.fresh += [person for person in people if person.id in made_ids]
    _meet(ws, await connection.fetch(sql.people_of_addresses, list(missing)))


async def _organisations(connection: Connection, ws: Workspace, domains: list[str]) -> dict[str, UUID]:
    """Organisation by domain; new domains make new organisations, named after them."""
    if not domains:
        return {}
    found = {
        row["domain"]: OrganisationState.model_validate(row["state"])
        for row in await connection.fetch(sql.organisations_of_domains, domains)
    }
    missing = [domain for domain in domains if domain not in found]
    if missing:
        new = sorted(
            (OrganisationState(version=1, id=organisation_id(d), name=d, domains=(d,)) for d in missing),
            key=lambda o: o.id,
        )
        made = await connection.fetch(sql.make_organisations, [o.id for o in new], [dump(o) for o in new])
        await connection.execute(sql.make_domains, missing, [organisation_id(d) for d in missing])
        made_ids = {row["id"] for row in made}
        ws.fresh += [organisation for organisation in new if organisation.id in made_ids]
        for row in await connection.fetch(sql.organisations_of_domains, missing):
            found[row["domain"]] = OrganisationState.model_validate(row["state"])
    ws.organisations.update({organisation.id: organisation for organisation in found.values()})
    return {domain: organisation.id for domain, organisation in found.items()}
