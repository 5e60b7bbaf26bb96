"""The words of HTML: for mails without plain text, for the index, and for trimming.

What its mailer marked as quotation is marked as in plain text, by ``>``, so that one reader serves both.

Invariant: bounded like the sanitiser; whatever is too large or too deep gives its words without their layout.
"""

import html as markup
import re
from collections.abc import Iterable, Iterator

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError, ParserError  # type: ignore[import-untyped] # it brings no types

from services.intake.domain.sanitise import MAX_HTML, too_much

MAX_LAID_OUT = 300_000
_BEGIN, _END = "\ue000", "\ue001"
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ue000\ue001]")
_HIDDEN = re.compile(
    r"(?is)<(script|style|title|head|template|noscript)\b[^>]{0,2000}>.{0,500000}?</\1\s*>|<!--.{0,500000}?-->"
)
_BREAK = re.compile(r"(?i)<(?:br|/p|/div|/tr|/h[1-6]|/li|/table|/blockquote)\b[^>]{0,200}>")
_ANY_TAG = re.compile(r"<[a-zA-Z/!?][^<>]{0,5000}>")
_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b([^>]{0,2000})>", re.IGNORECASE)
#: What mailers write into the quotations they mark; a blockquote without it may be a mere indent.
_QUOTES = re.compile(
    r"\bcite\b|quote|border-left|moz-|padding-left:\s*1ex|margin:0(?:px)? 0(?:px)? 0(?:px)? 0?\.8ex", re.IGNORECASE
)
_PARSER = ParserConfig(css=CSS_PROFILES["strict"], display_links=False)


def text_of_html(html: str) -> str:
    """The words of HTML, paragraph by paragraph."""
    if not html.strip():
        return ""
    cleaned = _with_quotes_marked(_REFUSED.sub("", html))
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


def _with_quotes_marked(html: str) -> str:
    open_quotes: list[bool] = []

    def mark(found: re.Match[str]) -> str:
        if not found[1]:
            open_quotes.append(_QUOTES.search(found[2]) is not None)
            return f"{found[0]}<div>{_BEGIN}</div>" if open_quotes[-1] else found[0]
        ends = bool(open_quotes) and open_quotes.pop()
        return f"<div>{_END}</div>{found[0]}" if ends else found[0]

    return _BLOCKQUOTE.sub(mark, html) if "lockquote" in html or "LOCKQUOTE" in html else html


def _words(html: str) -> str:
    """Without layout, in linear time."""
    text = _ANY_TAG.sub(" ", _BREAK.sub("\n", _HIDDEN.sub(" ", html)))
    return _tidy(markup.unescape(text))


def _tidy(text: str) -> str:
    text = text.replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "")
    lines = (line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_quoted(lines)) if _BEGIN in text else "\n".join(lines)).strip("\n ")


def _quoted(lines: Iterable[str]) -> Iterator[str]:
    """Lines inside a quotation with their marks before them."""
    depth = 0
    for line in lines:
        words = line.replace(_BEGIN, "").replace(_END, "")
        depth += line.count(_BEGIN)
        marks = ">" * min(depth, 20)
        if words.strip() or words == line:
            yield f"{marks} {words.strip()}".rstrip() if marks else words
        depth = max(0, depth - line.count(_END))
