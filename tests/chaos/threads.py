"""What customers have in their mail programs: the threads they began, and what the desk wrote to them."""

import random
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid

from tests.chaos.doors import path_of
from tests.chaos.sinks import SunkMail

_NUMBER = re.compile(r"\[#(\d+)\]")
_LINK = re.compile(r"https?://\S+/portal/requests/[^\s\"'<>]+")
_DATE = "Tue, 24 Nov 2026 09:12:00 +0000"
#: What the door lays aside, with only its key in the record: more than it puts into one.
LARGE_BYTES, SMALL_BYTES = 450_000, 3_000
REPLY_STYLES = ("header", "address", "both", "own", "number")


@dataclass
class Thread:
    """One customer's conversation with the desk.

    Attributes:
        op: the input that began it.
        address: of the customer, who began no other.
        first_id: Message-ID of the customer's own mail that began it, where one did.
        last: the newest mail from the desk, its Message-ID, References and Reply-To.
        link: path of the customer's request page.
        followers: added by an agent.
    """

    op: str
    address: str
    name: str
    mailbox: str
    number: int | None = None
    version: int | None = None
    first_id: str = ""
    last_id: str = ""
    last_references: str = ""
    reply_to: str = ""
    link: str = ""
    followers: list[str] = field(default_factory=list)

    def received(self, mail: SunkMail) -> None:
        """The customer has a mail of the desk's."""
        message = mail.message
        number = _NUMBER.search(str(message["Subject"] or ""))
        if number is not None:
            self.number = int(number[1])
        self.last_id = str(message["Message-ID"] or "").strip()
        self.last_references = str(message["References"] or "")
        self.reply_to = _bare(str(message["Reply-To"] or ""))
        link = _LINK.search(text_of(message))
        if link is not None:
            self.link = path_of(link[0])


class Threads:
    """Every customer's threads, by address."""

    def __init__(self) -> None:
        self.by_address: dict[str, Thread] = {}

    def add(self, thread: Thread) -> None:
        self.by_address[thread.address] = thread

    def received(self, mail: SunkMail) -> None:
        """A mail came to whom it concerns."""
        for recipient in mail.recipients:
            thread = self.by_address.get(recipient)
            if thread is not None:
                thread.received(mail)

    def any_answered(self, rng: random.Random) -> Thread | None:
        """A thread whose customer has heard from the desk."""
        return _any(rng, [thread for thread in self.by_address.values() if thread.number and thread.last_id])

    def any_with_link(self, rng: random.Random) -> Thread | None:
        return _any(rng, [thread for thread in self.by_address.values() if thread.link])

    def any_numbered(self, rng: random.Random) -> Thread | None:
        return _any(rng, [thread for thread in self.by_address.values() if thread.number])


def _any(rng: random.Random, threads: list[Thread]) -> Thread | None:
    return rng.choice(threads) if threads else None


def first_mail(thread: Thread, marker: str, rng: random.Random, *, html: bool, large: bool = False) -> EmailMessage:
    """A mail that begins a thread; the thread knows its id. A large one has a picture, others have one now and then."""
    message = _mail(thread, thread.mailbox, f"Question {marker}")
    thread.first_id = str(message["Message-ID"])
    message.set_content(f"Hello,\n\nmy router {rng.randint(1, 99)} blinks, {marker} and I wait.\n\nRegards\n")
    if html:
        message.add_alternative(f"<p>Hello, my router blinks, {marker} and I wait.</p>" + "<p>…</p>" * 20, "html")
    if large or rng.random() < 0.2:
        picture = rng.randbytes(LARGE_BYTES if large else SMALL_BYTES)
        message.add_attachment(picture, maintype="image", subtype="png", filename="router.png")
    return message


def reply_mail(thread: Thread, marker: str, style: str) -> tuple[EmailMessage, str]:
    """An answer in a thread, and the address it goes to, by one of the ways that mail programs have."""
    to = thread.reply_to if style in {"address", "both"} and thread.reply_to else thread.mailbox
    subject = f"Re: more [#{thread.number}]" if style == "number" else f"Re: more about {marker}"
    message = _mail(thread, to, subject)
    if style in {"header", "both"} or (style == "own" and not thread.first_id):
        message["In-Reply-To"] = thread.last_id
        message["References"] = f"{thread.last_references} {thread.last_id}".strip()
    elif style == "own":
        message["In-Reply-To"] = thread.first_id
    message.set_content(f"It still blinks, {marker} says.\n\nOn Tuesday the desk wrote:\n> Have you tried?\n")
    return message, to


def text_of(message: EmailMessage) -> str:
    """Every text of a mail, decoded."""
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join(str(part.get_content()) for part in parts)


def _mail(thread: Thread, to: str, subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{thread.name} <{thread.address}>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = _DATE
    message["Message-ID"] = make_msgid(domain=thread.address.rpartition("@")[2])
    return message


def _bare(address: str) -> str:
    return address.partition("<")[2].partition(">")[0] or address.strip()
