"""Exports of a whole list: rows a second, the hub's processor time, and how far its memory rises while it sends them."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.database import FOLDER, Database
from bench.servers import Server, ServerError, hub
from hub.exports.forms import Format

MEMBERSHIPS = """query Memberships { memberships { nodes { id validFrom channel member { name workerType residentNumber phone }
  organization { name level division { name } } } } }"""
"""Ten columns of four tables: a row, and single records of two levels below it, with masks."""

MEGABYTE = 2**20
LIMITS = {"UNIONHUB_EXPORT_SECONDS": "3600"}
SECONDS = 0.05


class Peak:
    """The most memory that a process takes while somebody looks."""

    def __init__(self, process: psutil.Process) -> None:
        self.process = process
        self.most = process.memory_info().rss
        self.stopped = threading.Event()

    def look(self) -> None:
        """Look until it is stopped."""
        while not self.stopped.wait(SECONDS):
            self.most = max(self.most, self.process.memory_info().rss)


@contextmanager
def peak(process: psutil.Process) -> Iterator[Peak]:
    """The most memory of a process during the block."""
    found = Peak(process)
    thread = threading.Thread(target=found.look)
    thread.start()
    try:
        yield found
    finally:
        found.stopped.set()
        thread.join()


def exports(database: Database, query: str, most: float, console: Console, folder: Path = FOLDER) -> bool:
    """Print what an export takes in each format; whether no one makes the hub grow by more than ``most`` megabytes."""
    table = Table("format", "MB", "seconds", "hub, CPU s", "RSS before, MB", "RSS at most, MB")
    grown = 0.0
    with hub(database, folder, more=LIMITS) as server:
        process = psutil.Process(server.pid)
        for format_ in Format:
            before, cpu, began = process.memory_info().rss, process.cpu_times(), time.perf_counter()
            with peak(process) as found:
                size = download(server, query, format_)
            used, seconds = process.cpu_times(), time.perf_counter() - began
            grown = max(grown, (found.most - before) / MEGABYTE)
            table.add_row(
                format_.name,
                f"{size / MEGABYTE:.1f}",
                f"{seconds:.1f}",
                f"{used.user + used.system - cpu.user - cpu.system:.1f}",
                f"{before / MEGABYTE:.0f}",
                f"{found.most / MEGABYTE:.0f}",
            )
    console.print(table)
    return grown <= most


def download(server: Server, query: str, format_: Format) -> int:
    """Download an export and throw it away; its size.

    Raises:
        ServerError: it is refused, or ends with an error.
    """
    headers = {"Content-Type": "application/json", "Accept": format_.value, **server.headers}
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/graphql", json.dumps({"query": query}).encode(), headers
    )
    size, last = 0, b""
    with urllib.request.urlopen(request, timeout=3600) as answer:
        while data := answer.read(MEGABYTE):
            size, last = size + len(data), data
    if format_ is Format.NDJSON and last.rstrip(b"\n").rpartition(b"\n")[2].startswith(b'{"errors"'):
        raise ServerError(f"the export ended with {last[-500:]!r}")
    return size
