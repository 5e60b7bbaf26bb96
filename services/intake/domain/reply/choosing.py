"""Which words of a mail are the answer to show: those of its plain text, else of its HTML.

Only answers are trimmed. A mail that begins a conversation, or forwards one, means all that it holds.
"""

import re

from services.intake.domain.headers import Headers
from services.intake.domain.html_text import text_of_html
from services.intake.domain.reply.attributions import ANSWERED, FORWARDED
from services.intake.domain.reply.trimming import trim

_ANSWERED = re.compile(rf"^\s*(?:\[[^\]]{{1,40}}\]\s*)?(?:{ANSWERED})(?:\[\d+\]|\(\d+\))?\s?[:：]", re.IGNORECASE)  # noqa: RUF001 - full width
_FORWARDED = re.compile(rf"^\s*(?:\[[^\]]{{1,40}}\]\s*)?(?:{FORWARDED})\s?[:：]", re.IGNORECASE)  # noqa: RUF001 - full width


def is_answer(headers: Headers) -> bool:
    """Whether a mail answers another, by its references or its subject; a forwarded one does not."""
    subject = headers.text("subject")
    if _FORWARDED.match(subject):
        return False
    return headers.has("in-reply-to", "references") or _ANSWERED.match(subject) is not None


def reply_of(text: str, html: str, *, answers: bool) -> str:
    """The sender's own words.

    Args:
        text: the whole text.
        html: raw, "" where there is none; asked where the plain text marks no quotation.
        answers: whether the mail is an answer.
    """
    if not answers:
        return text
    own = trim(text)
    if not html or own != text.strip("\n"):
        return own
    words = text_of_html(html)
    own_of_html = trim(words)
    return own if own_of_html == words.strip("\n") else own_of_html
