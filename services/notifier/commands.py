"""notifier's part of the command line: nothing of its own yet beside the topic tools."""

import typer

app = typer.Typer()
