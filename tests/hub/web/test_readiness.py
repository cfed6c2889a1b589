"""What operators ask, with and without a database."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from db.rollups.maintenance import build_rollups
from db.server import embedded
from db.server.connect import create_pool
from db.server.migrate import connect, head, upgrade
from hub.app import create_app
from hub.settings import Settings
from hub.web import readiness
from hub.web.readiness import check
from tests.hub.conftest import BEARER, SCHEMA, Api, ToyEngine, code_of, without_database


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


SECRET = "metrics-of-the-union-hub"
SENT = {"authorization": f"Bearer {SECRET}"}


@asynccontextmanager
async def served(settings: Settings, **given: Any) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Clients of the hub's port, and of the port for operators, of a hub with some settings."""
    app = create_app(
        settings.model_copy(update=given),
        served=SCHEMA,
        make_engine=lambda pool, settings: ToyEngine(),
        make_authenticator=without_database,
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as ours,
        httpx.AsyncClient(transport=httpx.ASGITransport(app.operators), base_url="http://hub") as theirs,
    ):
        yield ours, theirs


async def test_process_is_alive_without_a_database(client: httpx.AsyncClient) -> None:
    response = await client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_hub_without_a_database_starts_and_tells_operators_what_is_missing(settings: Settings) -> None:
    async with served(settings, metrics_port=0) as (ours, theirs):
        response = await theirs.get("/readyz")
        assert response.status_code == 503
        checks = response.json()["checks"]
        assert checks["database"].startswith("cannot be reached")
        assert "127.0.0.1" not in response.text
        assert checks["migrations"].startswith("not checked")
        response = await ours.get("/readyz")
        assert (response.status_code, response.json()) == (503, {"status": "not ready"})


BAD = [
    {},
    {"authorization": SECRET},
    {"authorization": f"Basic {SECRET}"},
    {"authorization": f"Bearer {SECRET}x"},
    BEARER,
]


@pytest.mark.parametrize("headers", [*BAD, SENT])
async def test_strangers_learn_nothing_where_nothing_is_set(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.get("/metrics", headers=headers)
    assert (response.status_code, code_of(response)) == (404, "NOT_FOUND")
    assert (await client.get("/readyz", headers=headers)).json() == {"status": "not ready"}


async def test_the_token_opens_metrics_and_details_on_the_hubs_port(settings: Settings) -> None:
    async with served(settings, metrics_token=SecretStr(SECRET)) as (ours, _):
        for headers in BAD:
            response = await ours.get("/metrics", headers={**headers, "accept-language": "zh"})
            assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.json()["errors"][0]["message"].startswith("未登录")
            assert (await ours.get("/readyz", headers=headers)).json() == {"status": "not ready"}
        assert "unionhub_graphql_running 0.0" in (await ours.get("/metrics", headers=SENT)).text
        assert "database" in (await ours.get("/readyz", headers=SENT)).json()["checks"]


async def test_with_a_port_of_their_own_the_hubs_port_has_neither(settings: Settings) -> None:
    async with served(settings, metrics_port=0) as (ours, theirs):
        assert (await ours.get("/metrics")).status_code == 404
        assert "unionhub_graphql_running 0.0" in (await theirs.get("/metrics")).text
        assert (await theirs.get("/healthz")).json() == {"status": "ok"}
        assert (await theirs.get("/graphql")).status_code == 404
    async with served(settings, metrics_port=0, metrics_token=SecretStr(SECRET)) as (ours, theirs):
        for headers in (*BAD, SENT):
            assert (await ours.get("/metrics", headers=headers)).status_code == 404
            assert (await ours.get("/readyz", headers=headers)).json() == {"status": "not ready"}
        for headers in BAD:
            assert (await theirs.get("/metrics", headers=headers)).status_code == 401
            assert (await theirs.get("/readyz", headers=headers)).json() == {"status": "not ready"}
        assert (await theirs.get("/metrics", headers=SENT)).status_code == 200
        assert "database" in (await theirs.get("/readyz", headers=SENT)).json()["checks"]


async def test_the_database_is_asked_once_a_second_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def counted(_: Any) -> dict[str, str]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return {"database": "ok"}

    monkeypatch.setattr(readiness, "check", counted)
    ready = readiness.Readiness(lambda: object())  # type: ignore[arg-type,return-value]
    assert await asyncio.gather(*(ready.checks() for _ in range(100))) == [{"database": "ok"}] * 100
    assert asked == 1
    ready.until = 0.0
    await ready.checks()
    assert asked == 2


async def test_migrated_database_is_ready(migrated_url: str) -> None:
    pool = await create_pool(migrated_url)
    try:
        await build_rollups(migrated_url)
        assert await check(pool) == {"database": "ok", "migrations": "ok", "row_security": "ok", "roll_ups": "ok"}
    finally:
        await pool.close()


@pytest.mark.parametrize("in_use", [True, False])
async def test_rollups_out_of_use_are_a_warning_that_operators_see_in_checks_metrics_and_log(
    migrated_url: str, settings: Settings, caplog: pytest.LogCaptureFixture, in_use: bool
) -> None:
    await build_rollups(migrated_url)
    connection = await connect(migrated_url)
    await connection.execute("UPDATE rollup.state SET ready = $1", in_use)
    await connection.close()
    async with served(settings, database_url=migrated_url, metrics_port=0) as (_, theirs):
        response = await theirs.get("/readyz")
        assert (response.status_code, response.json()["status"]) == (200, "ok")
        found = response.json()["checks"]["roll_ups"]
        assert found == "ok" if in_use else found.endswith("run: unionhub db rebuild-rollups")
        for _ in range(100):
            metrics = (await theirs.get("/metrics")).text
            if "unionhub_rollups_in_use NaN" not in metrics:
                break
            await asyncio.sleep(0.02)
    assert f"unionhub_rollups_in_use {float(in_use)}" in metrics.splitlines()
    assert ("run: unionhub db rebuild-rollups" in caplog.text) is not in_use
    await build_rollups(migrated_url)


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
    pool = await create_pool(migrated_url, size=1)
    try:
        async with pool.acquire():
            with monkeypatch.context() as patched:
                patched.setattr(readiness, "SECONDS", 0.1)
                assert "no connection answered" in (await check(pool))["database"]
        assert (await check(pool))["database"] == "ok"
    finally:
        await pool.close()


async def test_metrics_count_requests_and_refusals(settings: Settings) -> None:
    async with served(settings, metrics_port=0) as (ours, theirs):
        api = Api(ours)
        await api.post("{ word }")
        await api.post("{")
        await api.post("{ word }", headers={"authorization": "Bearer wrong"})
        response = await theirs.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    assert 'unionhub_graphql_requests_total{status="200"} 1.0' in lines
    assert 'unionhub_graphql_requests_total{status="400"} 1.0' in lines
    assert 'unionhub_graphql_requests_total{status="401"} 1.0' in lines
    assert 'unionhub_graphql_refused_total{code="SYNTAX_ERROR"} 1.0' in lines
    assert "unionhub_graphql_seconds_count 3.0" in lines
    assert "unionhub_graphql_running 0.0" in lines
    assert "unionhub_graphql_waiting 0.0" in lines
    assert "unionhub_document_cache_kept 1.0" in lines
    assert 'unionhub_database_connections{state="open"} 0.0' in lines
