"""Signed request links: one person, one item, until the nonce or the day ends.

Invariant: events carry item, person, nonce and expiry; the token itself is made by whoever mails it and checked by
whoever serves it, from the desk's secret, and stored nowhere.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.secrets import Keys

PURPOSE = "request-link.1"
MAC_BYTES = 16
_SIZE = 16 + 16 + 8 + 5 + MAC_BYTES


@dataclass(frozen=True)
class RequestLink:
    """What a token opens; the nonce must still be the person's on the item."""

    item_id: UUID
    person_id: UUID
    nonce: str
    expires_at_seconds: int


def mint_request_token(keys: Keys, link: RequestLink) -> str:
    """The token of a link, safe in a URL."""
    body = _body(link)
    return base64.urlsafe_b64encode(body + keys.mac(PURPOSE, body)[:MAC_BYTES]).decode().rstrip("=")


def verify_request_token(keys: Keys, token: str, now: datetime) -> RequestLink | None:
    """What a token opens; none where it is not ours or has expired."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    if len(raw) != _SIZE or base64.urlsafe_b64encode(raw).decode().rstrip("=") != token:
        return None
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not hmac.compare_digest(mac, keys.mac(PURPOSE, body)[:MAC_BYTES]):
        return None
    link = RequestLink(UUID(bytes=body[:16]), UUID(bytes=body[16:32]), body[32:40].hex(), int.from_bytes(body[40:45]))
    return link if link.expires_at_seconds > now.timestamp() else None


def _body(link: RequestLink) -> bytes:
    return link.item_id.bytes + link.person_id.bytes + bytes.fromhex(link.nonce) + link.expires_at_seconds.to_bytes(5)
