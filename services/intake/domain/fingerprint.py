"""Names of a mail that do not depend on the way it took.

Invariant: the same mail through another hop or another mailbox has the same fingerprint; trace headers (Received,
Delivered-To, DKIM, ARC, X-…) are no part of it.
"""

import re
from hashlib import sha256

SCANNED_BYTES = 65_536
_ID = re.compile(rb"<([^<>\s]{1,512})>")
_FOLD = re.compile(rb"\r?\n[ \t]+")


def fingerprint(sender: bytes, date: bytes, subject: bytes, body: bytes) -> str:
    """sha256 of what makes a mail this mail, hexadecimal; white space at line ends does not count."""
    digest = sha256()
    for part in (sender, date, subject):
        digest.update(b" ".join(part.split()) + b"\n")
    digest.update(b"\n".join(line.rstrip() for line in body.replace(b"\r\n", b"\n").rstrip().split(b"\n")))
    return digest.hexdigest()


def split_head(raw: bytes) -> tuple[bytes, bytes]:
    """Header block and body of a mail."""
    found = re.search(rb"\r?\n\r?\n", raw)
    return (raw, b"") if found is None else (raw[: found.start()], raw[found.end() :])


def header_values(head: bytes, name: bytes) -> list[bytes]:
    """Every value of a header in an unparsed header block, unfolded."""
    unfolded = _FOLD.sub(b" ", head)
    return [value.strip() for value in re.findall(rb"(?im)^" + re.escape(name) + rb":(.*)$", unfolded)]


def conversation_key(raw: bytes) -> str:
    """The key that keeps a conversation together on the log: found by a bounded scan, without a parser.

    The first References id, else In-Reply-To, else its own Message-ID, else the hash.
    """
    head, _ = split_head(raw[:SCANNED_BYTES])
    for name in (b"References", b"In-Reply-To", b"Message-ID"):
        for value in header_values(head, name):
            found = _ID.search(value)
            if found is not None:
                return found[1].decode("ascii", "replace")[:200]
    return sha256(raw).hexdigest()


def dedupe_key(message_id: str | None, content: str, *, dated: bool, day: str) -> str:
    """What names a message in the ledger: never the Message-ID alone, since anybody could pre-empt it.

    Args:
        message_id: as received, or none.
        content: the fingerprint.
        dated: it has a Date header; without id and date, the same words on another day are another mail.
        day: the day of receipt.
    """
    if message_id is not None:
        return f"{message_id}|{content}"
    return content if dated else f"{content}|{day}"
