"""What becomes of an operation whose caller goes away: a query ends, here and in PostgreSQL; a mutation does not."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from db.server.migrate import connect
from hub.app import Hub
from hub.web import http
from hub.web.protocol import ABORT
from resolvers.engine.request.document import Answer
from tests.hub.conftest import TOKEN, ToyEngine
from tests.hub.test_end_to_end import real, unions_url  # noqa: F401
from tests.hub.web.test_websocket import SlowEngine

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Request:
    """One request of a caller who may go away."""

    def __init__(self, app: Hub, query: str, bearer: str = TOKEN, **more: str) -> None:
        self.gone = asyncio.Event()
        self.sent: list[Any] = []
        self.body: bytes | None = json.dumps({"query": query}).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {bearer}", **more}
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "query_string": b"",
            "client": ("192.0.2.7", 5),
            "extensions": {ABORT: {}},
        }
        self.task = asyncio.create_task(app(scope, self.receive, self.send))

    async def receive(self) -> Any:
        if self.body is not None:
            body, self.body = self.body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)


@pytest.fixture
def slow(app: Hub, monkeypatch: pytest.MonkeyPatch) -> SlowEngine:
    monkeypatch.setattr(http, "WATCH_SECONDS", 0.01)
    assert app.endpoint is not None
    app.endpoint.operations.engine = engine = SlowEngine()
    return engine


async def test_a_query_ends_when_its_caller_goes_away(
    app: Hub, slow: SlowEngine, caplog: pytest.LogCaptureFixture
) -> None:
    request = Request(app, "query Long { word }")
    await slow.started.wait()
    with caplog.at_level(logging.INFO, "unionhub.request"):
        request.gone.set()
        await asyncio.wait_for(request.task, 2)
    assert (slow.cancelled, slow.finished, request.sent) == (1, 0, [])
    (line,) = [record.__dict__ for record in caplog.records if record.name == "unionhub.request"]
    assert (line["status"], line["principal"]) == (499, "national")


async def test_a_caller_who_stays_is_answered_also_when_it_takes_long(app: Hub, slow: SlowEngine) -> None:
    request = Request(app, "{ word }")
    await slow.started.wait()
    await asyncio.sleep(0.05)
    slow.go.set()
    await asyncio.wait_for(request.task, 2)
    assert [message["type"] for message in request.sent] == ["http.response.start", "http.response.body"]
    assert slow.cancelled == 0
    assert not [task for task in asyncio.all_tasks() if "until_gone" in repr(task) and not task.done()]


async def test_a_mutation_goes_on_without_its_caller(app: Hub, slow: SlowEngine) -> None:
    request = Request(app, "mutation { change }")
    await slow.started.wait()
    request.gone.set()
    await asyncio.wait_for(request.task, 2)
    assert app.endpoint is not None
    (mutation,) = app.endpoint.operations.mutations
    slow.go.set()
    assert isinstance(await mutation, Answer)
    assert (slow.cancelled, slow.finished) == (0, 1)


async def test_whoever_else_ends_a_request_is_not_kept_from_it(app: Hub, slow: SlowEngine) -> None:
    request = Request(app, "{ word }")
    await slow.started.wait()
    request.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request.task
    assert slow.cancelled == 1


async def test_quick_requests_are_not_watched(app: Hub, engine: ToyEngine) -> None:
    request = Request(app, "{ word }")
    await asyncio.wait_for(request.task, 2)
    assert request.body is None
    assert len(request.sent) == 2
    assert not [task for task in asyncio.all_tasks() if "until_gone" in repr(task)]


@pytest.fixture
async def locked(unions_url: str) -> AsyncIterator[asyncpg.Connection]:  # noqa: F811
    """Holds a lock on which every query for agreements waits."""
    connection = await connect(unions_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("LOCK TABLE collective_agreement IN ACCESS EXCLUSIVE MODE")
    yield connection
    await transaction.rollback()
    await connection.close()


async def waiting(connection: asyncpg.Connection, number: int) -> None:
    """Wait until so many statements wait for the lock."""
    async with asyncio.timeout(4):
        while await connection.fetchval(WAITING) != number:
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("real", ["plan"], indirect=True)
async def test_postgresql_ends_the_statement_too(real: Hub, locked: asyncpg.Connection) -> None:  # noqa: F811
    request = Request(real, "{ collectiveAgreements { nodes { id } } }")
    await waiting(locked, 1)
    request.gone.set()
    await waiting(locked, 0)
    await asyncio.wait_for(request.task, 2)
    assert request.sent == []
    assert real.pool is not None
    async with asyncio.timeout(4):
        while real.pool.get_idle_size() != real.pool.get_size():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
