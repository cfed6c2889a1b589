"""Who asks in the benchmarks: personas of the demonstration and two agencies beside them, each by what it is."""

from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import click

from bench.database import Database
from db.access import Role
from db.demo.personas import PERSONAS as DEMONSTRATION
from db.demo.personas import add_personas
from db.security.row_security import READER
from db.server.connect import create_pool
from db.server.migrate import connect
from hub.cli.explain import caller_named
from resolvers.access.callers import Caller, Grant

SERVED = {
    "nation": "national",
    "province": "zhejiang",
    "city": "weihai",
    "industry": "chongqing-posts",
    "bureau": "shenzhen-hr",
    "mediator": "shenzhen-mediator",
    "worker": "member",
    "analyst": "analyst",
}
"""Personas of the demonstration, which have tokens, by what they are."""

AGENCIES = {"social-security": Role.SOCIAL_SECURITY_AGENCY, "employers-body": Role.EMPLOYERS_BODY}
"""Callers without a token, who are asked for inside of the process, by their role over the division of the bureau."""

ALL = (*SERVED, *AGENCIES)

UNIONS = {name: persona.organization for name in SERVED if (persona := DEMONSTRATION[SERVED[name]]).organization}
"""The unions that personas hold, by name."""

FEDERATIONS = ("nation", "province", "city")
"""Personas who hold a union of the territorial hierarchy."""


def option(default: Sequence[str], choices: Sequence[str]) -> Callable[[Any], Any]:
    """The option ``--persona``, which may be given several times."""
    return click.option(
        "--persona",
        "personas",
        multiple=True,
        default=default,
        type=click.Choice(choices),
        help="Who asks; may be given several times.",
    )


async def let_personas_in(url: str) -> None:
    """Make the demonstration's personas principals of the database."""
    connection = await connect(url)
    try:
        await add_personas(connection)
    finally:
        await connection.close()


async def callers(database: Database, names: Sequence[str]) -> dict[str, Caller]:
    """The callers of these names, with the grants that the database holds."""
    await let_personas_in(database.url)
    pool = await create_pool(database.url, size=1, role=READER)
    try:
        return {name: await _caller(pool, name) for name in names}
    finally:
        await pool.close()


async def _caller(pool: asyncpg.Pool, name: str) -> Caller:
    if name in SERVED:
        return await caller_named(pool, SERVED[name])
    division = (await caller_named(pool, SERVED["bureau"])).grants[0].division_id
    return Caller(name, grants=(Grant(AGENCIES[name], division_id=division),))


async def union_of(connection: asyncpg.Connection | asyncpg.Pool, name: str) -> int:
    """The key of the union that a persona holds."""
    found = await connection.fetchval(
        "SELECT id FROM organization WHERE name = $1 AND status <> 'DISSOLVED'", UNIONS[name]
    )
    assert isinstance(found, int), f"there is no {UNIONS[name]}"
    return found
