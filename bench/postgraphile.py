"""PostGraphile 5, a peer: what it is given of the database, and its packages, which are installed when they are first wanted."""

import asyncio
from pathlib import Path

from bench.database import Database
from db.server.migrate import connect
from hub.setup.explorer_build import Node, candidates, install_packages

FOLDER = Path(__file__).parent / "postgraphile"
OLDEST = (22,)
"""The Node that PostGraphile 5 wants."""


def node() -> Node:
    """A Node that is new enough.

    Raises:
        RuntimeError: there is none.
    """
    found = next((each for each in candidates() if each.version >= OLDEST), None)
    if found is None:
        raise RuntimeError("PostGraphile wants Node 22 or newer, and none was found.")
    return found


def install(found: Node) -> None:
    """Install its packages by hash from the lock, unless that was done.

    Raises:
        RuntimeError: npm failed; the message ends with its last lines.
    """
    failure = install_packages(found, FOLDER, "--ignore-scripts")
    if failure is not None:
        raise RuntimeError(f"PostGraphile could not be installed:\n{failure}")


def add_schema(database: Database) -> None:
    """Make the schema ``peer`` in the database."""
    asyncio.run(_add_schema(database.url))


async def _add_schema(url: str) -> None:
    connection = await connect(url)
    try:
        await connection.execute((FOLDER / "schema.sql").read_text())
    finally:
        await connection.close()
