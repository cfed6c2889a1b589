"""What operators ask, with and without a database."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from db import embedded
from db.connect import create_pool
from db.migrate import connect, head, upgrade
from hub.health import check
from tests.hub.conftest import Api


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_url(server_url: str) -> AsyncIterator[str]:
    """A migrated database of this file's own."""
    connection = await connect(server_url)
    try:
        name = f"health_{os.getpid()}_{secrets.token_hex(3)}"
        await connection.execute(f"CREATE DATABASE {name}")
        url = embedded.with_database(server_url, name)
        await upgrade(url)
        yield url
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


async def test_process_is_alive_without_a_database(client: httpx.AsyncClient) -> None:
    response = await client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_hub_without_a_database_starts_and_says_what_is_missing(client: httpx.AsyncClient) -> None:
    response = await client.get("/readyz")
    assert response.status_code == 503
    checks = response.json()["checks"]
    assert checks["database"].startswith("cannot be reached")
    assert "127.0.0.1" not in response.text
    assert checks["migrations"].startswith("not checked")


async def test_migrated_database_is_ready(migrated_url: str) -> None:
    pool = await create_pool(migrated_url)
    try:
        assert await check(pool) == {"database": "ok", "migrations": "ok", "row_security": "ok"}
    finally:
        await pool.close()


async def test_database_at_another_revision_is_not_ready(migrated_url: str) -> None:
    pool = await create_pool(migrated_url)
    try:
        await pool.execute("UPDATE alembic_version SET version_num = '0000'")
        found = await check(pool)
        assert found["database"] == "ok"
        assert "0000" in found["migrations"]
        assert head() in found["migrations"]
        assert "unionhub db upgrade" in found["migrations"]
    finally:
        await pool.execute("UPDATE alembic_version SET version_num = $1", head())
        await pool.close()


async def test_empty_database_is_not_ready(server_url: str) -> None:
    pool = await create_pool(server_url)
    try:
        assert "not been migrated" in (await check(pool))["migrations"]
    finally:
        await pool.close()


async def test_pool_recovers_when_the_server_ends_its_connections(migrated_url: str) -> None:
    pool = await create_pool(migrated_url, size=2)
    try:
        assert (await check(pool))["database"] == "ok"
        connection = await connect(migrated_url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'unionhub'"
        )
        await connection.close()
        await asyncio.sleep(0.05)
        assert (await check(pool))["database"] == "ok"
    finally:
        await pool.close()


async def test_busy_pool_is_not_ready(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub import health

    monkeypatch.setattr(health, "SECONDS", 0.1)
    pool = await create_pool(migrated_url, size=1)
    try:
        async with pool.acquire():
            assert "no connection answered" in (await check(pool))["database"]
        assert (await check(pool))["database"] == "ok"
    finally:
        await pool.close()


async def test_metrics_count_requests_and_refusals(api: Api) -> None:
    await api.post("{ word }")
    await api.post("{")
    await api.post("{ word }", headers={"authorization": "Bearer wrong"})
    response = await api.client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    assert 'unionhub_graphql_requests_total{status="200"} 1.0' in lines
    assert 'unionhub_graphql_requests_total{status="400"} 1.0' in lines
    assert 'unionhub_graphql_requests_total{status="401"} 1.0' in lines
    assert 'unionhub_graphql_refused_total{code="SYNTAX_ERROR"} 1.0' in lines
    assert "unionhub_graphql_seconds_count 3.0" in lines
    assert "unionhub_graphql_running 0.0" in lines
    assert 'unionhub_documents{figure="kept"} 1.0' in lines
    assert 'unionhub_database_connections{state="open"} 0.0' in lines
