"""A form of the portal as asked, with what was typed and what is wrong with it, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.portal_gateway.domain.form_values import (
    ADDRESS_LIMIT,
    NAME_LIMIT,
    TEXT_CHARACTERS,
    TITLE_LIMIT,
    TRAP,
    Fault,
)
from services.portal_gateway.domain.sayings import Say
from services.portal_gateway.domain.view_models.fields import Question, answered, question
from services.portal_gateway.domain.view_models.portal import ENGLISH, Problem
from shared.contracts.state import FormState, TypeState

#: The questions that every form asks, besides its type's own.
BASE_QUESTIONS = (
    Question("title", "What is it about?", "text", required=True, limit=TITLE_LIMIT),
    Question("text", "What happened?", "multiline", required=True, limit=TEXT_CHARACTERS),
    Question("name", "Your name", "text", required=True, limit=NAME_LIMIT, autocomplete="name"),
    Question("address", "Your e-mail", "email", required=True, limit=ADDRESS_LIMIT, autocomplete="email"),
)
#: What to do about an answer that is missing, for the questions that every form asks.
_ASKED_FOR = {
    "title": "Say in a few words what it is about.",
    "text": "Tell us what happened.",
    "name": "Write your name.",
    "address": "Write your e-mail address, so that we can answer you.",
}
_MISSING = {
    "select": "Choose an answer to “{label}”.",
    "checkbox": "Tick “{label}” to go on.",
    "date": "Give a date for “{label}”, such as 2026-11-23.",
    "number": "Give a number for “{label}”, such as 12 or 2.5.",
}
_WRONG: dict[Fault, str] = {
    "no_address": "This e-mail address does not look complete. Please check it.",
    "own_address": "This is our own address. Please write yours.",
    "too_long": "“{label}” is too long. Please shorten it.",
}


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form as asked, with what was typed and what is missing.

    Attributes:
        trap: name of the field that people do not see.
        heading: of the summary, "" where nothing is wrong.
        files_gone: files were chosen, and a browser does not choose them again by itself.
    """

    key: str
    title: str
    intro: str
    action: str
    token: str
    questions: tuple[Question, ...]
    own_questions: tuple[Question, ...]
    trap: str = TRAP
    heading: str = ""
    problem: Problem | None = None
    files_gone: bool = False

    @property
    def missing(self) -> tuple[Question, ...]:
        """The questions with an error, in their order on the page."""
        return tuple(q for q in (*self.own_questions, *self.questions) if q.error)


def form_page(form: FormState, kind: TypeState, action: str, token: str, say: Say = ENGLISH) -> FormPage:
    """A form, empty."""
    own = tuple(question(spec) for spec in kind.fields)
    base = tuple(replace(q, label=say(q.label)) for q in BASE_QUESTIONS)
    return FormPage(form.key, form.title, form.intro, action, token, base, own)


def form_again(page: FormPage, typed: Mapping[str, str], faults: Mapping[str, Fault], say: Say = ENGLISH) -> FormPage:
    """The form with what was typed kept.

    Args:
        page: the form, empty.
        typed: by the name of the input: ``title``, ``fields.shop`` …
        faults: by the same names.
        say: in the reader's language.
    """
    told = {q.name: sentence(q, faults[q.name], say) for q in _all(page) if q.name in faults}
    return replace(
        page,
        questions=tuple(answered(q, typed, told) for q in page.questions),
        own_questions=tuple(answered(q, typed, told) for q in page.own_questions),
        heading=_heading([faults[name] for name in told], say),
    )


def sentence(asked: Question, fault: Fault, say: Say) -> str:
    """What to do about an answer. It names the question and blames nobody."""
    if fault == "missing" and asked.name in _ASKED_FOR:
        return say(_ASKED_FOR[asked.name])
    words = _WRONG.get(fault) or _MISSING.get(asked.kind, "Write an answer to “{label}”.")
    return say(words, label=asked.label)


def _all(page: FormPage) -> tuple[Question, ...]:
    return (*page.own_questions, *page.questions)


def _heading(faults: list[Fault], say: Say) -> str:
    if not faults:
        return ""
    if all(fault == "missing" for fault in faults):
        return say("One thing is missing") if len(faults) == 1 else say("{count} things are missing", count=len(faults))
    return say("Please check one thing") if len(faults) == 1 else say("Please check {count} things", count=len(faults))
