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
MAX_MARKS = 20
_BEGIN, _END = "\ue000", "\ue001"
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ue000\ue001]")
#: Elements whose content is no text.
_HIDDEN = frozenset({"script", "style", "title", "head", "template", "noscript"})
_BREAKS = frozenset({"br", "p", "div", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "li", "table", "blockquote"})
_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})[^<>]{0,5000}>|<[!?][^<>]{0,5000}>")
_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b([^>]{0,2000})>", re.IGNORECASE)
#: What mailers write into the quotations they mark; a blockquote without it may be a mere indent.
_QUOTES = re.compile(
    r"\bcite\b|quote|border-left|moz-|padding-left:\s*1ex|margin:0(?:px)? 0(?:px)? 0(?:px)? 0?\.8ex", re.IGNORECASE
)
_PARSER = ParserConfig(css=CSS_PROFILES["strict"], display_links=False)


def text_of_html(html: str, *, laid_out: bool = True) -> str:
    """The words of HTML, paragraph by paragraph; where `laid_out` is false, at a fraction of the cost."""
    if not html.strip():
        return ""
    cleaned = _with_quotes_marked(_REFUSED.sub("", html))
    if not laid_out or len(cleaned) > MAX_LAID_OUT or too_much(cleaned):
        return _words(cleaned[:MAX_HTML])
    try:
        text = get_text(cleaned, _PARSER)
    except (LxmlError, ParserError, ValueError, RecursionError, AttributeError, TypeError):
        return _words(cleaned)
    # What was never closed swallows the rest for a parser, not for a reader.
    return _tidy(text) or _words(cleaned)


def has_words(html: str) -> bool:
    """Whether HTML has any words; cheaper than reading them."""
    return any(_tidy(markup.unescape(piece)) for piece in _pieces(html[:MAX_HTML]) if not piece.isspace())


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
    """Without layout."""
    return _tidy(markup.unescape("".join(_pieces(html))))


def _pieces(html: str) -> Iterator[str]:
    """What stands between tags, and white space for them, in linear time."""
    lower, position = html.lower(), 0
    unclosed: set[str] = set()
    while (found := _TAG.search(html, position)) is not None:
        yield html[position : found.start()]
        position = found.end()
        name = (found[2] or "").lower()
        yield "\n" if name in _BREAKS else " "
        closing = "-->" if found[0] == "<!--" else f"</{name}" if name in _HIDDEN and not found[1] else ""
        if closing and closing not in unclosed:
            end = lower.find(closing, position)
            if end < 0:
                unclosed.add(closing)
            position = max(position, end)
    yield html[position:]


def _tidy(text: str) -> str:
    text = text.replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "")
    lines = (line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_quoted(lines)) if _BEGIN in text else "\n".join(lines)).strip("\n ")


def _quoted(lines: Iterable[str]) -> Iterator[str]:
    """Lines inside a quotation with their marks before them; a quotation neither begins nor ends with empty ones."""
    depth, empty, begun = 0, 0, False
    for line in lines:
        words = line.replace(_BEGIN, "").replace(_END, "")
        depth, begun = depth + line.count(_BEGIN), begun and _BEGIN not in line
        marks = ">" * min(depth, MAX_MARKS)
        if marks and words.strip():
            yield from [marks] * (empty if begun else 0)
            yield f"{marks} {words.strip()}"
            empty, begun = 0, True
        elif marks:
            empty += words == line
        elif words == line:
            yield words
        depth = max(0, depth - line.count(_END))
