"""The load tool: keep-alive connections over loopback, each sending its next request when the last one is answered.

It runs in a process of its own and reads answers with httptools. An answer is an error unless its status is 200 and its
length is that of the first answer to the same request; contents are compared before, by ``bench.workload``.

    python -m bench.load < load.json
"""

import asyncio
import contextlib
import gc
import json
import subprocess
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import cast

import httptools
import psutil
import uvloop

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: to which port, which bodies in turn, over how many connections, and when to stop."""

    port: int
    bodies: list[str]
    headers: dict[str, str]
    connections: int
    seconds: float
    count: int = 10_000_000
    """The most requests."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a load: times in seconds, ``latencies`` in milliseconds from request to whole answer."""

    requests: int
    errors: int
    seconds: float
    rate: float
    median: float
    p95: float
    bytes: int
    """Bytes of all bodies."""
    cpu: float
    """CPU seconds of the load tool itself."""
    first_error: str


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.which = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.parser = httptools.HttpResponseParser(self)
        self.next()

    def next(self) -> None:
        """Send the next request, or end."""
        self.which = self.run.take()
        if self.which < 0:
            self.transport.close()
            return
        self.length = 0
        self.body = b""
        self.sent = time.perf_counter()
        self.transport.write(self.run.requests[self.which])

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self.length += len(body)
        if self.parser.get_status_code() != 200:
            self.body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.run.done(
            self.which, time.perf_counter() - self.sent, self.parser.get_status_code(), self.length, self.body
        )
        self.next()

    def connection_lost(self, error: Exception | None) -> None:
        """The end, or the server's fault."""
        self.run.lost(self.which >= 0, error)


class Run:
    """One load under way."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.requests = [request(load, body) for body in load.bodies]
        self.lengths: dict[int, int] = {}
        self.latencies = array("d")
        self.taken = self.errors = self.bytes = 0
        self.first_error = ""
        self.open = load.connections
        self.over = asyncio.get_running_loop().create_future()
        self.until = time.perf_counter() + load.seconds

    def take(self) -> int:
        """The number of the next request's body; -1 when it is time to stop."""
        if self.taken >= self.load.count or time.perf_counter() >= self.until:
            return -1
        self.taken += 1
        return self.taken % len(self.requests)

    def done(self, which: int, seconds: float, status: int, length: int, body: bytes) -> None:
        """Note an answer."""
        self.latencies.append(seconds)
        self.bytes += length
        if status != 200 or self.lengths.setdefault(which, length) != length:
            self.fail(f"status {status}, {length} bytes instead of {self.lengths.get(which)}: {body[:300]!r}")

    def fail(self, why: str) -> None:
        """Count an error and keep the words of the first one."""
        self.errors += 1
        self.first_error = self.first_error or why

    def lost(self, early: bool, error: Exception | None) -> None:
        """Note that a connection has ended."""
        if early:
            self.fail(f"connection lost: {error}")
        self.open -= 1
        if self.open == 0 and not self.over.done():
            self.over.set_result(None)


def request(load: Load, body: str) -> bytes:
    """The bytes of one request."""
    lines = {
        "Host": f"{LOOPBACK}:{load.port}",
        "Content-Type": "application/json",
        "Accept": "application/json",
        **load.headers,
        "Content-Length": str(len(body.encode())),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /graphql HTTP/1.1\r\n{head}\r\n{body}".encode()


async def drive(load: Load) -> Figures:
    """Put the load on the server."""
    loop = asyncio.get_running_loop()
    cpu, started = time.process_time(), time.perf_counter()
    run = Run(load)
    for _ in range(load.connections):
        await loop.create_connection(lambda: Client(run), LOOPBACK, load.port)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(load.seconds + GRACE_SECONDS):
            await run.over
    seconds = time.perf_counter() - started
    milliseconds = sorted(1000 * latency for latency in run.latencies) or [float("nan")]
    missing = run.taken - len(run.latencies)
    if missing:
        run.fail(f"{missing} requests were not answered")
    return Figures(
        requests=len(run.latencies),
        errors=run.errors,
        seconds=seconds,
        rate=len(run.latencies) / seconds,
        median=median(milliseconds),
        p95=milliseconds[min(len(milliseconds) - 1, int(0.95 * len(milliseconds)))],
        bytes=run.bytes,
        cpu=time.process_time() - cpu,
        first_error=run.first_error,
    )


def put(load: Load) -> Figures:
    """Put a load on a server from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=True,
        timeout=load.seconds + 2 * GRACE_SECONDS,
    )
    return Figures(**json.loads(done.stdout))


def cpu_seconds(processes: Sequence[int]) -> float:
    """CPU seconds used so far by these processes and by their children, also by those that have ended."""
    total = 0.0
    for pid in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            own = process.cpu_times()
            total += own.user + own.system + own.children_user + own.children_system
            for child in process.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    used = child.cpu_times()
                    total += used.user + used.system
    return total


if __name__ == "__main__":
    wanted = Load(**json.load(sys.stdin))
    gc.disable()
    print(json.dumps(asdict(uvloop.run(drive(wanted)))))
