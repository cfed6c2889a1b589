"""The operations of the benchmark with their variables, taken from the rows, and the check that all servers answer alike."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from bench.database import Database
from bench.personas import union_of
from bench.servers import OPERATIONS, Server
from db.server.migrate import connect

RECORDS = 500
"""Different records that are asked for in turn."""

OBJECTS = 4_400
"""Objects that the wide nested operation is to bring, by the size of its innermost page."""

PROVINCES = """
SELECT p.id, coalesce(counties.n, 0) AS counties FROM organization p
CROSS JOIN LATERAL (
    SELECT sum(least(20, below.n)) AS n FROM (
        SELECT l.child_id FROM organization_link l JOIN organization o ON o.id = l.child_id
        WHERE l.parent_id = p.id AND l.hierarchy = 'TERRITORIAL' AND l.valid_to IS NULL AND o.kind = 'LOCAL_FEDERATION'
        ORDER BY l.child_id LIMIT 20
    ) city CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM organization_link l JOIN organization o ON o.id = l.child_id
        WHERE l.parent_id = city.child_id AND l.hierarchy = 'TERRITORIAL' AND l.valid_to IS NULL
          AND o.kind = 'LOCAL_FEDERATION' AND o.level = 'COUNTY'
    ) below
) counties
WHERE p.level = 'PROVINCIAL' AND p.kind = 'LOCAL_FEDERATION'
ORDER BY 2 DESC, 1
"""

SIZES = """
SELECT count(m.id) FROM organization city_child
JOIN organization_link l ON l.child_id = city_child.id AND l.hierarchy = 'TERRITORIAL' AND l.valid_to IS NULL
JOIN (
    SELECT l.child_id FROM organization_link l JOIN organization o ON o.id = l.child_id
    WHERE l.parent_id = $1 AND l.hierarchy = 'TERRITORIAL' AND l.valid_to IS NULL AND o.kind = 'LOCAL_FEDERATION'
    ORDER BY l.child_id LIMIT 20
) city ON city.child_id = l.parent_id
LEFT JOIN territorial_closure c ON c.ancestor_id = city_child.id AND c.valid_to IS NULL
LEFT JOIN membership m ON m.organization_id = c.descendant_id AND m.valid_to IS NULL
WHERE city_child.kind = 'LOCAL_FEDERATION'
GROUP BY city_child.id
"""

CASES = """
SELECT p.id FROM organization p
JOIN territorial_closure c ON c.ancestor_id = p.id JOIN dispute_case d ON d.organization_id = c.descendant_id
WHERE p.kind = 'LOCAL_FEDERATION' AND c.valid_to IS NULL AND CASE WHEN $1::bigint IS NULL THEN p.level = 'PROVINCIAL'
    ELSE p.id IN (SELECT child_id FROM organization_link WHERE parent_id = $1 AND hierarchy = 'TERRITORIAL' AND valid_to IS NULL) END
GROUP BY p.id ORDER BY count(*) DESC, p.id LIMIT 20
"""
"""The provinces, or the unions right below one, that have most cases in their subtrees."""

UNIONS = """
SELECT id FROM organization o WHERE $1::bigint IS NULL
    OR EXISTS (SELECT FROM territorial_closure c WHERE c.ancestor_id = $1 AND c.descendant_id = o.id AND c.valid_to IS NULL)
ORDER BY hashint8(id), id LIMIT $2
"""
"""Some unions of all, or of those below one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the operations ask for: keys of rows."""

    records: list[int]
    provinces: list[int]
    """All provincial federations, the one with most counties within 20 cities of 20 counties each first; or the persona's own union."""
    members: int
    """Size of the innermost page that makes the nested operation on the first one bring some 4,400 objects."""
    disputed: list[int]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: the bodies of its requests, which one server answers in turn."""

    name: str
    bodies: Callable[[Server], list[str]]


def choose(database: Database, persona: str = "nation") -> Choice:
    """What a persona asks for in this database: about its own union and those below it; the nation about everything."""
    return asyncio.run(_choose(database, persona))


async def _choose(database: Database, persona: str) -> Choice:
    connection: asyncpg.Connection = await connect(database.url)
    try:
        root = None if persona == "nation" else await union_of(connection, persona)
        records = await connection.fetch(UNIONS, root, RECORDS)
        provinces = [row["id"] for row in await connection.fetch(PROVINCES)] if root is None else [root]
        counties = [row["count"] for row in await connection.fetch(SIZES, provinces[0])]
        disputed = await connection.fetch(CASES, root)
    finally:
        await connection.close()
    return Choice([row["id"] for row in records], provinces, page_size(counties), [row["id"] for row in disputed])


def page_size(counties: list[int]) -> int:
    """The size of a page of members that brings nearest to 4,400 objects from counties with so many members."""
    return min(
        range(1, 201), key=lambda size: abs(21 + len(counties) + sum(min(size, has) for has in counties) - OBJECTS)
    )


def body(name: str, variables: dict[str, Any], documents: Path = OPERATIONS) -> str:
    """The body of a request for an operation of a folder."""
    return json.dumps({"query": (documents / f"{name}.graphql").read_text(), "variables": variables})


def organization(key: int) -> str:
    """The global ID of a union."""
    return f"org_{key:x}"


def operations(choice: Choice, persona: str = "nation") -> list[Operation]:
    """The operations that a persona asks. ``list_1000`` is the nation's alone: for peers all members are everybody's own."""
    province = organization(choice.provinces[0])
    disputed = {"organizations": [organization(key) for key in choice.disputed]}

    def one(name: str, variables: dict[str, Any]) -> Callable[[Server], list[str]]:
        return lambda server: [body(name, variables, server.documents)]

    def records(server: Server) -> list[str]:
        return [body("one_record", {"id": organization(key)}, server.documents) for key in choice.records]

    def pages(server: Server) -> list[str]:
        return [body("list_1000", dict(zip("bcde", cursors(server), strict=True)), server.documents)]

    found = [
        Operation("one_record", records),
        Operation("nested", one("nested", {"province": province, "members": 10})),
        Operation("nested_4400", one("nested", {"province": province, "members": choice.members})),
        Operation("cases", one("cases", disputed)),
        Operation("list_1000", pages),
    ]
    return found if persona == "nation" else [each for each in found if each.name != "list_1000"]


def cursors(server: Server) -> Iterator[str]:
    """The ends of the first four pages of 200 members; each server has cursors of its own."""
    after: str | None = None
    for _ in range(4):
        found = server.data(body("page", {"after": after}, server.documents))
        after = found["members"]["pageInfo"]["endCursor"]
        assert after is not None
        yield after


def count_objects(data: Any) -> int:
    """Objects with an ID in an answer."""
    if isinstance(data, dict):
        return ("id" in data) + sum(count_objects(value) for value in data.values())
    return sum(count_objects(item) for item in data) if isinstance(data, list) else 0


def masked(data: Any) -> Any:
    """An answer with the names of members as federations below the nation see them: 张*."""
    if isinstance(data, dict):
        shown = {key: masked(value) for key, value in data.items()}
        is_member = str(shown.get("id", "")).startswith("mem_") and "name" in shown
        return {**shown, "name": shown["name"][0] + "*"} if is_member else shown
    return [masked(item) for item in data] if isinstance(data, list) else data


def differences(one: Any, other: Any, path: str = "data") -> Iterator[str]:
    """Where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        for key in one:
            yield from differences(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}.{index}")
    elif isinstance(one, dict | list) or one != other or type(one) is not type(other):
        yield f"{path}: {str(one)[:200]} is not {str(other)[:200]}"
