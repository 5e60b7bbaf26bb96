"""From a fresh clone to everything installed, with the standard library only.

Each step leaves a stamp, the hash of what it was made from, so that a later call with nothing changed takes a
fraction of a second. `.venv` finds the project through a `.pth` file: no build, so no build dependencies.

    bootstrap.py run       what the desk needs to run: Python packages, web assets
    bootstrap.py test      that, and what its tests and checks need
    bootstrap.py python    Python packages of `run` only
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMPS = VENV / "deskstream-stamps.json"
LOG = VENV / "bootstrap.log"
WEB = ROOT / "web"
ASSETS = ROOT / "services" / "portal_gateway" / "static"
LEAST_NODE = 20
SAY_EVERY_SECONDS = 2.0
PACKAGE_SEEN = re.compile(r"^(Collecting|Requirement already satisfied)")


class BootstrapError(Exception):
    """A step cannot be done; the message is one line with the remedy."""


def main(arguments: list[str]) -> int:
    goal = arguments[0] if arguments else "run"
    try:
        make_venv()
        with (VENV / "bootstrap.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            install_packages("test" if goal == "test" else "run")
            link_project()
            if goal != "python":
                build_web()
            if goal == "test":
                install_chromium()
    except BootstrapError as error:
        sys.stderr.write(f"deskstream: {error}\n")
        return 1
    return 0


def make_venv(find: Callable[[str], object] = importlib.util.find_spec) -> None:
    """`.venv` exists and has pip.

    Args:
        find: Tells whether this Python has a module; Debian's comes without two of them.

    Raises:
        BootstrapError: This Python cannot make one.
    """
    if (VENV / "bin" / "python").exists() and (VENV / "bin" / "pip").exists():
        return
    if find("venv") is None or find("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise BootstrapError(f"{sys.executable} has no venv; on Debian: apt-get install python{version}-venv")
    run("Making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])


def install_packages(kind: str) -> None:
    """The pinned packages of `requirements/<kind>.txt` are installed, each with a hash of the list."""
    lock = ROOT / "requirements" / f"{kind}.txt"
    made_from = hash_of([lock]) + python_of_venv()
    if read_stamps().get(kind) == made_from:
        return
    wanted = len(re.findall(r"^[A-Za-z0-9].*==", lock.read_text(), re.MULTILINE))
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--progress-bar=off"]
    command += ["--disable-pip-version-check", "--no-input", "--no-compile", "-r", str(lock)]
    run(
        f"Installing {wanted} packages",
        command,
        total=wanted,
        remedy="check the network or pip's settings, then run it again",
    )
    # The list for tests contains the list for running.
    stamp(kind, made_from)
    if kind == "test":
        stamp("run", hash_of([ROOT / "requirements" / "run.txt"]) + python_of_venv())


def python_of_venv() -> str:
    """Which Python `.venv` was made from: another one needs the packages anew."""
    return (VENV / "pyvenv.cfg").read_text()


def link_project() -> None:
    """`.venv`'s Python imports the packages of this clone, wherever it is started."""
    purelib = next((VENV / "lib").glob("python3.*/site-packages"))
    path_file = purelib / "deskstream.pth"
    if not path_file.exists() or path_file.read_text() != f"{ROOT}\n":
        path_file.write_text(f"{ROOT}\n")


def build_web() -> None:
    """The gateway's static folder holds the pages' assets, built from `web/` as it is now."""
    if not (WEB / "package.json").exists():
        say("No web/package.json: the pages' assets are not built")
        return
    sources = [path for path in WEB.rglob("*") if path.is_file() and "node_modules" not in path.parts]
    made_from = hash_of(sources)
    if read_stamps().get("web") == made_from and ASSETS.is_dir() and any(ASSETS.iterdir()):
        return
    environment = node_environment()
    locked = hash_of([WEB / "package-lock.json"])
    if read_stamps().get("node_modules") != locked or not (WEB / "node_modules").is_dir():
        run(
            "Installing the web build",
            ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=WEB,
            environment=environment,
            remedy="check the network or npm's settings, then run it again",
        )
        stamp("node_modules", locked)
    run("Building the web assets", ["npm", "run", "build"], cwd=WEB, environment=environment)
    stamp("web", made_from)


def node_environment() -> dict[str, str]:
    """The environment in which `npm` is the machine's, with Node from 20 on, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"v(\d+)", said)
        if version and int(version.group(1)) >= LEAST_NODE:
            return dict(os.environ)
    return {**os.environ, "PATH": f"{VENV / 'bin'}:{os.environ.get('PATH', '')}"}


def install_chromium() -> None:
    """Chromium is there for the browser tests where this program may install it; else those tests say what to do."""
    if shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run("Asking Debian for packages", ["apt-get", "update", "-q"], environment=environment)
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
        run("Installing Chromium for the browser tests", install, environment=environment)


def run(
    title: str,
    command: list[str],
    *,
    cwd: Path = ROOT,
    environment: dict[str, str] | None = None,
    total: int = 0,
    remedy: str = "see its last lines",
) -> None:
    """Run a step, its output in the log, its progress told every two seconds.

    Args:
        title: What the step does.
        command: The program and its arguments.
        cwd: Where it runs.
        environment: Its environment, when not this one's.
        total: How many packages pip will name, where it is pip.
        remedy: What the reader can do when it fails.

    Raises:
        BootstrapError: It failed; the message holds what it said last.
    """
    started = time.monotonic()
    said: list[str] = []
    seen = 0
    shown = -SAY_EVERY_SECONDS
    say(f"{title} …")
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            said.append(line.rstrip())
            seen += bool(PACKAGE_SEEN.match(line))
            elapsed = time.monotonic() - started
            if elapsed - shown >= SAY_EVERY_SECONDS:
                shown = elapsed
                said_last = progress(seen, total, line)
                say(f"  {said_last}, {elapsed:.0f} s" if said_last else f"  {elapsed:.0f} s")
    VENV.mkdir(exist_ok=True)
    with LOG.open("a") as log:
        log.write("\n".join([f"$ {' '.join(command)}", *said, ""]))
    if process.returncode != 0:
        last = next((line for line in reversed(said) if line.strip()), "no output")
        raise BootstrapError(f"{title} failed: {last.strip()[:300]}; {remedy} ({LOG})")
    say(f"  done in {time.monotonic() - started:.0f} s")


def progress(seen: int, total: int, line: str) -> str:
    """How far a step is: counted where it can be, else the line it printed."""
    return f"{seen} of {total}" if total else line.strip()[:70]


def say(line: str) -> None:
    """The line is on the terminal now, also when the output is a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def hash_of(files: list[Path]) -> str:
    """One hash of the files' names and contents, whatever order they come in."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest() if path.exists() else b"absent")
    return digest.hexdigest()


def read_stamps() -> dict[str, str]:
    """What each step was last made from."""
    return dict(json.loads(STAMPS.read_text())) if STAMPS.exists() else {}


def stamp(step: str, made_from: str) -> None:
    """`step` is done, from what `made_from` is the hash of."""
    STAMPS.write_text(json.dumps({**read_stamps(), step: made_from}, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
