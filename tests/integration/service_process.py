"""One service as a process of its own, as operators run it: for tests that kill it at a named place."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy.local.process import free_port
from tests.integration.wire import Wire
from tests.support.waiting import PATIENCE_SECONDS

KILLED = -signal.SIGKILL


class ServiceProcess:
    """A running service; its log is in the test's folder."""

    def __init__(self, service: str, wire: Wire, url: str, folder: Path, **more: str) -> None:
        secret = folder / "secret"
        if not secret.exists():
            secret.write_text("ab" * 32)
        values: dict[str, Any] = {
            **wire.settings.model_dump(),
            "database_url": url,
            "blob_url": f"file://{folder}/blobs",
            "public_url": "http://127.0.0.1:8080",
            "secret_file": secret,
            "mail_domain": "desk.example",
            "health_port": free_port(),
            **more,
        }
        environment = {**os.environ, **{name.upper(): str(value) for name, value in values.items()}}
        self.log = folder / f"{service}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"services.{service}"], env=environment, stdout=log, stderr=log
            )

    def stop(self) -> None:
        """End it, if it has not ended, and wait for that."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)
