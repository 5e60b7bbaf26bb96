"""intake's part of the command line."""

import asyncio
import json

import asyncpg
import typer

from deploy.local.home import load_run
from services.intake.commands_explain import explain
from services.intake.repository import sql

app = typer.Typer()
app.add_typer(explain, name="explain")


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
