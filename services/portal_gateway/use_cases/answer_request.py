"""Take an answer in that somebody wrote on the page of a request; it is the word of the link's person.

Rules:
- Sent twice with the same token it is one message; with other content it is refused.
- Whether the link opens the request is settled before: nothing is taken from a link that has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.portal_gateway.use_cases.ask import Asked, Desk, ask
from services.portal_gateway.use_cases.request_page import Opened
from services.portal_gateway.use_cases.submit_form import FileStore, Upload, fingerprint, keep_files
from shared.contracts.answers import Answer
from shared.contracts.intake import RequestPageAnswered


@dataclass(frozen=True)
class WrittenAnswer:
    """What was written on a request's page."""

    receipt_id: UUID
    text: str
    files: Sequence[Upload]


async def answer_request(
    desk: Desk, store: FileStore, opened: Opened, written: WrittenAnswer, now: datetime
) -> Answer | None:
    """The answer of the item's owner; none when it has not come in time, and the message is taken all the same.

    Raises:
        OtherContentError: the token was used for something else.
        TransientError: it may not be on the log; the same may be sent again.
    """
    item, person = opened.item, opened.person
    body = RequestPageAnswered(
        receipt_id=written.receipt_id,
        item_id=item.id,
        person_id=person.id,
        text=written.text,
        attachments=await keep_files(store, written.receipt_id, written.files),
        accepted_at=now,
    )
    asked = Asked(
        id=written.receipt_id,
        body=body,
        key=str(item.id),
        subject=f"item:{item.id}",
        actor=f"{'agent' if person.role else 'customer'}:{person.id}",
        repeatable=True,
        fingerprint=fingerprint(body.model_dump(mode="json", exclude={"accepted_at"})),
    )
    return await ask(desk, asked, now)
