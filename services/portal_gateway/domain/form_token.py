"""Tokens of forms and receipts: they name what is sent before it is sent, so that twice clicked is sent once.

Invariant: a form token is taken only for the form (or the request and person) that it was made for, while answers are
kept; the receipt's id is computed from it, so whoever sends it twice sends the same thing.
"""

import base64
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from shared.ids import derived_id
from shared.secrets import Keys

FORM_PURPOSE = "form-token.1"
RECEIPT_PURPOSE = "receipt-token.1"
#: Shorter than answers and contents are kept: a token that is taken always finds what it was used for.
FORM_AGE = timedelta(days=2)
RECEIPT_AGE = timedelta(days=6)
MAC_BYTES = 16
_ID_BYTES, _TIME_BYTES = 16, 5


def form_subject(form_key: str) -> str:
    """What a token of a form is for."""
    return f"form:{form_key}"


def answer_subject(item_id: UUID, person_id: UUID) -> str:
    """What a token of a request page's answer is for."""
    return f"request:{item_id}:{person_id}"


def mint_form_token(keys: Keys, subject: str, nonce: UUID, now: datetime) -> str:
    """A token for one form, to be sent back with it."""
    return _sign(keys, FORM_PURPOSE, subject, nonce, now)


def receipt_of_form(keys: Keys, token: str, subject: str, now: datetime) -> UUID | None:
    """The id of the receipt that a form's post makes; none where the token is not ours, or too old to be taken."""
    nonce = _open(keys, FORM_PURPOSE, subject, token, now - FORM_AGE)
    return None if nonce is None else derived_id(nonce, "receipt")


def mint_receipt_token(keys: Keys, receipt_id: UUID, now: datetime) -> str:
    """A token that shows what became of a receipt."""
    return _sign(keys, RECEIPT_PURPOSE, "", receipt_id, now)


def receipt_of(keys: Keys, token: str, now: datetime) -> UUID | None:
    """The receipt that a token shows; none where it is not ours or has expired."""
    return _open(keys, RECEIPT_PURPOSE, "", token, now - RECEIPT_AGE)


def _sign(keys: Keys, purpose: str, subject: str, name: UUID, now: datetime) -> str:
    body = name.bytes + int(now.timestamp()).to_bytes(_TIME_BYTES)
    return _text(body + _mac(keys, purpose, subject, body))


def _open(keys: Keys, purpose: str, subject: str, token: str, oldest: datetime) -> UUID | None:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    # One token, one spelling: base64 would take others with the same bytes.
    if len(raw) != _ID_BYTES + _TIME_BYTES + MAC_BYTES or _text(raw) != token:
        return None
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(keys, purpose, subject, body)):
        return None
    made_at = int.from_bytes(body[_ID_BYTES:])
    return UUID(bytes=body[:_ID_BYTES]) if made_at > oldest.timestamp() else None


def _mac(keys: Keys, purpose: str, subject: str, body: bytes) -> bytes:
    # The body's length is fixed, so body and subject cannot run into each other.
    return keys.mac(purpose, body + subject.encode())[:MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
