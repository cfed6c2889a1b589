"""Formats log records as JSON or logfmt, one line each, without input of callers and without values of the database."""

import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import asyncpg
import orjson

from hub.telemetry.log_lines import GatheredLines, RequestRecord
from resolvers.request import REQUEST

LogFormat = Literal["json", "logfmt"]

MAX_NAME = 100
"""Characters of an operation's name in a log line."""

NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
NUMBER = re.compile(r"[0-9]{8,}")
"""So many digits may be a phone number, a resident number or a case number."""

BARE = re.compile(r"[^\s\"=\x00-\x1f\x7f]+")
"""A value that needs no quotes in logfmt."""

LEVELS = {level: logging.getLevelName(level).lower() for level in (logging.DEBUG, logging.INFO, logging.WARNING)}

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


@lru_cache(4096)
def loggable_name(operation: str | None) -> str | None:
    """The name of an operation for log lines and metrics, cut and without long numbers, since callers choose it."""
    if operation is None:
        return None
    if not NAME.fullmatch(operation):
        return "(not a name)"
    return NUMBER.sub("#", operation[:MAX_NAME])


@lru_cache(4)
def second_of(second: int) -> str:
    """A second since 1970 in ISO 8601, without its zone."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of a log line: ``at`` (UTC), ``level``, ``logger``, ``event``, those of the request and of the record, the traceback."""
    created = record.created
    second = int(created)
    line: dict[str, Any] = {
        "at": f"{second_of(second)}.{int((created - second) * 1000):03d}+00:00",
        "level": LEVELS.get(record.levelno) or record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    request = REQUEST.get()
    if request is not None:
        line["request_id"] = request.request_id
        if request.trace_id is not None:
            line |= {"trace_id": request.trace_id, "parent_id": request.parent_id}
    if isinstance(record, RequestRecord):
        line |= record.fields
        return line
    for name, value in record.__dict__.items():
        if name not in STANDARD:
            line[name] = value
    if record.exc_info and record.exc_info[1] is not None:
        line["traceback"] = traceback_of(record.exc_info[1])
    return line


class JsonLines(logging.Formatter):
    """Formats a log record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return orjson.dumps(fields(record), default=str).decode()


class Logfmt(logging.Formatter):
    """Formats a log record as ``name=value`` pairs; empty values are left out, lists and objects are JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return " ".join(f"{name}={logfmt(value)}" for name, value in fields(record).items() if value is not None)


def logfmt(value: Any) -> str:
    """A value in logfmt: quoted as in JSON if it has blanks, quotes or ``=``."""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if BARE.fullmatch(text) else orjson.dumps(text).decode()


def traceback_of(error: BaseException) -> str:
    """A traceback with those of its causes. Of errors of the database it has type and message, but no detail that may quote a value."""
    parts = []
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        parts.append("".join(traceback.format_tb(found.__traceback__)) + last_line(found))
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return "\n\n".join(reversed(parts))


def last_line(error: BaseException) -> str:
    """The last line of a traceback."""
    kind = type(error).__name__
    if isinstance(error, asyncpg.DataError) or (
        isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    ):
        return f"{kind}: (a value; not shown)"
    if isinstance(error, asyncpg.PostgresError):
        return f"{kind}: {error.args[0] if error.args else ''}"
    return "".join(traceback.format_exception_only(error)).rstrip("\n")


def configure_logging(level: str, form: LogFormat = "json") -> None:
    """Send all log lines of ``level`` and above to standard error. The serving process calls this once."""
    handler = GatheredLines(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Logfmt())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
