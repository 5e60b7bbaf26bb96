"""Apache Kafka's jars: pinned in `kafka.lock` by version and sha256, fetched from Maven once, checked always.

The lock names coordinates and hashes, never an address. A jar is put in the cache only after its hash was found
right, so what lies there is whole. `python -m deploy.local.jars` writes the lock anew.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.maven import Dependency, MavenContext, PythonResolver

from deploy.local.errors import StackError

LOCK_FILE = Path(__file__).with_name("kafka.lock")
DOWNLOADS_AT_ONCE = 8
TIMEOUT_SECONDS = 30
KAFKA = ("org.apache.kafka", "kafka_2.13", "4.4.0")
# Without a binding for SLF4J the broker's log stays silent.
LOG_BINDING = ("org.apache.logging.log4j", "log4j-slf4j-impl")
LOG_CORE = ("org.apache.logging.log4j", "log4j-core")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Jar:
    """One pinned artifact."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


def read_lock(lock_file: Path = LOCK_FILE) -> tuple[Jar, ...]:
    """All pinned jars, in the order of the file."""
    jars = []
    for line in lock_file.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, sha256))
    return tuple(jars)


def fetch(folder: Path, on_progress: Progress | None = None, lock_file: Path = LOCK_FILE) -> list[Path]:
    """Every jar of the lock lies in `folder` with its pinned hash; their paths, in the lock's order.

    Args:
        folder: The cache; several desks may share it.
        on_progress: Told (jars there, jars in all) after each download.
        lock_file: Where the versions and hashes are.

    Raises:
        StackError: Maven does not answer, lacks an artifact, or delivers other bytes than pinned.
    """
    jars = read_lock(lock_file)
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in jars if sha256_of(folder / jar.file_name) != jar.sha256]
    if missing:
        done = len(jars) - len(missing)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as part:
            context = maven(Path(part))
            with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
                downloads = [pool.submit(download, jar, context, folder) for jar in missing]
                for download_done in as_completed(downloads):
                    download_done.result()
                    done += 1
                    if on_progress:
                        on_progress(done, len(jars))
    return [folder / jar.file_name for jar in jars]


def download(jar: Jar, context: MavenContext, folder: Path) -> None:
    """`jar` lies in `folder`, with the pinned hash."""
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    try:
        fetched = Path(artifact.resolve())
    except (requests.RequestException, RuntimeError, OSError) as error:
        raise StackError(
            f"Maven does not deliver {jar.coordinate} ({type(error).__name__})",
            "check the network or its proxy, set MAVEN_REPOSITORY to a mirror you reach, "
            "or KAFKA_BOOTSTRAP_SERVERS to a running Kafka",
        ) from error
    if sha256_of(fetched) != jar.sha256:
        raise StackError(
            f"{jar.coordinate} has other bytes than {LOCK_FILE.name} pins",
            "do not run it; check the mirror it came from",
        )
    shutil.move(fetched, folder / jar.file_name)


def maven(cache: Path) -> MavenContext:
    """Maven as this machine reaches it: the default repository, or `MAVEN_REPOSITORY`."""
    mirror = os.environ.get("MAVEN_REPOSITORY")
    remotes = {"mirror": mirror.rstrip("/")} if mirror else None
    return MavenContext(repo_cache=cache, remote_repos=remotes, timeout=TIMEOUT_SECONDS)


def sha256_of(path: Path) -> str | None:
    """The file's hash in hex, None when there is no such file."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def resolve_all(context: MavenContext) -> Iterable[Jar]:
    """Kafka's whole class path as Maven's rules resolve it today, with the hashes of what was delivered.

    The log binding is added by itself: resolved together, its parent's version management would bend Kafka's.
    """
    inputs, transitive = PythonResolver().resolve([dependency(context, *KAFKA)])
    found = [*inputs, *transitive]
    versions = {(each.groupId, each.artifactId): each.version for each in found}
    for each in [*found, dependency(context, *LOG_BINDING, versions[LOG_CORE])]:
        sha256 = sha256_of(Path(each.artifact.resolve()))
        if sha256 is None:
            raise StackError(f"{each.artifactId} was resolved and is not there", "run it again")
        yield Jar(each.groupId, each.artifactId, each.version, sha256)


def dependency(context: MavenContext, group: str, artifact: str, version: str) -> Dependency:
    """A Maven dependency on one jar."""
    return Dependency(context.project(group, artifact).at_version(version).artifact())


def write_lock(lock_file: Path = LOCK_FILE) -> None:
    """`lock_file` pins the class path as resolved now; look at its diff before you commit it."""
    with tempfile.TemporaryDirectory() as cache:
        jars = sorted(resolve_all(maven(Path(cache))), key=lambda jar: (jar.group, jar.artifact))
    lines = ["# Apache Kafka's class path: group:artifact:version sha256. Made by python -m deploy.local.jars"]
    lines += [f"{jar.coordinate} {jar.sha256}" for jar in jars]
    lock_file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write_lock()
