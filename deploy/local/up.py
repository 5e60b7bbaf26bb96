"""`deskstream up`: servers, schemas, topics, services, in this order; then watching until it is told to end."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from pydantic import SecretStr

from deploy.local.console import Steps
from deploy.local.desk import HOST, Desk, plan_desk
from deploy.local.ending import only_desk_of
from deploy.local.home import ROOT, Door, LocalProcess, Process, Run, forget_run, home_folder, save_run
from deploy.local.process import dies_with_parent
from deploy.local.provision import prepare, servers_of
from deploy.local.replicas import Replica
from deploy.local.servers import LocalServer, admin_database_url, local_servers
from deploy.local.supervisor import Supervised, Supervisor
from deploy.local.welcome import show_table
from services.portal_gateway.console import first_password

READY_SECONDS = 180.0
TEND_SECONDS = 0.2
CATCHER = "mail catcher"


def run_desk(replicas: list[Replica], steps: Steps, *, with_demo: bool = False) -> None:
    """The desk runs until SIGINT or SIGTERM, then nothing of it runs any more.

    Raises:
        StackError: It cannot start; everything started until then was stopped.
    """
    # Set by us, since a desk that a script starts in the background inherits SIGINT ignored.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    started_at = time.monotonic()
    with only_desk_of(home_folder()):
        desk = plan_desk(replicas)
        try:
            with local_servers(desk, steps) as servers:
                urls = asyncio.run(prepare(servers_of(desk, admin_database_url(desk)), steps))
                greet = partial(welcome, desk, urls["gateway"], steps, started_at, with_demo=with_demo)
                serve(desk, servers, urls, steps, greet)
        except KeyboardInterrupt:
            steps.say("Stopped.")
        finally:
            forget_run(desk.home)


def serve(
    desk: Desk, servers: list[LocalServer], urls: dict[str, str], steps: Steps, greet: Callable[[], None]
) -> None:
    """The services run, and are kept running, until the user interrupts; `greet` is called when they are up."""
    processes = processes_of(desk, urls)
    supervisor = Supervisor(processes, steps.say, lambda: save_run(desk.home, describe(desk, urls, processes, servers)))
    try:
        supervisor.start()
        with steps.step(f"{len(processes)} processes"):
            late = wait_until_ready(supervisor, steps)
        for process in late:
            steps.say(f"[yellow]{process.label} is not ready yet[/]; see {process.log_file}")
        greet()
        while True:
            supervisor.tend()
            # every server is tended, then the news are written once
            if sum(server.tend(steps.say) for server in servers):
                supervisor.on_change()
            time.sleep(TEND_SECONDS)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        supervisor.stop()


def welcome(desk: Desk, gateway_url: str, steps: Steps, started_at: float, *, with_demo: bool) -> None:
    """The user sees where everything is, and the demonstration day begins, in a process that ends with this one.

    The first administrator's password is made here, so that a start that failed before did not use it up unseen.
    """
    password = asyncio.run(first_password(SecretStr(gateway_url), desk.admin_address))
    show_table(desk, steps, time.monotonic() - started_at, password)
    if with_demo:
        subprocess.Popen([*dies_with_parent(signal.SIGTERM), sys.executable, "-m", "deploy.local", "demo"], cwd=ROOT)


def wait_until_ready(supervisor: Supervisor, steps: Steps) -> list[Supervised]:
    """Those that are not ready after the time limit, or crash and crash; crashed ones are started again meanwhile."""
    deadline = time.monotonic() + READY_SECONDS
    waiting = list(supervisor.processes)
    while not all(process.is_hopeless for process in waiting) and time.monotonic() < deadline:
        supervisor.tend()
        waiting = [process for process in waiting if not process.is_ready()]
        steps.detail(", ".join(process.label for process in waiting))
        time.sleep(TEND_SECONDS)
    return waiting


def processes_of(desk: Desk, urls: dict[str, str]) -> list[Supervised]:
    """Every process of the desk, the mail catcher first, so that no mail finds it away."""
    services = [
        Supervised(
            label=replica.label,
            module=replica.module,
            environment=desk.environment_of(replica, urls[replica.service]),
            log_file=desk.logs / f"{replica.label}.log",
            health_url=desk.health_url(replica),
        )
        for replica in desk.replicas
    ]
    catcher = desk.mail_catcher_url
    return services if catcher is None else [catcher_of(desk, catcher), *services]


def catcher_of(desk: Desk, url: str) -> Supervised:
    """The process that takes the outgoing mail of a trial."""
    environment = {
        **desk.environment,
        "PYTHONPATH": str(ROOT),
        "CATCHER_HTTP_PORT": str(desk.ports["mail"]),
        "CATCHER_SMTP_PORT": str(desk.ports["catcher_smtp"]),
        "CATCHER_FOLDER": str(desk.home / "mails"),
        "CATCHER_DESK_SMTP": f"{HOST}:{desk.ports['smtp']}",
        "CATCHER_DESK_DOMAIN": desk.mail_domain,
    }
    log_file = desk.logs / "mail-catcher.log"
    return Supervised(CATCHER, "deploy.local.mail_catcher", environment, log_file, url)


def describe(desk: Desk, urls: dict[str, str], processes: list[Supervised], servers: list[LocalServer]) -> Run:
    """What `run.json` says while these processes run."""
    pids = {process.label: process.pid for process in processes}
    return Run(
        supervisor_pid=os.getpid(),
        started_at=time.time(),
        kafka_bootstrap_servers=desk.kafka_bootstrap_servers,
        topic_prefix=desk.topic_prefix,
        database_urls=urls,
        admin_database_url=admin_database_url(desk),
        blob_url=desk.blob_url,
        public_url=desk.public_url,
        smtp=Door(host=HOST, port=desk.ports["smtp"]),
        mail_catcher_url=desk.mail_catcher_url,
        secret_file=desk.home / "master.secret",
        mail_domain=desk.mail_domain,
        support_address=desk.support_address,
        admin_address=desk.admin_address,
        services=[
            Process(
                name=replica.service,
                replica=str(replica.number),
                pid=pids[replica.label],
                health_url=desk.health_url(replica),
                url=f"http://{HOST}:{desk.http_port(replica)}" if replica.service == "gateway" else None,
            )
            for replica in desk.replicas
        ],
        servers={local.server.name.lower(): LocalProcess(pid=local.server.pid) for local in servers},
    )


def interrupt(*_: object) -> NoReturn:
    """SIGINT and SIGTERM end the desk in the same way."""
    raise KeyboardInterrupt
