"""`deskstream up` and `prepare`."""

import asyncio
import os
from typing import Annotated

import typer

from deploy.local.console import Steps
from deploy.local.provision import given_servers
from deploy.local.provision import prepare as prepare_servers
from deploy.local.replicas import parse_replicas, replicas_of
from deploy.local.up import run_desk

app = typer.Typer()


@app.command()
def up(
    replicas: Annotated[str, typer.Option(help="Processes of a service: tickets=2,gateway=2")] = "",
    demo: Annotated[bool, typer.Option("--demo", help="Play a day of two companies when it is up.")] = False,
) -> None:
    """Start a desk on this machine and keep it running; Ctrl-C stops it."""
    run_desk(replicas_of(parse_replicas(replicas)), Steps(), with_demo=demo)


@app.command()
def prepare() -> None:
    """Make roles, schemas and topics on given servers: what `up` does by itself, for containers."""
    asyncio.run(prepare_servers(given_servers(os.environ), Steps()))
