"""What operators ask: is the process alive, can it answer queries, and what has it done."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from db.migrate import head
from db.row_security import Fault, faults
from hub.operations import DATABASE_AWAY
from hub.telemetry import CONTENT_TYPE, Telemetry

SECONDS = 2.0
"""How long a check may take."""

OK = "ok"


async def healthz(_: Request) -> Response:
    """200 while the process serves; asks nothing of the database."""
    return JSONResponse({"status": OK})


def readyz(pool: Callable[[], asyncpg.Pool | None]) -> Callable[[Request], Awaitable[Response]]:
    """200 when the database can be reached, is at the newest revision and has its second wall; else 503, with what each check found."""

    async def answer(_: Request) -> Response:
        opened = pool()
        checks = await check(opened) if opened else {"database": "the hub is starting or stopping"}
        ready = all(found == OK for found in checks.values())
        return JSONResponse({"status": OK if ready else "not ready", "checks": checks}, 200 if ready else 503)

    return answer


def metrics(telemetry: Telemetry) -> Callable[[Request], Awaitable[Response]]:
    """The metrics in Prometheus' text format."""

    async def answer(_: Request) -> Response:
        return Response(telemetry.exposition(), media_type=CONTENT_TYPE)

    return answer


async def check(pool: asyncpg.Pool) -> dict[str, str]:
    """``ok``, or what is wrong and what to do, of ``database``, ``migrations`` and ``row_security``."""
    unknown = "not checked: the database cannot be reached"
    weak: list[Fault] = []
    try:
        async with asyncio.timeout(SECONDS), pool.acquire() as connection:
            found = await connection.fetchval("SELECT version_num FROM alembic_version")
            if found == newest():
                weak = [fault for fault in await faults(connection) if fault.is_grave]
    except TimeoutError:
        away = f"no connection answered within {SECONDS:.0f} s"
        return {"database": away, "migrations": unknown, "row_security": unknown}
    except asyncpg.UndefinedTableError:
        found = None
    except (*DATABASE_AWAY, asyncpg.PostgresError, asyncpg.InterfaceError):
        return {
            "database": "cannot be reached: is it running, and is UNIONHUB_DATABASE_URL right?",
            "migrations": unknown,
            "row_security": unknown,
        }
    if found == newest():
        wall = "; ".join(f"{fault.seen}: {fault.advice}" for fault in weak) or OK
        return {"database": OK, "migrations": OK, "row_security": wall}
    state = f"the database is at {found}" if found else "the database has not been migrated"
    return {
        "database": OK,
        "migrations": f"{state}, the code is at {newest()}; run: unionhub db upgrade",
        "row_security": "not checked: the database is at another revision",
    }


@cache
def newest() -> str:
    """The newest revision of the code."""
    return head()
