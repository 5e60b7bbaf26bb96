"""Chromium, the preview of every page, and axe-core: what all browser tests stand on.

A machine without Chromium fails these tests and names the package; it never passes over them.
"""

import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, async_playwright

from tests.browser.preview import make_preview

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
#: It needs no sandbox of its own in a container, and asks nobody outside for anything.
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 60


def chromium_path() -> str:
    """Where Debian's Chromium, or another one, is on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("Chromium is not here: install Debian's package `chromium` (apt-get install chromium)")
    return found


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for the run."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*CHROMIUM_OPTIONS])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def preview() -> Iterator[str]:
    """Where every page is shown with sample data, on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(make_preview(), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        _wait_until_started(server)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(START_SECONDS)


@pytest.fixture(scope="session")
def axe_source() -> str:
    """axe-core as npm installed it."""
    if not AXE.exists():
        pytest.fail("axe-core is not here: run `npm ci` in web/ (deploy/bootstrap.sh test does it)")
    return AXE.read_text()


def _wait_until_started(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            pytest.fail(f"the preview did not start within {START_SECONDS} s")
        time.sleep(0.02)
