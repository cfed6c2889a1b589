"""Operations slower than the setting are in the log with their plan, and with no value."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.server.migrate import connect
from hub.app import Hub, create_app
from hub.settings import Settings
from hub.telemetry import slow_operations
from hub.telemetry.log_formatters import JsonLines
from tests.hub.conftest import BEARER, RESPONSE
from tests.hub.test_end_to_end import unions_url  # noqa: F401
from tests.tokens import write_key

QUERY = """
query Unions($name: String!, $first: Int!) {
  organizations(first: $first, filter: {name: {startsWith: $name}}) {
    totalCount
    nodes { name children(first: 2) { nodes { name } } }
  }
}
"""
VENUES = "query Venues { venues(first: 3) { nodes { name } } }"
VARIABLES = {"name": "Union 7", "first": 97}

Ask = Callable[..., Any]


@pytest.fixture
async def hub(unions_url: str, tmp_path: Path) -> AsyncIterator[Hub]:  # noqa: F811
    write_key(tmp_path)
    made = create_app(Settings(database_url=unions_url, data_dir=tmp_path, slow_operation_ms=1))
    async with made.router.lifespan_context(made):
        yield made


async def ask(hub: Hub, query: str = QUERY, variables: Any = None) -> httpx.Response:
    transport = httpx.ASGITransport(hub, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        body = {"query": query, "variables": variables or VARIABLES}
        return await client.post("/graphql", json=body, headers={"accept": RESPONSE, "x-request-id": "r7", **BEARER})


async def logged(hub: Hub, caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines of slow operations, once all of them are written."""
    assert hub.endpoint is not None
    await asyncio.gather(*hub.endpoint.operations.slow.tasks)
    return [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "unionhub.slow"]


async def test_a_slow_operation_is_logged_with_both_plans_and_no_value(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    response = await ask(hub)
    assert response.json()["data"]["organizations"]["totalCount"] == 11
    (line,) = await logged(hub, caplog)
    assert (line["operation"], line["principal"], line["status"]) == ("Unions", "national", 200)
    assert line["ms"] >= 1
    assert line["statements"] >= len(line["slowest"]) == 2
    assert line["plan"].startswith("organizations")
    by_path = {statement["path"]: statement for statement in line["slowest"]}
    assert by_path["organizations"]["rows"] == 1  # the page with all below it, as JSON
    assert "$1" in by_path["organizations"]["sql"]
    assert line.get("why_no_plan") is None
    for statement in line["slowest"]:
        assert "cost=" in statement["explain"], statement
    assert "organization" in by_path["organizations"]["explain"]
    assert "Union 7" not in json.dumps(line)
    assert "unionhub_slow_operations_total 1.0" in hub.telemetry.exposition().decode()
    assert "unionhub_plan_cache_misses_total 1.0" in hub.telemetry.exposition().decode()


async def test_plans_are_asked_for_once_in_a_while_only(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        await ask(hub)
    lines = await logged(hub, caplog)
    assert len(lines) == 3
    explained = [line for line in lines if any("explain" in statement for statement in line["slowest"])]
    assert len(explained) == 1
    assert all(line["slowest"][0]["sql"] for line in lines)


async def test_plans_are_not_asked_for_while_all_connections_are_taken(
    hub: Hub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_operations, "is_free", lambda _: False)
    await ask(hub)
    (line,) = await logged(hub, caplog)
    assert not any("explain" in statement for statement in line["slowest"])


async def test_a_statement_that_was_ended_is_the_one_that_is_shown(
    hub: Hub,
    unions_url: str,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert hub.endpoint is not None
    hub.endpoint.operations.engine.seconds = 0.3  # type: ignore[attr-defined]
    other = await connect(unions_url)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE venue IN ACCESS EXCLUSIVE MODE")
            response = await ask(hub, VENUES)
            lines = await logged(hub, caplog)
    finally:
        await other.close()
    assert response.json()["errors"][0]["extensions"]["code"] == "STATEMENT_TIMEOUT"
    (line,) = lines
    (statement,) = line["slowest"]
    assert (line["status"], statement["path"], statement["rows"]) == (400, "venues", None)
    assert statement["explain"] == "LockNotAvailableError"


async def test_quick_operations_are_not_logged(
    unions_url: str,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_key(tmp_path)
    for milliseconds in (0, 60_000):
        hub = create_app(Settings(database_url=unions_url, data_dir=tmp_path, slow_operation_ms=milliseconds))
        async with hub.router.lifespan_context(hub):
            await ask(hub)
            assert await logged(hub, caplog) == []


async def test_lines_are_written_as_any_other(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    await ask(hub)
    await logged(hub, caplog)
    record = next(record for record in caplog.records if record.name == "unionhub.slow")
    assert record.levelno == logging.WARNING
