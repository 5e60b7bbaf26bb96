"""Kafka's jars are what the lock says, or they are not run."""

import hashlib
import re
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.errors import StackError
from deploy.local.java import major_version

CONTENT = b"the jar"


class Repository:
    """Maven as `download` sees it, delivering what a test wants."""

    def __init__(self, folder: Path, content: bytes) -> None:
        self.folder, self.content = folder, content

    def project(self, *_: str) -> "Repository":
        return self

    at_version = artifact = project

    def resolve(self) -> Path:
        path = self.folder / "delivered"
        path.write_bytes(self.content)
        return path


def jar() -> jars.Jar:
    return jars.Jar("group", "artifact", "1.0", hashlib.sha256(CONTENT).hexdigest())


def test_the_lock_pins_every_jar_and_names_no_address() -> None:
    """Versions and hashes, no host: where it comes from is the machine's business."""
    locked = jars.read_lock()
    assert {each.artifact for each in locked} >= {"kafka_2.13", "kafka-clients", "log4j-slf4j-impl"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", each.sha256) for each in locked)
    assert "://" not in jars.LOCK_FILE.read_text()


def test_a_right_jar_lands_in_the_cache(tmp_path: Path) -> None:
    """Bytes with the pinned hash are kept."""
    jars.download(jar(), Repository(tmp_path, CONTENT), tmp_path)  # type: ignore[arg-type]  # a stand-in for Maven
    assert (tmp_path / "artifact-1.0.jar").read_bytes() == CONTENT


def test_other_bytes_than_pinned_are_refused_and_not_kept(tmp_path: Path) -> None:
    """A tampered mirror cannot put code on the class path."""
    with pytest.raises(StackError, match="other bytes"):
        jars.download(jar(), Repository(tmp_path, b"evil"), tmp_path)  # type: ignore[arg-type]  # as above
    assert not (tmp_path / "artifact-1.0.jar").exists()


def test_a_cached_jar_is_checked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that rotted in the cache is fetched anew, and Maven's absence is said with the remedy."""
    lock = tmp_path / "lock"
    lock.write_text(f"group:artifact:1.0 {jar().sha256}\n")
    cached = tmp_path / "artifact-1.0.jar"
    cached.write_bytes(CONTENT)
    assert jars.fetch(tmp_path, lock_file=lock) == [cached]
    cached.write_bytes(b"rotten")
    monkeypatch.setenv("MAVEN_REPOSITORY", "http://127.0.0.1:9")
    with pytest.raises(StackError, match="MAVEN_REPOSITORY"):
        jars.fetch(tmp_path, lock_file=lock)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("command not found", None),
    ],
)
def test_the_version_of_a_java_is_read_from_what_it_says(said: str, version: int | None) -> None:
    """Old and new ways of numbering."""
    assert major_version(said) == version
