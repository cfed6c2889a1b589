"""A caller's share of the connections: who has it in use waits in a line of their own, and others are served."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.app import Hub, create_app
from hub.errors import Refusal
from hub.limits.concurrency import CallerConcurrency, KeyedSemaphore
from hub.settings import Settings
from hub.web import http
from resolvers.engine.request.document import Answer
from tests.hub.conftest import TOKEN, ToyEngine
from tests.hub.test_end_to_end import unions_url  # noqa: F401
from tests.hub.web.test_cancel import Request, locked, waiting  # noqa: F401
from tests.tokens import write_key


async def turns(*tasks: asyncio.Task[Any]) -> list[bool]:
    """Which tasks are done once all that can go on has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


async def test_places_are_counted_by_key_and_go_to_who_waits_longest() -> None:
    shares = KeyedSemaphore(2)
    assert [shares.acquire("a"), shares.acquire("a"), shares.acquire("a"), shares.acquire("b")] == [
        True,
        True,
        False,
        True,
    ]
    first, second = asyncio.create_task(shares.wait("a")), asyncio.create_task(shares.wait("a"))
    assert await turns(first, second) == [False, False]
    assert shares.waiting("a") == 2
    shares.release("b")
    assert await turns(first, second) == [False, False]
    shares.release("a")
    assert await turns(first, second) == [True, False]
    assert not shares.acquire("a")
    for _ in range(3):
        shares.release("a")
    assert await turns(second) == [True]
    assert (shares.used, shares.queues) == ({}, {})


async def test_who_goes_while_waiting_leaves_the_line_and_takes_no_place_along() -> None:
    shares = KeyedSemaphore(1)
    shares.acquire("a")
    waits = [asyncio.create_task(shares.wait("a")) for _ in range(4)]
    await turns()
    waits[0].cancel()
    waits[2].cancel()
    await turns()
    assert shares.waiting("a") == 2
    shares.release("a")
    waits[1].cancel()  # in the moment in which it is given the place
    assert await turns(*waits) == [True] * 4
    assert [wait.cancelled() for wait in waits] == [True, True, True, False]
    assert shares.used == {"a": 1}
    shares.release("a")
    assert (shares.used, shares.queues) == ({}, {})


async def test_a_line_is_bounded_in_length_and_time() -> None:
    places = CallerConcurrency(1, 1, seconds=0.05)
    assert places.acquire("a")
    waiting = asyncio.create_task(places.wait("a"))
    await turns()
    with pytest.raises(Refusal, match="and 1 wait for one of them to end") as caught:
        await places.wait("a")
    assert (caught.value.status, caught.value.code) == (429, "TOO_MANY_RUNNING")
    with pytest.raises(Refusal, match="none of them has ended within") as caught:
        await waiting
    assert (caught.value.status, caught.value.code) == (429, "TOO_MANY_RUNNING")
    places.release("a")
    assert places.acquire("a")


async def test_without_a_share_nobody_waits() -> None:
    places = CallerConcurrency(0, 0)
    assert all(places.acquire("a") for _ in range(1_000))
    places.release("a")


class Gated(ToyEngine):
    """Answers ``slow`` operations when it is let, and others at once."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.running = 0

    async def execute(self, *given: Any, **more: Any) -> Answer:
        if "slow" in given[0].text:
            self.running += 1
            try:
                await self.go.wait()
            finally:
                self.running -= 1
        return await super().execute(*given, **more)


@pytest.fixture
def gated(app: Hub, monkeypatch: pytest.MonkeyPatch) -> Gated:
    monkeypatch.setattr(http, "WATCH_SECONDS", 0.01)
    assert app.endpoint is not None
    app.endpoint.operations.engine = engine = Gated()
    return engine


class From(Request):
    """A request without a token from an address."""

    def __init__(self, app: Any, query: str, source: str, token: str | None = None) -> None:
        async def moved(scope: Any, receive: Any, send: Any) -> None:
            headers = [each for each in scope["headers"] if each[0] != b"authorization"]
            if token is not None:
                headers.append((b"authorization", f"Bearer {token}".encode()))
            await app({**scope, "client": (source, 5), "headers": headers}, receive, send)

        super().__init__(moved, query)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


SLOW, QUICK = "{ slow: word }", "{ word }"


async def test_eight_slow_queries_of_one_source_leave_the_others_served(app: Hub, gated: Gated) -> None:
    slow = [From(app, SLOW, "192.0.2.7") for _ in range(8)]
    await turns()
    assert gated.running == 2  # a quarter of the pool of eight
    ninth = From(app, QUICK, "192.0.2.7")
    others = [From(app, QUICK, "192.0.2.8"), From(app, QUICK, "192.0.2.7", TOKEN)]
    await asyncio.gather(*(asyncio.wait_for(other.task, 2) for other in others))
    assert [other.status for other in others] == [200, 200]
    assert await turns(ninth.task, *(each.task for each in slow)) == [False] * 9
    gated.go.set()
    await asyncio.gather(*(asyncio.wait_for(each.task, 2) for each in (ninth, *slow)))
    assert {each.status for each in (ninth, *slow)} == {200}
    assert app.endpoint is not None
    assert app.endpoint.operations.concurrency.semaphore is not None
    assert app.endpoint.operations.concurrency.semaphore.used == {}


async def test_anonymous_callers_of_one_network_have_one_share_and_a_principal_has_one_everywhere(
    app: Hub, gated: Gated
) -> None:
    network = [From(app, SLOW, f"2001:db8:1:2::{number}") for number in range(4)]
    await turns()
    assert gated.running == 2
    principal = [From(app, SLOW, f"192.0.2.{number}", TOKEN) for number in range(4)]
    await turns()
    assert gated.running == 4
    other = From(app, QUICK, "2001:db8:1:3::1")
    await asyncio.wait_for(other.task, 2)
    gated.go.set()
    await asyncio.gather(*(asyncio.wait_for(each.task, 2) for each in (*network, *principal)))


async def test_who_waits_and_goes_away_is_not_run(app: Hub, gated: Gated) -> None:
    slow = [From(app, SLOW, "192.0.2.7") for _ in range(3)]
    await asyncio.sleep(0.05)
    slow[2].gone.set()
    await asyncio.wait_for(slow[2].task, 2)
    gated.go.set()
    await asyncio.gather(*(asyncio.wait_for(each.task, 2) for each in slow))
    assert len(gated.calls) == 2


async def test_a_mutation_whose_caller_has_gone_keeps_its_place_until_it_ends(app: Hub, gated: Gated) -> None:
    mutations = [From(app, "mutation { slow: change }", "192.0.2.7", TOKEN) for _ in range(2)]
    await asyncio.sleep(0.05)
    for each in mutations:
        each.gone.set()
    await asyncio.gather(*(asyncio.wait_for(each.task, 2) for each in mutations))
    third = From(app, QUICK, "192.0.2.7", TOKEN)
    assert await turns(third.task) == [False]
    gated.go.set()
    await asyncio.wait_for(third.task, 2)
    assert third.status == 200


async def test_who_spent_their_budget_while_others_of_theirs_waited_is_refused_then(app: Hub, gated: Gated) -> None:
    assert app.endpoint is not None
    operations = app.endpoint.operations
    slow = [From(app, SLOW, "192.0.2.7") for _ in range(4)]
    await turns()
    assert operations.budget.anonymous is not None
    operations.budget.anonymous.spend("192.0.2.7", 10**9)
    gated.go.set()
    await asyncio.gather(*(asyncio.wait_for(each.task, 2) for each in slow))
    assert [each.status for each in slow] == [200, 200, 429, 429]
    assert operations.concurrency.acquire("192.0.2.7")


# from here on with the database


@pytest.fixture
async def real(unions_url: str, tmp_path: Path) -> AsyncIterator[Hub]:  # noqa: F811
    write_key(tmp_path)
    made = create_app(Settings(database_url=unions_url, data_dir=tmp_path, pool_size=4, caller_connections=2))
    async with made.router.lifespan_context(made):
        yield made


async def test_a_caller_holds_no_more_connections_than_their_share(
    real: Hub,
    locked: asyncpg.Connection,  # noqa: F811
) -> None:
    slow = [From(real, "{ collectiveAgreements { nodes { id } } }", "192.0.2.7", TOKEN) for _ in range(8)]
    await waiting(locked, 2)
    light = From(real, "{ organizations { nodes { id } } }", "192.0.2.8")
    await asyncio.wait_for(light.task, 4)
    await asyncio.sleep(0.2)
    await waiting(locked, 2)
    assert await turns(*(each.task for each in slow)) == [False] * 8
    for each in slow:
        each.gone.set()
    await asyncio.gather(*(asyncio.wait_for(each.task, 4) for each in slow))
