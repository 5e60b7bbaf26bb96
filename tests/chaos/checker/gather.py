"""Gathers a run's evidence: journals, tables, topics, blobs, pages."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from tests.chaos.checker.seen import Evidence, Fault, Page
from tests.chaos.checker.tables import read_tables
from tests.chaos.checker.topics import read_topics
from tests.chaos.evidence import read_journal
from tests.chaos.history import read_history
from tests.chaos.sinks import read_mails

HISTORY, MAILS, FAULTS = "history.jsonl", "mails.jsonl", "faults.jsonl"


async def gather(home: Path, database_url: str, bootstrap: str, pages: Mapping[str, Page]) -> Evidence:
    """Everything that can be known of a run from outside.

    Args:
        home: of the desk; its journals lie in ``evidence``, its blobs in ``blobs``.
        database_url: of the desk's database, under the administrator.
        bootstrap: of the broker.
        pages: customers' request pages, by path.
    """
    folder = home / "evidence"
    faults, poison = read_faults(folder / FAULTS)
    tables = await read_tables(database_url)
    keys = {key for row in tables.messages for key in (row.raw_blob, *(blob for blob, _ in row.blobs)) if key}
    return Evidence(
        inputs=read_history(folder / HISTORY),
        mails=read_mails(folder / MAILS),
        faults=faults,
        tables=tables,
        topics=await read_topics(bootstrap),
        blobs={key: hashed for key in keys if (hashed := _hash_of(home / "blobs" / key))},
        pages=pages,
        poison=poison,
    )


def read_faults(path: Path) -> tuple[list[Fault], dict[bytes, frozenset[str]]]:
    """The faults of a run, and the poison that was put in: value -> the dead letters it must become."""
    faults: list[Fault] = []
    poison: dict[bytes, frozenset[str]] = {}
    for line in read_journal(path):
        if "poison" in line:
            poison[line["poison"].encode()] = frozenset(line["topics"])
        else:
            faults.append(Fault(**line))
    return faults, poison


def _hash_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
