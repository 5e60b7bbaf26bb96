"""Leaks: nothing internal is in any octet that left, and nobody reads of a request that is another's.

Octets count that reached the sink, whatever became of their mail: put off, or cut off in the middle. Pages must have
been read to say so: each that was asked for, and some where there are notes.
"""

from collections import defaultdict
from collections.abc import Iterable
from email import message_from_bytes
from email.header import decode_header

from tests.chaos.checker.seen import Evidence, Finding
from tests.chaos.history import MARKER, Kind, Outcome
from tests.chaos.sinks import SunkMail

#: Addresses of the desk's own people, who read of every request.
DESK = "@desk.example"


def check_leaks(evidence: Evidence) -> list[Finding]:
    """Internal text, or another's, in mails and on pages; pages that nobody could read."""
    return [*_in_mails(evidence), *_on_pages(evidence), *_unread(evidence)]


class _Requests:
    """Which input belongs to which request, and whose that is; a request is called by the input that began it."""

    def __init__(self, evidence: Evidence) -> None:
        self.notes = {op for op, each in evidence.inputs.items() if each.kind is Kind.NOTE}
        self.of = {op: str(each.facts.get("begun_by", op)) for op, each in evidence.inputs.items()}
        self.of_address: dict[str, set[str]] = defaultdict(set)
        for op, each in evidence.inputs.items():
            for name in {"sender", "follower"} & each.facts.keys():
                self.of_address[str(each.facts[name])].add(self.of[op])

    def internal(self, text: str) -> set[str]:
        return self.notes & set(MARKER.findall(text))

    def foreign(self, text: str, own: set[str]) -> set[str]:
        return {marker for marker in set(MARKER.findall(text)) if marker in self.of and self.of[marker] not in own}


def _in_mails(evidence: Evidence) -> Iterable[Finding]:
    requests = _Requests(evidence)
    for mail in evidence.mails:
        text, to = _all_of(mail), ", ".join(mail.recipients)
        for marker in requests.internal(text):
            yield Finding("private_leaks", marker, f"an internal note went to {to}, answered {mail.answer}")
        for recipient in mail.recipients:
            # Whom the load does not know takes no part in anything: that is found elsewhere.
            own = requests.of_address.get(recipient)
            for marker in requests.foreign(text, own) if own and not recipient.endswith(DESK) else ():
                yield Finding("private_leaks", marker, f"another's request went to {recipient}")


def _on_pages(evidence: Evidence) -> Iterable[Finding]:
    requests = _Requests(evidence)
    for path, page in evidence.pages.items():
        text = page.text or ""
        for marker in requests.internal(text):
            yield Finding("private_leaks", marker, f"an internal note is on the page {path[:40]}…")
        for marker in requests.foreign(text, {page.op}) - requests.notes:
            yield Finding("private_leaks", marker, f"another's request is on the page {path[:40]}…")


def _unread(evidence: Evidence) -> Iterable[Finding]:
    """A page that is not shown, or shows nothing of its request, proves nothing; nor do no pages."""
    requests = _Requests(evidence)
    for path, page in evidence.pages.items():
        if page.text is None:
            yield Finding("pages_unread", page.op, f"the page {path[:40]}… is not shown")
        elif not any(requests.of.get(marker) == page.op for marker in MARKER.findall(page.text)):
            yield Finding("pages_unread", page.op, f"the page {path[:40]}… has nothing of its request")
    noted = [op for op in requests.notes if evidence.inputs[op].outcome is Outcome.OK]
    if noted and not evidence.pages:
        yield Finding("pages_unread", noted[0], "there are notes, and no customer's page was read")


def pages_read(evidence: Evidence) -> int:
    """How many pages were shown."""
    return sum(page.text is not None for page in evidence.pages.values())


def _all_of(mail: SunkMail) -> str:
    """A mail as it went, and every header and part of it decoded; half a mail can be read too."""
    found = [mail.raw]
    for part in message_from_bytes(mail.raw).walk():
        for _, value in part.raw_items():
            found += [piece.encode() if isinstance(piece, str) else piece for piece, _ in decode_header(value)]
        payload = part.get_payload(decode=True)
        found += [payload] if isinstance(payload, bytes) else []
    return "\n".join(each.decode("utf-8", "replace") for each in found)
