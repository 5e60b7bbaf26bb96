"""Preparing a clone: what is done once, what is done again, and what is said when it cannot be."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy import bootstrap


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the clone's place."""
    for name, path in {"ROOT": "", "VENV": ".venv", "STAMPS": "stamps.json", "LOG": "log", "WEB": "web"}.items():
        monkeypatch.setattr(bootstrap, name, tmp_path / path)
    return tmp_path


def test_a_python_without_venv_is_named_in_one_line(clone: Path) -> None:
    """With the package to install."""
    with pytest.raises(bootstrap.BootstrapError, match=r"has no venv; on Debian: apt-get install python3\.\d+-venv"):
        bootstrap.make_venv(lambda name: None if name == "ensurepip" else object())


def test_a_hash_follows_content_and_name_not_order(clone: Path) -> None:
    """So that a stamp is as good as doing it again."""
    a, b = clone / "a", clone / "b"
    a.write_text("one")
    b.write_text("two")
    first = bootstrap.hash_of([a, b])
    assert bootstrap.hash_of([b, a]) == first
    b.write_text("three")
    assert bootstrap.hash_of([a, b]) != first


def test_stamps_are_kept_beside_each_other(clone: Path) -> None:
    """One step's stamp leaves the others'."""
    bootstrap.stamp("run", "x")
    bootstrap.stamp("web", "y")
    assert bootstrap.read_stamps() == {"run": "x", "web": "y"}


def test_a_failing_step_is_one_line_with_what_it_said(clone: Path) -> None:
    """And the whole output is in the log."""
    with pytest.raises(bootstrap.BootstrapError, match="Trying failed: no network; check it"):
        bootstrap.run("Trying", ["sh", "-c", "echo first; echo no network; exit 3"], cwd=clone, remedy="check it")
    assert "first" in (clone / "log").read_text()


def test_a_clone_without_web_says_so(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is built, nothing breaks."""
    bootstrap.build_web()
    assert "No web/package.json" in capsys.readouterr().out


def test_no_fit_python_is_named_in_one_line(tmp_path: Path) -> None:
    """The launcher looks for 3.11 or newer and tells how to name one."""
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in ("readlink", "dirname"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    said = subprocess.run(
        ["/bin/sh", str(Path(bootstrap.__file__).with_name("bootstrap.sh")), "run"],
        env={**os.environ, "PATH": str(tmp_path), "PYTHON": str(old)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "No Python from 3.11 on" in said.stderr
