"""Every root list's first page and ``totalCount`` as every persona, in federations of several sizes: time, and what PostgreSQL reads."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from time import perf_counter, process_time
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from bench import personas
from bench.database import Database, settings_of
from bench.rows_read import MeasuredPool, Read, root_lists
from bench.statistics import cpu
from db.security.row_security import READER
from db.server.connect import create_pool
from hub.app import limits_of
from hub.documents import Accepted, Documents
from resolvers.access.callers import Caller
from resolvers.engine.execute.engine import Engine
from schema import registry, schema

QUESTIONS = {"page": "{ %s(first: 20) { nodes { id } } }", "count": "{ %s { totalCount } }"}
WARM_RUNS = 2
TIMEOUT_MS = 60_000
RATIO, FIRST_PAGE_MS = 1.5, 5.0
"""What is aimed at: from the smallest to the largest size, and for the first page of one's own members."""

LEAST_MS = 2.0
"""Ratios of times below it say nothing: most of them is the hub's own work."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one question costs one persona at one size: medians in milliseconds on the clock and of CPU in PostgreSQL and the hub (without
    that of parallel workers, which the nation's counts have), rows and blocks read, and the rows in sight. ``code`` is why there is no
    answer."""

    persona: str
    list: str
    question: str
    members: int
    clock: float = 0.0
    cpu: float = 0.0
    rows: int = 0
    blocks: int = 0
    in_sight: int | None = None
    code: str | None = None


def measure(
    databases: Sequence[Database], names: Sequence[str], only: Sequence[str], runs: int, console: Console
) -> list[Cost]:
    """Ask every list, or ``only`` these, as each persona; print a table for each of them and what misses its target."""
    found: list[Cost] = []
    for database in databases:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found += runner.run(_of_database(database, names, only, runs, console))
    sizes = [database.members for database in databases]
    for name in names:
        _print([cost for cost in found if cost.persona == name], name, sizes, console)
    missed = list(misses(found, sizes))
    console.print(
        f"{len(missed)} miss their target of {RATIO} × in CPU and rows, or {FIRST_PAGE_MS:.0f} ms for a first page of members."
    )
    for line in missed:
        console.print(line, style="red")
    return found


async def _of_database(
    database: Database, names: Sequence[str], only: Sequence[str], runs: int, console: Console
) -> list[Cost]:
    pool = await create_pool(database.url, size=1, statement_timeout_ms=TIMEOUT_MS, role=READER)
    measured = MeasuredPool(pool)
    documents = Documents(schema._schema, limits_of(settings_of(database)))
    engine, explaining = (
        Engine(schema._schema, registry, each, max_objects=25_000, seconds=TIMEOUT_MS / 1000)
        for each in (pool, measured)
    )
    backend = await pool.fetchval("SELECT pg_backend_pid()")

    async def ask(engine: Engine, text: str, caller: Caller) -> Mapping[str, Any]:
        accepted = documents.get(text)
        assert isinstance(accepted, Accepted), text
        answer: Mapping[str, Any] = json.loads((await engine.execute(accepted.document, None, {}, caller=caller)).body)
        return answer

    async def cost(kind: Cost, text: str, caller: Caller) -> Cost:
        answer = await ask(engine, text, caller)
        if "errors" in answer:
            return replace(kind, code=answer["errors"][0]["extensions"]["code"])
        for _ in range(WARM_RUNS - 1):
            await ask(engine, text, caller)
        samples = []
        for _ in range(runs):
            used, start = cpu(backend) + process_time(), perf_counter()
            await ask(engine, text, caller)
            samples.append((1000 * (perf_counter() - start), 1000 * (cpu(backend) + process_time() - used)))
        measured.read = Read()
        await ask(explaining, text, caller)
        return replace(
            kind,
            clock=median(clock for clock, _ in samples),
            cpu=median(used for _, used in samples),
            rows=round(measured.read.rows),
            blocks=measured.read.blocks,
            in_sight=answer["data"][kind.list].get("totalCount"),
        )

    found = []
    try:
        for name, caller in (await personas.callers(database, names)).items():
            console.print(f"{database.members:,} members, as {name}", style="dim")
            for root in root_lists():
                for question, text in QUESTIONS.items():
                    if not only or root in only:
                        found.append(await cost(Cost(name, root, question, database.members), text % root, caller))
    finally:
        await pool.close()
    return found


def misses(found: Sequence[Cost], sizes: Sequence[int]) -> list[str]:
    """What costs more than is aimed at, in words. Where more rows are in sight, a count of them may read as many times more."""
    by_key = {(cost.persona, cost.list, cost.question, cost.members): cost for cost in found}
    lines = []
    for cost in found:
        where = f"{cost.persona}: {cost.list}, {cost.question}"
        if cost.question == "page" and cost.list == "members" and cost.cpu > FIRST_PAGE_MS:
            lines.append(f"{where} at {cost.members:,}: {cost.cpu:.1f} ms")
        if cost.members != sizes[-1] or len(sizes) == 1 or cost.code is not None:
            continue
        first = by_key[cost.persona, cost.list, cost.question, sizes[0]]
        seen = [by_key[cost.persona, cost.list, "count", size].in_sight or 0 for size in (sizes[0], sizes[-1])]
        grown = f"{seen[0]:,} → {seen[1]:,} in sight"
        if cost.cpu > RATIO * max(first.cpu, LEAST_MS) or cost.rows > RATIO * first.rows + 100:
            lines.append(f"{where}: {first.cpu:.1f} → {cost.cpu:.1f} ms, {first.rows:,} → {cost.rows:,} rows, {grown}")
    return lines


def _print(found: Sequence[Cost], name: str, sizes: Sequence[int], console: Console) -> None:
    table = Table("list", "question", title=f"As {name}: CPU and clock in ms, rows and blocks read, rows in sight")
    for size in sizes:
        for column in (f"{size:,}: CPU", "clock", "rows", "blocks", "in sight"):
            table.add_column(column, justify="right")
    if len(sizes) > 1:
        table.add_column("ratio: CPU", justify="right")
        table.add_column("rows", justify="right")
    refused: dict[str, list[str]] = {}
    for key in dict.fromkeys((cost.list, cost.question) for cost in found):
        costs = [cost for cost in found if (cost.list, cost.question) == key]
        code = next((cost.code for cost in costs if cost.code), None)
        if code is not None:
            refused.setdefault(code, []).append(f"{key[0]} ({key[1]})")
            continue
        cells = [cell for cost in costs for cell in _cells(cost)]
        if len(sizes) > 1:
            first, last = costs[0], costs[-1]
            cells += [f"{last.cpu / first.cpu:.2f}", f"{last.rows / max(first.rows, 1):.2f}"]
        table.add_row(*key, *cells)
    if table.row_count:
        console.print(table)
    for code, lists in refused.items():
        console.print(f"As {name}, {code}: {len(lists)} questions: {', '.join(lists)}")


def _cells(cost: Cost) -> list[str]:
    in_sight = "" if cost.in_sight is None else f"{cost.in_sight:,}"
    return [f"{cost.cpu:.1f}", f"{cost.clock:.1f}", f"{cost.rows:,}", f"{cost.blocks:,}", in_sight]


def as_json(found: Sequence[Cost]) -> str:
    """All figures, for keeping."""
    return json.dumps([asdict(cost) for cost in found], indent=1)
