"""SQL lives in ``.sql`` files, each statement named and explained; this reads them."""

import re
from importlib.resources import files

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


class Statements:
    """The named statements of a package's SQL file, as attributes.

    A statement begins with ``-- name: find_items``; what follows up to the next name is its text, comments included.

    Raises:
        ValueError: a name stands twice.
        AttributeError: (on use) no statement has the name.
    """

    def __init__(self, package: str, *names: str) -> None:
        self._statements: dict[str, str] = {}
        for name in names or ("queries.sql",):
            text = files(package).joinpath(name).read_text()
            parts = _NAME.split(text)
            for key, statement in zip(parts[1::2], parts[2::2], strict=True):
                if key in self._statements:
                    raise ValueError(f"{package}/{name}: {key} stands twice")
                self._statements[key] = statement.strip()

    def __getattr__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            raise AttributeError(name) from None

    def names(self) -> tuple[str, ...]:
        return tuple(self._statements)
