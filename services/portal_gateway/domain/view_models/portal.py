"""The customers' pages: forms, the confirmation, a request with its conversation. No internal word ever stands here."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from services.portal_gateway.domain.view_models.fields import Question, answered, question
from services.portal_gateway.domain.view_models.marks import FileMark, file_mark
from services.portal_gateway.domain.view_models.people import Face, face, stranger
from services.portal_gateway.domain.view_models.texts import Text, folded
from services.portal_gateway.domain.view_models.times import Clock, Moment, moment
from shared.contracts.state import (
    AttachmentRef,
    BrandState,
    ChangeState,
    FormState,
    ItemState,
    MessageState,
    StatusSpec,
    TypeState,
)

PortalWord = Literal["Received", "We are on it", "Your turn", "Solved"]
LEAST_CONTRAST = 4.5
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")
_ICONS = {"hardware": "wrench", "development": "zap", "request": "message-circle"}

#: The questions that every form asks, besides its type's own.
BASE_QUESTIONS = (
    Question("title", "What is it about?", "text", required=True, limit=200),
    Question("text", "What happened?", "multiline", required=True, limit=50_000),
    Question("name", "Your name", "text", required=True, limit=120, autocomplete="name"),
    Question("address", "Your e-mail", "email", required=True, limit=254, autocomplete="email"),
)


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
class FormPage:
    """A form as asked, with what was typed and what is missing."""

    key: str
    title: str
    intro: str
    action: str
    token: str
    questions: tuple[Question, ...]
    own_questions: tuple[Question, ...]
    problem: Problem | None = None

    @property
    def missing(self) -> tuple[Question, ...]:
        """The questions with an error, in their order on the page."""
        return tuple(q for q in (*self.own_questions, *self.questions) if q.error)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A request is registered.

    Attributes:
        request_url: the request's page, where the sender may open it at once; "" else (the mail has the link).
    """

    number: int
    title: str
    address: str
    request_url: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way; `state` is ``done``, ``now`` or ``next``."""

    word: PortalWord
    state: Literal["done", "now", "next"]
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class PortalMessage:
    """A public message as its readers see it; `by` is ``you``, ``customer`` or ``staff``."""

    id: UUID
    author: Face
    by: Literal["you", "customer", "staff"]
    at: Moment
    text: Text
    files: tuple[FileMark, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class RequestPage:
    """A request as one of its people sees it."""

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
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a request's page is made from: the item, its public messages and steps, its type, who reads.

    Attributes:
        reader: the person whose link it is.
        file_url: where a file of a message is read from, for this reader.
        token: of the answer's form.
    """

    item: ItemState
    kind: TypeState | None
    messages: Sequence[MessageState]
    steps: Sequence[ChangeState]
    reader: UUID
    action: str
    token: str
    file_url: Callable[[MessageState, AttachmentRef], str] = field(default=lambda _message, _file: "")


def portal_frame(brand: BrandState | None, stylesheet: str, file_limit_bytes: int) -> PortalFrame:
    """The frame of a brand; a desk without one shows its own name."""
    name = brand.name if brand else "Help"
    return PortalFrame(name, next((c for c in name if c.isalnum()), "?").upper(), stylesheet, file_limit_bytes)


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
    """The open forms, in their order."""
    return tuple(
        FormLink(form.title, form.intro, url(form.key), _ICONS.get(form.type, "message-square"))
        for form in forms
        if form.open
    )


def form_page(form: FormState, kind: TypeState | None, action: str, token: str) -> FormPage:
    """A form, empty."""
    own = tuple(question(spec) for spec in kind.fields) if kind else ()
    return FormPage(form.key, form.title, form.intro, action, token, BASE_QUESTIONS, own)


def form_again(
    page: FormPage,
    typed: Mapping[str, JsonValue],
    faults: Mapping[str, str],
    problem: Problem | None = None,
) -> FormPage:
    """The form with what was typed kept.

    Args:
        page: the form, empty.
        typed: by the name of the input: ``title``, ``fields.shop`` …
        faults: by the same names: a sentence, or "" for the question's own one.
        problem: what went wrong beside the fields.
    """
    return replace(
        page,
        questions=tuple(answered(q, typed, faults) for q in page.questions),
        own_questions=tuple(answered(q, typed, faults) for q in page.own_questions),
        problem=problem,
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


def request_page(seen: Seen, clock: Clock) -> RequestPage:
    """A request's page for one of its people: public messages only, whatever it is given."""
    word = portal_word(_spec(seen.kind, seen.item.status))
    staff = seen.item.assignee
    answer_to = face(staff).short if staff and staff.name else "us"
    public = [message for message in seen.messages if message.public and not message.held]
    facts = [("Request number", f"#{seen.item.number}")]
    facts += [(q.label, q.said) for q in _answers(seen) if q.said]
    if staff and staff.name:
        facts.append(("Who looks after it", staff.name))
    return RequestPage(
        number=seen.item.number,
        title=seen.item.title,
        word=word,
        steps=_steps(seen, word, clock),
        waits_for_you=(answer_to if answer_to != "us" else "Our team") if word == "Your turn" else "",
        messages=tuple(_message(message, seen, clock) for message in public),
        facts=tuple(facts),
        action=seen.action,
        token=seen.token,
        answer_to=answer_to,
    )


def _answers(seen: Seen) -> list[Question]:
    typed = {f"fields.{key}": value for key, value in seen.item.fields.items()}
    return [answered(question(spec), typed, {}) for spec in (seen.kind.fields if seen.kind else ())]


def _message(message: MessageState, seen: Seen, clock: Clock) -> PortalMessage:
    mine = message.author is not None and message.author.id == seen.reader
    return PortalMessage(
        id=message.id,
        author=face(message.author) if message.author else stranger(message.sender),
        by="you" if mine else "staff" if message.by != "customer" else "customer",
        at=moment(message.created_at, clock),
        text=folded(message.text, message.full_text),
        files=tuple(file_mark(file, seen.file_url(message, file)) for file in message.attachments if not file.inline),
    )


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
