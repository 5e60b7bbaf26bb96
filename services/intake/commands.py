"""intake's part of the command line."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from deploy.local.home import load_run
from services.intake.domain.parsed_mail import Unreadable
from services.intake.domain.reading import read_mail
from services.intake.repository import sql

app = typer.Typer()


@app.command("reconcile")
def reconcile() -> None:
    """How many receipts ended how: their sum is everything that a door ever accepted."""

    async def work() -> dict[str, int]:
        connection = await asyncpg.connect(load_run().database_urls["intake"])
        try:
            return {row["outcome"]: row["receipts"] for row in await connection.fetch(sql.ledger_counts)}
        finally:
            await connection.close()

    typer.echo(json.dumps(asyncio.run(work()), indent=1))


explain = typer.Typer(help="Say what is made of a mail, and why. Needs no running desk.")
app.add_typer(explain, name="explain")


@explain.command("mail")
def explain_mail(files: Annotated[list[Path], typer.Argument(help="mails as files")]) -> None:
    """One JSON object a line for each mail."""
    for file in files:
        mail = read_mail(file.read_bytes())
        if isinstance(mail, Unreadable):
            typer.echo(json.dumps({"file": file.name, "outcome": "quarantine", "error": mail.reason}))
            continue
        shown = {
            "file": file.name,
            "outcome": "message",
            "error": None,
            "subject": mail.subject,
            "from": mail.sender.model_dump() if mail.sender else None,
            "text": mail.text,
            "reply": mail.reply,
            "html": mail.html,
            "automatic": mail.automatic,
            "message_id": mail.message_id,
            "in_reply_to": mail.in_reply_to,
            "references": mail.references,
            "flags": mail.flags,
            "bounces": [{"recipient": b.recipient, "status": b.status, "hard": b.hard} for b in mail.bounces],
            "attachments": [
                {"filename": p.name, "content_type": p.content_type, "size": len(p.content)} for p in mail.attachments
            ],
        }
        typer.echo(json.dumps(shown, ensure_ascii=False))
