"""Names and kinds of what a mail carries beside its text.

Invariant: a name has no path, no control or direction marks and at most 255 bytes; two parts of one mail never share
one. Content is never changed.
"""

import re
from dataclasses import replace
from urllib.parse import unquote

from services.intake.domain.headers import split_block
from services.intake.domain.mime import Part
from services.intake.domain.parsed_mail import Part as Attachment
from services.intake.domain.transfer import decode_transfer

MAX_NAME_BYTES = 255
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_ENDING = re.compile(r"\.[A-Za-z0-9_-]{1,20}$")
#: What a part without a name is called: ending, and name.
_CALLED = {
    "message/delivery-status": ("txt", "delivery-status"),
    "message/disposition-notification": ("txt", "receipt"),
    "message/feedback-report": ("txt", "feedback-report"),
    "message/rfc822": ("eml", "message"),
    "message/global": ("eml", "message"),
    "text/plain": ("txt", "document"),
    "text/html": ("html", "document"),
    "text/csv": ("csv", "table"),
    "text/calendar": ("ics", "calendar"),
    "text/vcard": ("vcf", "contact"),
    "text/x-vcard": ("vcf", "contact"),
    "video/quicktime": ("mov", "video"),
    "video/mp4": ("mp4", "video"),
    "image/jpeg": ("jpg", "image"),
    "image/jpg": ("jpg", "image"),
    "image/png": ("png", "image"),
    "image/gif": ("gif", "image"),
    "image/webp": ("webp", "image"),
    "application/pdf": ("pdf", "document"),
    "application/pgp-signature": ("asc", "signature"),
    "application/pgp-encrypted": ("asc", "version"),
    "application/pkcs7-signature": ("p7s", "smime"),
    "application/x-pkcs7-signature": ("p7s", "smime"),
    "application/pkcs7-mime": ("p7m", "smime"),
    "application/x-pkcs7-mime": ("p7m", "smime"),
    "application/ms-tnef": ("dat", "winmail"),
}


def name_as_written(part: Part) -> str:
    """The file name that a part brings: Content-Disposition first, then Content-Type."""
    return part.disposition.get("filename") or part.kind.get("name") or part.disposition.get("name")


def _located(part: Part) -> str:
    """The last step of its Content-Location (RFC 2557), if that looks like a file's name."""
    place = unquote(part.headers.text("content-location", part.charset)[:1000])
    last = re.split(r"[/\\]", re.split(r"[?#]", place)[0])[-1].strip()
    return last if _ENDING.search(last) else ""


def attachment(part: Part) -> Attachment:
    """A leaf as an attachment, its transfer encoding undone."""
    content = decode_transfer(part.content, part.headers.plain("content-transfer-encoding"))
    identity = part.headers.text("content-id").strip("<> \t")[:200] or None
    name = name_as_written(part) or _located(part) or _made_name(part, content, identity)
    return Attachment(safe_name(name, "file"), part.kind.value[:100], content, content_id=identity)


def _made_name(part: Part, content: bytes, identity: str | None) -> str:
    """A name for a part that brings none: a nested mail's subject, the local part of its id, its description."""
    ending, called = _CALLED.get(part.kind.value, ("", ""))
    described = part.headers.text("content-description", part.charset)[:120]
    if ending == "eml":
        subject = split_block(content[:65_536])[0].text("subject", part.charset)
        return f"{subject[:120] or described or called}.eml"
    local = (identity or "").partition("@")[0]
    if _ENDING.search(local):
        return local
    if ending:
        return f"{described or called}.{ending}"
    return described if _ENDING.search(described) else "file"


def safe_name(name: str, otherwise: str) -> str:
    """A file name that is safe to show and to save."""
    last = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    cleaned = re.sub(r"\s+", " ", _UNSAFE.sub("", last)).strip(" ").lstrip(".").strip(" ")
    return _cut(cleaned) or otherwise


def _cut(name: str) -> str:
    """At most 255 bytes, the ending kept."""
    if len(name.encode("utf-8", "replace")) <= MAX_NAME_BYTES:
        return name
    ending = _ENDING.search(name)
    tail = ending[0] if ending else ""
    room = MAX_NAME_BYTES - len(tail.encode())
    return name[: len(name) - len(tail)].encode("utf-8", "replace")[:room].decode("utf-8", "ignore") + tail


def with_own_names(found: list[Attachment]) -> list[Attachment]:
    """Two of one name are both kept, the second numbered before its ending."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    named: list[Attachment] = []
    for one in found:
        name = one.name
        stem, dot, ending = one.name.partition(".")
        while name in taken:
            numbers[one.name] = numbers.get(one.name, 0) + 1
            name = f"{stem}{numbers[one.name]}{dot}{ending}"
        taken.add(name)
        named.append(one if name == one.name else replace(one, name=name))
    return named
