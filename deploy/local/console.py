"""What the terminal shows while a desk starts: each step with its time, the rest in the logs."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

PATIENCE_SECONDS = 2.0


class Steps:
    """Progress of a start: a spinner on a terminal, a line every two seconds elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._detail = ""

    def detail(self, text: str) -> None:
        """What the running step does now."""
        self._detail = text

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """The step is shown while it runs, and with its duration when it is done."""
        self._detail = ""
        started = time.monotonic()
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(title, started, done), daemon=True)
        watcher.start()
        try:
            yield
        except BaseException:
            done.set()
            watcher.join()
            self.console.print(f"  [red]✗[/] {title}")
            raise
        done.set()
        watcher.join()
        self.console.print(f"  [green]✓[/] {title} [dim]{time.monotonic() - started:.1f} s[/]")

    def say(self, text: str) -> None:
        """A line of its own."""
        self.console.print(text)

    def _watch(self, title: str, started: float, done: threading.Event) -> None:
        if self.console.is_terminal:
            with self.console.status(title) as status:
                while not done.wait(0.2):
                    status.update(f"{title} [dim]{self._detail} {time.monotonic() - started:.0f} s[/]")
            return
        while not done.wait(PATIENCE_SECONDS):
            self.console.print(f"    {title} … {self._detail} {time.monotonic() - started:.0f} s")


def fail(message: str) -> None:
    """The one line of a start that could not be."""
    sys.stderr.write(f"deskstream: {message}\n")
