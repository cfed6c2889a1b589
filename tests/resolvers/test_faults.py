"""A database that is slow, lost or changed while the hub runs: told in the caller's words, or not noticed at all."""

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.server import connect
from db.server.connect import create_pool
from tests.resolvers.engine_client import NATIONAL, EngineClient

ONE = "{ disputeCases(first: 1) { nodes { number } } }"
SEVERAL = "{ disputeCases(first: 1) { totalCount pageInfo { hasNextPage } nodes { number organization { name division { name } } } } }"


@pytest.fixture
async def single(fresh_database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool of one connection, on a database of its own, that waits 300 ms for a statement."""
    pool = await create_pool(fresh_database_url, size=1, statement_timeout_ms=300)
    yield pool
    pool.terminate()


@pytest.fixture
async def other(fresh_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Another connection to that database."""
    connection = await asyncpg.connect(fresh_database_url)
    yield connection
    await connection.close()


async def kill(other: asyncpg.Connection) -> int:
    """End all other connections to the database, and say how many there were."""
    killed = await other.fetch(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return len(killed)


@pytest.mark.parametrize("text", [ONE, SEVERAL])
async def test_an_operation_that_takes_too_long_is_ended_and_the_next_one_is_answered(
    single: asyncpg.Pool, other: asyncpg.Connection, text: str
) -> None:
    caller = EngineClient(single)
    expected = await caller.data(text)
    async with other.transaction():
        await other.execute("LOCK TABLE dispute_case IN ACCESS EXCLUSIVE MODE")
        answer = await caller.answer(text)
    (error,) = json.loads(answer.body)["errors"]
    assert (answer.status, error["extensions"]["code"]) == (400, "STATEMENT_TIMEOUT")
    assert "smaller pages" in error["message"]
    assert await caller.data(text) == expected


async def test_an_operation_that_takes_too_long_in_its_middle_has_no_data(
    single: asyncpg.Pool, other: asyncpg.Connection
) -> None:
    caller = EngineClient(single)
    async with other.transaction():
        await other.execute("LOCK TABLE division IN ACCESS EXCLUSIVE MODE")
        response = await caller.response(SEVERAL)
    assert "data" not in response
    assert response["errors"][0]["extensions"]["code"] == "STATEMENT_TIMEOUT"
    assert (await caller.data(SEVERAL))["disputeCases"]["nodes"]


@pytest.mark.parametrize("text", [ONE, SEVERAL])
async def test_a_connection_lost_between_operations_is_not_noticed(
    single: asyncpg.Pool, other: asyncpg.Connection, text: str
) -> None:
    caller = EngineClient(single)
    expected = await caller.data(text)
    assert await kill(other) == 1
    assert await caller.data(text) == expected


@pytest.mark.parametrize("at", range(4))
async def test_a_connection_lost_during_an_operation_is_not_noticed(
    single: asyncpg.Pool, other: asyncpg.Connection, at: int
) -> None:
    killed = 0

    async def hold(before: int) -> None:
        nonlocal killed
        if before == at and not killed:
            killed = await kill(other)

    expected = await EngineClient(single).data(SEVERAL)
    caller = EngineClient(single, hold=hold)
    assert await caller.data(SEVERAL) == expected
    assert killed == 1
    assert len(caller.watched.statements) >= 4


async def test_a_connection_lost_twice_is_told_as_a_fault_of_the_hub_s(
    single: asyncpg.Pool, other: asyncpg.Connection
) -> None:
    held = 0

    async def hold(_: int) -> None:
        nonlocal held
        held += 1
        await kill(other)

    answer = await EngineClient(single, hold=hold).answer(SEVERAL)
    response = json.loads(answer.body)
    assert (answer.status, held) == (503, 2)
    assert "data" not in response
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "DATABASE_UNAVAILABLE"
    assert error["message"].startswith("The database cannot be reached. Try again shortly. Reference: ")
    assert (await EngineClient(single).data(SEVERAL))["disputeCases"]["nodes"]


async def test_a_database_that_is_down_is_told_as_unavailable() -> None:
    pool = await create_pool("postgresql://nobody@127.0.0.1:1/nothing", size=1)
    try:
        answer = await EngineClient(pool).answer(ONE, caller=NATIONAL)
        assert answer.status == 503
        assert json.loads(answer.body)["errors"][0]["extensions"]["code"] == "DATABASE_UNAVAILABLE"
        viewer = await EngineClient(pool).response("{ viewer { persona } __typename }", caller=NATIONAL)
        assert viewer["data"] == {"viewer": {"persona": "national"}, "__typename": "Query"}
    finally:
        pool.terminate()


@pytest.mark.parametrize("text", [ONE, SEVERAL])
async def test_a_column_that_changes_its_type_is_not_noticed(
    single: asyncpg.Pool, other: asyncpg.Connection, text: str
) -> None:
    caller = EngineClient(single)
    expected = await caller.data(text)
    await other.execute("ALTER TABLE dispute_case ALTER COLUMN number TYPE varchar(100)")
    await other.execute("ALTER TABLE division ALTER COLUMN name TYPE varchar(200)")
    assert await caller.data(text) == expected


async def test_an_operation_whose_statements_together_take_too_long_is_ended(single: asyncpg.Pool) -> None:
    async def hold(_: int) -> None:
        await asyncio.sleep(0.1)

    caller = EngineClient(single, hold=hold)
    caller.engine.seconds = 0.25
    response = await caller.response(SEVERAL)
    assert "data" not in response
    assert response["errors"][0]["extensions"]["code"] == "STATEMENT_TIMEOUT"
    caller.engine.seconds = 5.0
    assert (await caller.data(SEVERAL))["disputeCases"]["nodes"]


async def test_an_operation_that_gets_no_connection_in_time_is_told_so(
    single: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "WAIT_SECONDS", 0.2)
    caller = EngineClient(single)
    async with single.acquire():
        answer = await caller.answer(ONE, caller=NATIONAL)
    assert answer.status == 503
    assert json.loads(answer.body)["errors"][0]["extensions"]["code"] == "DATABASE_BUSY"
    assert (await caller.data(ONE))["disputeCases"]["nodes"]


async def test_more_operations_than_connections_are_all_answered(single: asyncpg.Pool) -> None:
    caller = EngineClient(single)
    expected = await caller.data(SEVERAL)
    assert await asyncio.gather(*(caller.data(SEVERAL) for _ in range(30))) == [expected] * 30
