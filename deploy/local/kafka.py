"""Apache Kafka on this machine: one node, KRaft, loopback only, its data in a folder kept between runs."""

import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.java import java_command
from deploy.local.process import Server, accepts, end_left_over, last_line, start_server

HOST = "127.0.0.1"
START_SECONDS = 60.0

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=CLIENT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=CLIENT://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={host}:{controller_port}
log.dirs={log_dir}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
min.insync.replicas=1
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
log.message.timestamp.type=CreateTime
"""

LOG4J = """\
Configuration:
  status: warn
  Appenders:
    Console:
      name: out
      PatternLayout:
        pattern: "%d{ISO8601} %p %m (%c{1})%n"
  Loggers:
    Root:
      level: warn
      AppenderRef:
        ref: out
    Logger:
      - name: kafka.server.KafkaRaftServer
        level: info
"""


@dataclass(frozen=True)
class KafkaPlan:
    """Where one broker lives.

    Args:
        folder: Its settings, data and pid file.
        log_file: What it says.
        jars: The class path, from `deploy.local.jars.fetch`.
        port: For clients.
        controller_port: For the quorum of one.
        heap_megabytes: Upper bound of the Java heap.
    """

    folder: Path
    log_file: Path
    jars: tuple[Path, ...]
    port: int
    controller_port: int
    heap_megabytes: int = 512

    @property
    def bootstrap_servers(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def properties_file(self) -> Path:
        return self.folder / "server.properties"

    @property
    def pid_file(self) -> Path:
        return self.folder / "kafka.pid"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"


def launch(plan: KafkaPlan) -> Server:
    """The broker's process runs; `wait` says when it takes connections. Its folder is formatted once."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    end_left_over(plan.pid_file, str(plan.properties_file))
    write_settings(plan)
    if not (plan.data_dir / "meta.properties").exists():
        format_storage(plan)
    server = start_server("Kafka", [*java(plan), "kafka.Kafka", str(plan.properties_file)], plan.log_file)
    try:
        replace_file(plan.pid_file, f"{server.pid}\n")
    except OSError:
        # The next start would not know of it.
        server.kill()
        raise
    return server


def wait(server: Server, plan: KafkaPlan) -> None:
    """Return once the broker takes connections.

    Raises:
        StackError: It ended, or took longer than a minute.
    """
    server.wait_until(lambda: accepts(HOST, plan.port), START_SECONDS)


def write_settings(plan: KafkaPlan) -> None:
    """The settings files say what `plan` says; ports may differ from the last run's."""
    settings = PROPERTIES.format(
        host=HOST, port=plan.port, controller_port=plan.controller_port, log_dir=plan.data_dir.as_posix()
    )
    replace_file(plan.properties_file, settings)
    replace_file(plan.folder / "log4j2.yaml", LOG4J)


def replace_file(path: Path, text: str) -> None:
    """The file says so, or, where the disk has no room, still what it said before.

    Raises:
        OSError: there is no room; a file that says so already needs none.
    """
    if path.exists() and path.read_text() == text:
        return
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text)
    beside.replace(path)


def format_storage(plan: KafkaPlan) -> None:
    """The data folder carries a new cluster id and a quorum of this one node."""
    settings = ["-t", new_cluster_id(), "-c", str(plan.properties_file)]
    command = [*java(plan), "kafka.tools.StorageTool", "format", "--standalone", *settings]
    plan.log_file.parent.mkdir(parents=True, exist_ok=True)
    with plan.log_file.open("ab") as log:
        formatted = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
    if formatted.returncode != 0:
        raise StackError(f"Kafka cannot format its data: {last_line(plan.log_file)}", f"see {plan.log_file}")


def new_cluster_id() -> str:
    """A cluster id as Kafka writes them. None begins with a dash: its own tool would read that one as an option."""
    while True:
        made = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made


def java(plan: KafkaPlan) -> list[str]:
    """Java with the class path and a heap and collector that suit a small machine."""
    return [
        *java_command(),
        f"-Xmx{plan.heap_megabytes}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        f"-Dlog4j2.configurationFile={plan.folder / 'log4j2.yaml'}",
        "-Dlog4j2.disable.jmx=true",
        "-Dlog4j.shutdownHookEnabled=false",
        "-cp",
        ":".join(str(jar) for jar in plan.jars),
    ]
