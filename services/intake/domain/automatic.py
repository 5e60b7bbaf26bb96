"""Mail that no human wrote, by what its headers say.

Source: RFC 3834 §2 and §5, RFC 5230 §4.6, RFC 3462 (reports), RFC 8098 (receipts), RFC 5965 (complaints).
"""

from email.message import Message

from shared.contracts.state import Automatic


def automatic_kind(message: Message) -> Automatic | None:
    """What kind of automatic mail this is; none for a human's.

    ``X-Auto-Response-Suppress`` is a request not to answer, not a proof that nobody wrote it.
    """
    return _by_type(message) or _by_headers(message)


def _by_type(message: Message) -> Automatic | None:
    if message.get_content_type() != "multipart/report":
        return None
    kind = str(message.get_param("report-type") or "").lower()
    if kind == "disposition-notification":
        return "receipt"
    return "complaint" if kind == "feedback-report" else "bounce"


def _by_headers(message: Message) -> Automatic | None:
    submitted = str(message.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    precedence = str(message.get("Precedence") or "").strip().lower()
    sender = str(message.get("From") or "").lower()
    if str(message.get("Return-Path") or "").strip() == "<>" or "mailer-daemon@" in sender:
        return "bounce"
    if any(message.get(name) is not None for name in ("List-Id", "List-Unsubscribe", "List-Post")):
        return "list"
    if precedence in {"bulk", "list", "junk"}:
        return "list"
    if submitted != "no" or precedence == "auto_reply" or message.get("X-Autoreply") is not None:
        return "auto_reply"
    return None
