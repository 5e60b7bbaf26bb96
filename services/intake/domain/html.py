"""HTML of mails, made harmless: an allow-list under caps; nothing runs, nothing is fetched unasked.

Invariant: sanitising twice is sanitising once.
"""

import re

import nh3
from inscriptis import get_text
from inscriptis.model.config import ParserConfig

MAX_HTML = 1_000_000
MAX_TAGS = 50_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_TAG = re.compile(r"<[a-zA-Z]")

_TAGS = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "table": {"border", "cellpadding", "cellspacing"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
}


def sanitise(html: str) -> str | None:
    """HTML that can be shown; none where it is too large or too deep to judge, so that its text is shown instead."""
    cleaned = _CONTROL.sub("", html)
    if len(cleaned) > MAX_HTML or len(_TAG.findall(cleaned)) > MAX_TAGS or _deep(cleaned):
        return None
    return nh3.clean(
        cleaned,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "head", "noscript", "template", "svg", "math", "iframe"},
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _filter(tag: str, attribute: str, value: str) -> str | None:
    """Pictures come with the mail or not at all until someone asks for them."""
    if tag == "img" and attribute == "src" and not value.lower().startswith("cid:"):
        return None
    if tag == "a" and attribute == "href" and value.lower().startswith("cid:"):
        return None
    return value


def _deep(html: str, limit: int = 300) -> bool:
    """Deep nesting costs the sanitiser quadratic time."""
    depth = 0
    for found in re.finditer(r"<(/?)(div|span|table|blockquote|font|b|i|ul|ol|li|td|tr|center)\b", html, re.IGNORECASE):
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > limit:
            return True
    return False


def text_of_html(html: str) -> str:
    """The words of HTML, for a mail without plain text."""
    if not html:
        return ""
    if len(html) > MAX_HTML or _deep(html):
        return re.sub(r"\s+", " ", re.sub(r"<[^>]{0,2000}>", " ", html[:MAX_HTML])).strip()
    text = get_text(_CONTROL.sub("", html), ParserConfig(display_links=False))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
