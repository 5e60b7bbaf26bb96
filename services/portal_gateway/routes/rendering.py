"""Templates to HTML: the environment, the built assets by name, icons, links in plain text.

Invariant: everything is escaped; nothing inline that a browser runs.
"""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from zlib import crc32

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
STATIC = TEMPLATES.parent / "static"
#: Web addresses in plain text: up to white space or a quote; what ends a sentence does not belong to them.
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}]")


class AssetsMissingError(RuntimeError):
    """The web assets were not built; `make run` does it, `npm run build` in `web/` too."""


class Rendering:
    """Renders templates of the gateway."""

    def __init__(self, templates: Path = TEMPLATES, static: Path = STATIC) -> None:
        try:
            manifest: dict[str, str] = json.loads((static / "manifest.json").read_text())
            icons: dict[str, str] = json.loads((static / "icons.json").read_text())
        except FileNotFoundError as error:
            raise AssetsMissingError(f"{error.filename} is not there: build the assets in web/ first") from error
        # Bandit's rule looks for the literal; the environment escapes everything.
        self.environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            enable_async=False,
        )
        self.environment.globals |= {"icon": _icon_of(icons), "asset": lambda name: f"/static/{manifest[name]}"}
        self.environment.filters |= {"linked": linked, "rev": rev}

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page, never kept by a cache: it shows what one person may see now."""
        return HTMLResponse(self.part(template, **values), status, headers={"Cache-Control": "no-store"})

    def part(self, template: str, **values: Any) -> str:
        """Its HTML alone."""
        return self.environment.get_template(template).render(**values)


def linked(text: str) -> Markup:
    """Plain text with its web addresses as links that tell the other side nothing."""
    parts: list[Markup] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = escape(found.group())
        parts.append(escape(text[end : found.start()]))
        parts.append(
            Markup('<a class="ds-link" href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>').format(
                address, address
            )
        )
        end = found.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def rev(html: str) -> str:
    """A short name for just this content, so that a page replaces only what changed."""
    return f"{crc32(html.encode()):08x}"


def without(revs: Iterable[str]) -> frozenset[str]:
    """Which blocks a page has already, as it says in a query."""
    return frozenset(name for name in revs if re.fullmatch(r"[0-9a-f]{8}", name))


def _icon_of(icons: dict[str, str]) -> Callable[[str], Markup]:
    drawn = {
        # The names and the shapes are lucide's, from the build, not from any reader.
        name: Markup(f'<svg class="ds-icon" viewBox="0 0 24 24" aria-hidden="true">{inside}</svg>')  # noqa: S704
        for name, inside in icons.items()
    }

    def icon(name: str) -> Markup:
        """An icon of `web/icons.txt`, beside words that say the same."""
        return drawn[name]

    return icon
