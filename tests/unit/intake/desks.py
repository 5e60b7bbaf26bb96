"""A desk, arrivals and a ledger for tests of intake: values and a fake, no servers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from pydantic import SecretStr

from services.intake.domain.facts import Arrival, Desk, Stored
from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail
from services.intake.use_cases.ledger import Came, Known, ReadMail
from services.intake.use_cases.quarantine import Quarantined
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageReceived
from shared.contracts.state import MailboxState
from shared.ids import new_id
from shared.secrets import Keys

KEYS = Keys.from_hex(SecretStr("ab" * 32))
NOW = datetime(2026, 11, 24, 9, 12, tzinfo=UTC)


def desk(*keys: str, checked: bool = False) -> Desk:
    """A desk with mailboxes under these keys, support and hardware by default."""
    boxes = {
        key: MailboxState(version=1, key=key, address=f"{key.title()}@Desk.example", label=key, type="request")
        for key in keys or ("support", "hardware")
    }
    return Desk(KEYS, boxes, checked)


def arrival(*rcpt_to: str, mail_from: str = "marta@sorriso.example", receipt: UUID | None = None) -> Arrival:
    """A mail that came by SMTP, to support by default."""
    to = rcpt_to or ("support@desk.example",)
    return Arrival(receipt or new_id(), "smtp", mail_from, to, 100, NOW, "blob/key")


def parsed(raw: bytes) -> ParsedMail:
    """The mail, read."""
    found = read_mail(raw, desk="desk.example")
    assert isinstance(found, ParsedMail)
    return found


def came(raw: bytes, *rcpt_to: str, mail_from: str = "marta@sorriso.example", receipt: UUID | None = None) -> Came:
    """A raw mail as a use case gets it: read, with its envelope."""
    how = arrival(*rcpt_to, mail_from=mail_from, receipt=receipt)
    read = ReadMail(arrival=how, mail=read_mail(raw, desk="desk.example"), stored=Stored((), None), head="head")
    return Came(envelope(how.receipt_id), read)


def envelope(identity: UUID, actor: str = "system:test") -> Envelope:
    """An envelope of an id."""
    return Envelope(
        id=identity,
        type="deskstream.test.v1",
        source="/deskstream/test",
        time=NOW,
        subject="test",
        correlationid=identity,
        actor=actor,
    )


class FakeLedger:
    """The ledger in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Known] = {}
        self.ids: dict[str, str] = {}
        self.quarantine: dict[UUID, Quarantined] = {}

    async def claim(self, messages: Sequence[MessageReceived]) -> dict[str, Known]:
        for message in messages:
            self.rows.setdefault(message.dedupe_key, Known(message.receipt_id, message.mailboxes))
        return {message.dedupe_key: self.rows[message.dedupe_key] for message in messages}

    async def reused_ids(self, messages: Sequence[MessageReceived]) -> set[str]:
        before = dict(self.ids)
        self.ids.update({m.message_id: m.dedupe_key for m in messages if m.message_id})
        known = ((m.message_id, before.get(m.message_id), m.dedupe_key) for m in messages if m.message_id)
        return {name for name, first, key in known if first not in {None, key}}

    async def add_mailbox(self, key: str, mailbox: str) -> None:
        known = self.rows[key]
        self.rows[key] = Known(known.receipt_id, (*known.mailboxes, mailbox))

    async def quarantined(self, receipt_id: UUID) -> Quarantined | None:
        return self.quarantine.get(receipt_id)
