"""Statistics of a province against those of a village, from roll-ups and from records: time in the server, answers compared."""

import asyncio
import json
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from bench.database import Database
from db import rollups
from db.connect import create_pool
from hub.app import limits_of
from hub.documents import Accepted, Documents
from hub.settings import Settings
from resolvers.access import Caller
from resolvers.engine import ids
from resolvers.engine.engine import Engine
from resolvers.engine.rolled import Rolled
from schema import registry, schema

CALLER = Caller("benchmark", everything=True)
TEXT = """query ($within: ID, $by: [Dimension!], $from: Date, $until: Date, $asOf: Date) {
    statistics(kind: MEMBERSHIPS, within: $within, groupBy: $by, from: $from, until: $until, asOf: $asOf) {
        total { records persons } groups { keys { value label } records persons } } }"""
QUESTIONS: dict[str, dict[str, Any]] = {
    "members today": {"by": ["WORKER_TYPE", "CHANNEL"]},
    "members on a day": {"by": ["WORKER_TYPE", "SEX"], "asOf": "2023-06-17"},
    "joins of a year": {"by": ["WORKER_TYPE", "CHANNEL"], "from": "2024-01-01", "until": "2025-01-01"},
    "joins, edges on both sides": {"by": ["SEX", "CHANNEL"], "from": "2021-05-13", "until": "2025-02-11"},
    "joins by quarter": {"by": ["QUARTER", "SEX"], "from": "2024-01-01", "until": "2026-01-01"},
    "by child": {"by": ["CHILD_ORGANIZATION", "SEX"]},
    "industry and form": {"by": ["INDUSTRY", "FORM"], "from": "2023-01-01", "until": "2026-01-01"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """A union: its name and global ID."""

    name: str
    id: str


async def places(pool: asyncpg.Pool) -> tuple[list[Place], list[Place]]:
    """All provincial federations, and some of the unions of villages or units that have members."""

    async def found(sql: str) -> list[Place]:
        return [Place(row["name"], ids.encode("org", row["id"])) for row in await pool.fetch(sql)]

    provinces = await found(
        "SELECT id, name FROM organization WHERE level = 'PROVINCIAL' AND kind = 'LOCAL_FEDERATION' ORDER BY id"
    )
    villages = await found(
        "SELECT o.id, o.name FROM organization o WHERE o.level IN ('VILLAGE', 'GRASSROOTS') AND o.dissolved_on IS NULL"
        " AND EXISTS (SELECT FROM membership m WHERE m.organization_id = o.id) ORDER BY hashint8(o.id) LIMIT 15"
    )
    return provinces, villages


async def measure(database: Database, runs: int, console: Console) -> None:
    """Print the median and slowest time of every question, in milliseconds, and whether both ways agree."""
    settings = Settings(database_url=database.url)
    pool = await create_pool(database.url, size=1, statement_timeout_ms=120_000)
    if not await pool.fetchval("SELECT ready FROM rollup.state"):
        start = perf_counter()
        await rollups.rebuild(database.url)
        console.print(f"Roll-ups built in {perf_counter() - start:.0f} s.")
    accepted = Documents(schema._schema, limits_of(settings)).get(TEXT)
    assert isinstance(accepted, Accepted)
    rolled, raw = (Engine(schema._schema, registry, pool, max_objects=settings.max_objects) for _ in range(2))
    of = Rolled.of
    table = Table("ms, median (slowest)", "province", "village", "ratio", "province from records", "agree")

    async def asked(engine: Any, variables: dict[str, Any]) -> tuple[float, Any]:
        start = perf_counter()
        answer = await engine.execute(accepted.document, None, variables, caller=CALLER)
        return 1000 * (perf_counter() - start), json.loads(answer.body)

    provinces, villages = await places(pool)
    for name, question in QUESTIONS.items():
        times: dict[str, list[float]] = {"province": [], "village": [], "records": []}
        agree = True
        for kind, found in (("province", provinces), ("village", villages)):
            for place in found:
                variables = {**question, "within": place.id}
                await asked(rolled, variables)
                samples = [await asked(rolled, variables) for _ in range(runs)]
                times[kind].append(median(sample[0] for sample in samples))
                if kind == "province":
                    Rolled.of = classmethod(lambda _, counting: None)  # type: ignore[method-assign, assignment]
                    spent, answer = await asked(raw, variables)
                    Rolled.of = of  # type: ignore[method-assign]
                    times["records"].append(spent)
                    agree = agree and answer == samples[0][1]
        middle = {kind: median(found) for kind, found in times.items()}
        table.add_row(
            name,
            f"{middle['province']:.1f} ({max(times['province']):.1f})",
            f"{middle['village']:.1f} ({max(times['village']):.1f})",
            f"{middle['province'] / middle['village']:.1f}×",
            f"{middle['records']:.0f} ({max(times['records']):.0f})",
            "yes" if agree else "NO",
        )
    console.print(table)
    await pool.close()


def statistics(database: Database, runs: int, console: Console) -> None:
    """Measure on one database."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(database, runs, console))
