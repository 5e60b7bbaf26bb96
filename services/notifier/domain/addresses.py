"""Where a mail can go at all.

Source: RFC 5321 §4.1.2, RFC 2606 §2 (``.invalid``), RFC 5891 (domains in their own letters), RFC 6531 (local parts).
"""

import re

from services.notifier.domain.desk import Desk

#: What we hand to a mail server: no quoted local parts, which nobody has and much software misreads.
_ADDRESS = re.compile(r"""[^\s\x00-\x1f\x7f<>()\[\],:;"\\@]{1,64}@[^\s\x00-\x1f\x7f<>()\[\],:;"\\@]{1,253}""")


def unreachable(desk: Desk, address: str) -> str:
    """Why no mail goes to this address; "" when it may."""
    if _ADDRESS.fullmatch(address) is None:
        return "it is no mail address"
    if address.lower().endswith((".invalid", "@invalid")):
        return "no mail can arrive there"
    return "it is a mailbox of ours" if desk.owns(address) else ""


def with_ascii_domain(address: str) -> str:
    """The address with its domain as mail servers know it; as it is, where that cannot be told."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address
