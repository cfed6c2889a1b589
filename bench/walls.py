"""What the two walls cost: the same operations of the same callers without any wall, behind the first, and behind both."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from bench.database import Database, settings_of
from bench.workload import body, choose, count_objects, organization
from db.access import Role
from db.organizations import Hierarchy
from db.security.row_security import READER
from db.server.connect import create_pool
from db.server.migrate import connect
from hub.app import limits_of
from hub.documents import Accepted, Documents
from hub.parameters import Parameters, from_body
from resolvers.access.callers import Caller, Grant
from resolvers.engine.execute.engine import Engine
from schema import registry, schema

WALLS = ("none", "first", "both")
WARM_RUNS = 10
"""Callers' scopes are carried and plans compiled by then."""

MEMBERS = 10
RECORDS = 40
"""Different records that are asked for in turn."""

ONE_MEMBER = (
    "query OneMember($id: ID!) { node(id: $id) { ... on Member { id name sex workerType residentNumber phone } } }"
)
CITY = """
SELECT o.id FROM organization o JOIN organization_link l ON l.child_id = o.id
WHERE l.parent_id = $1 AND l.hierarchy = 'TERRITORIAL' AND l.valid_to IS NULL AND o.level = 'CITY' AND o.kind = 'LOCAL_FEDERATION'
ORDER BY (SELECT count(*) FROM territorial_closure c WHERE c.ancestor_id = o.id) DESC, o.id LIMIT 1
"""
MEMBERS_BELOW = """
SELECT s.member_id FROM territorial_closure c JOIN membership s ON s.organization_id = c.descendant_id AND s.valid_to IS NULL
AND s.valid_from IS NOT NULL WHERE c.ancestor_id = $1 AND c.valid_to IS NULL ORDER BY md5(s.member_id::text) LIMIT $2
"""
UNIONS_BELOW = """
SELECT descendant_id FROM territorial_closure WHERE ancestor_id = $1 AND valid_to IS NULL ORDER BY md5(descendant_id::text) LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody who asks: ``root`` is the union that their nested page starts from."""

    name: str
    caller: Caller
    root: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One operation of one persona: medians in milliseconds by walls, and the objects of its answer."""

    persona: str
    operation: str
    objects: int
    milliseconds: Mapping[str, float]

    def ratio(self, one: str, other: str) -> float:
        """How many times as long it takes behind ``one`` as behind ``other``."""
        return self.milliseconds[one] / self.milliseconds[other]


def walls(database: Database, runs: int, only: Sequence[str], console: Console) -> list[Measured]:
    """Measure and print; ``only`` names personas, all of them if it is empty."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(_measure(database, runs, only))
    print_table(found, database.members, console)
    return found


def personas(province: int, city: int, division: int, member: int) -> list[Persona]:
    """Who sees everything, a province, a city, and somebody with three lenses: the city, a bureau of the division, the member themself."""

    def federation(key: int) -> Grant:
        return Grant(Role.FEDERATION, organization_id=key, hierarchy=Hierarchy.TERRITORIAL)

    several = (federation(city), Grant(Role.HR_BUREAU, division_id=division), Grant(Role.WORKER))
    return [
        Persona("national", Caller("national", 1, everything=True), province),
        Persona("province", Caller("province", 2, (federation(province),)), province),
        Persona("city", Caller("city", 3, (federation(city),)), city),
        Persona("three lenses", Caller("several", 4, several, member_id=member), city),
    ]


async def records_below(connection: asyncpg.Connection, root: int) -> list[list[int]]:
    """Some members and some unions below a union."""
    return [[row[0] for row in await connection.fetch(sql, root, RECORDS)] for sql in (MEMBERS_BELOW, UNIONS_BELOW)]


def bodies(root: int, members: Sequence[int], unions: Sequence[int]) -> dict[str, list[str]]:
    """The requests by operation, asked for in turn."""
    return {
        "nested page": [body("nested", {"province": organization(root), "members": MEMBERS})],
        "one member": [json.dumps({"query": ONE_MEMBER, "variables": {"id": f"mem_{key:x}"}}) for key in members],
        "one union": [body("one_record", {"id": organization(key)}) for key in unions],
    }


async def _measure(database: Database, runs: int, only: Sequence[str]) -> list[Measured]:
    province = (await asyncio.to_thread(choose, database)).provinces[0]
    connection: asyncpg.Connection = await connect(database.url)
    bare, walled = await create_pool(database.url, size=1), await create_pool(database.url, size=1, role=READER)
    documents = Documents(schema._schema, limits_of(settings_of(database)))
    engines = {
        "none": Engine(schema._schema, registry, bare, max_objects=100_000, first_wall=False),
        "first": Engine(schema._schema, registry, bare, max_objects=100_000),
        "both": Engine(schema._schema, registry, walled, max_objects=100_000),
    }
    found = []
    try:
        city = await connection.fetchval(CITY, province)
        division = await connection.fetchval("SELECT division_id FROM organization WHERE id = $1", city)
        below = {key: await records_below(connection, key) for key in (province, city)}
        for persona in personas(province, city, division, below[city][0][0]):
            if only and persona.name not in only:
                continue
            for operation, texts in bodies(persona.root, *below[persona.root]).items():
                asked = [from_body(text.encode()) for text in texts]
                found.append(await _one(engines, persona, operation, asked, documents, runs))
    finally:
        await connection.close()
        await bare.close()
        await walled.close()
    return found


async def _one(
    engines: Mapping[str, Engine],
    persona: Persona,
    operation: str,
    asked: Sequence[Parameters],
    documents: Documents,
    runs: int,
) -> Measured:
    accepted = documents.get(asked[0].query)
    assert isinstance(accepted, Accepted)
    times: dict[str, list[float]] = {wall: [] for wall in WALLS}
    answers: dict[str, Any] = {}
    for run in range(-WARM_RUNS, runs):
        for wall in WALLS:  # in turn, so that what disturbs the machine disturbs all of them
            variables = asked[run % len(asked)].variables
            start = perf_counter()
            answer = await engines[wall].execute(accepted.document, None, variables, caller=persona.caller)
            if run >= 0:
                times[wall].append(1000 * (perf_counter() - start))
            answers[wall] = answer.body
    data = json.loads(answers["first"])["data"]
    assert answers["both"] == answers["first"], f"{persona.name}, {operation}: the answers differ"
    return Measured(persona.name, operation, count_objects(data), {wall: median(each) for wall, each in times.items()})


def print_table(found: Sequence[Measured], members: int, console: Console) -> None:
    """Times, and the ratios that the walls cost."""
    table = Table(title=f"The walls at {members:,} members: medians in ms, and ratios")
    for name in ("caller", "operation", "objects", *WALLS, "first : none", "both : first", "both : none"):
        table.add_column(name, justify="left" if name in ("caller", "operation") else "right")
    for each in found:
        table.add_row(
            each.persona,
            each.operation,
            str(each.objects),
            *(f"{each.milliseconds[wall]:.2f}" for wall in WALLS),
            *(f"{each.ratio(*pair):.2f}" for pair in (("first", "none"), ("both", "first"), ("both", "none"))),
        )
    console.print(table)
