"""Random rows for the tables of the programmes, which the random federation leaves empty: tests made from the schema need rows in each."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Enum, Integer, Numeric, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapper

from db.figures import PublishedFigure
from db.imports import ImportJob
from db.models import Model

ROWS = 60
TRIES = 2_000
PROGRAMMES = frozenset(
    f"db.{slice_}"
    for slice_ in (
        "activities", "assistance", "care", "certifications", "coverage", "fairs", "mediation", "policies", "relief", "services",
        "venues",
    )
)  # fmt: skip
"""The modules whose tables the random federation leaves empty."""

FIRST, DAYS = date(2021, 1, 1), 2_000
WORDS = ("暖蜂", "安康", "启明", "同心", "和谐", "春风", "金秋", "惠民")

PARTS = (
    ("attendance", "activity_id", "activity"),
    ("exhibitor", "activity_id", "activity"),
    ("job_offer", "exhibitor_id", "exhibitor"),
)
"""Parts that belong to the union of what they are part of."""

POOLS = {
    "organization": """
        (SELECT m.organization_id AS id FROM membership m WHERE m.valid_to IS NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 6)
        UNION (SELECT organization_id FROM dispute_case GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 6)
        UNION (SELECT c.descendant_id FROM industrial_closure c JOIN membership m ON m.organization_id = c.descendant_id
               WHERE c.depth > 0 AND c.valid_to IS NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 6)""",
    "division": """
        (SELECT d.id FROM division d JOIN organization o ON o.division_id = d.id
         WHERE d.level = 'COUNTY' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 10)
        UNION (SELECT division_id FROM collective_agreement WHERE submitted_on IS NOT NULL GROUP BY 1
               ORDER BY count(*) DESC, 1 LIMIT 6)""",
    "member": """
        (SELECT member_id AS id FROM dispute_party WHERE member_id IS NOT NULL ORDER BY dispute_party.id LIMIT 6)
        UNION (SELECT member_id FROM insurance_enrolment ORDER BY id LIMIT 6)""",
}
"""Where a row may refer to: few rows, so that some have much below them; those of the callers that tests sign in among them."""


QUERY = {
    "query": "{ policyDocuments(first: 0) { totalCount } }",
    "path": "policyDocuments.totalCount",
    "is_sensitive": False,
}
"""What answers every published figure of the sample."""


async def add_samples(connection: asyncpg.Connection) -> None:
    """Write ``ROWS`` rows into each table of the programmes, the same every time; inside the caller's transaction."""
    chance = random.Random("sample")
    pools: dict[str, list[int]] = {}
    for table in programme_tables():
        for _ in range(ROWS):
            await add(connection, table, chance, pools)
        pools.pop(table.name, None)
    figures, chance = PublishedFigure.__table__, random.Random("figures")
    assert isinstance(figures, Table)
    for _ in range(ROWS):
        await add(connection, figures, chance, pools)
    imports, chance = ImportJob.__table__, random.Random("imports")
    assert isinstance(imports, Table)
    for _ in range(ROWS):
        await add(connection, imports, chance, pools)
    await connection.execute(
        "UPDATE import_job SET state = 'BROKEN_OFF' WHERE state = 'RUNNING'"
    )  # a hub would find them
    for table, key, parent in PARTS:
        await connection.execute(
            f"UPDATE {table} SET organization_id = p.organization_id FROM {parent} p WHERE p.id = {table}.{key}"
        )


def programme_tables() -> list[Table]:
    """The tables of the programmes, those that others refer to first."""
    mappers: dict[str, Mapper[Any]] = {mapper.local_table.name: mapper for mapper in Model.registry.mappers}
    return [table for table in Model.metadata.sorted_tables if mappers[table.name].class_.__module__ in PROGRAMMES]


async def add(connection: asyncpg.Connection, table: Table, chance: random.Random, pools: dict[str, list[int]]) -> None:
    """Draw rows until one keeps the table's constraints."""
    of_record = of_records(table, len(pools.get(table.name, ())))
    columns = [
        column
        for column in table.columns
        if column.name != "id" and column.name not in of_record and not isinstance(column.type, ARRAY)
    ]
    names = ", ".join([*(column.name for column in columns), *of_record])
    places = ", ".join(f"${number}" for number in range(1, len(columns) + len(of_record) + 1))
    for _ in range(TRIES):
        values = [await value(connection, column, chance, pools) for column in columns] + list(of_record.values())
        try:
            async with connection.transaction():
                key = await connection.fetchval(
                    f"INSERT INTO {table.name} ({names}) VALUES ({places}) RETURNING id", *values
                )
        except (asyncpg.CheckViolationError, asyncpg.UniqueViolationError, asyncpg.NotNullViolationError):
            continue
        pools.setdefault(table.name, []).append(key)
        return
    raise AssertionError(f"no random row keeps the constraints of {table.name}")


def of_records(table: Table, number: int) -> dict[str, Any]:
    """The columns of the records of a table that have nothing to do with its slice, for the row of this number."""
    chance = random.Random(f"{table.name} {number}")
    found: dict[str, Any] = {}
    if "changed_at" in table.c:
        moment = datetime(2022, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randrange(10**13))
        found |= {"version": chance.randint(1, 9), "changed_at": moment}
    if "source_number" in table.c:
        system = chance.choice((None, "工会会员系统", "帮扶系统"))
        found |= {"source_system": system, "source_number": system and f"{chance.choice(WORDS)}{number}"}
    return found


async def value(
    connection: asyncpg.Connection, column: Column[Any], chance: random.Random, pools: dict[str, list[int]]
) -> Any:
    """A random value of a column; of a list the empty one."""
    if isinstance(column.type, ARRAY):
        return []
    if column.table.name == "published_figure" and column.name in QUERY:
        return QUERY[column.name]
    if column.nullable and chance.random() < (0.65 if column.name == "valid_to" else 0.35):
        return None
    for foreign in column.foreign_keys:
        other = foreign.column.table
        if other is column.table:
            return chance.choice(pools[other.name]) if pools.get(other.name) else None
        pool = await pool_of(connection, other.name, pools)
        return chance.choice(pool) if pool else None
    match column.type:
        case JSONB():
            return "{}"
        case Enum():
            return chance.choice(column.type.enums)
        case Boolean():
            return chance.random() < 0.5
        case Date():
            return FIRST + timedelta(days=chance.randrange(DAYS))
        case DateTime():
            return datetime(2022, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**7))
        case Numeric():
            return Decimal(chance.randint(1, 100_000)) / 100
        case Integer():
            return chance.randint(1, 60)
    return f"{chance.choice(WORDS)}{chance.randint(1, 10**6)}"


async def pool_of(connection: asyncpg.Connection, table: str, pools: dict[str, list[int]]) -> list[int]:
    """Keys that rows may refer to."""
    if table not in pools:
        sql = POOLS.get(table, f"SELECT id FROM {table} ORDER BY id LIMIT 20")
        pools[table] = sorted(row["id"] for row in await connection.fetch(sql))
    return pools[table]
