"""The words of one mail: subject, body and its HTML, from public content only.

Invariant: nothing internal is among what a letter is made of, so nothing internal can be in it.
"""

import html
import re
from dataclasses import dataclass

from services.notifier.domain.words import words
from shared.contracts.state import AttachmentRef, DeliveryState, ItemState, MessageState

SUBJECT_LIMIT = 200
#: Control characters, and those that turn the direction of what follows them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_NUMBERED = re.compile(r"\[#\d{1,12}\]")
_LINK = re.compile(r"\{\{\s*link\s*\}\}")
_SIGNATURE = "-- "


@dataclass(frozen=True)
class Letter:
    """Everything that one mail is made of.

    Attributes:
        message: the public message it carries; none for an assignment, a rule's mail, a failure.
        link: the page on which this one person reads and answers; "" where there is none.
        text: the whole text of the message, where the message itself holds its beginning only.
        files: those attachments that fit, with their bytes.
    """

    delivery: DeliveryState
    item: ItemState
    message: MessageState | None
    link: str
    text: str = ""
    files: tuple[tuple[AttachmentRef, bytes], ...] = ()

    @property
    def language(self) -> str | None:
        """The recipient's as far as we know: the item's for customers, the desk's own for staff."""
        return None if self.delivery.recipient.staff else self.item.language


def one_line(text: str) -> str:
    """A text as it can stand in a header."""
    return re.sub(r"\s+", " ", _CONTROL.sub(" ", text)).strip()


def subject_of(item: ItemState, given: str) -> str:
    """A subject with the item's number in brackets, once, on one line."""
    text = one_line(_NUMBERED.sub("", given))[:SUBJECT_LIMIT].rstrip()
    return f"{text} [#{item.number}]".strip()


def title_as_subject(item: ItemState) -> str:
    """The item's title as the subject of an answer."""
    title = one_line(item.title)
    return title if title.lower().startswith("re:") else f"Re: {title}"


def body_of(letter: Letter) -> str:
    """The plain text of a mail; every line of it is for its recipient."""
    say, delivery = words(letter.language), letter.delivery
    lines = _content(letter)
    link_is_in_it = delivery.kind == "rule" and _LINK.search(delivery.text) is not None
    if letter.link and not link_is_in_it:
        lines += ["", _SIGNATURE, say.open if delivery.recipient.staff else say.answer, letter.link]
    return "\n".join(lines).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "") + "\n"


def html_of(text: str, link: str, language: str | None) -> str:
    """The same words as HTML, the link one to click."""
    body = html.escape(text.rstrip("\n")).replace("\n", "<br>\n")
    if link:
        address = html.escape(link)
        body = body.replace(address, f'<a href="{address}">{address}</a>')
    known = html.escape((language or "en")[:2].lower())
    return f'<!doctype html><html lang="{known}"><body>\n<p>{body}</p>\n</body></html>\n'


def _content(letter: Letter) -> list[str]:
    say, delivery, message = words(letter.language), letter.delivery, letter.message
    title = f"#{letter.item.number} {one_line(letter.item.title)}"
    if delivery.kind == "rule":
        return [_LINK.sub(lambda _: letter.link, delivery.text).strip()]
    if delivery.kind == "failure":
        return [delivery.text.strip(), "", title]
    if delivery.kind == "assignment" or message is None:
        return [say.assigned, "", title]
    lines = []
    if message.by == "customer":
        lines += [f"{one_line(message.sender.name) or message.sender.address} {say.wrote}", ""]
    lines.append((letter.text or message.text).strip())
    sent = {ref.blob_key for ref, _ in letter.files}
    left_out = [one_line(ref.name) for ref in message.attachments if ref.blob_key not in sent]
    return [*lines, "", f"{say.files} {', '.join(left_out)}"] if left_out else lines
