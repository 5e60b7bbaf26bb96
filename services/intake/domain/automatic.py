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


#: A kind, and what says so.
Found = tuple[Automatic, str]


def automatic_kind(headers: Headers, parts: list[Part]) -> Found | None:
    """What kind of automatic mail this is, by its headers and the kinds of its parts; none for a human's.

    ``X-Auto-Response-Suppress`` is a request not to answer, not a proof that nobody wrote it.
    """
    return _by_type(headers) or _by_parts(headers, parts) or _by_headers(headers)


def is_away(headers: Headers) -> bool:
    """Whether it is an out-of-office answer by its subject."""
    return _AWAY.search(headers.text("subject")) is not None


def _by_type(headers: Headers) -> Found | None:
    kind = read_parameters(headers.raw("content-type"))
    report = kind.get("report-type").lower()
    if kind.value == "multipart/report" and report in _REPORTS:
        return _REPORTS[report], f"it is a multipart/report of {report}"
    return None


def _by_parts(headers: Headers, parts: list[Part]) -> Found | None:
    if _COMPLAINT.match(headers.text("subject")):
        return "complaint", "its subject is that of a complaint"
    kinds = (part.kind.value for part in parts)
    return next(((_REPORT_PARTS[kind], f"it has a part {kind}") for kind in kinds if kind in _REPORT_PARTS), None)


def _by_headers(headers: Headers) -> Found | None:
    submitted = headers.plain("auto-submitted").partition(";")[0].strip() or "no"
    precedence = headers.plain("precedence")
    of_reply, of_list = _first(headers, _REPLY_HEADERS), _first(headers, _LIST_HEADERS)
    claims: tuple[tuple[bool, Automatic, str], ...] = (
        (bool(of_reply), "auto_reply", f"it has a header {of_reply}"),
        (precedence == "auto_reply", "auto_reply", "Precedence: auto_reply"),
        (submitted.startswith("auto-repl"), "auto_reply", f"Auto-Submitted: {submitted}"),
        (bool(of_list), "list", f"it has a header {of_list}"),
        (precedence in {"bulk", "list"}, "list", f"Precedence: {precedence}"),
        (submitted != "no", "auto_reply", f"Auto-Submitted: {submitted}"),
        (is_away(headers), "auto_reply", "its subject is that of a vacation program"),
        (precedence == "junk", "auto_reply", "Precedence: junk"),
        (_MACHINE.search(headers.text("from")) is not None, "auto_reply", "a mail server's address stands in From"),
    )
    return next(((kind, because) for holds, kind, because in claims if holds), None)


def _first(headers: Headers, names: tuple[str, ...]) -> str:
    return next((name for name in names if headers.has(name)), "")
