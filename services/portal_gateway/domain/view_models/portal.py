"""The customers' pages: the frame, the confirmation, a request with its conversation. No internal word stands here."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.portal_gateway.domain.request_page import readable
from services.portal_gateway.domain.sayings import DEFAULT, Say, say_in
from services.portal_gateway.domain.view_models.fields import Question, answered, question
from services.portal_gateway.domain.view_models.marks import FileMark, file_mark
from services.portal_gateway.domain.view_models.people import Face, face, initials, stranger
from services.portal_gateway.domain.view_models.texts import Text, folded
from services.portal_gateway.domain.view_models.times import Clock, Moment, moment
from shared.contracts.state import (
    BrandState,
    ChangeState,
    FormState,
    ItemState,
    MessageState,
    StatusSpec,
    TypeState,
)

ENGLISH = say_in(DEFAULT)
#: Of what was written, on the confirmation.
SHORT_CHARACTERS = 280
PortalWord = Literal["Received", "We are on it", "Your turn", "Solved"]
LEAST_CONTRAST = 4.5
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")
_ICONS = {"hardware": "wrench", "development": "zap", "request": "message-circle"}


@dataclass(frozen=True, slots=True)
class PortalFrame:
    """What stands around every page of the portal.

    Attributes:
        stylesheet: address of the brand's colours; it changes when they do.
        file_limit_bytes: of all files of one post together, so that the browser can say so before it sends.
        theme: ``light``, ``dark`` or "" for the system's.
    """

    brand: str
    mark: str
    stylesheet: str
    file_limit_bytes: int
    language: str = "en"
    theme: str = ""


@dataclass(frozen=True, slots=True)
class FormLink:
    title: str
    intro: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a post was not taken, when no field is to blame.

    Attributes:
        send_as_new: offer to send the same again as a new request (the form was sent before, with other words).
    """

    title: str
    text: str
    send_as_new: bool = False


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A request is registered: its number, and in short what was sent.

    Attributes:
        text: the beginning of what was written.
        files: names.
    """

    number: int
    title: str = ""
    address: str = ""
    text: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way; `state` is ``done``, ``now`` or ``next``."""

    word: PortalWord
    state: Literal["done", "now", "next"]
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class PortalMessage:
    """A public message as its readers see it.

    Attributes:
        by: ``you``, ``customer`` or ``staff``.
        whole_url: where all of it is, where only its beginning is here.
    """

    id: UUID
    author: Face
    by: Literal["you", "customer", "staff"]
    at: Moment
    text: Text
    files: tuple[FileMark, ...]
    whole_url: str = ""


@dataclass(frozen=True, slots=True)
class RequestPage:
    """A request as one of its people sees it.

    Attributes:
        word: in English, the catalogue's key; templates say it in the reader's language.
        waits_for_you: who needs an answer of the reader; "" where nobody does.
        answer_to: first name of who looks after it; "" where nobody does yet.
        again_url, again_seconds: where, and when, the page finds an answer that is not on it yet.
        files_gone: files were chosen, and a browser does not choose them again by itself.
        sent: what became of an answer just sent: ``here`` (it is on the page), ``soon``, "" for none.
    """

    number: int
    title: str
    word: PortalWord
    steps: tuple[Step, ...]
    waits_for_you: str
    messages: tuple[PortalMessage, ...]
    facts: tuple[tuple[str, str], ...]
    action: str
    token: str
    answer_to: str
    typed: str = ""
    error: str = ""
    problem: Problem | None = None
    sent: Literal["", "here", "soon"] = ""
    again_url: str = ""
    again_seconds: int = 1
    files_gone: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a request's page is made from: the item, its public messages and steps, its type, who reads.

    Attributes:
        reader: the person whose link it is.
        file_url: where a file of a message, by its place, is read from by this reader.
        whole_url: where all of a long message is.
        token: of the answer's form.
        desk: what staff without a name are called: the brand.
    """

    item: ItemState
    kind: TypeState | None
    messages: Sequence[MessageState]
    steps: Sequence[ChangeState]
    reader: UUID
    action: str
    token: str
    desk: str
    file_url: Callable[[MessageState, int], str]
    whole_url: Callable[[MessageState], str]


def portal_frame(
    brand: BrandState | None, stylesheet: str, file_limit_bytes: int, language: str = DEFAULT
) -> PortalFrame:
    """The frame of a brand; a desk without one shows its own name."""
    name = brand.name if brand else "Help"
    mark = next((c for c in name if c.isalnum()), "?").upper()
    return PortalFrame(name, mark, stylesheet, file_limit_bytes, language)


def brand_styles(brand: BrandState | None) -> str:
    """The stylesheet of a brand's colour; a colour that white text cannot be read on is left out."""
    colour = brand.colour if brand else ""
    readable = _HEX.fullmatch(colour) is not None and _on_white(colour) >= LEAST_CONTRAST
    return f":root{{--brand:{colour}}}\n" if readable else ""


def _on_white(colour: str) -> float:
    """Contrast of a colour on white (WCAG 2.2, relative luminance)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def form_links(forms: Sequence[FormState], url: Callable[[str], str]) -> tuple[FormLink, ...]:
    """The open forms, by their titles."""
    return tuple(
        FormLink(form.title, form.intro, url(form.key), _ICONS.get(form.type, "message-square"))
        for form in sorted(forms, key=lambda form: form.title.casefold())
        if form.open
    )


def portal_word(spec: StatusSpec | None) -> PortalWord:
    """What a status means to a customer."""
    if spec is None:
        return "We are on it"
    if spec.state == "finished":
        return "Solved"
    if spec.waits_on == "customer":
        return "Your turn"
    return "Received" if spec.state == "not_started" else "We are on it"


def confirmation(number: int, sent: MessageState | None) -> Confirmation:
    """The number, and in short what was sent, where that is still for customers to read."""
    if sent is None:
        return Confirmation(number)
    text = " ".join(sent.text.split())
    short = text if len(text) <= SHORT_CHARACTERS else text[:SHORT_CHARACTERS].rpartition(" ")[0] + " …"
    return Confirmation(number, sent.subject, sent.sender.address, short, tuple(file.name for file in sent.attachments))


def request_page(seen: Seen, clock: Clock, say: Say = ENGLISH) -> RequestPage:
    """A request's page for one of its people: public messages only, whatever it is given."""
    word = portal_word(_spec(seen.kind, seen.item.status))
    staff = seen.item.assignee
    answer_to = face(staff).short if staff and staff.name and "@" not in staff.name else ""
    facts = [(say("Request number"), f"#{seen.item.number}")]
    facts += [(q.label, q.said) for q in _answers(seen, say) if q.said]
    if answer_to and staff:
        facts.append((say("Who looks after it"), staff.name))
    return RequestPage(
        number=seen.item.number,
        title=seen.item.title,
        word=word,
        steps=_steps(seen, word, clock),
        waits_for_you=(answer_to or say("Our team")) if word == "Your turn" else "",
        messages=tuple(_message(message, seen, clock) for message in readable(seen.messages, seen.item)),
        facts=tuple(facts),
        action=seen.action,
        token=seen.token,
        answer_to=answer_to,
    )


def _answers(seen: Seen, say: Say) -> list[Question]:
    """What was asked at the beginning, with the answers that there are; "no" to a box is none worth showing."""
    typed = {f"fields.{key}": value for key, value in seen.item.fields.items()}
    asked = [answered(question(spec), typed, {}) for spec in (seen.kind.fields if seen.kind else ())]
    boxes = [replace(q, said=say("Yes") if q.value else "") if q.kind == "checkbox" else q for q in asked]
    return [q for q in boxes if q.said]


def _message(message: MessageState, seen: Seen, clock: Clock) -> PortalMessage:
    mine = message.author is not None and message.author.id == seen.reader
    return PortalMessage(
        id=message.id,
        author=_author(message, seen),
        by="you" if mine else "staff" if message.by != "customer" else "customer",
        at=moment(message.created_at, clock),
        text=folded(message.text, message.full_text),
        files=_files(message, seen),
        whole_url=seen.whole_url(message) if message.body_blob else "",
    )


def _files(message: MessageState, seen: Seen) -> tuple[FileMark, ...]:
    """Its files, and the pictures that stood in its text: the page shows text alone, and hides nothing sent."""
    return tuple(file_mark(file, seen.file_url(message, place)) for place, file in enumerate(message.attachments))


def _author(message: MessageState, seen: Seen) -> Face:
    """Who wrote it, by name: no reader learns another's address, or one of the desk's own."""
    found = face(message.author) if message.author else stranger(message.sender)
    if "@" not in found.name:
        return replace(found, address="")
    name = found.name.partition("@")[0] if message.by == "customer" else seen.desk
    return replace(found, name=name, short=name, address="", initials=initials(name))


def _steps(seen: Seen, word: PortalWord, clock: Clock) -> tuple[Step, ...]:
    """Received, on it, your turn (while it is), solved: each with the moment it was first reached, or since when."""
    reached: dict[PortalWord, datetime] = {"Received": seen.item.created_at}
    for step in seen.steps:
        if "status" in step.changes:
            was = portal_word(_spec(seen.kind, str(step.changes["status"][1])))
            reached.setdefault(was, step.at)
    reached[word] = seen.item.status_since if word != "Received" else seen.item.created_at
    way: list[PortalWord] = ["Received", "We are on it", "Solved"]
    if word == "Your turn":
        way.insert(2, word)
    at = way.index(word)
    steps = []
    for index, name in enumerate(way):
        done = index < at or name == word == "Solved"
        known = reached.get(name) if index <= at else None
        state: Literal["done", "now", "next"] = "done" if done else "now" if index == at else "next"
        steps.append(Step(name, state, moment(known, clock) if known else None))
    return tuple(steps)


def _spec(kind: TypeState | None, status: str) -> StatusSpec | None:
    return next((spec for spec in kind.statuses if spec.key == status), None) if kind else None
