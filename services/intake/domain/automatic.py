"""Mail that no human wrote, by what its headers say.

Source: RFC 3834 §2 and §5, RFC 5230 §4.6, RFC 6522 (reports), RFC 8098 (receipts), RFC 5965 (complaints).
"""

import re

from services.intake.domain.away_phrases import AWAY_SUBJECTS, PHRASE_ENDS
from services.intake.domain.headers import Headers
from services.intake.domain.mime import Part
from services.intake.domain.parameters import read_parameters
from shared.contracts.state import Automatic

_REPORTS: dict[str, Automatic] = {
    "disposition-notification": "receipt",
    "feedback-report": "complaint",
    "delivery-status": "bounce",
}
#: Parts that say what a mail is, whatever it calls itself.
_REPORT_PARTS: dict[str, Automatic] = {
    "message/feedback-report": "complaint",
    "message/disposition-notification": "receipt",
}
#: What Microsoft's mail services write above a complaint, without a part that says so.
_COMPLAINT = re.compile(r"^complaint about message from [0-9a-f.:]{3,}", re.IGNORECASE)
#: Addresses of machines: nobody answers there (RFC 5230 §4.6).
_MACHINE = re.compile(r"(?:^|[\s<\"])(?:mailer-daemon|postmaster|mail-daemon)(?:@|[>\s\"]|$)", re.IGNORECASE)
_LIST_HEADERS = ("list-id", "list-post", "list-unsubscribe", "list-help", "mailing-list", "x-mailing-list")
_REPLY_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoreply-from",
    "x-auto-reply",
    "x-vacation",
    "x-mail-autoreply",
    "x-apple-action",
    "x-amz-sns-message-id",
)
_AWAY = re.compile(
    r"^\s*(?:(?:re|aw|sv|vs|odp|ynt|antw)\s*:\s*)?(?:" + "|".join(AWAY_SUBJECTS) + ")" + PHRASE_ENDS,
    re.IGNORECASE,
)


def automatic_kind(headers: Headers, parts: list[Part]) -> Automatic | None:
    """What kind of automatic mail this is, by its headers and the kinds of its parts; none for a human's.

    ``X-Auto-Response-Suppress`` is a request not to answer, not a proof that nobody wrote it.
    """
    return _by_type(headers) or _by_parts(headers, parts) or _by_headers(headers)


def is_away(headers: Headers) -> bool:
    """Whether it is an out-of-office answer by its subject."""
    return _AWAY.search(headers.text("subject")) is not None


def _by_type(headers: Headers) -> Automatic | None:
    kind = read_parameters(headers.raw("content-type"))
    if kind.value == "multipart/report":
        report = kind.get("report-type").lower()
        return _REPORTS.get(report)
    return None


def _by_parts(headers: Headers, parts: list[Part]) -> Automatic | None:
    if _COMPLAINT.match(headers.text("subject")):
        return "complaint"
    return next((_REPORT_PARTS[part.kind.value] for part in parts if part.kind.value in _REPORT_PARTS), None)


def _by_headers(headers: Headers) -> Automatic | None:
    submitted = headers.plain("auto-submitted").partition(";")[0].strip() or "no"
    precedence = headers.plain("precedence")
    if headers.has(*_REPLY_HEADERS) or precedence == "auto_reply" or submitted.startswith("auto-repl"):
        return "auto_reply"
    if headers.has(*_LIST_HEADERS) or precedence in {"bulk", "list"}:
        return "list"
    if submitted != "no" or is_away(headers) or precedence == "junk":
        return "auto_reply"
    return "auto_reply" if _MACHINE.search(headers.text("from")) else None
