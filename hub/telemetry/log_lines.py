"""Writes log lines in groups, and makes the record of a request's line without what the hub's lines do not have."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, TextIO

GATHER_SECONDS = 0.02
"""How long a line below ``WARNING`` may wait for others. Lines are written at once outside of an event loop, and all at exit."""

MAX_GATHERED = 200
"""Lines that wait at most."""


class GatheredLines(logging.StreamHandler[TextIO]):
    """Writes the lines of some milliseconds at once, since each write costs a system call. A warning or an error is written at once, with
    the lines before it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self.lines: list[str] = []
        self.has_timer = False
        """Whether a timer will write the lines. It is never cancelled, since another thread may not do that."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line until it is written."""
        try:
            self.lines.append(self.format(record))
        except Exception:
            self.handleError(record)
            return
        if record.levelno >= logging.WARNING or len(self.lines) >= MAX_GATHERED or not self.is_written_soon():
            self.flush()

    def is_written_soon(self) -> bool:
        """Whether a timer will write the lines; starts it if there is an event loop to run it."""
        if not self.has_timer:
            try:
                asyncio.get_running_loop().call_later(GATHER_SECONDS, self.flush)
            except RuntimeError:  # no event loop runs in this thread
                return False
            self.has_timer = True
        return True

    def flush(self) -> None:
        """Write all lines. ``logging`` calls this at exit."""
        self.acquire()
        try:
            lines, self.lines, self.has_timer = self.lines, [], False
            if lines:
                self.stream.write("\n".join((*lines, "")))
            super().flush()
        except (OSError, ValueError):  # nobody reads the stream any more, or it is closed
            pass
        finally:
            self.release()


class RequestRecord(logging.LogRecord):
    """The record of a request's line: as of ``logging``, without asking for thread, process and place in the code, which no line has."""

    def __init__(self, logger: logging.Logger, message: str, fields: Mapping[str, Any]) -> None:
        created = time.time()
        vars(self).update(BLANK, name=logger.name, msg=message, created=created, msecs=created % 1 * 1000)
        vars(self).update(fields)
        self.fields = fields
        """What a line has beside time, level, logger and event."""


BLANK = vars(logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO"}))
"""A record of which nothing is known but its level."""
