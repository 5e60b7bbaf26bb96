"""The command line: the commands of every part, joined by the entry points `deskstream.commands`.

A part whose commands cannot be imported is named on stderr; the others work on.
"""

import importlib
import sys
import tomllib
from importlib.metadata import entry_points
from typing import NoReturn

import typer

from deploy.local.console import fail
from deploy.local.errors import StackError
from deploy.local.home import ROOT

GROUP = "deskstream.commands"


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
        name="deskstream", no_args_is_help=True, pretty_exceptions_enable=False, help="A help desk on an event stream."
    )
    program.callback()(lambda: None)
    for name, target in command_modules().items():
        module_name, _, attribute = target.partition(":")
        try:
            program.add_typer(getattr(importlib.import_module(module_name), attribute))
        except Exception as error:  # noqa: BLE001 - whatever is wrong in a part, the others' commands are needed to mend it
            fail(f"the commands of {name} are missing ({type(error).__name__}: {error})")
    return program


def command_modules() -> dict[str, str]:
    """`module:attribute` of every part's commands: as the clone's pyproject says, else as installed."""
    pyproject = ROOT / "pyproject.toml"
    if pyproject.exists():
        described = tomllib.loads(pyproject.read_text())
        return dict(described["project"]["entry-points"][GROUP])
    return {point.name: point.value for point in entry_points(group=GROUP)}


if __name__ == "__main__":
    main()
