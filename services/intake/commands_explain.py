"""``deskstream explain``: what is made of a mail, its reply, HTML; for whoever asks why. Needs no running desk."""

import json
import logging
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from services.intake.commands_explain_text import lines_for_people
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from services.intake.domain.reading import read_mail
from services.intake.domain.reply.trimming import trim
from services.intake.domain.sanitise import sanitise
from shared.contracts.state import Address

explain = typer.Typer(help="Say what is made of a mail, and why. Needs no running desk.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(help="files to explain", exists=True, dir_okay=False)]
AsJson = Annotated[
    bool | None, typer.Option("--json/--text", help="one JSON object a line, or for people; by itself by where it goes")
]
Border = Annotated[str, typer.Option(help="whose Authentication-Results count (authserv-id of your own border)")]


@explain.command("mail")
def explain_mail(files: Files, *, as_json: AsJson = None, border: Border = "") -> None:
    """What a mail becomes: subject, people, text, reply, files, what kind of automatic mail, whose word it is."""
    _print((_mail(file, border) for file in files), as_json=as_json)


@explain.command("reply")
def explain_reply(files: Files, *, as_json: AsJson = None) -> None:
    """What of a plain text is the sender's own, without quotation and signature."""
    _print(
        ({"file": str(file), "reply": trim(_text(file).replace("\r\n", "\n"))} for file in files),
        as_json=as_json,
    )


@explain.command("html")
def explain_html(files: Files, *, as_json: AsJson = None) -> None:
    """What of HTML is shown; a file that ends in .json is a list of fragments."""
    _print((_html(fragment) for file in files for fragment in _fragments(file)), as_json=as_json)


def _mail(file: Path, border: str) -> dict[str, Any]:
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    raw = file.read_bytes()
    try:
        mail = read_mail(raw, border)
    except Exception as error:  # noqa: BLE001 - as the parser child ends it
        mail = Unreadable("unreadable", f"{type(error).__name__}: {error}")
    if isinstance(mail, Unreadable):
        return {"file": str(file), "outcome": "quarantine", "error": f"{mail.code}: {mail.reason}", "size": len(raw)}
    return {"file": str(file), "outcome": "message", "error": None, **_told(mail)}


def _told(mail: ParsedMail) -> dict[str, Any]:
    sender = _shown_sender(mail)
    return {
        "subject": mail.subject,
        "from": sender.model_dump() if sender else None,
        "answers_to": mail.sender.address if mail.sender else None,
        "to": [address.model_dump() for address in mail.to],
        "cc": [address.model_dump() for address in mail.cc],
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": mail.references,
        "automatic": mail.automatic,
        "because": mail.because,
        "bounces": [bounce.model_dump() for bounce in mail.bounces],
        "about": mail.about,
        "authentication": mail.authentication,
        "flags": mail.flags,
        "notice": mail.notice,
        "attachments": [
            {
                "filename": part.name,
                "content_type": part.content_type,
                "size": len(part.content),
                "sha256": sha256(part.content).hexdigest(),
                "inline": part.inline,
            }
            for part in mail.attachments
        ],
        "reply": mail.reply,
        "text": mail.text,
        "html": mail.html,
    }


def _shown_sender(mail: ParsedMail) -> Address | None:
    """What stands in From, unless it has nothing like an address while another header has one."""
    written = mail.written_sender
    return mail.sender if written is None or (mail.sender and "@" not in written.address) else written


def _html(fragment: str) -> dict[str, Any]:
    output = sanitise(fragment)
    again = sanitise(output) if output is not None else None
    return {"input": fragment, "output": output or "", "again": again or "", "left_out": output is None}


def _fragments(file: Path) -> list[str]:
    text = _text(file)
    return [str(one) for one in json.loads(text)] if file.suffix == ".json" else [text]


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def _print(rows: Iterable[dict[str, Any]], *, as_json: bool | None) -> None:
    for row in rows:
        if as_json or (as_json is None and not sys.stdout.isatty()):
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            typer.echo("\n".join(lines_for_people(row)) + "\n")
