"""What the customers' pages say, in the reader's language (E17): English sentences, and what they are in others.

Invariant: the English sentence is the key; a catalogue has every one, with the same named places. What administrators
wrote (brand, forms, fields, options) is never looked up here.
"""

from collections.abc import Callable, Mapping

from services.portal_gateway.domain.sayings.french import FRENCH
from services.portal_gateway.domain.sayings.portuguese import PORTUGUESE
from services.portal_gateway.domain.sayings.spanish import SPANISH

#: Says an English sentence in a language, its named places filled.
Say = Callable[..., str]

CATALOGUES: Mapping[str, Mapping[str, str]] = {"en": {}, "es": SPANISH, "pt": PORTUGUESE, "fr": FRENCH}
DEFAULT = "en"
_MOST_RANGES = 20


def language_of(accepted: str) -> str:
    """The language that a reader prefers among ours.

    Args:
        accepted: an Accept-Language header, "" where there is none.

    Source: RFC 9110 §12.5.4; a range matches by its first subtag, as in RFC 4647 §3.4.
    """
    best, best_weight = DEFAULT, 0.0
    for place, entry in enumerate(accepted.split(",")[:_MOST_RANGES]):
        name, _, weight_text = entry.partition(";")
        language = name.strip().lower().partition("-")[0]
        weight = _weight(weight_text) - place / 10_000
        if language in CATALOGUES and weight > best_weight:
            best, best_weight = language, weight
    return best


def say_in(language: str) -> Say:
    """What says sentences in a language; a sentence that it does not know stays English."""
    known = CATALOGUES[language]

    def say(sentence: str, /, **places: object) -> str:
        said = known.get(sentence, sentence)
        return said.format(**places) if places else said

    return say


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(float(value), 1.0) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
