"""Statistics of a province against those of a village, from roll-ups and from records: time in the server, answers compared."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import asyncpg
import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from bench import personas
from bench.database import Database, settings_of
from bench.personas import union_of
from db.security.row_security import READER
from db.server.connect import create_pool
from hub.app import limits_of
from hub.documents import Accepted, Documents
from resolvers.access.callers import Caller
from resolvers.engine.execute.engine import Engine
from resolvers.engine.request import global_ids
from schema import registry, schema

CALLER = Caller("benchmark", everything=True)
TEXT = """query ($within: ID, $by: [Dimension!], $from: Date, $until: Date, $asOf: Date) {
    statistics(kind: %s, within: $within, groupBy: $by, from: $from, until: $until, asOf: $asOf) {
        total { %s } groups { keys { value label } %s } } }"""
MEASURES = {"MEMBERSHIPS": "records persons", "INSURANCE_ENROLMENTS": "records persons", "RECOVERIES": "records amount"}
QUESTIONS: dict[str, dict[str, Any]] = {
    "members today": {"by": ["WORKER_TYPE", "CHANNEL"]},
    "members on a day": {"by": ["WORKER_TYPE", "SEX"], "asOf": "2023-06-17"},
    "joins of a year": {"by": ["WORKER_TYPE", "CHANNEL"], "from": "2024-01-01", "until": "2025-01-01"},
    "joins, edges on both sides": {"by": ["SEX", "CHANNEL"], "from": "2021-05-13", "until": "2025-02-11"},
    "joins by quarter": {"by": ["QUARTER", "SEX"], "from": "2024-01-01", "until": "2026-01-01"},
    "by child": {"by": ["CHILD_ORGANIZATION", "SEX"]},
    "industry and form": {"by": ["INDUSTRY", "FORM"], "from": "2023-01-01", "until": "2026-01-01"},
    "enrolled today": {"kind": "INSURANCE_ENROLMENTS", "by": ["SCHEME", "WORKER_TYPE"]},
    "unions today": {"kind": "ORGANIZATIONS", "by": ["LEVEL", "FORM"]},
    "employers today": {"kind": "EMPLOYERS", "by": ["INDUSTRY", "IS_ORGANIZED"]},
    "agreements signed": {
        "kind": "COLLECTIVE_AGREEMENTS",
        "by": ["KIND", "YEAR"],
        "from": "2020-01-01",
        "until": "2026-01-01",
    },
    "cases received": {"kind": "DISPUTE_CASES", "by": ["CAUSE", "PHASE"], "from": "2020-01-01", "until": "2026-01-01"},
    "recoveries": {"kind": "RECOVERIES", "by": ["KIND", "CAUSE"], "from": "2020-01-01", "until": "2026-01-01"},
}
"""Of memberships unless a kind is named."""


@dataclass(frozen=True, slots=True)
class Place:
    """A union: its name and global ID."""

    name: str
    id: str


PROVINCES = "SELECT id, name FROM organization WHERE level = 'PROVINCIAL' AND kind = 'LOCAL_FEDERATION' ORDER BY id"
OWN = "SELECT id, name FROM organization WHERE id = $1"
VILLAGES = """
SELECT o.id, o.name FROM organization o WHERE o.level IN ('VILLAGE', 'GRASSROOTS') AND o.dissolved_on IS NULL
    AND EXISTS (SELECT FROM membership m WHERE m.organization_id = o.id)
    AND ($1::bigint IS NULL OR EXISTS (
        SELECT FROM territorial_closure c WHERE c.ancestor_id = $1 AND c.descendant_id = o.id AND c.valid_to IS NULL))
ORDER BY hashint8(o.id) LIMIT 15
"""


async def places(pool: asyncpg.Pool, persona: str) -> tuple[list[Place], list[Place]]:
    """All provincial federations, or the persona's own union, and some of the unions of villages or units below that have members."""
    root = None if persona == "nation" else await union_of(pool, persona)

    async def found(sql: str, *arguments: int | None) -> list[Place]:
        return [Place(row["name"], global_ids.encode("org", row["id"])) for row in await pool.fetch(sql, *arguments)]

    large = await (found(PROVINCES) if root is None else found(OWN, root))
    return large, await found(VILLAGES, root)


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of one answer: on the clock, and of CPU in PostgreSQL and here."""

    clock: float
    cpu: float


def cpu(pid: int) -> float:
    """CPU seconds of another process; Linux has them by the nanosecond, psutil by the hundredth of a second."""
    precise = Path(f"/proc/{pid}/schedstat")
    return int(precise.read_text().split()[0]) / 1e9 if precise.exists() else sum(psutil.Process(pid).cpu_times()[:2])


async def measure(database: Database, persona: str, runs: int, only: Sequence[str], console: Console) -> None:
    """Print the median and slowest time of every question, in milliseconds, and whether both ways agree."""
    settings = settings_of(database)
    caller = (await personas.callers(database, [persona]))[persona]
    owner = await create_pool(database.url, size=1)
    provinces, villages = await places(owner, persona)
    await owner.close()
    pool = await create_pool(database.url, size=1, statement_timeout_ms=120_000, role=READER)
    documents = Documents(schema._schema, limits_of(settings))
    rolled, raw = (
        Engine(schema._schema, registry, pool, max_objects=settings.max_objects, rollups=rollups)
        for rollups in (True, False)
    )
    backend = await pool.fetchval("SELECT pg_backend_pid()")
    large = "province" if persona == "nation" else "own union"
    by_cpu = (f"CPU: {large}", "village", "ratio")
    table = Table(
        f"as {persona}; clock, ms: median (slowest)", large, "village", "ratio", *by_cpu, "from records", "agree"
    )

    async def asked(engine: Engine, text: str, variables: dict[str, Any]) -> tuple[Spent, Any]:
        accepted = documents.get(text)
        assert isinstance(accepted, Accepted)
        theirs, ours, start = cpu(backend), process_time(), perf_counter()
        answer = await engine.execute(accepted.document, None, variables, caller=caller)
        clock, own = perf_counter() - start, process_time() - ours
        return Spent(1000 * clock, 1000 * (own + cpu(backend) - theirs)), json.loads(answer.body)

    for name, question in QUESTIONS.items():
        if only and name not in only:
            continue
        kind = question.get("kind", "MEMBERSHIPS")
        text = TEXT % (kind, *(2 * [MEASURES.get(kind, "records")]))
        asking = {key: value for key, value in question.items() if key != "kind"}
        times: dict[str, list[Spent]] = {"province": [], "village": []}
        records, agree = [], True
        for level, found in (("province", provinces), ("village", villages)):
            for place in found:
                variables = {**asking, "within": place.id}
                await asked(rolled, text, variables)
                samples = [await asked(rolled, text, variables) for _ in range(runs)]
                assert "errors" not in samples[0][1], samples[0][1]
                spent = [sample[0] for sample in samples]
                times[level].append(Spent(median(one.clock for one in spent), median(one.cpu for one in spent)))
                if level == "province" and registry.statistics[kind].rollup is not None:
                    slow, answer = await asked(raw, text, variables)
                    records.append(slow.clock)
                    agree = agree and answer == samples[0][1]
        told = []
        for measure in ("clock", "cpu"):
            each = {level: [getattr(spent, measure) for spent in found] for level, found in times.items()}
            middle = {level: median(found) for level, found in each.items()}
            told += [f"{middle[level]:.1f} ({max(each[level]):.1f})" for level in each]
            told.append(f"{middle['province'] / middle['village']:.1f}×")
        compared = (f"{median(records):.0f} ({max(records):.0f})", "yes" if agree else "NO") if records else ("", "")
        table.add_row(name, *told, *compared)
    console.print(table)
    await pool.close()


def statistics(database: Database, names: Sequence[str], runs: int, only: Sequence[str], console: Console) -> None:
    """Measure on one database, as each persona."""
    for name in names:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(measure(database, name, runs, only, console))
