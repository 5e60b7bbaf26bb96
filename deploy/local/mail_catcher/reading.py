"""A caught mail as people and tests read it, and the answer that its recipient would write. Pure."""

import hashlib
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import formataddr, formatdate, getaddresses, make_msgid, parseaddr
from typing import Any

from deploy.local.mail_catcher.store import Caught

LISTED_HEADERS = (
    "From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
)  # fmt: skip


@dataclass(frozen=True)
class Attachment:
    """A part that is neither the text nor the HTML."""

    index: int
    name: str
    content_type: str
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Opened:
    """A mail, parsed."""

    envelope: Caught
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[Attachment, ...]

    def header(self, name: str) -> str:
        """The first header of this name, empty when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def open_mail(envelope: Caught, raw: bytes) -> Opened:
    """The mail's parts; what cannot be read is left out, never raised."""
    message = parse(raw)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    parts = [part for part in message.walk() if not part.is_multipart() and part is not text and part is not html]
    return Opened(
        envelope=envelope,
        headers=tuple((name, " ".join(str(value).split())) for name, value in message.items()),
        text=content_of(text),
        html=content_of(html),
        attachments=tuple(attachment(index, part) for index, part in enumerate(parts)),
    )


def parse(raw: bytes) -> EmailMessage:
    """The message of these bytes."""
    message = message_from_bytes(raw, policy=policy.default)
    if not isinstance(message, EmailMessage):
        raise TypeError("policy.default makes an EmailMessage")
    return message


def content_of(part: MIMEPart | None) -> str:
    """A text part's text, with bad bytes marked."""
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    try:
        return payload.decode(charset, "replace") if isinstance(payload, bytes) else ""
    except LookupError:
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def attachment(index: int, part: MIMEPart) -> Attachment:
    """A part as a file."""
    payload = part.get_payload(decode=True)
    name = part.get_filename() or f"part-{index + 1}"
    return Attachment(index, name, part.get_content_type(), payload if isinstance(payload, bytes) else b"")


def as_json(mail: Opened) -> dict[str, Any]:
    """The mail for tests and scripts."""
    named = {name.lower().replace("-", "_"): mail.header(name) for name in LISTED_HEADERS}
    files = [
        {"name": each.name, "content_type": each.content_type, "size": each.size, "sha256": each.sha256}
        for each in mail.attachments
    ]
    return {
        "id": mail.envelope.number,
        "received_at": mail.envelope.received_at,
        "mail_from": mail.envelope.mail_from,
        "recipients": list(mail.envelope.rcpt_tos),
        "size": mail.envelope.size_bytes,
        **named,
        "headers": [list(pair) for pair in mail.headers],
        "text": mail.text,
        "html": mail.html,
        "attachments": files,
    }


def answer_to(mail: Opened, sender: str, text: str, files: list[Attachment]) -> EmailMessage:
    """What `sender`, who got `mail`, answers: threaded and addressed as RFC 5322 §3.6.4 asks, with a quote.

    Args:
        mail: The mail that is answered.
        sender: One of its recipients.
        text: What the customer writes.
        files: What the customer attaches.
    """
    names = {address.lower(): name for name, address in getaddresses([mail.header("To"), mail.header("Cc")])}
    message_id = mail.header("Message-ID")
    ancestors = mail.header("References") or mail.header("In-Reply-To")
    subject = mail.header("Subject")
    answer = EmailMessage(policy=policy.SMTP)
    answer["From"] = formataddr((names.get(sender.lower(), ""), sender))
    answer["To"] = answer_address(mail)
    answer["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    answer["Date"] = formatdate(localtime=False)
    answer["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    if message_id:
        answer["In-Reply-To"] = message_id
        answer["References"] = f"{ancestors} {message_id}".strip()
    quote = "\n".join(f"> {line}" for line in mail.text.splitlines())
    answer.set_content(f"{text}\n\nOn {mail.header('Date')}, {mail.header('From')} wrote:\n{quote}\n")
    for file in files:
        kind, _, subtype = file.content_type.partition("/")
        answer.add_attachment(file.content, maintype=kind, subtype=subtype or "octet-stream", filename=file.name)
    return answer


def answer_address(mail: Opened) -> str:
    """Where an answer goes: Reply-To where there is one, else From."""
    return mail.header("Reply-To") or mail.header("From")


def sender_name(mail: Opened) -> str:
    """The name in From, else its address."""
    name, address = parseaddr(mail.header("From"))
    return name or address or mail.envelope.mail_from or "nobody"


def mail_address(header: str) -> str:
    """The bare address of a header like From."""
    return parseaddr(header)[1]
