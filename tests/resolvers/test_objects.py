"""What an operation brings is counted while it runs: none brings more than it may, and none is refused for rows that are not there."""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from db.meter import METER, Meter
from resolvers.engine.execute import bind
from tests.resolvers.engine_client import EngineClient, WatchedConnection

SHORT = """{ divisions(first: 200, filter: {level: {eq: PROVINCE}}) { nodes { name children(first: 200) { nodes { name } }
    statistics(kind: ORGANIZATIONS, groupBy: [LEVEL, KIND]) { total { records } } } } }"""

MANY = "organizations(first: 200, filter: {level: {eq: PROVINCIAL}})"
IDS = ['"org_1"'] * 60
OPERATIONS = {
    "rows": "{ organizations(first: 200) { nodes { name division { id } } } }",
    "written": "{ organizations(first: 200) { nodes { name } } }",
    "edges": "{ organizations(first: 200) { edges { cursor node { id } } } }",
    "nested": f"{{ {MANY} {{ nodes {{ descendants(first: 200) {{ nodes {{ name division {{ id }} }} }} }} }} }}",
    "nested and written": f"{{ {MANY} {{ nodes {{ descendants(first: 200) {{ nodes {{ name }} }} }} }} }}",
    "two deep": f"{{ {MANY} {{ nodes {{ children(first: 200) {{ nodes {{ children(first: 200) {{ nodes {{ id }} }} }} }} }} }} }}",
    "backward": f"{{ {MANY} {{ nodes {{ descendants(last: 200) {{ nodes {{ id division {{ id }} }} }} }} }} }}",
    "one row for many": "{ memberships(first: 200) { nodes { organization { division { organizations(first: 5) { nodes { id } } } } } } }",
    "one ID many times": f"{{ nodes(ids: [{', '.join(IDS)}]) {{ ... on Organization {{ descendants(first: 9) {{ nodes {{ id }} }} }} }} }}",
    "aliases": f"{{ {' '.join(f'a{number}: organizations(first: 20) {{ nodes {{ id }} }}' for number in range(20))} }}",
    "fragments": f"{{ {MANY} {{ nodes {{ ...F }} }} }} fragment F on Organization {{ a: children(first: 200) {{ nodes {{ ...G }} }} }}"
    " fragment G on Organization { b: members(first: 200) { nodes { id memberships { id } } } }",
    "short lists": "{ organizations(first: 200) { nodes { ancestors { id } parents { id } committeeTerms { id } } } }",
    "rows of groups": "{ statistics(kind: ORGANIZATIONS, groupBy: [CHILD_DIVISION, LEVEL]) { groups { keys { division { id } } } } }",
    "pages within groups": """{ statistics(kind: ORGANIZATIONS, groupBy: [CHILD_DIVISION, LEVEL]) {
        groups { keys { division { organizations(first: 200) { nodes { id } } } } } } }""",
}  # fmt: skip


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The rows in an answer: what has an ID or a name."""
    if isinstance(value, list):
        for item in value:
            yield from objects(item)
    elif isinstance(value, dict):
        if "id" in value or "name" in value:
            yield value
        for item in value.values():
            yield from objects(item)


async def metered(caller: EngineClient, text: str) -> tuple[Meter, dict[str, Any]]:
    """What an operation used, and its response."""
    meter = Meter()
    before = METER.set(meter)
    try:
        return meter, await caller.response(text)
    finally:
        METER.reset(before)


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every operation is begun, whatever its pages may hold."""
    monkeypatch.setattr(bind, "MAY_BRING", 10**9)


@pytest.fixture(scope="module")
def roomy(pool: asyncpg.Pool) -> EngineClient:
    return EngineClient(pool, max_objects=10**9)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_no_operation_brings_more_than_it_may(roomy: EngineClient, pool: asyncpg.Pool, name: str) -> None:
    meter, response = await metered(roomy, OPERATIONS[name])
    brought = sum(1 for _ in objects(response["data"]))
    assert 50 < brought <= meter.objects
    for limit in (brought - 1, meter.objects - 1):
        poor = EngineClient(pool, max_objects=limit)
        less, refused = await metered(poor, OPERATIONS[name])
        assert refused["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
        assert "data" not in refused
        assert less.objects <= meter.objects
    enough = EngineClient(pool, max_objects=meter.objects)
    assert await enough.response(OPERATIONS[name]) == response


@pytest.mark.parametrize("name", ["nested", "nested and written"])
async def test_of_pages_that_are_too_many_no_more_is_read_than_shows_it(
    roomy: EngineClient, pool: asyncpg.Pool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sum(1 for _ in objects((await roomy.response(OPERATIONS[name]))["data"]))
    poor = EngineClient(pool, max_objects=100)
    read: list[int] = []

    reading = WatchedConnection.reading

    async def counting(connection: WatchedConnection, sql: str, *values: Any) -> Any:
        found = await reading(connection, sql, *values)

        async def counted(count: int) -> list[Any]:
            some: list[Any] = await found(count)
            read.append(len(some))
            return some

        return counted

    monkeypatch.setattr(WatchedConnection, "reading", counting)
    assert (await poor.response(OPERATIONS[name]))["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
    assert 0 < sum(read) <= 200 < rows


async def test_a_list_of_few_rows_is_priced_by_them(caller: EngineClient) -> None:
    meter, response = await metered(caller, SHORT)
    rows, provinces = sum(1 for _ in objects(response["data"])), len(response["data"]["divisions"]["nodes"])
    assert caller.engine.max_objects < 200 * (1 + 300 + 200)
    assert 30 < provinces < rows
    assert meter.objects == rows + provinces * 300


async def test_an_empty_page_costs_one_object(caller: EngineClient) -> None:
    text = '{ organizations(first: 200, filter: {name: {eq: "nothing"}}) { nodes { id members(first: 200) { totalCount } } } }'
    meter, _ = await metered(caller, text)
    assert meter.objects == 1


async def test_what_is_refused_costs_what_it_brought_until_then(pool: asyncpg.Pool) -> None:
    poor = EngineClient(pool, max_objects=100)
    meter, response = await metered(poor, OPERATIONS["nested"])
    assert response["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
    assert 100 < meter.objects < 600


async def test_counts_and_statistics_that_are_too_many_are_not_begun(pool: asyncpg.Pool) -> None:
    poor = EngineClient(pool, max_objects=1_000)
    for below in ("members { totalCount }", "statistics(kind: MEMBERSHIPS) { total { records } }"):
        poor.watched.statements.clear()
        response = await poor.response(f"{{ organizations(first: 30) {{ nodes {{ id {below} }} }} }}")
        assert response["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
        assert "more objects than it may" in response["errors"][0]["message"]
        assert len(poor.watched.statements) == 1


async def test_four_full_pages_one_below_the_other_are_not_begun(
    caller: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    page = "children(first: 200) { nodes { "
    text = "{ organizations(first: 200) { nodes { " + page * 3 + "id" + " } }" * 4 + " }"
    caller.watched.statements.clear()
    answer = json.loads((await caller.answer(text)).body)
    assert answer["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
    assert "1608040200" in answer["errors"][0]["message"]
    assert caller.watched.statements == []
