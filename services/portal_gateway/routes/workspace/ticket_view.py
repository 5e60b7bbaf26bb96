"""One ticket with everything its page shows, read at once."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from services.portal_gateway.domain.view_models.conversation import Told
from services.portal_gateway.domain.view_models.ticket import Shown, TicketPage, ticket_page
from services.portal_gateway.routes.problems import not_found
from services.portal_gateway.routes.workspace.pages import View
from shared.contracts.state import (
    AttachmentRef,
    ChangeState,
    DecisionState,
    ItemState,
    MessageState,
    OrganisationState,
)
from shared.ids import new_id

MOST_MESSAGES = 2000
#: Fields of a step that hold people's ids.
_PEOPLE = ("assignee", "followers", "requester")


async def item_of(view: View, number: int) -> ItemState:
    """The ticket of a number.

    Raises:
        ProblemError: there is none.
    """
    item = await view.context.items.numbered(number)
    if item is None:
        raise not_found("ticket")
    return item


async def page_of(view: View, item: ItemState, **composer: object) -> TicketPage:
    """The ticket's page; `composer` holds what a post that was not taken had typed."""
    items, setup = view.context.items, view.context.setup
    messages, steps, decisions, deliveries = await asyncio.gather(
        items.messages(item.id, public_only=False, limit=MOST_MESSAGES),
        items.history(item.id),
        items.decisions(item.id),
        items.deliveries(item.id),
    )
    rules, organisation = await asyncio.gather(setup.rules(), _organisation(view, item))
    related = await items.with_numbers(item.related) if item.related else []
    rule_names = {**_rules_in(decisions), **{str(rule.id): rule.name for rule in rules}}
    told = Told(
        item=item,
        messages=messages,
        steps=steps,
        decisions=decisions,
        deliveries=deliveries,
        names=replace(await view.names([item], _people_in(steps)), rules=rule_names),
        file_url=file_url,
    )
    shown = Shown(
        told=told,
        staff=view.everybody,
        organisation=organisation,
        related=related,
        token=str(new_id()),
        desk=view.desk,
        composer=composer,
    )
    return ticket_page(shown, view.clock)


def file_url(message: MessageState, file: AttachmentRef) -> str:
    """Where staff read a file of a message."""
    return f"/api/v1/messages/{message.id}/attachments/{message.attachments.index(file)}"


async def _organisation(view: View, item: ItemState) -> tuple[OrganisationState, int, int] | None:
    if item.organisation is None:
        return None
    found, counts = await asyncio.gather(
        view.context.setup.organisations([item.organisation.id]),
        view.context.setup.counts_of_organisation(item.organisation.id),
    )
    return (found[0], *counts) if found else None


def _rules_in(decisions: Iterable[DecisionState]) -> dict[str, str]:
    return {str(v.rule_id): v.rule_name for decision in decisions for v in decision.verdicts}


def _people_in(steps: Sequence[ChangeState]) -> list[UUID]:
    """Everybody that a history names."""
    values = [value for step in steps for name in _PEOPLE for value in step.changes.get(name, ())]
    ids = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [UUID(one) for one in ids if isinstance(one, str)]
