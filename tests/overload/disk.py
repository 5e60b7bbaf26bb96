"""A disk that is full, of the database, of the broker, of the blobs: each on a small file system of its own.

A desk as `deskstream up` starts it, so that its own supervisor is what keeps servers running; its mail goes to a sink.
"""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2

from deploy.local.console import Steps
from tests.chaos.checker.gather import FAULTS, HISTORY, MAILS, gather
from tests.chaos.checker.report import judge
from tests.chaos.checker.tables import left_over
from tests.chaos.checker.topics import lag_of
from tests.chaos.doors import Place, Web, hidden_fields, told
from tests.chaos.evidence import Journal
from tests.chaos.history import History, Kind, Outcome, Try, new_marker, read_history, seeded
from tests.chaos.load import Doors, Load, hashes_of
from tests.chaos.pages import read_pages
from tests.chaos.servers import NotReadyError, until
from tests.chaos.session import new_token
from tests.chaos.sinks import Sink
from tests.e2e.conftest import running_desk
from tests.overload.answers import judge_answers
from tests.overload.outages import fault_of_page
from tests.overload.report import Part
from tests.overload.size import Size

DISKS = {"blobs": "the blobs'", "kafka": "the broker's", "postgres": "the database's"}
DISK_BYTES = 1_200_000_000
#: What is left free when a disk is filled.
LEFT_BYTES = {"blobs": 5_000_000, "kafka": 200_000, "postgres": 100_000}
RATE = 6.0
CALM_SECONDS, FULL_SECONDS, REST_SECONDS = 4.0, 40.0, 240.0
FORM = "/portal/forms/request"
FILE = b"x" * 300_000


@dataclass
class Full:
    """A running desk whose disks can be filled."""

    home: Path
    log: Path
    admin_url: str
    bootstrap: str
    load: Load
    web: Web
    journal: Journal

    def run_log(self) -> str:
        return self.log.read_text()


async def disks_full(size: Size, steps: Steps) -> list[Part]:
    """Each disk in turn is filled under load, and gets room again; nobody lends a hand."""
    part = Part("disk full")
    home = size.home / "disk"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    try:
        with mounted(home):
            async with _desk(home, steps) as desk:
                for folder, whose in DISKS.items():
                    with steps.step(f"{whose} disk is full"):
                        await _one(desk, part, folder)
                await _verdict(desk, part)
    except MountError as error:
        part.promise(holds=False, otherwise=f"no disk could be filled: {error}")
    return [part]


class MountError(Exception):
    """A small file system cannot be mounted here; run as root, with loop devices."""


@contextmanager
def mounted(home: Path) -> Iterator[None]:
    """Each folder of the desk that a disk is filled of is a small file system of its own; gone afterwards.

    Raises:
        MountError: it cannot be.
    """
    done: list[Path] = []
    try:
        for folder in DISKS:
            image, place = home / f"{folder}.image", home / folder
            place.mkdir()
            with image.open("wb") as file:
                file.truncate(DISK_BYTES)
            for command in (
                ["mkfs.ext4", "-q", "-m", "0", str(image)],
                ["mount", "-o", "loop", str(image), str(place)],
            ):
                made = subprocess.run(command, capture_output=True, text=True, check=False)
                if made.returncode != 0:
                    raise MountError(f"{command[0]}: {made.stderr.strip()}")
            done.append(place)
        yield
    finally:
        for place in done:
            subprocess.run(["umount", "--lazy", str(place)], check=False)


@asynccontextmanager
async def _desk(home: Path, steps: Steps) -> AsyncIterator[Full]:
    """The desk runs, with clients ready to begin."""
    sink = Sink(home / "evidence" / MAILS)
    await sink.start()
    with steps.step("a desk on small disks"):
        running = running_desk(home, SMTP_URL=f"smtp://127.0.0.1:{sink.port}")
        found = await asyncio.to_thread(running.__enter__)
    found.http.close()
    run = json.loads((home / "run.json").read_text())
    gateway = next(each["url"] for each in run["services"] if each["name"] == "gateway")
    doors = Doors(
        [Place("intake.door", run["smtp"]["port"])],
        [Place("gateway.http", httpx2.URL(gateway).port or 0)],
        run["mail_domain"],
    )
    web = Web(await asyncio.to_thread(new_token, home))
    history, journal = History(home / "evidence" / HISTORY), Journal(home / "evidence" / FAULTS)
    load = Load(doors, web, history, seeded(9), RATE)
    sink.on_mail = load.received
    try:
        yield Full(home, running.log, run["admin_database_url"], run["kafka_bootstrap_servers"], load, web, journal)
    finally:
        await load.finish(0)
        await web.close()
        history.close()
        journal.close()
        await asyncio.to_thread(running.__exit__)
        await sink.stop()


async def _one(desk: Full, part: Part, folder: str) -> None:
    began = time.time()
    loading = asyncio.create_task(desk.load.run(CALM_SECONDS + FULL_SECONDS))
    await asyncio.sleep(CALM_SECONDS)
    said_before = len(desk.run_log())
    ballast = desk.home / folder / "ballast"
    filled_at = time.time()
    onsets, files = [filled_at], Counter[str]()
    # A full disk lets few new ones in.
    administrator = await asyncpg.connect(desk.admin_url)
    try:
        _fill(ballast, LEFT_BYTES[folder])
        while time.time() < filled_at + FULL_SECONDS:
            files[await _post_with_file(desk, part)] += 1
            if folder == "postgres" and time.time() > filled_at + FULL_SECONDS / 2:
                onsets = [filled_at, filled_at + FULL_SECONDS / 2]
                await _use_up_wal(administrator)
            await asyncio.sleep(1)
    finally:
        ballast.unlink(missing_ok=True)
        administrator.terminate()
    emptied_at = time.time()
    await loading
    left = await _at_rest(desk)
    fault = {"kind": "disk-full", "target": folder, "began_at": filled_at, "healed_at": time.time()}
    desk.journal.write(fault)
    restarts = [line.split(";")[0] for line in desk.run_log()[said_before:].splitlines() if "starting it again" in line]
    _judge(desk, part, folder, (filled_at, emptied_at), onsets)
    part.figures[f"{DISKS[folder]} disk full"] |= {
        "a form with a file was told": dict(files),
        "servers started again": dict(Counter(line.split(" (")[0].strip() for line in restarts)),
        "seconds until all was at rest": round(time.time() - emptied_at, 1),
        "seconds in all": round(time.time() - began),
    }
    part.promise(not left, f"{folder}: left afterwards: {left}")


def _fill(ballast: Path, left: int) -> None:
    """Hardly anything is free on the disk that the file lies on."""
    free = os.statvfs(ballast.parent)
    size = free.f_bavail * free.f_frsize - left
    descriptor = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


async def _use_up_wal(administrator: asyncpg.Connection) -> None:
    """One more file of the server's log is full, as by many writes: those made beforehand are soon used up.

    The server panics at the first one that it cannot make; the connection is over then.
    """
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await administrator.execute("select pg_logical_emit_message(false, 'overload', 'x'); select pg_switch_wal()")


async def _post_with_file(desk: Full, part: Part) -> str:
    """What somebody is told who sends a form with a file, and does not come again; it is no part of the load."""
    door, op, begun_at = desk.load.entrance.http[0], new_marker(desk.load.rng), time.time()
    sender, text = f"{op}@datei.example", f"With a file, {op}"
    facts = {"sender": sender, "form": "request", "begun_by": op, "text": text, "files": hashes_of((FILE,))}
    answer = await desk.web.request(door, "GET", FORM)
    desk.load.history.begin(op, Kind.FORM, facts)
    if answer is not None and answer.status_code == 200:
        values = {**hidden_fields(answer.text), "name": "Ana", "address": sender, "title": f"Form {op}", "text": text}
        begun_at = time.time()
        files = {"files": ("a.txt", FILE, "text/plain")}
        answer = await desk.web.request(door, "POST", FORM, data=values, files=files)
    fault, said = fault_of_page(answer), told(answer)
    part.promise(not fault, f"a form with a file was told {said.code} {fault}")
    known = (said.outcome, said.code, said.detail, door.link, said.again_seconds)
    desk.load.history.tried(op, Try(begun_at, time.time(), *known))
    return str(said.code)


async def _at_rest(desk: Full) -> list[str]:
    """Every client has its answer, and nothing waits; what does after all is returned."""
    unanswered = await desk.load.finish(REST_SECONDS)
    left = [f"{unanswered} inputs without an answer"] if unanswered else []
    found: list[str] = []

    async def at_rest() -> bool:
        with suppress(asyncpg.PostgresError, OSError):
            connection = await asyncpg.connect(desk.admin_url, timeout=5)
            try:
                waits = {**await left_over(connection), **await lag_of(desk.bootstrap)}
            finally:
                await connection.close()
            found[:] = [f"{name}: {count}" for name, count in waits.items() if count]
            return not found
        return False

    try:
        await until(at_rest, "the desk to be at rest", REST_SECONDS)
    except NotReadyError:
        left += found or ["a server does not answer"]
    return left


def _judge(desk: Full, part: Part, folder: str, span: tuple[float, float], onsets: Sequence[float]) -> None:
    """What clients were told while the disk was full."""
    inputs = read_history(desk.home / "evidence" / HISTORY).values()
    found = judge_answers(part, f"{DISKS[folder]} disk full", inputs, span, onsets)
    part.figures[f"{DISKS[folder]} disk full"] = {
        "clients were told": {k: " ".join(f"{c}x{n}" for c, n in codes.items()) for k, codes in found.codes.items()},
        "slowest answer of six seconds from when a server goes away": round(found.slowest["first"], 2),
        "slowest answer after": round(found.slowest["after"], 2),
        "put off": found.put_off,
    }
    if folder == "postgres":
        errors = (desk.home / "logs" / "postgres.log").read_text()
        # What was taken waits on the log: a full database need not put anybody off, but it must have been full.
        counted = {word: errors.count(word) for word in ("No space left on device", "PANIC")}
        part.figures[f"{DISKS[folder]} disk full"]["the server said"] = counted
        part.promise(all(counted.values()), f"{folder}: its disk was not full enough: {counted}")
    else:
        part.promise(found.put_off > 0, f"{folder}: nobody was put off, so its disk was not full enough")
    if folder == "blobs":
        mails = found.codes.get(Kind.MAIL, Counter())
        part.promise(mails["452"] > 0, f"under the reserve mail is put off with 452, and was told {dict(mails)}")


async def _verdict(desk: Full, part: Part) -> None:
    """Nothing that was accepted on those days is missing, doubled or out of order."""
    evidence = await gather(desk.home, desk.admin_url, desk.bootstrap, await read_pages(desk.home, desk.load))
    verdict = judge(evidence)
    part.broken += [f"{each.check}: {each.subject}: {each.detail}" for each in verdict.findings][:20]
    part.broken += [f"{who} crashed: {why}" for who, why in desk.load.crashes][:20]
    part.figures["evidence"] = {**verdict.facts, "findings": len(verdict.findings)}
    part.promise(any(each.outcome is Outcome.OK for each in evidence.inputs.values()), "nothing was accepted at all")
