"""Message-IDs and reply addresses that describe themselves, and cannot be guessed.

``<number.message.key.mac@host>`` is the Message-ID of a public message, one for all its recipients;
``mailbox+number.key.mac@domain`` is where answers go; ``bounce+delivery.key.mac@domain`` is the envelope sender.
All parts are lower-case base32 or digits, since mail servers may fold the case of a local part.

Invariant: a name verifies only if this desk minted it, under a key that it still knows.
Source: RFC 5321 §4.5.3.1.1 (local part at most 64 octets), §2.4 (case); RFC 5322 §3.6.4.
"""

import base64
import hmac
import re
from dataclasses import dataclass
from uuid import UUID

from shared.secrets import Keys

#: The key that new names are made with; older ones stay valid.
CURRENT_KEY = "1"
KNOWN_KEYS = ("1",)
MAC_BYTES = 10
PREFIX_BYTES = 10
MAILBOX_LIMIT = 20

_MESSAGE_ID = re.compile(
    r"^<?(\d{1,12})\.([a-z2-7]{16})\.(\w{1,4})\.([a-z2-7]{16})@([^@<>\s]+)>?$", re.IGNORECASE | re.ASCII
)
_REPLY = re.compile(
    r"^([a-z][a-z0-9-]{0,19})\+(\d{1,12})\.(\w{1,4})\.([a-z2-7]{16})@([^@<>\s]+)$", re.IGNORECASE | re.ASCII
)
_BOUNCE = re.compile(r"^bounce\+([a-z2-7]{26})\.(\w{1,4})\.([a-z2-7]{16})@([^@<>\s]+)$", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Claim:
    """What a verified name says: the item, the message's first 80 bits (hexadecimal), the mailbox."""

    number: int
    message_prefix: str | None = None
    mailbox: str | None = None


def mint_message_id(keys: Keys, number: int, message_id: UUID, host: str) -> str:
    """The Message-ID of a public message, without angle brackets; the same each time it is asked.

    It holds the first 80 bits of the id alone, so `message_id` is a derived one (`shared.ids.derived_id`).
    """
    prefix = _base32(message_id.bytes[:PREFIX_BYTES])
    return f"{number}.{prefix}.{CURRENT_KEY}.{_mac(keys, CURRENT_KEY, f'message|{number}|{prefix}')}@{host}"


def mint_reply_address(keys: Keys, mailbox: str, number: int, domain: str) -> str:
    """The address that answers about an item go to.

    Raises:
        ValueError: the mailbox's short name is too long for a local part of 64 characters.
    """
    if len(mailbox) > MAILBOX_LIMIT:
        raise ValueError(f"{mailbox} is longer than {MAILBOX_LIMIT} characters")
    return f"{mailbox}+{number}.{CURRENT_KEY}.{_mac(keys, CURRENT_KEY, f'reply|{number}')}@{domain}"


def mint_bounce_address(keys: Keys, delivery_id: UUID, domain: str) -> str:
    """The envelope sender of one delivery: a report to it says which delivery failed."""
    name = _base32(delivery_id.bytes)
    return f"bounce+{name}.{CURRENT_KEY}.{_mac(keys, CURRENT_KEY, f'bounce|{name}')}@{domain}"


def verify_message_id(keys: Keys, text: str) -> Claim | None:
    """What one of our Message-IDs claims; none for anybody else's or a forged one."""
    found = _MESSAGE_ID.match(text.strip())
    if found is None:
        return None
    number, prefix, key, mac = found[1], found[2].lower(), found[3], found[4].lower()
    if not _proves(keys, key, mac, f"message|{number}|{prefix}"):
        return None
    return Claim(int(number), base64.b32decode(prefix.upper()).hex())


def verify_reply_address(keys: Keys, address: str) -> Claim | None:
    """What one of our reply addresses claims; none for any other or a forged one."""
    found = _REPLY.match(address.strip())
    if found is None or not _proves(keys, found[3], found[4].lower(), f"reply|{found[2]}"):
        return None
    return Claim(int(found[2]), mailbox=found[1].lower())


def verify_bounce_address(keys: Keys, address: str) -> UUID | None:
    """The delivery that a report is about; none where the address is not ours."""
    found = _BOUNCE.match(address.strip())
    if found is None or not _proves(keys, found[2], found[3].lower(), f"bounce|{found[1].lower()}"):
        return None
    return UUID(bytes=base64.b32decode(found[1].upper() + "======"))


def _proves(keys: Keys, key: str, mac: str, message: str) -> bool:
    return key in KNOWN_KEYS and hmac.compare_digest(mac, _mac(keys, key, message))


def _mac(keys: Keys, key: str, message: str) -> str:
    return _base32(keys.mac(f"reply-address.{key}", message.encode())[:MAC_BYTES])


def _base32(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()
