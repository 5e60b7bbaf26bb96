"""The catcher's SMTP door, and the faults that a test can switch on: a real server is not always kind."""

# ruff: noqa: ARG002 - aiosmtpd calls its hooks with all they could want

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import BaseModel, ConfigDict, Field

from deploy.local.mail_catcher.store import MailStore

LARGEST_MAIL_BYTES = 40 * 1024 * 1024


class Faults(BaseModel):
    """How the door misbehaves.

    Attributes:
        refuse_all: Every sender is refused with 554 before it can say what it has.
        answer: What a mail is answered instead of 250 (421, 450, 451, 552, 554 …); it is not kept.
        swallow: The mail is kept and the connection drops before the answer: the sender cannot know.
        refuse_recipients: Addresses that are answered 550.
        delay_seconds: Pause before the answer to a mail.
        times: For how many mails `answer`, `swallow` and the delay hold; None: until changed.
    """

    model_config = ConfigDict(extra="forbid")

    refuse_all: bool = False
    answer: int | None = Field(None, ge=400, le=599)
    swallow: bool = False
    refuse_recipients: list[str] = []
    delay_seconds: float = Field(0.0, ge=0, le=120)
    times: int | None = Field(None, ge=1)

    def spend(self) -> "Faults":
        """The faults that are left after one mail met them."""
        if self.times is None:
            return self
        if self.times > 1:
            return self.model_copy(update={"times": self.times - 1})
        return Faults(refuse_all=self.refuse_all, refuse_recipients=self.refuse_recipients)


class Door:
    """The handler of aiosmtpd; `faults` may be replaced at any time."""

    def __init__(self, store: MailStore) -> None:
        self.store = store
        self.faults = Faults()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """The sender is taken, unless everybody is refused."""
        if self.faults.refuse_all:
            return "554 5.7.1 nothing is taken here now"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """The recipient is taken, unless it is one of the refused."""
        if address.lower() in (each.lower() for each in self.faults.refuse_recipients):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The mail is kept and said so, unless a fault is on."""
        faults, self.faults = self.faults, self.faults.spend()
        if faults.delay_seconds:
            await asyncio.sleep(faults.delay_seconds)
        if faults.answer is not None:
            answer = f"{faults.answer} {faults.answer // 100}.3.0 as the test wants it"
            if faults.answer == 421:
                await server.push(answer)
                hang_up(server)
            return answer
        mail = await self.store.add(envelope.mail_from or "", envelope.rcpt_tos, envelope.original_content or b"")
        if faults.swallow:
            hang_up(server)
        return f"250 2.0.0 kept as {mail.number}"


def hang_up(server: SMTP) -> None:
    """The connection is closed; whatever is still to be said does not reach the sender."""
    if server.transport is not None:
        server.transport.close()


def make_protocol(door: Door) -> SMTP:
    """One connection's protocol."""
    return SMTP(door, hostname="catcher.localhost", data_size_limit=LARGEST_MAIL_BYTES, enable_SMTPUTF8=True)
