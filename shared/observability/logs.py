"""structlog, and the standard library's loggers through it: JSON lines, or colours on a terminal.

Invariant: a line holds ids, outcomes and durations; never bodies, addresses or secrets.
"""

import logging
import sys
import time
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

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


def configure_logs(service: str, replica: str, style: Literal["json", "pretty"], level: str) -> None:
    """Every line of this process goes to standard error in one shape, with service and replica."""

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
