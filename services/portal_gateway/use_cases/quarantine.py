"""What staff do with a quarantined mail, by a page or by the API: each is one command to intake."""

from uuid import UUID

from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.use_cases.ask import Desk, look
from services.portal_gateway.use_cases.command import command
from shared.contracts.answers import Answer
from shared.contracts.intake import DiscardQuarantined, ReplayQuarantined, TakeAsBareTicket


async def replay(desk: Desk, caller: Caller, receipt_id: UUID, mended_blob: str | None = None) -> Answer | None:
    """The mail is read again, from its bytes or from mended ones that are stored already."""
    return await _ask(desk, caller, ReplayQuarantined(receipt_id=receipt_id, mended_blob=mended_blob))


async def discard(desk: Desk, caller: Caller, receipt_id: UUID, reason: str = "") -> Answer | None:
    """Nothing comes of the mail; its bytes stay."""
    return await _ask(desk, caller, DiscardQuarantined(receipt_id=receipt_id, reason=reason))


async def take(desk: Desk, caller: Caller, receipt_id: UUID, mailbox: str) -> Answer | None:
    """A ticket holds the mail as a file, whatever it says."""
    return await _ask(desk, caller, TakeAsBareTicket(receipt_id=receipt_id, mailbox=mailbox))


async def _ask(
    desk: Desk, caller: Caller, body: ReplayQuarantined | DiscardQuarantined | TakeAsBareTicket
) -> Answer | None:
    """Intake's answer. A mail that goes on is answered by tickets, too: that is waited for, so its ticket is shown."""
    key = str(body.receipt_id)
    answer = await command(desk, caller, body, key=key, subject=f"receipt:{key}")
    if answer is not None and answer.result.get("goes_on") is True:
        await look(desk, body.receipt_id, desk.answer_seconds)
    return answer
