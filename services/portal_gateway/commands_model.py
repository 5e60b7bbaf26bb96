"""The read model on the command line: rebuild it, compare it, trace through it."""

import asyncio
import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import asyncpg
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape

from deploy.local.errors import StackError
from deploy.local.home import Run, load_run
from services.portal_gateway.clients import LogAround, StateTopics
from services.portal_gateway.domain.tracing import Trace
from services.portal_gateway.repository.rebuild import Building, Rows
from services.portal_gateway.repository.tracing import TraceRows
from services.portal_gateway.use_cases.parity import Difference, differences
from services.portal_gateway.use_cases.rebuild import rebuild
from services.portal_gateway.use_cases.trace import trace
from shared.clock import system_clock
from shared.messaging.browse import BROKER_ERRORS
from shared.postgres.pool import create_pool
from shared.settings import KafkaSettings

app = typer.Typer()
_SHOWN_DIFFERENCES = 50


def _kafka(run: Run) -> KafkaSettings:
    return KafkaSettings(kafka_bootstrap_servers=run.kafka_bootstrap_servers, kafka_topic_prefix=run.topic_prefix)


@app.command("rebuild")
def rebuild_command(service: Annotated[str, typer.Argument(help="whose read model: gateway")]) -> None:
    """Build the read model anew beside the live one from the state topics, then swap."""
    if service != "gateway":
        raise typer.BadParameter("only the gateway has a read model")
    run = load_run()

    async def work() -> int:
        pool = await create_pool(SecretStr(run.database_urls["gateway"]), max_size=1)
        async with pool, pool.acquire() as connection:
            return await rebuild(StateTopics(_kafka(run)), Building(connection), system_clock(), typer.echo)

    typer.echo(f"rebuilt from {asyncio.run(work())} snapshots")


@app.command("parity")
def parity_command(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Compare the read model with the state topics; ends with 1 where they differ."""
    run = load_run()

    async def work() -> tuple[int, list[Difference]]:
        pool = await create_pool(SecretStr(run.database_urls["gateway"]), max_size=1)
        async with pool, pool.acquire() as connection:
            return await differences(StateTopics(_kafka(run)), Rows(connection))

    compared, found = asyncio.run(work())
    if as_json:
        typer.echo(json.dumps({"compared": compared, "differences": [asdict(d) for d in found]}))
    else:
        for difference in found[:_SHOWN_DIFFERENCES]:
            typer.echo(f"{difference.key}: log {difference.log_version}, read model {difference.row_version}")
        typer.echo(f"{compared} keys compared, {len(found)} differ")
    if found:
        raise typer.Exit(1)


@app.command("trace")
def trace_command(
    name: Annotated[str, typer.Argument(help="an item's number, a Message-ID, or a correlation id")],
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Print the way of something through topics, rules and mails."""
    run = load_run()
    found = asyncio.run(_trace(run, name))
    if found is None:
        raise StackError(f"nothing is known of {name}", "give an item's number, a Message-ID or a correlation id")
    if as_json:
        typer.echo(trace_json(found))
    else:
        _show(found)


def trace_json(found: Trace) -> str:
    """A trace for programs; moments as every other JSON of ours says them (RFC 3339)."""

    def plain(value: object) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    return json.dumps(asdict(found), default=plain, ensure_ascii=False)


async def _trace(run: Run, name: str) -> Trace | None:
    async with await create_pool(SecretStr(run.database_urls["gateway"]), max_size=2) as pool:
        rows = TraceRows(pool)
        try:
            return await trace(rows, LogAround(_kafka(run)), name)
        except BROKER_ERRORS as error:
            typer.echo(f"the log is away ({type(error).__name__}): commands and raw mails are left out", err=True)
            return await trace(rows, None, name)
        except asyncpg.PostgresError as error:
            raise StackError(f"the database does not answer: {error}", "see `deskstream status`") from error


def _show(found: Trace) -> None:
    console = Console()
    numbers = ", ".join(f"#{number}" for number in found.items) or "no item"
    console.print(f"[bold]{found.name}[/]: {numbers}, {len(found.correlations)} correlation(s)\n", highlight=False)
    lines: list[tuple[datetime, str]] = [
        (step.at, f"{step.topic:18} {f'{step.partition}@{step.offset}':>10}  {_short(step.type)}  [dim]{step.actor}[/]")
        for step in found.steps
    ]
    lines += [(h.at, f"{'':18} {'':>10}  [bold]{h.kind}[/] {escape(h.text)}") for h in found.happenings]
    for at, text in sorted(lines, key=lambda line: line[0]):
        console.print(f"{at:%H:%M:%S}.{at.microsecond // 1000:03}  {text}", highlight=False, soft_wrap=True)


def _short(name: str) -> str:
    return name.removeprefix("deskstream.").removesuffix(".v1")
