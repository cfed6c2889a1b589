"""Log lines in groups: none is lost, and their order stays."""

import asyncio
import io
import logging
import subprocess
import sys

import orjson
import pytest

from hub.telemetry.log_formatters import JsonLines, fields
from hub.telemetry.log_lines import GATHER_SECONDS, MAX_GATHERED, GatheredLines, RequestRecord

LOGGER = logging.getLogger("unionhub.request")


class Counted(io.StringIO):
    """A stream that counts its writes."""

    writes = 0

    def write(self, text: str) -> int:
        """Write."""
        self.writes += 1
        return super().write(text)


@pytest.fixture
def stream() -> Counted:
    return Counted()


@pytest.fixture
def handler(stream: Counted) -> GatheredLines:
    handler = GatheredLines(stream)
    handler.setFormatter(JsonLines())
    return handler


def numbers(stream: io.StringIO) -> list[int]:
    """The field ``number`` of each line."""
    return [orjson.loads(line)["number"] for line in stream.getvalue().splitlines()]


def line(handler: GatheredLines, number: int, level: int = logging.INFO) -> None:
    """Log a line."""
    handler.handle(logging.makeLogRecord({"levelno": level, "levelname": "X", "msg": "event", "number": number}))


async def test_lines_are_written_together_after_some_milliseconds(handler: GatheredLines, stream: Counted) -> None:
    for number in range(5):
        line(handler, number)
    assert stream.writes == 0
    await asyncio.sleep(5 * GATHER_SECONDS)
    assert numbers(stream) == [0, 1, 2, 3, 4]
    assert stream.writes == 1
    line(handler, 5)
    await asyncio.sleep(5 * GATHER_SECONDS)
    assert numbers(stream) == [0, 1, 2, 3, 4, 5]


async def test_a_warning_is_written_at_once_after_the_lines_before_it(handler: GatheredLines, stream: Counted) -> None:
    line(handler, 0)
    line(handler, 1, logging.WARNING)
    assert numbers(stream) == [0, 1]
    line(handler, 2)
    handler.flush()
    assert numbers(stream) == [0, 1, 2]


async def test_no_more_lines_wait_than_some(handler: GatheredLines, stream: Counted) -> None:
    for number in range(MAX_GATHERED):
        line(handler, number)
    assert len(numbers(stream)) == MAX_GATHERED


def test_without_an_event_loop_lines_are_written_at_once(handler: GatheredLines, stream: Counted) -> None:
    line(handler, 0)
    assert numbers(stream) == [0]


async def test_a_stream_that_is_closed_disturbs_nobody(handler: GatheredLines, stream: Counted) -> None:
    stream.close()
    line(handler, 0)
    line(handler, 1, logging.ERROR)
    handler.flush()


@pytest.mark.parametrize("end", ["pass", "raise ValueError('the end')", "sys.exit(3)"])
def test_no_line_is_lost_at_the_end_of_the_process(end: str) -> None:
    code = f"""
import asyncio, logging, sys
from hub.telemetry.log_formatters import configure_logging
configure_logging("info")
async def main():
    logging.getLogger("a").info("the last line")
    {end}
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.count("the last line") == 1


def test_the_record_of_a_request_is_as_of_logging() -> None:
    given = {"status": 200, "ms": 1.5, "code": None}
    own = RequestRecord(LOGGER, "request", given)
    usual = LOGGER.makeRecord(LOGGER.name, logging.INFO, __file__, 1, "request", (), None, extra=given)
    usual.created = own.created
    assert fields(own) == fields(usual)
    assert vars(usual).keys() <= vars(own).keys()
    assert logging.Formatter("%(levelname)s %(name)s:%(filename)s:%(lineno)d %(message)s").format(own)
