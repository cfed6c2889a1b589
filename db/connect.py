"""Connections: an asyncpg pool for queries, a SQLAlchemy engine for commands, both from one ``postgresql://`` URL."""

from typing import Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

SESSION = {"jit": "off", "timezone": "UTC", "plan_cache_mode": "force_custom_plan", "application_name": "unionhub"}
CONNECT_SECONDS = 5.0


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that goes back to the pool without a round trip: nothing here changes a session's settings."""

    def get_reset_query(self) -> str:
        """No statement."""
        return ""


async def create_pool(url: str, *, size: int = 8, statement_timeout_ms: int = 10_000) -> asyncpg.Pool:
    """A pool whose connections end any statement after ``statement_timeout_ms`` and keep a thousand prepared ones.

    None is opened before it is needed: the pool can be made while the database is down.
    """
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=CONNECT_SECONDS,
        connection_class=Connection,
        statement_cache_size=1000,
        max_cached_statement_lifetime=0,
        server_settings={**SESSION, "statement_timeout": str(statement_timeout_ms)},
    )


def create_engine(url: str, **options: Any) -> AsyncEngine:
    """A SQLAlchemy engine on asyncpg, with ``options`` of ``create_async_engine``."""
    return create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), **options)
