"""Whether a mail is a report of a mail server, by who writes and what it says first.

A customer who forwards a report, or asks about one, is a human: words alone never make a report.
"""

import re

from services.intake.domain.bounces.phrases import DAEMONS, FAILURES, SUBJECTS
from services.intake.domain.headers import Headers
from services.intake.domain.people import People

_DAEMON = re.compile(r"(?<![\w.-])(?:" + "|".join(DAEMONS) + ")", re.IGNORECASE)
_SUBJECT = re.compile("|".join(SUBJECTS), re.IGNORECASE)
_FAILURE = re.compile("|".join(FAILURES), re.IGNORECASE)
_MACHINE = re.compile(r"^(?:no|do[ ._-]?not|don['’]?t)[ ._-]?reply|^noreply|-(?:admin|bounces?)$", re.IGNORECASE)
#: Reports say early what they are; a letter that mentions a failure does so later.
_BEGINNING = 1_500


def from_daemon(headers: Headers) -> bool:
    """A mail server's own address or name stands in From."""
    return _DAEMON.search(headers.text("from")) is not None


def from_server(headers: Headers) -> bool:
    """A mail server wrote it, by From or by the empty envelope sender."""
    return from_daemon(headers) or null_sender(headers)


def null_sender(headers: Headers) -> bool:
    """MAIL FROM was empty, as Return-Path says it."""
    return headers.plain("return-path") in {"<>", "<mailer-daemon>"}


def tells_failure(headers: Headers, people: People, text: str) -> bool:
    """A mail server writes, and that something was not delivered."""
    if headers.has("x-failed-recipients"):
        return True
    beginning = text[:_BEGINNING]
    if from_server(headers):
        return bool(_SUBJECT.search(headers.text("subject")) or _FAILURE.search(beginning))
    local = people.written_sender.address.partition("@")[0] if people.written_sender else ""
    # The words are asked last: they cost more than all else, and most mails are a person's.
    machine = _MACHINE.search(local) is not None and not headers.has("in-reply-to", "list-id")
    return machine and _FAILURE.search(beginning) is not None
