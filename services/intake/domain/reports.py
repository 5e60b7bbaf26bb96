"""Delivery reports: which recipient failed, for how long, and which mail it is about.

Source: RFC 3464 (delivery status), RFC 3463 (enhanced codes: 5.x.x is for good).
"""

import re
from email.message import Message

from shared.contracts.intake import BouncedRecipient

_ID = re.compile(r"^Message-ID:\s*<([^<>\s]+)>", re.IGNORECASE | re.MULTILINE)


def reported(message: Message) -> tuple[str | None, tuple[BouncedRecipient, ...]]:
    """The Message-ID that a report is about, and its recipients; none where it is no report."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None, ()
    about: str | None = None
    recipients: list[BouncedRecipient] = []
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            recipients += _recipients(part)
        if kind in {"message/rfc822", "text/rfc822-headers"}:
            found = _ID.search(part.as_string())
            about = about or (found[1] if found else None)
    return about, tuple(recipients)


def _recipients(part: Message) -> list[BouncedRecipient]:
    blocks = part.get_payload()
    found = []
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message) or str(block.get("Action", "failed")).lower() in {"delivered", "relayed"}:
            continue
        name = str(block.get("Final-Recipient") or block.get("Original-Recipient") or "").partition(";")[2].strip()
        status = str(block.get("Status") or "").strip().split(" ")[0]
        if name:
            hard = status.startswith("5") or (not status and str(block.get("Action")).lower() == "failed")
            reason = re.sub(r"\s+", " ", str(block.get("Diagnostic-Code") or ""))[:300]
            found.append(BouncedRecipient(recipient=name, status=status, hard=hard, reason=reason))
    return found
