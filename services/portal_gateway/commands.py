"""The gateway's part of the command line: who may sign in, and by what."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Column, Table

from deploy.local.errors import StackError
from deploy.local.home import load_run
from services.portal_gateway import console
from services.portal_gateway.console import ConsoleError, Place
from shared.contracts.state import StaffRole
from shared.settings import KafkaSettings

app = typer.Typer()
admin = typer.Typer(no_args_is_help=True, help="Help people back in.")
agent = typer.Typer(no_args_is_help=True, help="Staff.")
token = typer.Typer(no_args_is_help=True, help="API tokens.")
app.add_typer(admin, name="admin")
app.add_typer(agent, name="agent")
app.add_typer(token, name="token")

T = TypeVar("T")
Role = Annotated[StaffRole, typer.Option(help="What they may: agent or administrator.")]
_WHERE = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS")


@admin.command("reset-password")
def reset_password(
    address: Annotated[str, typer.Argument(help="Of somebody of staff; the first administrator when left out.")] = "",
) -> None:
    """Give somebody of staff a new password and sign them out everywhere; it is printed once."""
    address = address or _first_administrator()
    typer.echo(f"{address} {_do(console.reset_password(_place(), address))}")


@agent.command("add")
def add_agent(
    address: Annotated[str, typer.Argument(help="Their mail address.")],
    name: Annotated[str, typer.Option(help="As colleagues and customers read it.")] = "",
    team: Annotated[list[str], typer.Option(help="Key of a team; may be repeated.")] = [],  # noqa: B006 - typer copies it
    role: Role = "agent",
) -> None:
    """Make somebody staff; their password is printed once."""
    typer.echo(f"{address} {_do(console.add_agent(_place(), address, name, role, team))}")


@token.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Role = "administrator",
) -> None:
    """Make an API token with an account of its own; it is printed once."""
    typer.echo(_do(console.create_token(_place(), name, role)))


@token.command("list")
def list_tokens() -> None:
    """Show every token: what for, what it may, when it was used last."""
    table = Table(Column("name"), Column("id", overflow="fold"), "role", "made", "last used", "revoked", box=None)
    for row in _do(console.list_tokens(_place())):
        moments = (row.created_at, row.last_used_at, row.revoked_at)
        made, used, revoked = (f"{at:%Y-%m-%d %H:%M}" if at else "-" for at in moments)
        table.add_row(row.name, str(row.id), row.role or "-", made, used, revoked)
    Console(highlight=False, soft_wrap=True).print(table)


@token.command("revoke")
def revoke_token(name: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """A token opens nothing any more."""
    revoked = _do(console.revoke_token(_place(), name))
    if not revoked:
        raise StackError(f"no token in use is named {name}", "look at `deskstream token list`")
    typer.echo(f"{len(revoked)} revoked: {', '.join(revoked)}")


def _do(work: Coroutine[Any, Any, T]) -> T:
    """Run it; what could not be done is one line.

    Raises:
        StackError: with the reason.
    """
    try:
        return asyncio.run(work)
    except ConsoleError as error:
        raise StackError(str(error), "nothing was changed") from error


def _place() -> Place:
    """The desk that runs from this home, else the servers that the environment names (a gateway's container).

    Raises:
        StackError: there is neither.
    """
    try:
        run = load_run()
    except StackError:
        url, kafka = (os.environ.get(name) for name in _WHERE)
        if not url or not kafka:
            raise
        prefix = os.environ.get("KAFKA_TOPIC_PREFIX", "")
        return Place(SecretStr(url), KafkaSettings(kafka_bootstrap_servers=kafka, kafka_topic_prefix=prefix))
    kafka_settings = KafkaSettings(
        kafka_bootstrap_servers=run.kafka_bootstrap_servers, kafka_topic_prefix=run.topic_prefix
    )
    return Place(SecretStr(run.database_urls["gateway"]), kafka_settings)


def _first_administrator() -> str:
    try:
        return load_run().admin_address
    except StackError:
        address = os.environ.get("TICKETS_ADMIN_ADDRESS")
        if not address:
            raise
        return address
