"""HTML of mails is shown harmless: judged by two parsers that are none of the sanitiser's."""

from collections.abc import Iterable

import html5lib  # type: ignore[import-untyped] # it brings no types
import pytest
from selectolax.lexbor import LexborHTMLParser

from services.intake.domain.html_text import text_of_html
from services.intake.domain.sanitise import sanitise
from tests.unit.intake.hostile_html import HOSTILE

RUNS = (
    "script", "style", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "textarea", "select",
    "base", "link", "meta", "svg", "math", "template", "noscript", "xmp", "plaintext", "audio", "video", "source",
)  # fmt: skip
LINKS = {"href", "src", "action", "formaction", "background", "poster", "data", "srcset", "cite"}


def faults(html: str) -> list[str]:
    """What in HTML could run, fetch or be sent, as either of two parsers sees it: browsers differ as they do."""
    seen = ((str(node.tag), node.attributes.items()) for node in LexborHTMLParser(html).css("body *"))
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    other = ((str(node.tag), node.attrib.items()) for node in tree.iter() if node is not tree)
    return [fault for tag, attributes in (*seen, *other) for fault in _faults_of(tag, attributes)]


def _faults_of(tag: str, attributes: Iterable[tuple[str, str | None]]) -> list[str]:
    found = [tag] if tag in RUNS else []
    for name, value in attributes:
        plain = "".join(letter for letter in value or "" if letter > " ").lower()
        if name.startswith("on") or name in {"style", "srcdoc"}:
            found.append(name)
        if name in LINKS and not plain.startswith(("http:", "https:", "mailto:", "tel:", "cid:")):
            found.append(f"{name}={plain[:40]}")
        if name in {"src", "srcset", "background", "poster"} and not plain.startswith("cid:"):
            found.append(f"fetches {plain[:40]}")
    return found


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_runs_and_nothing_is_fetched(html: str) -> None:
    """S19: whatever stands in a mail, nothing of it runs or fetches in a page."""
    shown = sanitise(html)
    assert shown is not None
    assert faults(shown) == []


@pytest.mark.parametrize("html", [*HOSTILE, "".join(HOSTILE), " ".join(reversed(HOSTILE))])
def test_sanitising_twice_is_sanitising_once(html: str) -> None:
    """What was sanitised when it came is the same when it is sanitised again to be shown."""
    once = sanitise(html)
    assert once is not None
    assert sanitise(once) == once


def test_pictures_of_the_mail_stay_and_remote_ones_wait() -> None:
    """cid: is for the attachment; a remote address moves aside until a reader asks for it."""
    shown = sanitise('<img src="cid:a@b" alt="logo"><img src="https://x.example/p.gif" width="1">')
    assert shown == '<img src="cid:a@b" alt="logo"><img data-remote-src="https://x.example/p.gif" width="1">'


def test_layout_and_words_stay() -> None:
    """Tables, lists, links, bold and colours of fonts are what mails are written with."""
    html = '<table width="10"><tbody><tr><td bgcolor="#fff"><b>a</b><ul><li>b</li></ul></td></tr></tbody></table>'
    assert sanitise(html) == html
    link = sanitise('<a href="https://x.example/?a=1&amp;b=2">x</a>')
    assert link == '<a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">x</a>'


@pytest.mark.parametrize("html", ["<div>" * 5_000, "<p>x</p>" * 70_000, "x" * 2_100_000])
def test_too_much_is_not_judged_but_read(html: str) -> None:
    """Over the caps there is no HTML; its words are still there."""
    assert sanitise(html) is None
    assert bool(text_of_html(html + "words")) is True


def test_words_of_html_keep_their_order() -> None:
    """Paragraphs, lists and links read from top to bottom; scripts and styles are no words."""
    html = "<head><title>t</title><style>p{}</style></head><p>one</p><script>x()</script><ul><li>two</ul>three&amp;"
    assert text_of_html(html).split() == ["one", "*", "two", "three&"]
    assert text_of_html("<style>" * 3 + "words").strip() == "words"
