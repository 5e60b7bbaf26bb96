"""Figures as tables: what is measured by name, and beside it what was measured of several things."""

from typing import Any

from rich.console import Console
from rich.table import Table

Json = dict[str, Any]


def show(console: Console, part: str, found: Json) -> None:
    """One part: its own figures, then a table for each of its groups and lists, then how it was measured."""
    plain = {name: value for name, value in found.items() if not _rows(value) and name != "method"}
    if plain:
        console.print(_of_pairs(part, plain))
    for name, value in found.items():
        rows = _rows(value)
        if rows:
            console.print(_of_rows(f"{part}: {name.replace('_', ' ')}", rows))
    if "method" in found:
        console.print(f"[dim]{found['method']}[/]\n")


def _rows(value: Any) -> list[Json]:
    """The rows of a group (by name) or of a list; none where the value is a figure."""
    if isinstance(value, dict) and value and all(isinstance(each, dict) for each in value.values()):
        return [{"": name, **each} for name, each in value.items()]
    if isinstance(value, dict) and value:
        return [value]
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return list(value)
    return []


def _of_pairs(title: str, values: Json) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in values.items():
        table.add_row(name, _shown(value))
    return table


def _of_rows(title: str, rows: list[Json]) -> Table:
    columns = list(dict.fromkeys(name for row in rows for name, value in row.items() if not _rows(value)))
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="left" if column == "" else "right")
    for row in rows:
        table.add_row(*(_shown(row.get(column, "")) for column in columns))
    return table


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if value is None:
        return "lost"
    return f"{value:g}" if isinstance(value, float) else str(value)
