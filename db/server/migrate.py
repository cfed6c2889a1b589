"""Migrations: upgrade a database to the newest revision, and tell which revision it has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from db.encryption.keys import KeySource
from db.errors import DataError
from db.server.connect import create_engine
from db.server.login_rights import become_operator, missing_right, refusal, unreadable

UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)


def config(connection: Connection | None = None, keys: KeySource | None = None) -> Config:
    """Alembic's configuration for this repository's migrations, to run on ``connection``.

    ``keys`` are for migrations that encrypt values in clear.
    """
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    if connection is not None:
        made.attributes["connection"] = connection
    made.attributes["keys"] = keys
    return made


@cache
def head() -> str:
    """The newest revision of the code."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    if newest is None:
        raise DataError("the code has no migrations")
    return newest


@cache
def known_revisions() -> frozenset[str]:
    """All revisions of the code."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(config()).walk_revisions())


async def upgrade(url: str, keys: KeySource | None = None) -> None:
    """Upgrade the database at ``url`` to the newest revision, in one transaction; a database that has it is left alone.

    ``keys`` encrypt rows, where a migration does; the environment's unless given.

    Raises:
        DataError: the database cannot be reached, is at a revision that the code does not know, or the login lacks a right.
        KeyRingError: there are rows to encrypt, and no keys.
    """
    if not await _is_behind(url):
        return

    def run(connection: Connection) -> None:
        command.upgrade(config(connection, keys), "head")

    engine = create_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    except UNREACHABLE as error:
        raise unreachable(error) from error
    except DBAPIError as error:
        cause = error.__cause__ and error.__cause__.__cause__
        if isinstance(cause, UNREACHABLE):
            raise unreachable(error.orig or error) from error
        if isinstance(cause, asyncpg.PostgresError):
            raise refusal(cause) from error
        raise
    finally:
        await engine.dispose()


async def _is_behind(url: str) -> bool:
    """Whether the database has an older revision than the code.

    Raises:
        DataError: as ``upgrade`` does; also when the login lacks a right to upgrade.
    """
    connection = await connect(url)
    try:
        found = await revision(connection)
        if found == head():
            return False
        require_known(found)
        lacking = await missing_right(connection)
        if lacking is not None:
            raise DataError(lacking)
        return True
    finally:
        await connection.close()


def upgrade_sync(url: str) -> None:
    """``upgrade`` for a caller without an event loop."""
    asyncio.run(upgrade(url))


async def connect(url: str) -> asyncpg.Connection:
    """A connection to the database at ``url`` for a long command, without a statement timeout.

    Raises:
        DataError: the database cannot be reached.
    """
    try:
        return await asyncpg.connect(
            url, server_settings={"jit": "off", "timezone": "UTC", "application_name": "unionhub db"}
        )
    except (*UNREACHABLE, asyncpg.PostgresError, ValueError, asyncpg.InterfaceError) as error:
        raise unreachable(error) from error


async def connect_as_operator(url: str) -> asyncpg.Connection:
    """``connect``, under the operator's role when the login owns nothing.

    Raises:
        DataError: the database cannot be reached.
    """
    connection = await connect(url)
    try:
        await become_operator(connection)
    except BaseException:
        await connection.close()
        raise
    return connection


@asynccontextmanager
async def operating(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as an operator to a database at the newest revision.

    Raises:
        DataError: as ``connect_as_operator`` and ``require_head`` do.
    """
    connection = await connect_as_operator(url)
    try:
        await require_head(connection)
        yield connection
    finally:
        await connection.close()


async def revision(connection: asyncpg.Connection) -> str | None:
    """The revision of a database; None before the first upgrade.

    Raises:
        DataError: the login may not read it.
    """
    try:
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    except asyncpg.InsufficientPrivilegeError:
        raise DataError(await unreadable(connection)) from None
    return found


def require_known(found: str | None) -> None:
    """Refuse a database that newer code has upgraded.

    Raises:
        DataError: the code does not know its revision.
    """
    if found is not None and found not in known_revisions():
        raise DataError(
            f"The database is at revision {found}, which this version of the hub does not know (it goes to {head()})."
            " Install the version that upgraded it, or a newer one; the database stays as it is."
        )


async def require_head(connection: asyncpg.Connection) -> None:
    """Refuse a database that is not at the newest revision.

    Raises:
        DataError: it has no revision, or another one, or the login may not read it.
    """
    found = await revision(connection)
    if found != head():
        require_known(found)
        state = "has not been migrated" if found is None else f"is at revision {found}, the code at {head()}"
        raise DataError(f"The database {state}. Run: unionhub db upgrade")


def unreachable(error: Exception) -> DataError:
    """The error for a database that cannot be reached."""
    advice = "Is it running, and is UNIONHUB_DATABASE_URL right?"
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        advice = "Make it: createdb --encoding=UTF8 --template=template0 --locale=C --owner=OWNER NAME"
    elif isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        advice = "Are user and password in UNIONHUB_DATABASE_URL right, and does pg_hba.conf let them in?"
    return DataError(f"The database cannot be reached: {error}. {advice}")
