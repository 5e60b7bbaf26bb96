"""Mail addresses as the envelope writes them, compared as mail servers compare them.

Source: RFC 5321 §2.3.11 (domains fold case, local parts are their owner's business), RFC 6531 (U-labels).
"""

import unicodedata


def domain_of(address: str) -> str:
    """The domain in its ASCII form, lower case, "" where there is none."""
    domain = unicodedata.normalize("NFC", address.rpartition("@")[2]).rstrip(".").lower() if "@" in address else ""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def without_detail(address: str) -> str:
    """The address without what stands behind a plus, lower case: ``support+x@D`` is ``support@d``."""
    local, _, _ = address.rpartition("@")
    return f"{unicodedata.normalize('NFC', local).lower().partition('+')[0]}@{domain_of(address)}"
