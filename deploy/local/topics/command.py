"""`deskstream topics list|lag|tail|dead-letters|replay`, on the running desk's Kafka or on any other."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.errors import StackError
from deploy.local.home import load_run
from deploy.local.topics.shown import as_json, as_line, letter_as_json
from shared.contracts.topics import TOPICS
from shared.messaging.browse import BROKER_ERRORS, Browser, Start
from shared.messaging.dead_letters import DEAD, GivenUp, read_dead_letter, send_back
from shared.messaging.records import Record
from shared.settings import KafkaSettings

app = typer.Typer()
topics = typer.Typer(no_args_is_help=True, help="What stands on the log, decoded.")
app.add_typer(topics, name="topics")

Servers = Annotated[
    str, typer.Option("--kafka", envvar="KAFKA_BOOTSTRAP_SERVERS", help="Any Kafka; else the running desk's.")
]
Prefix = Annotated[str, typer.Option("--prefix", envvar="KAFKA_TOPIC_PREFIX", help="Before the names of that desk.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
T = TypeVar("T")


def settings_of(servers: str, prefix: str) -> KafkaSettings:
    """The Kafka that is meant: the one named, else the running desk's.

    Raises:
        StackError: none is named and no desk runs.
    """
    if servers:
        return KafkaSettings(kafka_bootstrap_servers=servers, kafka_topic_prefix=prefix)
    run = load_run()
    return KafkaSettings(
        kafka_bootstrap_servers=run.kafka_bootstrap_servers, kafka_topic_prefix=prefix or run.topic_prefix
    )


def moment_of(text: str, now: datetime) -> datetime:
    """`10m`, `2h`, `7d` ago, or a moment in ISO 8601; UTC where it names no zone.

    Raises:
        typer.BadParameter: it is neither.
    """
    ago = re.fullmatch(r"(\d+)([smhd])", text)
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is neither an age like 10m nor a moment in ISO 8601") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@topics.command("list")
def list_topics(kafka: Servers = "", prefix: Prefix = "", as_lines: AsJson = False) -> None:
    """Every topic with its records, writers and readers."""
    settings = settings_of(kafka, prefix)

    async def work() -> list[dict[str, Any]]:
        async with Browser(settings) as browser:
            return [vars(size) for size in await browser.sizes()]

    show(run_on(settings, work()), as_lines, numbers=("partitions", "records"))


@topics.command()
def lag(kafka: Servers = "", prefix: Prefix = "", as_lines: AsJson = False) -> None:
    """How far each group is behind on each topic, and how old the oldest record is that it has not done."""
    settings = settings_of(kafka, prefix)

    async def work() -> list[dict[str, Any]]:
        async with Browser(settings) as browser:
            return [vars(each) for each in await browser.lags()]

    show(run_on(settings, work()), as_lines, numbers=("records", "oldest_seconds"))


@topics.command()
def tail(  # noqa: PLR0913, PLR0917 - a command's options
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TOPIC]...", help="All but dead letters if none.")
    ] = None,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="Records before the end.")] = 10,
    since: Annotated[str, typer.Option(help="Begin there instead: 10m, 2h, 7d ago, or a moment in ISO 8601.")] = "",
    correlation: Annotated[str, typer.Option(help="Only what one input began: its receipt or command id.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    kafka: Servers = "",
    prefix: Prefix = "",
    as_lines: AsJson = False,
) -> None:
    """Show the newest records, decoded."""
    settings = settings_of(kafka, prefix)
    is_whole = bool(since or correlation)
    begin = moment_of(since, datetime.now(UTC)) if since else None
    start = Start(since=begin, last=None if is_whole else last)

    def wanted(record: Record) -> bool:
        return not correlation or ("ce_correlationid", correlation.lower().encode()) in record.headers

    async def work() -> None:
        async with Browser(settings) as browser:
            chosen = names or [n for n in await browser.names() if not n.endswith(DEAD)]
            kept: list[Record] = []
            async for record in browser.read(chosen, start, follow=follow):
                if wanted(record):
                    if follow:
                        say(as_json(record), as_lines)
                    else:
                        kept.append(record)
            kept.sort(key=lambda r: (r.timestamp_ms, r.topic, r.partition, r.offset))
            for record in kept if is_whole else kept[-last:]:
                say(as_json(record), as_lines)

    run_on(settings, work())


@topics.command("dead-letters")
def dead_letters(
    names: Annotated[list[str] | None, typer.Argument(metavar="[TOPIC]...", help="All if none.")] = None,
    kafka: Servers = "",
    prefix: Prefix = "",
    as_lines: AsJson = False,
) -> None:
    """What readers gave up, with the reason."""
    settings = settings_of(kafka, prefix)
    for letter in run_on(settings, letters_of(settings, names or [])):
        say(letter_as_json(letter), as_lines)


@topics.command()
def replay(
    names: Annotated[list[str], typer.Argument(metavar="TOPIC...", help="As `dead-letters` names them.")],
    ids: Annotated[list[str] | None, typer.Option("--id", help="Only these messages; may stand several times.")] = None,
    kafka: Servers = "",
    prefix: Prefix = "",
    as_lines: AsJson = False,
) -> None:
    """Send dead letters back to the reader that gave them up; what was done meanwhile is not done again."""
    settings = settings_of(kafka, prefix)

    async def work() -> list[GivenUp]:
        found = await letters_of(settings, names)
        chosen = newest_of_each(x for x in found if not ids or id_of(x) in {each.lower() for each in ids})
        await send_back(settings, chosen)
        return chosen

    sent = run_on(settings, work())
    if as_lines:
        for letter in sent:
            say({"id": id_of(letter), "topic": letter.original.topic, "service": letter.service}, as_lines)
    else:
        typer.echo(f"{len(sent)} sent back")


async def letters_of(settings: KafkaSettings, names: Sequence[str]) -> list[GivenUp]:
    """The dead letters of these topics, oldest first; of all topics where none is named."""
    async with Browser(settings) as browser:
        there = [name for name in await browser.names() if name.endswith(DEAD)]
        chosen = [name for name in there if not names or name in names or name.split(".")[0] in names]
        unknown = [name for name in names if name not in there and name not in TOPICS]
        if unknown:
            raise StackError(f"there is no topic {unknown[0]}", "see `deskstream topics list`")
        found = [read_dead_letter(record) async for record in browser.read(chosen, Start())]
    letters = [letter for letter in found if letter is not None]
    return sorted(letters, key=lambda letter: (letter.at.timestamp_ms, letter.at.offset))


def newest_of_each(letters: Any) -> list[GivenUp]:
    """One letter a message and reader: what was sent back in vain before is sent back once."""
    return list({(id_of(letter), letter.at.topic): letter for letter in letters}.values())


def id_of(letter: GivenUp) -> str:
    """The message's id; its place where it had none."""
    return dict(letter.original.headers).get("ce_id", letter.original.place.encode()).decode(errors="replace")


def run_on(settings: KafkaSettings, work: Awaitable[T]) -> T:
    """Run it; a broker that is away or a topic that is not there is one line."""

    async def awaited() -> T:
        return await work

    # What aiokafka would say several times, the one line below says once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(awaited())
    except KeyError as error:
        raise StackError(f"there is no topic {error.args[0]}", "see `deskstream topics list`") from error
    except BROKER_ERRORS as error:
        where = settings.kafka_bootstrap_servers
        raise StackError(f"Kafka at {where} does not answer", "start it, or name another with --kafka") from error


def say(shown: dict[str, Any], as_lines: bool) -> None:
    typer.echo(json.dumps(shown, ensure_ascii=False) if as_lines else as_line(shown))


def show(rows: list[dict[str, Any]], as_lines: bool, numbers: tuple[str, ...]) -> None:
    """Rows as a table, or as lines of JSON."""
    if as_lines:
        for row in rows:
            typer.echo(json.dumps(row))
        return
    if not rows:
        typer.echo("nothing there")
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(
            name.replace("_", " "), justify="right" if name in numbers else "left", no_wrap=name in {"name", "topic"}
        )
    for row in rows:
        table.add_row(*(", ".join(v) if isinstance(v, tuple) else str(v) for v in row.values()))
    Console(highlight=False, soft_wrap=True).print(table)
