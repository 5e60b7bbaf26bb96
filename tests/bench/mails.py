"""The mails of the load: each of a try by a sender of its own, so that no cap withholds an answer."""

import textwrap
from dataclasses import dataclass

from tests.bench.reading import HEAD, ON, WORDS, html_of_50_kb

COMPANIES = 50
_HTML = html_of_50_kb()[len(HEAD) :]
_OWN = "\r\n".join(textwrap.wrap((WORDS * 10)[:1_000], 76))
_ENDS = "\r\n\r\n" + ON + "\r\n" + "\r\n".join(f"> {WORDS[:70]}" for _ in range(13)) + "\r\n"


@dataclass(frozen=True)
class Mail:
    """One mail, and where its answer comes.

    Attributes:
        name: no other mail's; its subject and Message-ID have it.
        answer_to: whom the desk writes to because of it.
        must_quote: the answer says the name: it carries the mail's own words.
    """

    name: str
    sender: str
    recipient: str
    raw: bytes
    answer_to: str
    must_quote: bool = False

    @property
    def message_id(self) -> str:
        return message_id_of(self.name)


def message_id_of(name: str) -> str:
    return f"<{name}@load.example>"


def request(kind: str, name: str, to: str, number: int = 0) -> Mail:
    """A mail that begins a ticket: `text` of 2 kB or `html` of 50 kB; the desk acknowledges it to its sender."""
    sender = f"{name}@company{number % COMPANIES}.example"
    body = _HTML if kind == "html" else _text()
    return Mail(name, sender, to, _head(name, sender, to) + body, sender)


def thread(name: str, to: str, number: int = 0) -> Mail:
    """A request whose sender copies a colleague, who hears of all that follows."""
    sender = f"{name}@company{number % COMPANIES}.example"
    head = _head(name, sender, to, f"Cc: Colleague <{colleague_of(sender)}>\r\n")
    return Mail(name, sender, to, head + _text(), sender)


def reply(name: str, begun: Mail, acknowledged_by: str) -> Mail:
    """The sender's answer in a thread, of 2 kB; the desk sends it on to the colleague.

    Args:
        name: of the answer.
        begun: the mail that began the thread.
        acknowledged_by: Message-ID of the acknowledgement that is answered.
    """
    more = f"In-Reply-To: {acknowledged_by}\r\nReferences: {begun.message_id} {acknowledged_by}\r\n"
    raw = _head(name, begun.sender, begun.recipient, more) + _text(f"{name}\r\n")
    return Mail(name, begun.sender, begun.recipient, raw, colleague_of(begun.sender), must_quote=True)


def colleague_of(sender: str) -> str:
    return f"colleague.{sender}"


def _text(begins: str = "") -> bytes:
    """About 1 kB of own words, then what they answer; no line longer than every server takes."""
    return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{begins}{_OWN}{_ENDS}".encode()


def _head(name: str, sender: str, to: str, more: str = "") -> bytes:
    return (
        f"From: Customer <{sender}>\r\nTo: {to}\r\n{more}Subject: Question {name}\r\n"
        "Date: Tue, 24 Nov 2026 09:12:00 +0000\r\n"
        f"Message-ID: {message_id_of(name)}\r\nMIME-Version: 1.0\r\n"
        "Received: from mx.load.example by mx.desk.example; Tue, 24 Nov 2026 09:12:01 +0000\r\n"
    ).encode()
