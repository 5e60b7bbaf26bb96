"""One desk for the whole end-to-end run: five services as processes, tickets and gateway twice, real servers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, StorageState

from tests.browser.conftest import axe_source, chromium
from tests.e2e.browsing import Account, account, at_desk, sign_in
from tests.e2e.desk import ROOT, Desk
from tests.support.waiting import wait_for

__all__ = ["administrator", "administrator_state", "axe_source", "chromium", "desk"]


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that runs until the last test of this folder has ended, and not beside those of the next.

    ``TEST_DESK_HOME`` names the home folder of one that runs already, with two gateways; it is left running.
    """
    given = os.environ.get("TEST_DESK_HOME")
    if given:
        found = Desk(Path(given))
        yield found
        found.http.close()
        return
    home = tmp_path_factory.mktemp("desk")
    with running_desk(home, "--replicas", "tickets=2,gateway=2") as found:
        yield found
        found.http.close()


@pytest.fixture(scope="package")
def administrator(desk: Desk) -> Account:
    """The first administrator, with a password that the command line gave them."""
    return account(desk, "admin", "reset-password")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def administrator_state(desk: Desk, administrator: Account, chromium: Browser) -> StorageState:
    """The cookies of a browser in which the administrator is signed in."""
    async with at_desk(chromium, desk, None) as window:
        await window.page.goto("/workspace/sign-in")
        await sign_in(window.page, administrator)
        await window.page.wait_for_url("**/workspace")
        return await window.page.context.storage_state()


class running_desk:  # noqa: N801 - reads as a verb at its use: `with running_desk(home) as desk`
    """Starts a desk in a home folder and stops it, telling what its log said when it does not start."""

    def __init__(self, home: Path, *options: str, **environment: str) -> None:
        self.home = home
        self.options = options
        self.environment = {**os.environ, "DESKSTREAM_HOME": str(home), "NO_COLOR": "1", **environment}
        self.log = home / "up.log"

    def __enter__(self) -> Desk:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local", "up", *self.options],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_for(self._ready, "the desk to be ready", 400)
            return Desk(self.home)
        except AssertionError as error:
            self.__exit__()
            raise AssertionError(f"{error}\n{self.log.read_text()[-4000:]}") from error

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"`up` ended with {self.process.returncode}\n{self.log.read_text()[-4000:]}")
        if "is running" not in self.log.read_text():
            return False  # asking starts an interpreter, which would slow the start that is waited for
        answer = subprocess.run(
            [sys.executable, "-m", "deploy.local", "status", "--json"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return '"ready": true' in answer.stdout

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
