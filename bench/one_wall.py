"""The hub without its second wall, for the benchmark alone: ``python -m bench.one_wall`` serves with the hub's settings, on loopback."""

from typing import Any

import asyncpg

import hub.app
from db.server.connect import create_pool
from hub.cli.commands import main


async def unwalled(url: str, **options: Any) -> asyncpg.Pool:
    """A pool whose connections have the rights of who logs in."""
    return await create_pool(url, **{**options, "role": None})


if __name__ == "__main__":
    hub.app.create_pool = unwalled  # type: ignore[attr-defined]
    main(["serve"])
