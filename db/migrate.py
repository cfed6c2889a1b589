"""Migrations: bring a database to the newest revision, and say which one it has."""

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from db.connect import create_engine
from db.errors import DataError
from db.keys import KeySource

UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)


def config(connection: Connection | None = None, keys: KeySource | None = None) -> Config:
    """Alembic's configuration for this repository's migrations, to run on ``connection``; ``keys`` for those that seal
    what stands there in clear."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    if connection is not None:
        made.attributes["connection"] = connection
    made.attributes["keys"] = keys
    return made


def head() -> str:
    """The newest revision of the code."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    if revision is None:
        raise DataError("the code has no migrations")
    return revision


async def upgrade(url: str, keys: KeySource | None = None) -> None:
    """Bring the database at ``url`` to the newest revision, in one transaction; nothing to do is no error.

    ``keys`` are those of the environment unless given, and needed only where rows are to be encrypted.

    Raises:
        DataError: the database cannot be reached.
        KeyRingError: there are rows to encrypt, and no keys.
    """

    def run(connection: Connection) -> None:
        command.upgrade(config(connection, keys), "head")

    engine = create_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    except UNREACHABLE as error:
        raise unreachable(error) from error
    except DBAPIError as error:
        if isinstance(error.__cause__ and error.__cause__.__cause__, UNREACHABLE):
            raise unreachable(error.orig or error) from error
        raise
    finally:
        await engine.dispose()


def upgrade_sync(url: str) -> None:
    """``upgrade`` for a caller without an event loop."""
    asyncio.run(upgrade(url))


async def connect(url: str) -> asyncpg.Connection:
    """A connection to the database at ``url`` for a long command: no statement timeout.

    Raises:
        DataError: the database cannot be reached.
    """
    try:
        return await asyncpg.connect(
            url, server_settings={"jit": "off", "timezone": "UTC", "application_name": "unionhub db"}
        )
    except (*UNREACHABLE, ValueError, asyncpg.InterfaceError) as error:
        raise unreachable(error) from error


async def require_head(connection: asyncpg.Connection) -> None:
    """Refuse to go on with a database that is not at the newest revision.

    Raises:
        DataError: it has no revision, or another one.
    """
    try:
        found = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        found = None
    if found != head():
        state = "has not been migrated" if found is None else f"is at revision {found}, the code at {head()}"
        raise DataError(f"The database {state}. Run: unionhub db upgrade")


def unreachable(error: Exception) -> DataError:
    """The error to tell when the database cannot be reached."""
    return DataError(f"The database cannot be reached: {error}. Is it running, and is UNIONHUB_DATABASE_URL right?")
