"""Mail files as an SMTP client needs them: the bytes, and the envelope that their headers suggest. No network.

The bytes are sent as they are; only line ends become CRLF, as SMTP has it.
"""

import hashlib
import mailbox
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import getaddresses
from pathlib import Path

from deploy.local.errors import StackError

# A folder may hold notes and scripts beside its mails.
NO_MAILS = {".json", ".md", ".py", ".txt", ".html", ".csv", ".sha256"}
HEADER_BYTES = 64 * 1024
OUR_ADDRESSES = ("Delivered-To", "To", "Cc")
_BARE_LINE_END = re.compile(rb"\r\n|\r|\n")
_ADDRESS = re.compile(r"^[^\s<>@]+@[^\s<>@]+$")


@dataclass(frozen=True)
class Mail:
    """One mail, ready to be sent.

    Args:
        name: Its file, and its place in it for a mailbox file.
        content: What goes out after DATA.
        sender: Of the envelope; empty for a bounce.
        recipients: Of the envelope.
        message_id: As its header says; empty when it has none.
    """

    name: str
    content: bytes
    sender: str
    recipients: tuple[str, ...]
    message_id: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read_mails(path: Path, recipients: tuple[str, ...], desk_domain: str, support_address: str) -> Iterator[Mail]:
    """Every mail of a file, a folder or a mailbox file, in the order of their names.

    Args:
        path: What to read.
        recipients: For every mail; empty: those of To and Cc at the desk's domain, else the support address.
        desk_domain: Whose addresses the door takes.
        support_address: Where a mail goes that is for nobody there.

    Raises:
        StackError: There is nothing at `path`.
    """
    for name, raw in read_raw(path):
        headers = headers_of(raw)
        sender = first_address(headers.get_all("Return-Path", []), headers.get_all("From", []))
        named = [value for header in OUR_ADDRESSES for value in headers.get_all(header, [])]
        message_id = " ".join(str(headers.get("Message-ID", "")).split())
        to = recipients or at_domain(named, desk_domain) or (support_address,)
        yield Mail(name, _BARE_LINE_END.sub(b"\r\n", raw), sender, to, message_id)


def headers_of(raw: bytes) -> EmailMessage:
    """The mail's headers, as far as they can be read."""
    headers = BytesHeaderParser(policy=default).parsebytes(raw[:HEADER_BYTES])
    if not isinstance(headers, EmailMessage):
        raise TypeError("policy.default makes an EmailMessage")
    return headers


def read_raw(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each mail.

    Raises:
        StackError: There is nothing at `path`.
    """
    if not path.exists():
        raise StackError(f"there is no {path}", "name a mail, a folder of mails or an mbox file")
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if is_mail(each))
    for file in files:
        if file.suffix == ".mbox" or starts_as_mbox(file):
            with closing(mailbox.mbox(file, create=False)) as box:
                for key in box.keys():  # noqa: SIM118 - a mailbox is no dict: iterating it parses every mail
                    yield f"{file.name}:{int(key) + 1}", box.get_bytes(key)
        else:
            yield file.name, file.read_bytes()


def is_mail(path: Path) -> bool:
    """Whether a file of a folder is taken for a mail."""
    return path.is_file() and not path.name.startswith(".") and path.suffix not in NO_MAILS


def starts_as_mbox(file: Path) -> bool:
    """Whether the file is a mailbox file by its first line; a mail may begin with such a line, but has one only."""
    with file.open("rb") as opened:
        return opened.read(5) == b"From " and file.suffix != ".eml"


def first_address(*headers: list[str]) -> str:
    """The first usable address, header by header; a null Return-Path means there is none."""
    for values in headers:
        if any(str(value).strip() == "<>" for value in values):
            return ""
        for address in addresses(values):
            return address
    return ""


def at_domain(headers: list[str], domain: str) -> tuple[str, ...]:
    """The addresses of these headers at `domain`, each once."""
    return tuple(dict.fromkeys(each for each in addresses(headers) if each.lower().endswith(f"@{domain}")))


def addresses(headers: list[str]) -> list[str]:
    """The addresses in these headers that an SMTP command can carry."""
    found = (address for _, address in getaddresses([str(value) for value in headers]))
    return [address for address in found if address.isascii() and _ADDRESS.match(address)]
