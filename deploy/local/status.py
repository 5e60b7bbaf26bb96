"""`deskstream status`: where the running desk is, and whether each of its processes does its work."""

import asyncio
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from rich.table import Table

from deploy.local.console import Steps
from deploy.local.home import Process, Run
from deploy.local.lag import lag_by_service
from deploy.local.welcome import urls_of

PROBE_SECONDS = 2.0


async def status_of(run: Run) -> dict[str, Any]:
    """The state of the desk, as `--json` prints it."""
    names = list(dict.fromkeys(process.name for process in run.services))
    lags, ready = await asyncio.gather(
        lag_by_service(run.kafka_bootstrap_servers, run.topic_prefix, names),
        asyncio.gather(*(asyncio.to_thread(is_ready, process.health_url) for process in run.services)),
    )
    services = [
        describe(process, is_up, lags[process.name]) for process, is_up in zip(run.services, ready, strict=True)
    ]
    return {
        "ready": all(ready),
        "urls": {
            **urls_of(run.public_url, run.mail_catcher_url),
            "replicas": [each.url for each in run.services if each.url],
        },
        "smtp": run.smtp.model_dump(),
        "support_address": run.support_address,
        "services": services,
    }


def describe(process: Process, is_up: bool, lag: int | None) -> dict[str, Any]:
    """One process; `url` is there for those that serve pages."""
    said = {
        "name": process.name,
        "replica": process.replica,
        "pid": process.pid,
        "health_url": process.health_url,
        "ready": is_up,
        "lag": lag,
    }
    return {**said, "url": process.url} if process.url else said


def is_ready(health_url: str) -> bool:
    """Whether the process answers that it can do its work."""
    try:
        with urlopen(f"{health_url}/readyz", timeout=PROBE_SECONDS) as answer:  # noqa: S310 - our own http URL
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def show_status(status: dict[str, Any], steps: Steps) -> None:
    """The status for people."""
    for name, url in status["urls"].items():
        if isinstance(url, str):
            steps.say(f"{name:10} {url}")
    smtp = status["smtp"]
    steps.say(f"{'smtp':10} {smtp['host']}:{smtp['port']}, to {status['support_address']}\n")
    table = Table("service", "replica", "pid", "ready", "behind", "health", box=None, pad_edge=False)
    for each in status["services"]:
        ready = "[green]yes[/]" if each["ready"] else "[red]no[/]"
        table.add_row(
            each["name"],
            each["replica"],
            str(each["pid"] or "-"),
            ready,
            "?" if each["lag"] is None else str(each["lag"]),
            each["health_url"],
        )
    steps.console.print(table)
