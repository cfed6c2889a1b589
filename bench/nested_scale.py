"""The nested page under every province or under a persona's own union, in federations of several sizes: time in the server behind both
walls, and how PostgreSQL finds the rows."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from bench import personas
from bench.database import Database, settings_of
from bench.rows_read import WatchedPool
from bench.statistics import cpu
from bench.workload import body, choose, count_objects, organization
from db.models import Model
from db.security.row_security import READER
from db.server.connect import create_pool
from hub.app import default_engine, limits_of
from hub.documents import Accepted, Documents
from hub.parameters import from_body
from schema import schema

WARM_RUNS = 8
"""After five runs of a prepared statement PostgreSQL chooses between a plan for all values and one for each."""

MEMBERS = 10
SMALL = {"deadline_rule", "division_alias"}
"""Reference tables of a few rows, which are best read from end to end."""

FACTS = set(Model.metadata.tables) - SMALL


@dataclass(frozen=True, slots=True)
class Province:
    """A province, or the union of a persona: its name, the objects of its answer, and medians in milliseconds on the clock and of CPU
    in PostgreSQL and the hub."""

    name: str
    objects: int
    clock: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Scan:
    """A sequential scan of a fact table in the plan of a statement."""

    table: str
    plan: str
    sql: str


class Plans:
    """Sequential scans of fact tables in the plans of the statements that run on a watched pool."""

    def __init__(self) -> None:
        self.scans: list[Scan] = []
        self.statements: set[str] = set()

    async def look(self, connection: asyncpg.Connection, sql: str, arguments: Sequence[Any]) -> None:
        """Look at a statement before it runs: at its plan for these values and, the first time, at the one for all values, which
        PostgreSQL may take after five runs."""
        plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *arguments)
        self.scans += [Scan(table, "for its values", sql) for table in sequential(json.loads(plan))]
        if sql not in self.statements:
            self.statements.add(sql)
            plan = await generic_plan(connection, sql)
            self.scans += [Scan(table, "for all values", sql) for table in sequential(json.loads(plan))]


async def generic_plan(connection: asyncpg.Connection, sql: str) -> str:
    """The plan of a statement for all values, as JSON."""
    count = len((await connection.prepare(sql)).get_parameters())
    nulls = f"({', '.join(['NULL'] * count)})" if count else ""
    before = await connection.fetchval("SHOW plan_cache_mode")
    await connection.execute(f"PREPARE generic AS {sql}")
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    try:
        return str(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE generic{nulls}"))
    finally:
        await connection.execute(f"SET plan_cache_mode = {before}")
        await connection.execute("DEALLOCATE generic")


def scale(databases: Sequence[Database], names: Sequence[str], runs: int, console: Console) -> bool:
    """Print times by persona and size and the sequential scans found; whether there were none."""
    scans: list[Scan] = []
    for name in names:
        found = {}
        for database in databases:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                provinces, plans = runner.run(_measure(database, name, runs))
            found[database.members] = provinces
            scans += plans.scans
            console.print(
                f"{database.members:,} members, as {name}: {len(plans.statements)} statements, each explained for every root and "
                f"for all values: {f'{len(plans.scans)} sequential scans' if plans.scans else 'no sequential scan of a fact table'}."
            )
        print_table(name, found, console)
    for scan in {(scan.table, scan.plan, scan.sql): scan for scan in scans}.values():
        console.print(f"Sequential scan of {scan.table} ({scan.plan}): {scan.sql}", style="red")
    return not scans


async def _measure(database: Database, name: str, runs: int) -> tuple[list[Province], Plans]:
    caller = (await personas.callers(database, [name]))[name]
    keys = (await asyncio.to_thread(choose, database, name)).provinces
    settings = settings_of(database)
    pool = await create_pool(database.url, size=1, role=READER)
    try:
        engine, plans = default_engine(pool, settings), Plans()
        watched = default_engine(WatchedPool(pool, plans.look), settings)
        documents = Documents(schema._schema, limits_of(settings))
        backend = await pool.fetchval("SELECT pg_backend_pid()")
        provinces: list[Province] = []
        for key in keys:
            raw = body("nested", {"province": organization(key), "members": MEMBERS}).encode()

            async def run(engine: Any = engine, raw: bytes = raw) -> bytes:
                asked = from_body(raw)
                accepted = documents.get(asked.query)
                assert isinstance(accepted, Accepted)
                answer = await engine.execute(accepted.document, None, asked.variables, caller=caller)
                return bytes(answer.body)

            for _ in range(WARM_RUNS if not provinces else 2):
                await run()
            clocks, used = [], []
            for _ in range(runs):
                start, before = perf_counter(), cpu(backend) + process_time()
                answer = await run()
                clocks.append(1000 * (perf_counter() - start))
                used.append(1000 * (cpu(backend) + process_time() - before))
            data = json.loads(answer)["data"]
            provinces.append(Province(data["organization"]["name"], count_objects(data), median(clocks), median(used)))
            await run(watched)
        return provinces, plans
    finally:
        await pool.close()


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


def print_table(name: str, found: dict[int, list[Province]], console: Console) -> None:
    """Times by root and size, and their medians."""
    console.print(f"Nested page (20 × 20 unions × {MEMBERS} members) as {name}, behind both walls, medians in ms")
    table = Table("root")
    sizes = list(found)
    for size in sizes:
        for column in (f"{size:,}: clock", "CPU", "objects"):
            table.add_column(column, justify="right")
    if len(sizes) > 1:
        table.add_column("ratio of CPU", justify="right")
        table.add_column("per object", justify="right")
    for rows in zip(*found.values(), strict=True):
        cells = [cell for row in rows for cell in (f"{row.clock:.1f}", f"{row.cpu:.1f}", f"{row.objects:,}")]
        ratio = []
        if len(sizes) > 1:
            times = rows[-1].cpu / rows[0].cpu
            ratio = [f"{times:.2f}", f"{times * rows[0].objects / rows[-1].objects:.2f}"]
        table.add_row(rows[0].name, *cells, *ratio)
    table.add_section()
    for summary_name, summary in (("median", median), ("slowest", max)) if len(found[sizes[0]]) > 1 else ():
        clocks, used = (
            [summary([getattr(row, measure) for row in found[size]]) for size in sizes] for measure in ("clock", "cpu")
        )
        cells = [cell for pair in zip(clocks, used, strict=True) for cell in (*(f"{value:.1f}" for value in pair), "")]
        ratio = [f"{used[-1] / used[0]:.2f}"] if len(sizes) > 1 else []
        table.add_row(summary_name, *cells, *ratio)
    console.print(table)
