"""What staff and rules should know of a mail before they believe it."""

from services.intake.domain.automatic import is_away
from services.intake.domain.body import Body
from services.intake.domain.headers import Headers
from services.intake.domain.mime import Part
from services.intake.domain.people import People

#: How PGP stands in a text by itself (RFC 4880 §6.2).
_PGP_CIPHERTEXT, _PGP_SIGNED = "-----BEGIN PGP MESSAGE-----", "-----BEGIN PGP SIGNED MESSAGE-----"
_SMIME = {"application/pkcs7-mime", "application/x-pkcs7-mime"}


def flags_of(
    headers: Headers, people: People, parts: list[Part], content: Body, *, html_left_out: bool
) -> tuple[str, ...]:
    """The flags of `ParsedMail` that hold."""
    claims = {
        "two_from_headers": len(headers.raw_all("from")) > 1,
        "from_with_several_addresses": len(people.authors) > 1,
        "no_from": not people.authors,
        "name_looks_like_another_address": any(_looks_like_another(one.name, one.address) for one in people.authors),
        "no_message_id": not headers.has("message-id"),
        "out_of_office": is_away(headers),
        "encrypted": any(_encrypted(part) for part in parts) or _PGP_CIPHERTEXT in content.text,
        "signed": any("signed" in part.within for part in parts) or content.text.lstrip().startswith(_PGP_SIGNED),
        "winmail_kept": content.tnef_broken,
        "html_left_out": html_left_out,
        "no_words": not content.text,
    }
    return tuple(name for name, holds in claims.items() if holds)


def _looks_like_another(name: str, address: str) -> bool:
    return "@" in name and address.lower() not in name.lower()


def _encrypted(part: Part) -> bool:
    if "encrypted" in part.within:
        return True
    return part.kind.value in _SMIME and part.kind.get("smime-type").lower() != "signed-data"
