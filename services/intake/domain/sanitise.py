"""HTML of mails, made harmless: an allow-list under caps; nothing runs, nothing is fetched unasked.

Pictures that came with the mail keep their ``cid:`` address, for the page to point at the attachment. Addresses of
remote pictures move to ``data-remote-src``, from where a reader may ask for them.

Invariant: sanitising twice is sanitising once; no style tag, no style attribute, no picture with a remote address.
"""

import re
from collections.abc import Callable

import nh3

from services.intake.domain.html_vocabulary import ATTRIBUTES, SHALLOW, TAGS, WITH_CONTENT

MAX_HTML = 2_000_000
MAX_TAGS = 60_000
MAX_DEPTH = 400
MAX_ENTITIES = 100_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_IMAGE = re.compile(r'<img((?:\s[\w-]+="[^"]*")*)\s*/?>')
_REMOTE = re.compile(r'\ssrc="(https?:[^"]*)"', re.IGNORECASE)
_SPACE = re.compile("[\x00-\x20]")
#: How addresses in attributes may begin.
_SCHEMES = {
    "href": ("http:", "https:", "mailto:", "tel:"),
    "src": ("cid:", "http:", "https:"),
    "data-remote-src": ("http:", "https:"),
}


def sanitise(html: str) -> str | None:
    """HTML that can be shown; none where it is too large or too deep to judge, so that its text is shown instead."""
    cleaned = _CONTROL.sub("", html)
    if too_much(cleaned):
        return None
    shown = _FIRST.clean(cleaned)
    if "<img" in shown:
        shown = _IMAGE.sub(lambda found: _REMOTE.sub(r' data-remote-src="\1"', found[0], count=1), shown)
    # The second pass proves the first: what the pattern above did not move is dropped here.
    return _SECOND.clean(shown)


def too_much(html: str) -> bool:
    """Whether it is too large or too deep: the sanitiser takes quadratic time on open elements and on entities."""
    if len(html) > MAX_HTML or html.count("&") > MAX_ENTITIES:
        return True
    if html.count("<") <= MAX_DEPTH:
        return False
    depth = 0
    for tags, found in enumerate(_TAG.finditer(html)):
        if found[2].lower() not in SHALLOW:
            depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > MAX_DEPTH or tags > MAX_TAGS:
            return True
    return False


def _keep_pictures(_tag: str, attribute: str, value: str) -> str | None:
    """What may stand in an attribute; pictures keep any address for now."""
    schemes = _SCHEMES.get(attribute)
    if schemes is None or _SPACE.sub("", value[:32]).lower().startswith(schemes):
        return value
    return None


def _local_pictures(tag: str, attribute: str, value: str) -> str | None:
    """As before, but a picture that is still remote loses its address."""
    if attribute == "src" and not value[:8].lower().startswith("cid:"):
        return None
    return _keep_pictures(tag, attribute, value)


def _cleaner(keeps: Callable[[str, str, str], str | None]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=keeps,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


_FIRST = _cleaner(_keep_pictures)
_SECOND = _cleaner(_local_pictures)
