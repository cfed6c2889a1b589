"""The load tool counts what a server answers, and does not take a wrong answer for a right one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bench.load import Load, drive

Answer = Callable[[int], tuple[int, bytes]]


@asynccontextmanager
async def served(answer: Answer) -> AsyncIterator[int]:
    """An HTTP server that gives ``answer(n)`` to its n-th request; its port."""
    count = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                count += 1
                status, body = answer(count)
                writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_it_stops_after_the_count_and_tells_rates_and_latencies() -> None:
    async with served(lambda _: (200, b"{}")) as port:
        figures = await drive(Load(port, ["{}"], {}, connections=4, seconds=20, count=100))
    assert (figures.requests, figures.errors, figures.bytes) == (100, 0, 200)
    assert 0 < figures.median <= figures.p95 < 1000 * figures.seconds
    assert figures.rate == figures.requests / figures.seconds


async def test_it_stops_after_the_time() -> None:
    async with served(lambda _: (200, b"{}")) as port:
        figures = await drive(Load(port, ["{}"], {}, connections=2, seconds=0.2))
    assert figures.requests > 2
    assert 0.2 <= figures.seconds < 5


async def test_another_status_is_an_error_and_its_words_are_kept() -> None:
    async with served(lambda number: (200, b"{}") if number < 3 else (503, b"away")) as port:
        figures = await drive(Load(port, ["{}"], {}, connections=1, seconds=20, count=5))
    assert (figures.requests, figures.errors) == (5, 3)
    assert "503" in figures.first_error
    assert "away" in figures.first_error


async def test_an_answer_of_another_length_is_an_error() -> None:
    async with served(lambda number: (200, b"{}" if number == 1 else b"{} ")) as port:
        figures = await drive(Load(port, ["{}"], {}, connections=1, seconds=20, count=4))
    assert figures.errors == 3


async def test_the_bodies_are_sent_in_turn() -> None:
    lengths = {1: b"a", 0: b"bbb"}
    async with served(lambda number: (200, lengths[number % 2])) as port:
        figures = await drive(Load(port, ["{}", "{ }"], {}, connections=1, seconds=20, count=6))
    assert (figures.errors, figures.bytes) == (0, 12)
