"""What an operation costs its caller: what was spent on it, whatever became of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from db.meter import METER, Meter, add_commands, add_objects, holding, working
from hub.app import Hub, create_app
from hub.limits.budget import COMMAND_POINTS, MILLISECOND_POINTS, REQUEST_POINTS, Budget, TokenBuckets, points_of
from hub.operations import Operations
from hub.settings import Settings
from hub.web import http
from resolvers.engine.request.document import Answer
from tests.hub.conftest import Api, ToyEngine
from tests.hub.test_end_to_end import unions_url  # noqa: F401
from tests.hub.web.test_cancel import Request, locked, waiting  # noqa: F401
from tests.hub.web.test_websocket import SlowEngine
from tests.tokens import write_key


class Still(Budget):
    """A budget of which nothing is refilled."""

    def __init__(self, points: int = 10**9, public_points: int = 10**9) -> None:
        super().__init__(points, public_points, 60, clock=lambda: 0.0)

    def spent(self, key: Any = 1) -> float:
        buckets: TokenBuckets | None = self.principals if isinstance(key, int) else self.anonymous
        assert buckets is not None
        return buckets.capacity - buckets.left(key)


@dataclass
class Spending:
    """The operations of an application, with a budget that is not refilled."""

    operations: Operations
    budget: Still


@pytest.fixture
def spending(app: Hub, monkeypatch: pytest.MonkeyPatch) -> Spending:
    monkeypatch.setattr(http, "WATCH_SECONDS", 0.01)
    assert app.endpoint is not None
    app.endpoint.operations.budget = budget = Still()
    return Spending(app.endpoint.operations, budget)


@pytest.fixture
def slow(spending: Spending) -> SlowEngine:
    spending.operations.engine = engine = SlowEngine()
    return engine


def at_least(milliseconds: float) -> float:
    """What so much time costs with the request itself."""
    return REQUEST_POINTS + milliseconds * MILLISECOND_POINTS


def test_the_price_of_each_thing() -> None:
    assert points_of(Meter()) == 10
    assert points_of(Meter(objects=25, statements=3, commands=60, seconds=0.002)) == 10 + 25 + 30 + 60_000 + 100


def test_work_without_a_connection_is_the_processors_time() -> None:
    meter = Meter()
    before = METER.set(meter)
    try:
        with working():
            time.sleep(0.1)  # others have the processor
        assert meter.seconds < 0.05
        with working():
            until = time.thread_time() + 0.02
            while time.thread_time() < until:
                pass
        assert meter.seconds >= 0.02
    finally:
        METER.reset(before)


def test_a_connection_is_paid_by_the_clock_however_its_use_ends() -> None:
    meter = Meter()
    before = METER.set(meter)
    try:
        with pytest.raises(KeyError), holding():  # noqa: PT012
            time.sleep(0.02)
            raise KeyError
        assert meter.seconds >= 0.0195
    finally:
        METER.reset(before)


async def test_an_answer_costs_its_time(api: Api, spending: Spending, slow: SlowEngine) -> None:
    asking = asyncio.create_task(api.post("{ word }"))
    await slow.started.wait()
    await asyncio.sleep(0.06)
    slow.go.set()
    response = await asking
    assert response.status_code == 200
    assert at_least(50) <= spending.budget.spent() < at_least(5_000)
    assert response.headers["ratelimit"].startswith(f'"cost";r={int(10**9 - spending.budget.spent())};')


async def test_a_fault_of_ours_costs_its_time_too(api: Api, spending: Spending) -> None:
    class Failing(ToyEngine):
        async def execute(self, *given: Any, **more: Any) -> Answer:
            add_objects(5_000)
            with holding():
                await asyncio.sleep(0.06)
            raise RuntimeError("broken")

    spending.operations.engine = Failing()
    response = await api.post("{ word }")
    assert response.status_code == 500
    assert spending.budget.spent() >= at_least(50) + 5_000
    assert "ratelimit" in response.headers


@pytest.mark.parametrize(
    "query", ["{", "{ nonsense }", "query A { word } query B { word }", "{ word } #" + "x" * 1_000]
)
async def test_what_is_refused_costs_a_request_and_its_time(api: Api, spending: Spending, query: str) -> None:
    await api.post(query)
    assert spending.budget.spent() > REQUEST_POINTS


async def test_who_goes_away_pays_for_the_time_until_then(app: Hub, spending: Spending, slow: SlowEngine) -> None:
    request = Request(app, "{ word }")
    await slow.started.wait()
    await asyncio.sleep(0.06)
    request.gone.set()
    await asyncio.wait_for(request.task, 2)
    assert slow.cancelled == 1
    assert spending.budget.spent() >= at_least(50)


async def test_a_mutation_is_paid_to_its_end_by_who_has_gone(app: Hub, spending: Spending) -> None:
    class Commanding(SlowEngine):
        async def execute(self, *given: Any, **more: Any) -> Answer:
            add_commands(3)
            answer = await super().execute(*given, **more)
            add_commands(2)
            return answer

    spending.operations.engine = engine = Commanding()
    request = Request(app, "mutation { change }")
    await engine.started.wait()
    request.gone.set()
    await asyncio.wait_for(request.task, 2)
    before = spending.budget.spent()
    assert 3 * COMMAND_POINTS < before < 5 * COMMAND_POINTS
    (mutation,) = spending.operations.mutations
    await asyncio.sleep(0.06)
    engine.go.set()
    await mutation
    await asyncio.sleep(0)
    assert spending.budget.spent() >= before + 2 * COMMAND_POINTS + 50 * MILLISECOND_POINTS


async def test_the_time_of_waiting_for_others_of_the_caller_is_not_charged(
    app: Hub, spending: Spending, slow: SlowEngine
) -> None:
    first = [Request(app, "{ word }") for _ in range(2)]
    await asyncio.sleep(0.02)
    third = Request(app, "{ word }")
    await asyncio.sleep(0.2)
    for request in first:
        request.gone.set()
    await asyncio.gather(*(request.task for request in first))
    before = spending.budget.spent()
    slow.go.set()
    await asyncio.wait_for(third.task, 2)
    assert third.sent[0]["status"] == 200
    assert spending.budget.spent() - before < at_least(150)


# from here on with the database


@pytest.fixture
async def busy(unions_url: str, tmp_path: Path) -> AsyncIterator[Hub]:  # noqa: F811
    write_key(tmp_path)
    made = create_app(Settings(database_url=unions_url, data_dir=tmp_path, statement_timeout_ms=400))
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def paid(busy: Hub) -> Still:
    assert busy.endpoint is not None
    busy.endpoint.operations.budget = budget = Still()
    return budget


async def test_twenty_aliases_that_time_out_cost_the_time_that_they_held_a_connection(
    busy: Hub,
    paid: Still,
    locked: asyncpg.Connection,  # noqa: F811
) -> None:
    fields = " ".join(f"a{number}: collectiveAgreements(first: 1) {{ nodes {{ id }} }}" for number in range(20))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(busy), base_url="http://hub") as client:
        response = await Api(client).post(f"{{ {fields} }}")
    assert response.json()["errors"][0]["extensions"]["code"] == "STATEMENT_TIMEOUT"
    assert paid.spent() >= at_least(400) + 20  # objects, though none was given


async def test_statements_are_counted_and_a_page_costs_its_objects(busy: Hub, paid: Still) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(busy), base_url="http://hub") as client:
        api, costs = Api(client), []
        for size in (1, 200):
            await api.post(f"{{ organizations(first: {size}) {{ nodes {{ id }} }} }}")
            before = paid.spent()
            await api.post(f"{{ organizations(first: {size}) {{ nodes {{ id }} }} }}")
            costs.append(paid.spent() - before)
    assert costs[0] > REQUEST_POINTS + 1 + 10
    assert costs[1] > REQUEST_POINTS + 200 + 10


async def test_who_is_away_while_postgresql_works_pays(
    busy: Hub,
    paid: Still,
    locked: asyncpg.Connection,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "WATCH_SECONDS", 0.01)
    request = Request(busy, "{ collectiveAgreements { nodes { id } } }")
    await waiting(locked, 1)
    await asyncio.sleep(0.12)
    request.gone.set()
    await asyncio.wait_for(request.task, 2)
    assert paid.spent() >= at_least(100)
