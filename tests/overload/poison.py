"""Records that nobody can read, and a deploy that stumbles: each costs itself, is seen, and can be sent back."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2

from deploy.local.home import ROOT
from shared.contracts.envelope import Envelope, Headers
from shared.contracts.topics import TOPICS
from tests.chaos.checker.tables import read_tables
from tests.chaos.checker.topics import POISON, lag_of, read_topics
from tests.chaos.desk import Member
from tests.chaos.history import Outcome
from tests.chaos.servers import until
from tests.chaos.session import Session, deskstream
from tests.overload.inputs import Letter
from tests.overload.log import Log
from tests.overload.report import Part

PATIENCE_SECONDS = 60.0
PROMISED_SECONDS = 1.0
IN_A_ROW = 100
LEFT = 25
SERVICES = ("intake", "tickets", "automation", "notifier", "gateway")
#: One topic of each service on which nothing else comes while the desk is at rest.
QUIET_TOPICS = {
    "intake": "intake-commands",
    "tickets": "tickets-commands",
    "automation": "automation-commands",
    "notifier": "notifier-commands",
    "gateway": "notifier-events",
}


def readings() -> Iterator[tuple[str, str, bytes]]:
    """Every topic with each of its readers, and a key under which that reader reads a record."""
    for topic in TOPICS.values():
        for reader in topic.readers:
            # Of the setup each reader takes some kinds only; mailboxes all of them.
            yield topic.name, reader, b"mailbox:poison" if topic.compacted else b"poison"


async def one_of_each(now: Session, part: Part) -> None:
    """One bad record on every topic: its partition goes on within a second, and staff can list it."""
    seconds: dict[str, float] = {}
    wanted = set()
    async with Log(now.desk.bootstrap) as log:
        for topic in dict.fromkeys(name for name, _, _ in readings()):
            readers = [(reader, key) for name, reader, key in readings() if name == topic]
            partition = now.load.rng.randrange(12) if TOPICS[topic].partitioned else 0
            value = _journaled(now, topic, [reader for reader, _ in readers])
            _, at = await log.put(topic, partition, readers[0][1], value)
            behind, _ = await log.put(topic, partition, b"probe:behind", *_behind(topic))
            for reader, _ in readers:
                passed = await log.passed(reader, topic, partition, behind, PATIENCE_SECONDS)
                seconds[f"{topic} by {reader}"] = round(passed - at, 3)
                wanted.add((topic, reader))
    await _quiet(now)
    listed = {(each["topic"], each["service"]) for each in letters(now)}
    slow = {name: taken for name, taken in seconds.items() if taken > PROMISED_SECONDS}
    part.figures |= {"readers of topics": len(wanted), "slowest seconds": max(seconds.values()), "seconds": seconds}
    part.promise_in_time(not slow, f"the partition behind a bad record waited for more than a second: {slow}")
    part.promise(wanted <= listed, f"`topics dead-letters` does not list {sorted(wanted - listed)}")


async def stumbling_deploy(now: Session, part: Part) -> None:
    """Each service in turn gets a deploy that fails on some messages; mended, they are sent back and done once."""
    letters_by_service = {service: Letter(now, f"{service}@stumbles.example") for service in SERVICES}
    for service, letter in letters_by_service.items():
        await restart(now.desk.of(service)[0], **_fault(letter.op))
    await now.desk.ready()
    for letter in letters_by_service.values():
        told = await letter.send()
        part.promise(told.outcome is Outcome.OK, f"the door did not take a mail: {told}")

    async def buried() -> bool:
        return letters_by_service.keys() <= {each["service"] for each in _stumbled(now)}

    await until(buried, "every service's dead letter", PATIENCE_SECONDS)
    for service in SERVICES:
        await restart(now.desk.of(service)[0])
    await now.desk.ready()
    await _quiet(now)
    found = _stumbled(now)
    await _journal_letters(now, {letter.op for letter in letters_by_service.values()})
    ids = sorted({each["id"] for each in found})
    topics = sorted({each["dead_topic"] for each in found})
    replayed = deskstream(now.desk.home, "topics", "replay", *topics, *(f"--id={each}" for each in ids))
    part.promise(replayed.returncode == 0, f"`topics replay` says {replayed.stderr[-200:]}")
    await _quiet(now)
    part.figures |= {"dead letters of a stumbling deploy": len(found), "sent back": replayed.stdout.strip()}
    rows = [row.marker for row in (await read_tables(now.desk.admin_url)).messages]
    for service, letter in letters_by_service.items():
        part.promise(
            rows.count(letter.op) == 1, f"{service}: sent back, its mail is there {rows.count(letter.op)} times"
        )


async def hundred_in_a_row(now: Session, part: Part) -> None:
    """A hundred in a row stop each consumer; readiness says why, the rest stays, and a start goes on."""
    said = {}
    async with Log(now.desk.bootstrap) as log:
        for service, topic in QUIET_TOPICS.items():
            member = now.desk.of(service)[0]
            readers = TOPICS[topic].readers
            before = None
            for _ in range(IN_A_ROW + LEFT):
                offset, _ = await log.put(topic, 0, b"poison", _journaled(now, topic, readers))
                before = offset if before is None else before
            said[service] = await _why_not_ready(member)
            part.promise("in a row" in said[service], f"{service}: readyz says {said[service]!r}")
            stopped_at = await log.committed(service, topic, 0)
            kept = (before or 0) + IN_A_ROW
            part.promise(stopped_at == kept, f"{service} stopped at {topic}[0]@{stopped_at}, not at {kept}")
            await restart(member)
            await now.desk.ready()
            await log.passed(service, topic, 0, offset, PATIENCE_SECONDS)
    part.figures["readyz after a hundred in a row"] = said
    letter = Letter(now, "after@the-hundred.example")
    told = await letter.send()
    part.promise(told.outcome is Outcome.OK, f"after it the door says {told}")
    await _quiet(now)


async def restart(member: Member, **more: str) -> None:
    """The replica ended in good order and was started again, told more than before."""
    member.expected = False
    member.signal(signal.SIGTERM)
    if not await member.gone():
        member.kill()
        await member.gone()
    member.start(**more)


def letters(now: Session) -> list[dict[str, str]]:
    """What staff see of all dead letters."""
    told = deskstream(now.desk.home, "topics", "dead-letters", "--json")
    return [json.loads(line) for line in told.stdout.splitlines()]


def _stumbled(now: Session) -> list[dict[str, str]]:
    return [each for each in letters(now) if "RuntimeError" in each["reason"]]


async def _why_not_ready(member: Member) -> str:
    """The reason that a replica gives once it is not ready."""
    found: list[str] = []

    async def told() -> bool:
        async with httpx2.AsyncClient(timeout=5) as client:
            answer = await client.get(f"{member.health_url}/readyz")
        found[:] = answer.json()["reasons"].values()
        return answer.status_code == 503

    await until(told, f"{member.label} to be not ready", PATIENCE_SECONDS)
    return "; ".join(found)


async def _quiet(now: Session) -> None:
    async def at_rest() -> bool:
        return not any((await lag_of(now.desk.bootstrap)).values())

    await until(at_rest, "every group to be at the end", PATIENCE_SECONDS)


def _journaled(now: Session, topic: str, readers: tuple[str, ...] | list[str]) -> bytes:
    """A bad record's value; what must become of it is in the journal before it is on the log."""
    value = POISON + uuid4().hex.encode()
    now.faults.journal.write({"poison": value.decode(), "topics": [f"{topic}.{reader}.dead" for reader in readers]})
    return value


async def _journal_letters(now: Session, words: set[str]) -> None:
    """Dead letters of a stumbling deploy were brought about too: the checker must not wonder."""
    topics: dict[bytes, set[str]] = {}
    for letter in (await read_topics(now.desk.bootstrap)).dead:
        if any(word.encode() in letter.value for word in words):
            topics.setdefault(letter.value, set()).add(letter.topic)
    for value, names in topics.items():
        now.faults.journal.write({"poison": value.decode(), "topics": sorted(names)})


def _behind(topic: str) -> tuple[bytes | None, Headers]:
    """A record that readers pass over: of a type of a newer version, or of a kind that they do not read."""
    at = datetime.now(UTC)
    envelope = Envelope(
        id=uuid4(),
        type="deskstream.overload.passed_over.v1",
        source="/deskstream/overload",
        time=at,
        subject="probe:behind",
        correlationid=uuid4(),
        actor="system:overload",
    )
    return None if TOPICS[topic].compacted else b"{}", envelope.to_headers()


def _fault(word: str) -> dict[str, str]:
    return {"PYTHONPATH": f"{Path(__file__).parent / 'bugs'}:{ROOT}", "OVERLOAD_STUMBLES_OVER": word}
