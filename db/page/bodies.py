"""Adds unions and employers in bulk, with links, closures and coverage."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from db.generate.codes import credit_code
from db.generate.names import brand
from db.server.bulk_copy import copy_rows


@dataclass(frozen=True, slots=True)
class NewUnion:
    """A union to add below its territorial parent; ``industrial`` is an industrial parent, which does not lead."""

    name: str
    form: str
    division: int | None
    parent: int
    established: date
    level: str = "GRASSROOTS"
    industry: str | None = None
    dissolved: date | None = None
    industrial: int | None = None


@dataclass(frozen=True, slots=True)
class NewEmployer:
    """An employer to add. ``union`` is responsible for it, and covers it from day ``covered`` if that is set."""

    name: str
    division: int
    county: str
    union: int
    headcount: int
    registered: date
    industry: str = "C13"
    kind: str = "PRIVATE_ENTERPRISE"
    covered: date | None = None
    covered_to: date | None = None
    is_platform_head: bool = False


async def add_unions(connection: asyncpg.Connection, unions: Sequence[NewUnion]) -> list[int]:
    """Add unions with their links and closures, inside the caller's transaction; their IDs, in order."""
    if not unions:
        return []
    keys = await reserve(connection, "organization", len(unions))
    await copy_rows(
        connection,
        "organization",
        ("id", "name", "level", "kind", "form", "status", "division_id", "industry", "established_on", "dissolved_on"),
        (
            (
                key,
                union.name,
                union.level,
                "GRASSROOTS_UNION",
                union.form,
                "DISSOLVED" if union.dissolved else "NORMAL",
                union.division,
                union.industry,
                union.established,
                union.dissolved,
            )
            for key, union in zip(keys, unions, strict=True)
        ),
    )
    links = []
    for key, union in zip(keys, unions, strict=True):
        links.append((key, union.parent, "TERRITORIAL", True, union.established, union.dissolved))
        if union.industrial is not None:
            links.append((key, union.industrial, "INDUSTRIAL", False, union.established, union.dissolved))
    await copy_rows(
        connection,
        "organization_link",
        ("child_id", "parent_id", "hierarchy", "is_lead", "valid_from", "valid_to"),
        links,
    )
    return keys


async def add_employers(connection: asyncpg.Connection, employers: Sequence[NewEmployer]) -> list[int]:
    """Add employers with their coverage, inside the caller's transaction; their IDs, in order."""
    keys = await reserve(connection, "employer", len(employers))
    await copy_rows(
        connection,
        "employer",
        (
            "id",
            "name",
            "kind",
            "credit_code",
            "industry",
            "division_id",
            "organization_id",
            "headcount",
            "registered_on",
            "is_platform_head",
        ),
        (
            (
                key,
                employer.name,
                employer.kind,
                credit_code("91", employer.county, key),
                employer.industry,
                employer.division,
                employer.union,
                employer.headcount,
                employer.registered,
                employer.is_platform_head,
            )
            for key, employer in zip(keys, employers, strict=True)
        ),
    )
    await cover(
        connection,
        (
            (employer.union, key, employer.covered, employer.covered_to)
            for key, employer in zip(keys, employers, strict=True)
            if employer.covered is not None
        ),
    )
    return keys


async def cover(connection: asyncpg.Connection, rows: Iterable[tuple[int, int, date, date | None]]) -> None:
    """Add coverage of employers by unions, from one day until another."""
    await copy_rows(connection, "employer_coverage", ("organization_id", "employer_id", "valid_from", "valid_to"), rows)


async def reserve(connection: asyncpg.Connection, table: str, count: int) -> list[int]:
    """``count`` IDs of a table's sequence."""
    if not count:
        return []
    sequence = f"pg_get_serial_sequence('{table}', 'id')"
    first = 1 + int(await connection.fetchval(f"SELECT coalesce(max(id), 0) FROM {table}"))  # noqa: S608 — a name of ours
    await connection.execute(f"SELECT setval({sequence}, $1)", first + count - 1)
    return list(range(first, first + count))


def firm(chance: random.Random, place: str, trade: str, ending: str = "有限公司") -> str:
    """A synthetic company's name, e.g. ``威海恒盛食品有限公司``."""
    return f"{place}{brand(chance)}{trade}{ending}"
