"""One JSON object per line on standard output: ours, and what libraries say through `logging`."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_logger = logging.getLogger("sdep.runtime")
_context: Callable[[], Mapping[str, str]] = dict


class JsonFormatter(logging.Formatter):
    """`fields` of a record (see `event`) are keys beside time, level and message; `always` those of every line."""

    def __init__(self, **always: object) -> None:
        super().__init__()
        self._always = always

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **self._always,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure(**always: object) -> None:
    """Replace whatever handlers there are; called once, by the program. `always` is said in every line."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(**always))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _logger.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


def correlate(context: Callable[[], Mapping[str, str]]) -> None:
    """Have every line name what `context` says at that moment, such as the trace of the request."""
    global _context  # noqa: PLW0603 - of the process, as its log is
    _context = context


def event(message: str, *, level: str = "info", error: BaseException | None = None, **fields: object) -> None:
    """`error` adds its stack trace, which belongs here and nowhere near a client."""
    number = logging.getLevelNamesMapping()[level.upper()]
    _logger.log(number, message, extra={"fields": {**_context(), **fields}}, exc_info=error)
