"""The words of HTML: for mails without plain text, for the index, and for trimming.

Invariant: bounded like the sanitiser; whatever is too large or too deep gives its words without their layout.
"""

import html as markup
import re

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError, ParserError  # type: ignore[import-untyped] # it brings no types

from services.intake.domain.sanitise import MAX_HTML, too_much

MAX_LAID_OUT = 300_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_HIDDEN = re.compile(
    r"(?is)<(script|style|title|head|template|noscript)\b[^>]{0,2000}>.{0,500000}?</\1\s*>|<!--.{0,500000}?-->"
)
_BREAK = re.compile(r"(?i)<(?:br|/p|/div|/tr|/h[1-6]|/li|/table|/blockquote)\b[^>]{0,200}>")
_ANY_TAG = re.compile(r"<[a-zA-Z/!?][^<>]{0,5000}>")
_PARSER = ParserConfig(css=CSS_PROFILES["strict"], display_links=False)


def text_of_html(html: str) -> str:
    """The words of HTML, paragraph by paragraph."""
    if not html.strip():
        return ""
    cleaned = _CONTROL.sub("", html)
    if len(cleaned) > MAX_LAID_OUT or too_much(cleaned):
        return _words(cleaned[:MAX_HTML])
    try:
        text = get_text(cleaned, _PARSER)
    except (LxmlError, ParserError, ValueError, RecursionError, AttributeError, TypeError):
        return _words(cleaned)
    return _tidy(text)


def has_words(html: str) -> bool:
    """Whether HTML has any words; cheaper than reading them."""
    return bool(_words(html[:MAX_HTML]))


def _words(html: str) -> str:
    """Without layout, in linear time."""
    text = _ANY_TAG.sub(" ", _BREAK.sub("\n", _HIDDEN.sub(" ", html)))
    return _tidy(markup.unescape(text))


def _tidy(text: str) -> str:
    text = _CONTROL.sub("", text.replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", ""))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
