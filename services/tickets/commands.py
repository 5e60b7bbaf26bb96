"""tickets' part of the command line."""

import asyncio
from typing import Annotated

import typer
from pydantic import SecretStr

from deploy.local.home import load_run
from services.tickets.jobs import republish
from shared.clock import system_clock
from shared.postgres.pool import create_pool

app = typer.Typer()


@app.command("republish")
def republish_command(service: Annotated[str, typer.Argument(help="whose state topic: tickets")]) -> None:
    """Write a service's topics of snapshots anew from its tables."""
    if service != "tickets":
        raise typer.BadParameter("only tickets can be republished")

    async def work() -> int:
        from_run = load_run().database_urls["tickets"]
        pool = await create_pool(SecretStr(from_run))
        try:
            return await republish(pool, system_clock())
        finally:
            await pool.close()

    typer.echo(f"{asyncio.run(work())} snapshots are on their way")
