"""`deskstream up`, `down` and `status`."""

from typing import Annotated

import typer

from deploy.local.console import Steps
from deploy.local.replicas import parse_replicas, replicas_of
from deploy.local.up import end_desk, run_desk

app = typer.Typer()


@app.command()
def up(
    replicas: Annotated[str, typer.Option(help="Processes of a service: tickets=2,gateway=2")] = "",
) -> None:
    """Start a desk on this machine and keep it running; Ctrl-C stops it."""
    run_desk(replicas_of(parse_replicas(replicas)), Steps())


@app.command()
def down() -> None:
    """Stop the desk that runs from this home folder."""
    end_desk()
