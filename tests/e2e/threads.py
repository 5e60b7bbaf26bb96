"""An independent reading of threads: groups mails by their headers alone, as a customer's program does (RFC 5256)."""

import re
from collections.abc import Iterable
from email.message import EmailMessage

_ID = re.compile(r"<[^<>\s]+>")


def count_threads(mails: Iterable[EmailMessage]) -> int:
    """How many conversations a mail program would show for these mails, by Message-ID, In-Reply-To, References."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            node = parent[node]
        return node

    roots = []
    for message in mails:
        own = _ID.findall(str(message["Message-ID"]))[0]
        for reference in _ID.findall(f"{message['References'] or ''} {message['In-Reply-To'] or ''}"):
            parent[root(reference)] = root(own)
        roots.append(own)
    return len({root(own) for own in roots})
