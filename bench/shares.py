"""What a light caller feels of another whose slow queries come eight at a time: with a bounded share of the connections, and without."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.database import Database, settings_of
from bench.load import Figures, Load, put
from bench.servers import Server, ServerError, hub
from bench.workload import body, choose, organization
from hub.authentication.demonstration_tokens import token_of

HEAVY_CONNECTIONS = 8
HEAVY_SECONDS = 1.0
"""How long the slow queries run before the light caller is looked at."""

MOST = 3.0
"""How many times its own p95 a light caller may wait beside slow ones."""

ASKED = """members(filter: {or: [
  {engagements: {some: {jobTitle: {contains: "%d"}}}}, {memberships: {none: {organization: {name: {contains: "厂"}}}}}
]}) { totalCount }"""

SLOW = json.dumps({"query": f"query Slow {{ {' '.join(f'a{number}: {ASKED % number}' for number in range(20))} }}"})
"""Twenty aliases of a deep filter."""


@dataclass(frozen=True, slots=True)
class Felt:
    """p95 of a light caller in milliseconds: alone, and beside slow queries; infinite where it was refused."""

    operation: str
    alone: float
    beside: float

    @property
    def ratio(self) -> float:
        """How many times as long it waits."""
        return self.beside / self.alone


def shares(database: Database, seconds: float, runs: int, console: Console) -> bool:
    """Measure and print medians of ``runs``; whether a light caller beside slow ones waits at most three times as long."""
    choice = choose(database)
    light = {
        "one_record": [body("one_record", {"id": organization(key)}) for key in choice.records],
        "nested": [body("nested", {"province": organization(choice.provinces[-1]), "members": 10})],
    }
    table = Table(
        "share of the pool",
        "operation",
        "alone, ms",
        "beside 8 slow, ms",
        "beside : alone",
        title="p95 of a light caller",
    )
    kept = True
    heavy = {"Authorization": f"Bearer {token_of(settings_of(database), 'zhejiang')}"}
    for share, variables in (("a quarter", {"UNIONHUB_CALLER_CONNECTIONS": ""}), ("all of it", {})):
        for operation, texts in light.items():
            with hub(database, more=variables) as server:
                felt = _felt(server, heavy, operation, texts, seconds, runs)
            beside = ("refused", "–") if felt.beside == inf else (f"{felt.beside:.2f}", f"{felt.ratio:.2f}")
            table.add_row(share, operation, f"{felt.alone:.2f}", *beside)
            kept = kept and (not variables or felt.ratio <= MOST)
    console.print(table)
    return kept


def _felt(server: Server, heavy: dict[str, str], operation: str, texts: list[str], seconds: float, runs: int) -> Felt:
    put(Load(server.port, texts, server.headers, connections=1, seconds=seconds))  # warmed up
    found = []
    for _ in range(runs):
        alone = _p95(server, texts, seconds)
        with _slow(replace(server, headers=heavy), seconds):
            found.append((alone, _p95(server, texts, seconds)))
    return Felt(operation, median(each[0] for each in found), median(each[1] for each in found))


def _p95(server: Server, texts: list[str], seconds: float) -> float:
    figures = put(Load(server.port, texts, server.headers, connections=1, seconds=seconds))
    if "DATABASE_BUSY" in figures.first_error:
        return inf
    if figures.errors:
        raise ServerError(figures.first_error)
    return figures.p95


@contextmanager
def _slow(server: Server, seconds: float) -> Iterator[None]:
    """While this runs, another principal has eight slow queries under way at any time."""
    load = Load(server.port, [SLOW], server.headers, HEAVY_CONNECTIONS, HEAVY_SECONDS + seconds)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(put, load)
        time.sleep(HEAVY_SECONDS)
        yield
        figures: Figures = running.result()
    if not figures.requests:
        raise ServerError(f"no slow query was answered: {figures.first_error}")
