"""What callers with aggregates only cost: keys and noise against the exact answer, and the neighbours of their cells."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from statistics import median
from time import process_time
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from bench.database import Database
from bench.statistics import CALLER, cpu
from db import rollups
from db.connect import create_pool
from hub.app import limits_of
from hub.documents import Accepted, Documents
from hub.settings import Settings
from resolvers.access import PUBLIC, Caller
from resolvers.engine import ids
from resolvers.engine.engine import Engine
from resolvers.engine.rolled import Rolled
from resolvers.engine.statistic import Statistic
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


@contextmanager
def without(neighbours: bool, rolled: bool) -> Iterator[None]:
    """Statistics without neighbours, or without roll-ups."""
    of, personal = Rolled.of, Statistic.is_personal
    try:
        if neighbours:
            Statistic.is_personal = property(lambda _: False)  # type: ignore[method-assign, assignment]
        if rolled:
            Rolled.of = classmethod(lambda *_: None)  # type: ignore[method-assign, assignment]
        yield
    finally:
        Statistic.is_personal, Rolled.of = personal, of  # type: ignore[method-assign]


async def measure(database: Database, runs: int, console: Console) -> None:
    """Print milliseconds of CPU of the database's backend and of this process together, the median over provinces."""
    settings = Settings(database_url=database.url)
    pool = await create_pool(database.url, size=1, statement_timeout_ms=120_000)
    if not await pool.fetchval("SELECT ready FROM rollup.state"):
        await rollups.rebuild(database.url)
    documents = Documents(schema._schema, limits_of(settings))
    backend = await pool.fetchval("SELECT pg_backend_pid()")
    rows = await pool.fetch(
        "SELECT id FROM division WHERE level = 'PROVINCE' AND valid_to IS NULL ORDER BY id LIMIT 12"
    )
    places = [ids.encode("div", row["id"]) for row in rows]
    table = Table("CPU, ms: median of provinces", "exact", "keys and noise", "ratio", "and neighbours", "ratio")

    async def spent(engine: Engine, text: str, variables: dict[str, Any], caller: Caller) -> float:
        accepted = documents.get(text)
        assert isinstance(accepted, Accepted)
        samples = []
        for _ in range(runs + 1):
            theirs, ours = cpu(backend), process_time()
            answer = await engine.execute(accepted.document, None, variables, caller=caller)
            assert b'"errors"' not in answer.body, answer.body
            samples.append(cpu(backend) - theirs + process_time() - ours)
        return 1000 * median(samples[1:])

    for rolled in (True, False):
        for name, question in QUESTIONS.items():
            kind = question.get("kind", "MEMBERSHIPS")
            if rolled and registry.statistics[kind].rollup is None:
                continue
            asking = {key: value for key, value in question.items() if key != "kind"}
            found = []
            for caller, bare in ((CALLER, True), (PUBLIC, True), (PUBLIC, False)):
                with without(neighbours=bare, rolled=not rolled):
                    engine = Engine(schema._schema, registry, pool, max_objects=settings.max_objects)
                    each = [await spent(engine, TEXT % kind, {**asking, "id": place}, caller) for place in places]
                found.append(median(each))
            ratios = [f"{found[1] / found[0]:.2f}×", f"{found[2] / found[0]:.2f}×"]
            way = "from roll-ups" if rolled else "from records"
            table.add_row(
                f"{name}, {way}", f"{found[0]:.1f}", f"{found[1]:.1f}", ratios[0], f"{found[2]:.1f}", ratios[1]
            )
    console.print(table)
    await pool.close()


def cells(database: Database, runs: int, console: Console) -> None:
    """Measure on one database."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(database, runs, console))
