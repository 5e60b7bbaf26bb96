"""Inputs: each accepted one is there exactly once, as it was given and where it belongs; nothing else is there."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from tests.chaos.checker.seen import Evidence, Finding, MessageRow
from tests.chaos.history import BEGINS, SAYS, Input, Kind, Outcome

ACCEPTED_LATER = 202


class _Rows:
    """The rows by what the checks ask for."""

    def __init__(self, evidence: Evidence) -> None:
        self.by_marker: dict[str, list[MessageRow]] = defaultdict(list)
        for row in evidence.tables.messages:
            self.by_marker[row.marker].append(row)
        begins = {op for op, each in evidence.inputs.items() if each.kind in BEGINS}
        self.begun = Counter(row.item for row in evidence.tables.messages if row.marker in begins)
        self.titles = Counter(change.title for change in evidence.tables.changes)
        self.joined = Counter(person for change in evidence.tables.changes for person in change.followers_added)


def check_inputs(evidence: Evidence) -> list[Finding]:
    """Lost, doubled, invented, altered, misplaced."""
    rows = _Rows(evidence)
    findings = [*_unknown(evidence, rows), *_receipts(evidence), *_blobs(evidence)]
    for each in evidence.inputs.values():
        if each.kind in SAYS:
            said = rows.by_marker.get(each.op, [])
            findings += _counted(each, len(said))
            for row in said:
                findings += [*_as_given(evidence, each, row), *_where_it_belongs(each, row, rows)]
        elif each.kind is Kind.CHANGE:
            findings += _counted(each, rows.titles[f"Renamed {each.op}"])
        else:
            follower = evidence.tables.people.get(str(each.facts["follower"]), "")
            findings += _counted(each, rows.joined[follower])
    return findings


def accepted(evidence: Evidence) -> int:
    """How many inputs their clients were told yes to."""
    return sum(each.outcome is Outcome.OK for each in evidence.inputs.values())


def _unknown(evidence: Evidence, rows: _Rows) -> Iterable[Finding]:
    """Messages that no client gave; what rules say in the desk's name is not a client's."""
    for marker in rows.by_marker.keys() - evidence.inputs.keys():
        for row in rows.by_marker[marker]:
            if row.by != "system":
                yield Finding("invented", row.id, f"nobody gave a message with the marker {marker or '(none)'}")


def _counted(each: Input, count: int) -> Iterable[Finding]:
    told = f"{each.kind}, told {each.outcome}, tries {[t.code for t in each.tries]}"
    if each.outcome is Outcome.OK and count == 0 and not _may_have_been_refused(each):
        yield Finding("lost", each.op, told)
    if each.outcome is Outcome.FAIL and count:
        yield Finding("invented", each.op, f"it is there {count} times: {told}")
    if count > 1:
        yield Finding("doubled", each.op, f"it is there {count} times: {told}")


def _may_have_been_refused(each: Input) -> bool:
    """A change that was only taken, not answered in time, may be a conflict later; what is said never is."""
    yes = [each.code for each in each.tries if each.outcome is Outcome.OK]
    return each.kind is Kind.CHANGE and set(yes) == {ACCEPTED_LATER}


def _as_given(evidence: Evidence, each: Input, row: MessageRow) -> Iterable[Finding]:
    if "sha256" in each.facts:
        if row.raw_blob is None or evidence.blobs.get(row.raw_blob) != each.facts["sha256"]:
            yield Finding("altered", each.op, f"its octets are not those that came ({row.raw_blob})")
    elif row.text.strip() != str(each.facts["text"]):
        yield Finding("altered", each.op, f"its text is {row.text[:80]!r}")
    files = [wanted for _, wanted in row.blobs]
    if "files" in each.facts and files != each.facts["files"]:
        yield Finding("altered", each.op, f"its files are {files}, not {each.facts['files']}")


def _where_it_belongs(each: Input, row: MessageRow, rows: _Rows) -> Iterable[Finding]:
    if row.held:
        yield Finding("misplaced", each.op, "it is held, and its sender takes part")
    if each.kind in BEGINS:
        if rows.begun[row.item] > 1:
            yield Finding("misplaced", each.op, f"it shares its item {row.item} with another beginning")
        return
    items = {other.item for other in rows.by_marker.get(str(each.facts["begun_by"]), [])}
    if items and row.item not in items:
        yield Finding("misplaced", each.op, f"{each.facts.get('style', each.kind)}: on {row.item}, not on {items}")


def _receipts(evidence: Evidence) -> Iterable[Finding]:
    """Every receipt that a client was told is in the ledger: one brought the message, the others repeat it."""
    for each in evidence.inputs.values():
        told = [t.detail for t in each.tries if t.outcome is Outcome.OK and t.detail and "sha256" in each.facts]
        outcomes = [evidence.tables.receipts.get(receipt, "missing") for receipt in told]
        wrong = [outcome for outcome in outcomes if outcome not in {"accepted", "duplicate"}]
        if wrong or outcomes.count("accepted") > 1:
            yield Finding("ledger", each.op, f"its receipts are {outcomes}")


def _blobs(evidence: Evidence) -> Iterable[Finding]:
    for row in evidence.tables.messages:
        for key, wanted in row.blobs:
            if evidence.blobs.get(key) != wanted:
                yield Finding("blobs", row.id, f"{key} is {evidence.blobs.get(key, 'missing')}, not {wanted}")
