"""Finds the report in a mail: what failed for whom, and which mail it is about."""

from dataclasses import dataclass

from services.intake.domain.bounces.delivery_status import Told, read_delivery_status
from services.intake.domain.headers import Headers, split_block
from services.intake.domain.mime import Part
from services.intake.domain.transfer import decode_transfer
from shared.contracts.intake import BouncedRecipient
from shared.contracts.state import Automatic

_STATUS_PARTS = {"message/delivery-status", "message/global-delivery-status"}
_ORIGINAL_PARTS = {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}


@dataclass(frozen=True, slots=True)
class Report:
    """A report's recipients that failed, the Message-ID it is about, and what kind of automatic mail it is."""

    recipients: tuple[BouncedRecipient, ...] = ()
    about: str | None = None
    kind: Automatic | None = None


def find_report(headers: Headers, parts: list[Part], text: str, kind: Automatic | None) -> Report:  # noqa: ARG001
    """What the mail reports; `kind` alone where it is no report."""
    told = [one for part in parts if part.kind.value in _STATUS_PARTS for one in read_delivery_status(_content(part))]
    failed = [one for one in told if one.action not in {"delivered", "relayed", "expanded"}]
    recipients = tuple(_bounced(one) for one in failed if one.recipient)
    return Report(recipients, _about(parts), "bounce" if recipients else kind)


def _content(part: Part) -> bytes:
    return decode_transfer(part.content, part.headers.plain("content-transfer-encoding"))


def _bounced(told: Told) -> BouncedRecipient:
    hard = told.status.startswith("5") or (not told.status and told.action == "failed")
    return BouncedRecipient(recipient=told.recipient, status=told.status, hard=hard, reason=told.diagnostic[:300])


def _about(parts: list[Part]) -> str | None:
    for part in parts:
        if part.kind.value in _ORIGINAL_PARTS:
            original, _ = split_block(_content(part)[:65_536])
            name = original.text("message-id").strip("<> ")
            if name:
                return name
    return None
