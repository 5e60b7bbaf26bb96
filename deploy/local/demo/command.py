"""`deskstream demo`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.local.demo.day import read_day
from deploy.local.demo.player import Player
from deploy.local.home import ROOT, load_run

MAILS = ROOT / "tests" / "fixtures" / "mails"
app = typer.Typer()


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(min=0, help="How long the day takes.")] = 60.0,
    folder: Annotated[Path, typer.Option(help="Mails and the script of the day.")] = MAILS,
) -> None:
    """Play a day of two companies through the running desk's doors; the exit code is 0 when every step went through."""
    console = Console(highlight=False, soft_wrap=True)
    failed = asyncio.run(play(folder, seconds, console))
    console.print("The day is over: look at the workspace and at the mail catcher.")
    raise typer.Exit(1 if failed else 0)


async def play(folder: Path, seconds: float, console: Console) -> int:
    """Number of steps that did not go through."""
    player = Player(load_run(), folder, console.print)
    try:
        return await player.play(read_day(folder), seconds)
    finally:
        await player.close()
