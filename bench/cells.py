"""What callers with aggregates only cost: keys and noise against the exact answer, and the neighbours of their cells."""

import asyncio
from copy import copy
from dataclasses import fields
from datetime import date, timedelta
from statistics import median
from time import process_time
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from bench.database import Database, settings_of
from bench.statistics import CALLER, cpu
from db.server.connect import create_pool
from hub.app import limits_of
from hub.documents import Accepted, Documents
from resolvers.access.callers import PUBLIC, Caller
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.execute.engine import Engine
from resolvers.engine.request import global_ids
from schema import registry, schema

TEXT = """query ($id: ID, $by: [Dimension!], $from: Date, $until: Date, $asOf: Date, $where: [DimensionFilter!]) { division(id: $id) {
    statistics(kind: %s, groupBy: $by, from: $from, until: $until, asOf: $asOf, where: $where) {
        total { records persons } groups { keys { value label } records persons } } } }"""
NEW_YEAR = date((date.today() - timedelta(days=1)).year, 1, 1).isoformat()
YEAR = {"from": "2024-01-01", "until": "2025-01-01"}
QUESTIONS: dict[str, dict[str, Any]] = {
    "members": {"by": ["WORKER_TYPE", "CHANNEL"], "asOf": NEW_YEAR},
    "members by child": {"by": ["CHILD_DIVISION", "SEX"], "asOf": NEW_YEAR},
    "women by type": {
        "by": ["WORKER_TYPE"],
        "asOf": NEW_YEAR,
        "where": [{"dimension": "SEX", "in": ["FEMALE"]}],
    },
    "joins by month": {"by": ["MONTH", "SEX"], **YEAR},
    "joins of a year": {"by": ["INDUSTRY"], **YEAR},
    "recoveries": {"kind": "RECOVERIES", "by": ["CAUSE", "QUARTER"], **YEAR},
}


class WithoutNeighbours(Statistic):
    """How the records of a kind are counted, with no cell compared with its neighbours."""

    @property
    def is_personal(self) -> bool:
        """Say that the records are not about persons, which is what neighbours protect."""
        return False


def without_neighbours() -> Registry:
    """The registry with statistics that have no neighbours."""
    bare = copy(registry)
    bare.statistics = {
        kind: WithoutNeighbours(**{each.name: getattr(statistic, each.name) for each in fields(statistic)})
        for kind, statistic in registry.statistics.items()
    }
    return bare


async def measure(database: Database, runs: int, console: Console) -> None:
    """Print milliseconds of CPU of the database's backend and of this process together, the median over provinces."""
    settings = settings_of(database)
    pool = await create_pool(database.url, size=1, statement_timeout_ms=120_000)
    documents = Documents(schema._schema, limits_of(settings))
    backend = await pool.fetchval("SELECT pg_backend_pid()")
    rows = await pool.fetch(
        "SELECT id FROM division WHERE level = 'PROVINCE' AND valid_to IS NULL ORDER BY id LIMIT 12"
    )
    bare = without_neighbours()
    places = [global_ids.encode("div", row["id"]) for row in rows]
    table = Table("CPU, ms: median of provinces", "exact", "keys and noise", "ratio", "and neighbours", "ratio")

    async def spent(engine: Engine, text: str, variables: dict[str, Any], caller: Caller) -> float:
        accepted = documents.get(text)
        assert isinstance(accepted, Accepted)
        server, own = cpu(backend), process_time()
        answer = await engine.execute(accepted.document, None, variables, caller=caller)
        assert b'"errors"' not in answer.body, answer.body
        return 1000 * (cpu(backend) - server + process_time() - own)

    async def compared(text: str, asking: dict[str, Any], *, rolled: bool) -> list[float]:
        """By turns, so that what else the machine does falls on all alike."""
        engines = []
        for caller, declared in ((CALLER, bare), (PUBLIC, bare), (PUBLIC, registry)):
            engine = Engine(schema._schema, declared, pool, max_objects=settings.max_objects, rollups=rolled)
            await spent(engine, text, {**asking, "id": places[0]}, caller)
            engines.append((engine, caller))
        samples: list[list[float]] = [[] for _ in engines]
        for place in places:
            for _ in range(runs):
                for found, (engine, caller) in zip(samples, engines, strict=True):
                    found.append(await spent(engine, text, {**asking, "id": place}, caller))
        return [median(found) for found in samples]

    for rolled in (True, False):
        for name, question in QUESTIONS.items():
            kind = question.get("kind", "MEMBERSHIPS")
            if rolled and registry.statistics[kind].rollup is None:
                continue
            asking = {key: value for key, value in question.items() if key != "kind"}
            exact, keys, near = await compared(TEXT % kind, asking, rolled=rolled)
            way = "from roll-ups" if rolled else "from records"
            shown = [f"{exact:.1f}", f"{keys:.1f}", f"{keys / exact:.2f}×", f"{near:.1f}", f"{near / exact:.2f}×"]
            table.add_row(f"{name}, {way}", *shown)
    console.print(table)
    await pool.close()


def cells(database: Database, runs: int, console: Console) -> None:
    """Measure on one database."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(database, runs, console))
