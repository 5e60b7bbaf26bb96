"""Mails that did not become tickets: why, what could be read, what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.portal_gateway.domain.view_models.lists import Empty
from services.portal_gateway.domain.view_models.marks import size_words
from services.portal_gateway.domain.view_models.texts import counted
from services.portal_gateway.domain.view_models.times import Clock, Moment, moment
from shared.contracts.state import MailboxState, QuarantineState

PATH = "/workspace/quarantine"
#: A mail up to here can be mended on the page, where it is plain UTF-8.
MENDED_ON_PAGE_BYTES = 64 * 1024
_REASONS = {
    "unknown_mailbox": ("route", "warning", "Sent to an address that is none of our mailboxes"),
    "loop": ("repeat", "quiet", "It went through this desk before: a loop"),
    "no_sender": ("user-x", "danger", "It names no sender to answer to"),
    "empty": ("file-x", "danger", "There is nothing in it"),
    "head_too_large": ("file-x", "danger", "Its headers are too long to read"),
    "too_large": ("file-x", "danger", "It takes too much memory to read"),
    "too_slow": ("hourglass", "danger", "Reading it took too long"),
    "unreadable": ("mail-x", "danger", "It is broken and could not be read"),
    "bytes_missing": ("file-x", "danger", "Its bytes are no longer in the store"),
}


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A mail in the quarantine's list."""

    id: UUID
    url: str
    subject: str
    sender: str
    recipients: str
    received: Moment
    icon: str
    tone: str
    reason: str
    open: bool
    outcome: str
    item_url: str


@dataclass(frozen=True, slots=True)
class QuarantineList:
    """The quarantine.

    Attributes:
        handled: it shows what was dealt with, not what waits.
    """

    handled: bool
    count: str
    rows: tuple[QuarantineRow, ...]
    next_url: str
    empty: Empty | None


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """One mail of the quarantine.

    Attributes:
        explained: what is wrong, in the reader's words.
        detail: the parser's own words.
        text: the mail as text, to mend on the page; "" where it must be downloaded.
        mailboxes: where a bare ticket can go: (key, label).
    """

    row: QuarantineRow
    explained: str
    detail: str
    size: str
    message_id: str
    head: str
    raw_url: str
    text: str
    mailboxes: tuple[tuple[str, str], ...]
    handled_by: str


def quarantine_row(state: QuarantineState, clock: Clock) -> QuarantineRow:
    """A mail's row."""
    icon, tone, reason = _REASONS.get(state.error_code, ("mail-x", "danger", state.error or "It could not be read"))
    left = "Became a ticket" if state.item_number else "Left the quarantine"
    outcome = {"open": "", "released": left, "discarded": "Discarded"}[state.status]
    return QuarantineRow(
        id=state.id,
        url=f"{PATH}/{state.id}",
        subject=state.subject or "(no subject)",
        sender=state.sender or "(no sender)",
        recipients=", ".join(state.recipients) or "nobody",
        received=moment(state.accepted_at, clock),
        icon=icon,
        tone=tone,
        reason=reason,
        open=state.status == "open",
        outcome=outcome,
        item_url=f"/workspace/items/{state.item_number}" if state.item_number else "",
    )


def quarantine_list(
    states: Sequence[QuarantineState], clock: Clock, *, handled: bool, waiting: int, next_url: str = ""
) -> QuarantineList:
    """The mails that wait, or those that were dealt with."""
    rows = tuple(quarantine_row(state, clock) for state in states)
    empty = None
    if not rows:
        waits = Empty("mail-check", "Every mail could be read", "A mail stands here when it did not become a ticket.")
        past = Empty(
            "archive", "Nothing was dealt with yet", "Mails stand here once they became tickets or were discarded."
        )
        empty = past if handled else waits
    return QuarantineList(handled, f"{counted(waiting, 'mail')} waiting", rows, next_url, empty)


def quarantine_page(
    state: QuarantineState, clock: Clock, *, raw: bytes | None, mailboxes: Sequence[MailboxState]
) -> QuarantinePage:
    """One mail; `raw` its octets where they are at hand."""
    row = quarantine_row(state, clock)
    return QuarantinePage(
        row=row,
        explained=row.reason,
        detail=state.error,
        size=size_words(state.size_bytes),
        message_id=state.message_id or "",
        head=state.head,
        raw_url=f"/api/v1/quarantine/{state.id}/raw",
        text=_mendable(raw),
        mailboxes=tuple((box.key, box.address) for box in mailboxes),
        handled_by=state.last_action_by,
    )


def _mendable(raw: bytes | None) -> str:
    """The mail as text where editing it as text loses nothing: short, UTF-8, without NUL."""
    if raw is None or len(raw) > MENDED_ON_PAGE_BYTES or b"\x00" in raw:
        return ""
    try:
        return raw.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return ""
