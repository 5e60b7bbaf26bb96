"""Trace context: W3C `traceparent` in every envelope, spans for whoever runs us under OpenTelemetry.

Without an OpenTelemetry SDK set up around the process the spans are none and cost nothing; the context travels anyway.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_tracer = trace.get_tracer("deskstream.messaging")
_propagator = TraceContextTextMapPropagator()
HEADER = "traceparent"


class Carrier(Protocol):
    """Anything with Kafka's record headers."""

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]: ...


@contextmanager
def batch_span(consumer: str, records: Sequence[Carrier]) -> Iterator[None]:
    """A span around a batch, linked to the trace of each of its records."""
    with _tracer.start_as_current_span(f"{consumer} batch", kind=trace.SpanKind.CONSUMER) as span:
        if span.is_recording():
            for traceparent in dict.fromkeys(v for r in records for n, v in r.headers if n == HEADER and v):
                context = _propagator.extract({HEADER: traceparent.decode(errors="replace")})
                span.add_link(trace.get_current_span(context).get_span_context())
        yield
