"""Who wrote a mail and to whom, by its headers.

An answer needs an address: where From has none, the header that comes nearest to it is taken. What stands in From is
kept as it is written too, for people to read.
"""

from dataclasses import dataclass

from services.intake.domain.address_list import read_addresses
from services.intake.domain.charset import decode_text
from services.intake.domain.headers import Headers, readable
from shared.contracts.state import Address

_NEXT_BEST = ("reply-to", "sender", "return-path")


@dataclass(frozen=True, slots=True)
class People:
    """Attributes: as those of `ParsedMail`; `authors` are all addresses of all From headers."""

    sender: Address | None
    written_sender: Address | None
    authors: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]


def people_of(headers: Headers, charset: str | None) -> People:
    """Read the address headers.

    Args:
        headers: of the mail.
        charset: what raw 8-bit names are likely written in.
    """
    authors = _addresses(headers, "from", charset)
    return People(
        sender=authors[0] if authors else _next_best(headers),
        written_sender=authors[0] if authors else _as_written(headers, charset),
        authors=authors,
        to=_addresses(headers, "to", charset),
        cc=_addresses(headers, "cc", charset),
        reply_to=_addresses(headers, "reply-to", charset),
    )


def _addresses(headers: Headers, name: str, charset: str | None) -> tuple[Address, ...]:
    return tuple(read_addresses([decode_text(value, hint=charset).encode() for value in headers.raw_all(name)]))


def _next_best(headers: Headers) -> Address | None:
    for name in ("from", *_NEXT_BEST):
        # Some forget the brackets and quote the address instead.
        found = read_addresses([value.replace(b'"', b" ") for value in headers.raw_all(name)])
        if found:
            return found[0]
    return None


def _as_written(headers: Headers, charset: str | None) -> Address | None:
    value = headers.raw("from")
    if value is None:
        return None
    name, _, comment = readable(value, charset).partition(" (")
    return Address(address=name.strip()[:254], name=comment.rstrip(")")[:200])
