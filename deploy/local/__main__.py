"""The command line: the commands of every part, joined by the entry points `deskstream.commands`.

Each entry point names one command and the application that holds it, which is imported when the command is asked for:
`deskstream status` waits for no service's code. A part that cannot be imported is named; the others work on.
"""

import importlib
import sys
import tomllib
from functools import cache
from importlib.metadata import entry_points
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from deploy.local.console import fail
from deploy.local.errors import StackError
from deploy.local.home import ROOT

GROUP = "deskstream.commands"


class Commands(TyperGroup):
    """Finds a command where its entry point says it is."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        return list(command_targets())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        target = command_targets().get(cmd_name)
        if target is None:
            return None
        module_name, _, attribute = target.partition(":")
        try:
            application = getattr(importlib.import_module(module_name), attribute)
        except Exception as error:  # noqa: BLE001 - whatever is wrong in a part, the others' commands are needed to mend it
            fail(f"the command {cmd_name} is missing ({type(error).__name__}: {error})")
            return None
        found = typer.main.get_command(application)
        return found.commands[cmd_name] if isinstance(found, TyperGroup) else found


def main() -> NoReturn:
    """Run the command line and end with its exit code; a problem of the stack is one line, not a traceback."""
    try:
        build()(prog_name="deskstream")
    except StackError as error:
        fail(str(error))
        sys.exit(1)
    sys.exit(0)


def build() -> typer.Typer:
    """One program with the commands of every part."""
    program = typer.Typer(
        name="deskstream",
        cls=Commands,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="A help desk on an event stream.",
    )
    program.callback()(lambda: None)
    return program


@cache
def command_targets() -> dict[str, str]:
    """`module:attribute` of the application that holds each command, as the clone says, else as installed."""
    pyproject = ROOT / "pyproject.toml"
    if pyproject.exists():
        described = tomllib.loads(pyproject.read_text())
        return dict(described["project"]["entry-points"][GROUP])
    return {point.name: point.value for point in entry_points(group=GROUP)}


if __name__ == "__main__":
    main()
