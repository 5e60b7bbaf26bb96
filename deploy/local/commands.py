"""`deskstream up`, `down`, `status`, `prepare`, `send` and `demo`."""

import asyncio
import json
import os
from typing import Annotated

import typer

from deploy.local.console import Steps
from deploy.local.demo.command import app as demo_app
from deploy.local.home import load_run
from deploy.local.provision import given_servers
from deploy.local.provision import prepare as prepare_servers
from deploy.local.replicas import parse_replicas, replicas_of
from deploy.local.send.command import app as send_app
from deploy.local.status import show_status, status_of
from deploy.local.up import end_desk, run_desk

app = typer.Typer()
app.add_typer(send_app)
app.add_typer(demo_app)


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
