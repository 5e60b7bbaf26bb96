"""The machine-readable part of a delivery report: a block about the mail, then one for each recipient.

Source: RFC 3464 §2 (fields), §2.3.3 (actions); real servers leave out address types, fold badly, and put several
recipients' fields into one block.
"""

import re
from dataclasses import dataclass

from services.intake.domain.headers import Headers, split_block

MAX_BLOCKS = 100
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says of one recipient; "" where it says nothing."""

    recipient: str
    action: str
    status: str
    diagnostic: str


def read_delivery_status(content: bytes) -> list[Told]:
    """Every recipient's block."""
    told: list[Told] = []
    rest = content.lstrip()
    for _ in range(MAX_BLOCKS):
        if not rest.strip():
            break
        block, rest = split_block(rest)
        rest = rest.lstrip()
        found = _recipient(block)
        if found is not None:
            told.append(found)
    return told


def _recipient(block: Headers) -> Told | None:
    final, original = _address(block.text("final-recipient")), _address(block.text("original-recipient"))
    action = block.plain("action").partition(" ")[0]
    if not final and not original and not action:
        return None
    status = _STATUS.search(block.text("status"))
    diagnostic = " ".join(block.text("diagnostic-code").split())
    chosen = final if "@" in final or not original else original
    return Told(chosen, action, status[1] if status else "", diagnostic)


def _address(value: str) -> str:
    """The address behind ``rfc822;``, without brackets and comments."""
    address = value.rpartition(";")[2].strip()
    bracketed = re.search(r"<([^<>\s]+)>", address)
    return (bracketed[1] if bracketed else address.partition(" ")[0]).strip("<>'\"")
