"""Message-IDs: a mail's own, and those of the mails that it answers.

Source: RFC 5322 §3.6.4; mailers that write them without brackets, or with white space inside, are read too.
"""

import re

from services.intake.domain.charset import decode_text
from services.intake.domain.headers import Headers

MAX_IDS = 200
MAX_BYTES = 65_536
_ID = re.compile(rb"<([^<>]{1,998}?)>")
_BARE = re.compile(rb"^[^<>\s@]{1,512}@[^<>\s@]{1,512}$")
_SPACE = re.compile(rb"\s+")


def ids_of(headers: Headers, name: str) -> tuple[str, ...]:
    """Every id of a header, without angle brackets, in order."""
    value = b" ".join(headers.raw_all(name))[:MAX_BYTES]
    found = [_SPACE.sub(b"", one) for one in _ID.findall(value)]
    found = found or [one for one in value.split() if _BARE.match(one)]
    if not found and name == "message-id":
        found = [_SPACE.sub(b"", value)[:512]]
    return tuple(decode_text(one) for one in found[:MAX_IDS] if one)
