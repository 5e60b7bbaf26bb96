"""structlog, and the standard library's loggers through it: JSON lines, or colours on a terminal.

Invariant: a line holds ids, outcomes and durations; never bodies, addresses or secrets.
"""

import json
import logging
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_log = structlog.get_logger()

#: Loggers that repeat themselves many times a second while a server is away.
_CHATTY = ("aiokafka", "faststream")
_SILENCE_SECONDS = 10.0


class _OncePerWhile(logging.Filter):
    """Lets one line of each logger and message through per while; aiokafka says the same 20 times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_CHATTY):
            return True
        key, now = f"{record.name}:{record.msg}", time.monotonic()
        if now - self._last.get(key, -_SILENCE_SECONDS) < _SILENCE_SECONDS:
            return False
        self._last[key] = now
        return True


class _Stamp:
    """What stands on every line of this process; JSON lines of a batch are written in one go where it is set."""

    values: Mapping[str, Any] | None = None
    level = logging.INFO


def tell_many(event: str, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """A line for each row, all of one event: as structlog writes them, for a tenth of the time.

    A busy consumer says hundreds of lines at once; one by one they would cost as much as its decisions.

    Args:
        event: the lines' name.
        rows: level (as `logging` numbers it) and values of each; values are text, numbers or none.
    """
    if _Stamp.values is None:
        for level, values in rows:
            _log.log(level, event, **values)
        return
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    lines = [
        json.dumps(
            {**_Stamp.values, **values, "event": event, "level": logging.getLevelName(level).lower(), "timestamp": at}
        )
        for level, values in rows
        if level >= _Stamp.level
    ]
    if lines:
        sys.stderr.write("\n".join(lines) + "\n")


def configure_logs(service: str, replica: str, style: Literal["json", "pretty"], level: str) -> None:
    """Every line of this process goes to standard error in one shape, with service and replica."""
    _Stamp.values = {"service": service, "replica": replica} if style == "json" else None
    _Stamp.level = logging.getLevelNamesMapping()[level]

    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, "replica": replica, **event}

    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        stamp,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(_OncePerWhile())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("aiokafka", "faststream", "uvicorn.access", "alembic", "mail.log", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel("WARNING")
