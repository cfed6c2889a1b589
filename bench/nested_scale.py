"""The nested page under every province, in federations of several sizes: time in the server, and how PostgreSQL finds the rows."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from bench.database import Database, settings_of
from bench.workload import body, choose, count_objects, organization
from db.models import Model
from db.server.connect import create_pool
from hub.app import default_engine, limits_of
from hub.documents import Accepted, Documents
from hub.parameters import from_body
from resolvers.access.callers import Caller
from schema import schema

WARM_RUNS = 8
"""After five runs of a prepared statement PostgreSQL chooses between a plan for all values and one for each."""

MEMBERS = 10
SMALL = {"deadline_rule", "division_alias"}
"""Reference tables of a few rows, which are best read from end to end."""

FACTS = set(Model.metadata.tables) - SMALL


@dataclass(frozen=True, slots=True)
class Province:
    """One province: its name, the objects of its answer, and the median time in milliseconds."""

    name: str
    objects: int
    milliseconds: float


@dataclass(slots=True)
class Recorder:
    """A pool that keeps the statements that run on it, with their arguments."""

    pool: asyncpg.Pool
    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    async def acquire(self, **options: Any) -> "Recording":
        """A connection."""
        return Recording(await self.pool.acquire(**options), self.statements)

    async def release(self, connection: "Recording") -> None:
        """Give the connection back."""
        await self.pool.release(connection.connection)


@dataclass(slots=True)
class Recording:
    """A connection that keeps the statements that run on it."""

    connection: asyncpg.Connection
    statements: list[tuple[str, tuple[Any, ...]]]

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        """Rows of a statement."""
        self.statements.append((sql, arguments))
        return await self.connection.fetch(sql, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@dataclass(frozen=True, slots=True)
class Scan:
    """A sequential scan of a fact table in the plan of a statement."""

    table: str
    plan: str
    sql: str


def scale(databases: Sequence[Database], runs: int, console: Console) -> bool:
    """Print times by size and the sequential scans found; whether there were none."""
    found = {}
    scans: list[Scan] = []
    for database in databases:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            provinces, seen, statements = runner.run(_measure(database, runs))
        found[database.members] = provinces
        scans += seen
        console.print(
            f"{database.members:,} members: {statements} statements, each explained for every province and for all "
            f"values: {'no sequential scan of a fact table' if not seen else f'{len(seen)} sequential scans'}."
        )
    print_table(found, console)
    for scan in {(scan.table, scan.plan, scan.sql): scan for scan in scans}.values():
        console.print(f"Sequential scan of {scan.table} ({scan.plan}): {scan.sql}", style="red")
    return not scans


async def _measure(database: Database, runs: int) -> tuple[list[Province], list[Scan], int]:
    keys = (await asyncio.to_thread(choose, database)).provinces
    settings = settings_of(database)
    pool = await create_pool(database.url, size=1)
    try:
        engine = default_engine(pool, settings)
        recorder = Recorder(pool)
        recording = default_engine(recorder, settings)
        documents = Documents(schema._schema, limits_of(settings))
        provinces: list[Province] = []
        scans: list[Scan] = []
        statements: set[str] = set()
        for key in keys:
            raw = body("nested", {"province": organization(key), "members": MEMBERS}).encode()

            async def run(engine: Any = engine, raw: bytes = raw) -> bytes:
                asked = from_body(raw)
                accepted = documents.get(asked.query)
                assert isinstance(accepted, Accepted)
                answer = await engine.execute(
                    accepted.document, None, asked.variables, caller=Caller("national", everything=True)
                )
                return bytes(answer.body)

            for _ in range(WARM_RUNS if not provinces else 2):
                await run()
            times = []
            for _ in range(runs):
                start = perf_counter()
                answer = await run()
                times.append(1000 * (perf_counter() - start))
            data = json.loads(answer)["data"]
            provinces.append(Province(data["organization"]["name"], count_objects(data), median(times)))
            recorder.statements.clear()
            await run(recording)
            statements |= {sql for sql, _ in recorder.statements}
            for sql, arguments in recorder.statements:
                scans += await scans_of(pool, sql, arguments)
        for sql in statements:
            scans += await scans_of_generic(pool, sql)
        return provinces, scans, len(statements)
    finally:
        await pool.close()


async def scans_of(pool: asyncpg.Pool, sql: str, arguments: Sequence[Any]) -> list[Scan]:
    """Sequential scans of fact tables in the plan for these values."""
    plan = await pool.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *arguments)
    return [Scan(table, "for its values", sql) for table in sequential(json.loads(plan))]


async def scans_of_generic(pool: asyncpg.Pool, sql: str) -> list[Scan]:
    """Sequential scans of fact tables in the plan for all values, which PostgreSQL may take after five runs."""
    async with pool.acquire() as connection:
        count = len((await connection.prepare(sql)).get_parameters())
        nulls = f"({', '.join(['NULL'] * count)})" if count else ""
        await connection.execute(f"PREPARE generic AS {sql}")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        try:
            plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE generic{nulls}")
        finally:
            await connection.execute("RESET plan_cache_mode")
            await connection.execute("DEALLOCATE generic")
    return [Scan(table, "for all values", sql) for table in sequential(json.loads(plan))]


def sequential(plan: Any) -> Iterator[str]:
    """The fact tables that a plan reads from end to end."""
    if isinstance(plan, list):
        for item in plan:
            yield from sequential(item)
    elif isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan" and plan.get("Relation Name") in FACTS:
            yield plan["Relation Name"]
        for value in plan.values():
            if isinstance(value, dict | list):
                yield from sequential(value)


def print_table(found: dict[int, list[Province]], console: Console) -> None:
    """Times by province and size, and their medians."""
    table = Table(
        "province", title=f"Nested page (20 cities × 20 counties × {MEMBERS} members) in the server, medians in ms"
    )
    sizes = list(found)
    for size in sizes:
        table.add_column(f"{size:,}", justify="right")
        table.add_column("objects", justify="right")
    if len(sizes) > 1:
        table.add_column("ratio", justify="right")
        table.add_column("per object", justify="right")
    for rows in zip(*found.values(), strict=True):
        cells = [cell for row in rows for cell in (f"{row.milliseconds:.2f}", f"{row.objects:,}")]
        ratio = []
        if len(sizes) > 1:
            times = rows[-1].milliseconds / rows[0].milliseconds
            ratio = [f"{times:.2f}", f"{times * rows[0].objects / rows[-1].objects:.2f}"]
        table.add_row(rows[0].name, *cells, *ratio)
    table.add_section()
    for name, summary in (("median of provinces", median), ("slowest province", max)):
        values = [summary([row.milliseconds for row in found[size]]) for size in sizes]
        ratio = [f"{values[-1] / values[0]:.2f}"] if len(sizes) > 1 else []
        table.add_row(name, *(cell for value in values for cell in (f"{value:.2f}", "")), *ratio)
    console.print(table)
