"""`deskstream status` and `down`: about a desk that runs; light to import, since people and scripts ask often."""

import asyncio
import json
from typing import Annotated

import typer

from deploy.local.console import Steps
from deploy.local.ending import end_desk
from deploy.local.home import load_run
from deploy.local.status import show_status, status_of

app = typer.Typer()


@app.command()
def down() -> None:
    """Stop the desk that runs from this home folder."""
    end_desk()


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say where the running desk is and how its processes do; the exit code is 0 when all are ready."""
    found = asyncio.run(status_of(load_run()))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        show_status(found, Steps())
    raise typer.Exit(0 if found["ready"] else 1)
