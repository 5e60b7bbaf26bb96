"""`deskstream send`."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.local.home import load_run
from deploy.local.send.delivery import Attempt, Evidence, Outcome, deliver_all
from deploy.local.send.mails import read_mails, read_raw

app = typer.Typer()


@app.command()
def send(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR|MBOX", help="A mail, a folder of mails, or an mbox file.")],
    to: Annotated[
        list[str] | None, typer.Option(help="Recipient of every mail; else the desk's addresses in it.")
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="Mails a second at most.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=200, help="Connections at a time.")] = 2,
    evidence: Annotated[Path | None, typer.Option(help="File for a line of JSON on each mail.")] = None,
) -> None:
    """Deliver mails to the running desk's SMTP door; the exit code is 0 when all were accepted."""
    run = load_run()
    total = sum(1 for _ in read_raw(path))
    counts: Counter[Outcome] = Counter()
    console = Console(highlight=False, soft_wrap=True)
    record = Evidence(evidence)
    mails = read_mails(path, tuple(to or ()), run.mail_domain, run.support_address)
    with progress_bar(console) as progress:
        bar = progress.add_task("Sending", total=total)

        def note(attempt: Attempt) -> None:
            counts[attempt.outcome] += 1
            progress.advance(bar)
            if attempt.outcome is not Outcome.ACCEPTED:
                progress.console.print(f"{attempt.outcome}: {attempt.file}: {attempt.answer}", markup=False)

        try:
            asyncio.run(
                deliver_all(
                    mails,
                    (run.smtp.host, run.smtp.port),
                    rate=rate,
                    concurrency=concurrency,
                    evidence=record,
                    on_done=note,
                )
            )
        finally:
            record.close()
    console.print(summary(counts))
    raise typer.Exit(0 if counts[Outcome.ACCEPTED] == total else 1)


def summary(counts: Counter[Outcome]) -> str:
    """One line: how many of each outcome."""
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome)


def progress_bar(console: Console) -> Progress:
    """How far the sending is."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
