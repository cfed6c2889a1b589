"""The embedded PostgreSQL server of the tests: its data are in memory where there is room, and not durable."""

import hashlib
import os
import shutil
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parent.parent
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
"""Where Linux has files in memory, and how many bytes must be free there. A database is a thousand files: some file systems take seconds
to make them when as many were removed a moment ago."""

SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_wal_size": "1GB"}


def data_folder() -> Path:
    """This checkout's own, in memory or else under ``.data``; ``make clean`` removes the one in memory by the same name."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        return MEMORY / f"unionhub-test-{hashlib.sha256(f'{ROOT}{os.linesep}'.encode()).hexdigest()[:12]}"
    return ROOT / ".data" / "test"


async def forgo_durability(server: str) -> None:
    """Switch off waiting for the disk, and autovacuum, which would change plans while tests run."""
    connection = await asyncpg.connect(server)
    try:
        if await connection.fetchval("SHOW fsync") == "on":
            for name, value in SETTINGS.items():
                await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
