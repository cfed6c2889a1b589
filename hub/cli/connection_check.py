"""Checks that the database can be used before the hub serves, and says in one line what is wrong."""

import asyncio
import re
import socket
import ssl
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from db.errors import DataError
from hub.database import unsuitable

SECONDS = 2.0
"""How long the server may take to accept a connection."""


async def require_database(url: str) -> None:
    """Require that a database can be used.

    Raises:
        DataError: it cannot be reached, refuses the hub, or is not supported.
    """
    try:
        async with asyncio.timeout(SECONDS):
            connection = await asyncpg.connect(url, timeout=SECONDS)
            try:
                major = connection.get_server_version().major
                fault = unsuitable(major, await connection.fetchval("SHOW server_encoding"))
            finally:
                await connection.close()
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DataError(unreachable(url, error)) from error
    if fault:
        raise DataError(fault)


def unreachable(url: str, error: Exception) -> str:
    """Why a database cannot be used, and what to check: one line, without its password."""
    return f"The database {location(url)} cannot be used: {reason(url, error)}"


def location(url: str) -> str:
    """Host, port and database of a URL, as ``name at host:port``."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host, port = parts.hostname or query.get("host", ["a local socket"])[0], query.get("port", ["5432"])[0]
    try:
        port = str(parts.port or port)
    except ValueError:
        port = "?"
    where = f"{host}:{port}" if ":" not in host else f"[{host}]:{port}"
    return f"{unquote(parts.path.strip('/'))} at {where}"


def reason(url: str, error: Exception) -> str:
    """The reason for an error of connecting, and what to check."""
    user = unquote(urlsplit(url).username or "")
    match error:
        case TimeoutError():
            return (
                f"no answer within {SECONDS:g} s. Are host and port in UNIONHUB_DATABASE_URL right, "
                "and does a firewall let them through?"
            )
        case socket.gaierror():
            return "there is no host of this name. Is UNIONHUB_DATABASE_URL right?"
        case ConnectionRefusedError() | FileNotFoundError():
            return "nothing listens there. Is PostgreSQL running, and are host and port in UNIONHUB_DATABASE_URL right?"
        case OSError() if "Connect call failed" in str(error):  # a name with several addresses
            return "nothing listens there. Is PostgreSQL running, and are host and port in UNIONHUB_DATABASE_URL right?"
        case ssl.SSLError():
            return "TLS fails. Is `sslmode` in UNIONHUB_DATABASE_URL what the server wants?"
        case asyncpg.InvalidPasswordError():
            return f"the password of {user} is refused. Is the one in UNIONHUB_DATABASE_URL right?"
        case asyncpg.InvalidAuthorizationSpecificationError():
            return f"the server does not let {user} in. Does its pg_hba.conf, and is there a role of this name?"
        case asyncpg.InvalidCatalogNameError():
            return "there is no database of this name. `createdb` makes it: README, “A PostgreSQL of your own”."
        case asyncpg.CannotConnectNowError():
            return "the server is starting or stopping. Try again in a moment."
        case asyncpg.TooManyConnectionsError():
            return "all of its connections are in use. Is max_connections of the server above UNIONHUB_POOL_SIZE of all its hubs?"
        case OSError():
            return f"{one_line(error.strerror or str(error))}. Are host and port in UNIONHUB_DATABASE_URL right?"
        case _:
            return f"{one_line(str(error.args[0]) if error.args else type(error).__name__)}. Is UNIONHUB_DATABASE_URL right?"


def one_line(text: str) -> str:
    """A message on one line, without its final full stop and without URLs."""
    return re.sub(r"\w+://\S+", "…", " ".join(text.split())).rstrip(".")
