"""Trace context goes on through Kafka: a batch is linked to the trace of each record that began it."""

from dataclasses import dataclass

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import get_current_span

from shared.observability import trace

FIRST, SECOND = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"


@dataclass(frozen=True)
class Record:
    headers: tuple[tuple[str, bytes], ...]


def record(trace_id: str) -> Record:
    return Record(((trace.HEADER, f"00-{trace_id}-b7ad6b7169203331-01".encode()),))


def test_batch_is_linked_to_the_trace_of_each_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two records of one trace are one link; a record without a context, or with nonsense for one, costs nothing."""
    told = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(told))
    monkeypatch.setattr(trace, "_tracer", provider.get_tracer("test"))
    batch = [record(FIRST), record(SECOND), record(FIRST), Record(()), Record(((trace.HEADER, b""),))]
    with trace.batch_span("tickets", batch):
        pass
    (span,) = told.get_finished_spans()
    assert span.name == "tickets batch"
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [FIRST, SECOND]


def test_without_an_sdk_a_batch_has_no_span() -> None:
    """Whoever runs no OpenTelemetry pays nothing for it."""
    with trace.batch_span("tickets", [record(FIRST)]):
        assert not get_current_span().is_recording()
