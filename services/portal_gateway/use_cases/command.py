"""One command from a caller to an owner, by a page, the API or the console."""

from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.use_cases.ask import Asked, Desk, ask
from shared.contracts.answers import Answer
from shared.contracts.base import Message


async def command(desk: Desk, caller: Caller, body: Message, *, key: str, subject: str) -> Answer | None:
    """What became of a command; none when no answer came in time, and it is on the log all the same.

    Args:
        desk: where commands go and answers come.
        caller: who asks, under which id.
        body: the command.
        key: of the record: the aggregate.
        subject: ``item:<id>`` and the like.

    Raises:
        OtherContentError: the id was used for another content.
        TransientError: it may not be on the log; ask again with the same id.
    """
    asked = Asked(
        id=caller.command_id,
        body=body,
        key=key,
        subject=subject,
        actor=caller.actor,
        repeatable=caller.fingerprint is not None,
        fingerprint=caller.fingerprint,
    )
    return await ask(desk, asked, caller.now)


def refused(caller: Caller, code: str, text: str, field: str) -> Answer:
    """The answer to what need not be asked: the owner would refuse it."""
    return Answer(command_id=caller.command_id, outcome="refused", code=code, text=text, field=field)
