"""Mails written by hand for tests, as octets; lines end in CRLF."""

import base64
import struct

FROM = "Marta Silva <marta@sorriso.example>"


def crlf(text: str) -> bytes:
    """Text as it travels."""
    return text.replace("\n", "\r\n").encode()


def mail(body: str | bytes = "It reboots.", *headers: str, sender: str = FROM, subject: str = "ONT reboots") -> bytes:
    """A mail with these headers beside the usual ones; a body of bytes goes as it is."""
    head = [
        f"From: {sender}",
        "To: support@desk.example",
        f"Subject: {subject}",
        "Date: Tue, 24 Nov 2026 09:12:00 +0000",
        "Message-ID: <first@sorriso.example>",
        *headers,
    ]
    content = crlf(body) if isinstance(body, str) else body
    return crlf("\n".join(head)) + b"\r\n\r\n" + content


def part(body: str | bytes, *headers: str) -> bytes:
    """One part of a multipart."""
    content = crlf(body) if isinstance(body, str) else body
    return crlf("\n".join(headers)) + b"\r\n\r\n" + content


def multipart(kind: str, *parts: bytes, boundary: str = "b") -> tuple[str, bytes]:
    """The Content-Type header of a multipart, and its body."""
    mark = f"\r\n--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + one for one in parts) + mark + b"--\r\n"
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"', body.lstrip(b"\r\n")


def multimail(kind: str, *parts: bytes, headers: tuple[str, ...] = ()) -> bytes:
    """A mail of parts."""
    header, body = multipart(kind, *parts)
    return mail(body, header, *headers)


def tnef(*objects: tuple[int, int, int, bytes]) -> bytes:
    """A winmail.dat of these objects: level, attribute, kind, data (MS-OXTNEF §2.1.3)."""
    made = struct.pack("<IH", 0x223E9F78, 1)
    for level, attribute, kind, data in objects:
        made += struct.pack("<BHHI", level, attribute, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    return made


def winmail(packed: bytes) -> bytes:
    """The part that Outlook puts it into."""
    kind = ("Content-Type: application/ms-tnef; name=winmail.dat", "Content-Transfer-Encoding: base64")
    return part(base64.b64encode(packed), *kind)
