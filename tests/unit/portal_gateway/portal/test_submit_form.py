"""A form and an answer on their way to the log: files first, the same content once, the right person's word."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import IO
from uuid import UUID, uuid4

import pytest

from services.portal_gateway.domain.form_values import Filled
from services.portal_gateway.use_cases.answer_request import WrittenAnswer, answer_request
from services.portal_gateway.use_cases.ask import Desk, OtherContentError
from services.portal_gateway.use_cases.live import Live
from services.portal_gateway.use_cases.request_page import Opened
from services.portal_gateway.use_cases.submit_form import Submission, Upload, submit_form
from shared.contracts.answers import Answer
from shared.contracts.envelope import Envelope, Headers
from shared.contracts.intake import FormSubmitted, RequestPageAnswered
from shared.errors import TransientError
from tests.unit.portal_gateway.portal.builders import NOW, item, person, ref

FILLED = Filled("Ana Torres", "ana@cliente.example", "Fish", "Since Saturday.", {"shop": "porto"})


class World:
    """A log, a file store and rows of what was asked, in memory; `log` tells the order of what happened."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.records: list[tuple[str, str, bytes, Envelope]] = []
        self.asked: dict[UUID, bytes] = {}
        self.is_full = False

    @property
    def desk(self) -> Desk:
        return Desk(self, self, Live(), 0.0)

    async def produce(self, topic: str, key: str, value: bytes, headers: Headers, timeout_seconds: float = 3) -> None:
        self.log.append("record")
        self.records.append((topic, key, value, Envelope.from_headers(headers)))

    async def find(self, command_id: UUID) -> Answer | None:
        return None

    async def first_content(self, command_id: UUID, content: bytes) -> bytes:
        return self.asked.setdefault(command_id, content)

    async def put_file(self, owner: UUID, content: IO[bytes], sha256: str) -> str:
        if self.is_full:
            raise TransientError("full")
        self.log.append(f"file {content.read().decode()}")
        return f"{owner}/{sha256}"


def upload(content: bytes = b"it blinks", name: str = "log.txt") -> Upload:
    return Upload(name, "text/plain", len(content), content.hex(), BytesIO(content))


def submission(*files: Upload) -> Submission:
    return Submission(UUID(int=7), "hardware", FILLED, files, "pt")


async def test_files_lie_in_the_store_before_the_log_speaks_of_them() -> None:
    """B6: whoever reads the record finds its files; where the store takes none, nothing is said."""
    world = World()
    await submit_form(world.desk, world, submission(upload(b"one"), upload(b"two")), NOW)
    assert world.log == ["file one", "file two", "record"]
    world.is_full = True
    with pytest.raises(TransientError):
        await submit_form(world.desk, world, replace(submission(upload()), receipt_id=uuid4()), NOW)
    assert len(world.records) == 1


async def test_a_form_is_said_under_its_receipt() -> None:
    """P6: the receipt's id is the message's, the record's key and the correlation of all that follows."""
    world = World()
    await submit_form(world.desk, world, submission(upload()), NOW)
    topic, key, value, envelope = world.records[0]
    body = FormSubmitted.model_validate_json(value)
    assert (topic, key) == ("intake-submissions", str(UUID(int=7)))
    assert envelope.id == envelope.correlationid == body.receipt_id == UUID(int=7)
    assert envelope.accepted_at == body.accepted_at == NOW
    assert (body.form, body.values, body.language, body.attachments[0].name) == (
        "hardware",
        {"shop": "porto"},
        "pt",
        "log.txt",
    )


async def test_the_same_form_later_is_the_same_and_another_is_refused() -> None:
    """P6: neither the moment nor the browser's language makes it another; every typed or chosen thing does."""
    world = World()
    await submit_form(world.desk, world, submission(upload()), NOW)
    later = replace(submission(upload()), language="en")
    await submit_form(world.desk, world, later, NOW + timedelta(minutes=5))
    others = (
        replace(submission(upload()), filled=replace(FILLED, text="Since Sunday.")),
        replace(submission(upload()), filled=replace(FILLED, values={"shop": "lisboa"})),
        replace(submission(upload()), form="request"),
        submission(upload(b"other")),
        submission(upload(name="other.txt")),
        submission(),
    )
    for other in others:
        with pytest.raises(OtherContentError):
            await submit_form(world.desk, world, other, NOW)
    assert len(world.records) == 2


@pytest.mark.parametrize(("role", "actor"), [(None, "customer"), ("agent", "agent")])
async def test_an_answer_is_the_word_of_the_links_person(role: str | None, actor: str) -> None:
    """P14: what is written on the page is that person's, in the conversation of that item."""
    world, who = World(), ref()
    opened = Opened(item(who), person(who, role=role))
    await answer_request(world.desk, world, opened, WrittenAnswer(UUID(int=9), "Reiniciei", [upload()]), NOW)
    topic, key, value, envelope = world.records[0]
    body = RequestPageAnswered.model_validate_json(value)
    assert (topic, key, envelope.actor) == ("intake-submissions", str(opened.item.id), f"{actor}:{who.id}")
    assert (body.item_id, body.person_id, body.text) == (opened.item.id, who.id, "Reiniciei")
    with pytest.raises(OtherContentError):
        await answer_request(world.desk, world, opened, WrittenAnswer(UUID(int=9), "Outra", []), NOW)
