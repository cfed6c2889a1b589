"""Published figures: each one's own query, asked through GraphQL for the caller, bears its claim out; and it follows the records."""

from collections.abc import AsyncIterator
from decimal import Decimal
from time import perf_counter
from typing import Any

import asyncpg
import pytest

from db.access import Role
from db.connect import create_pool
from db.organizations import Hierarchy
from db.page.load import ARTICLES
from resolvers import access
from resolvers.access import PUBLIC, Grant
from tests.resolvers.caller import NATIONAL, Caller

WHOLE = """{ publishedFigures(first: 60) { totalCount nodes { code article phrase question claim unit qualifier
    isSensitive division { name } organization { name } startsOn endsOn query path value agrees } } }"""
FIGURES = {figure.code: figure for article in ARTICLES for figure in article.figures}


@pytest.fixture(scope="module")
async def pool(page_url: str) -> AsyncIterator[asyncpg.Pool]:
    made = await create_pool(page_url)
    yield made
    await made.close()


async def told(hub: Caller, **more: Any) -> dict[str, dict[str, Any]]:
    """All figures by code."""
    page = (await hub.response(WHOLE, **more))["data"]["publishedFigures"]
    assert page["totalCount"] == len(page["nodes"])
    return {node["code"]: node for node in page["nodes"]}


@pytest.mark.parametrize("executor", ["plan", "default"])
async def test_every_figure_of_the_page_agrees(pool: asyncpg.Pool, executor: Any) -> None:
    found = await told(Caller(pool, executor=executor))
    assert found.keys() == FIGURES.keys()
    assert {code: node["value"] for code, node in found.items() if node["agrees"] is not True} == {}
    for code, node in found.items():
        assert Decimal(node["claim"]) == FIGURES[code].claim
        assert node["phrase"] == FIGURES[code].phrase


async def test_the_union_of_a_figure_is_told_what_the_national_federation_is(pool: asyncpg.Pool) -> None:
    hub, wrong = Caller(pool), {}
    rows = await pool.fetch("SELECT code, organization_id FROM published_figure")
    answers = {}
    for union in {row["organization_id"] for row in rows}:
        grant = Grant(Role.FEDERATION, organization_id=union, hierarchy=Hierarchy.TERRITORIAL)
        answers[union] = await told(hub, caller=access.Caller("union", grants=(grant,)))
    for row in rows:
        node = answers[row["organization_id"]][row["code"]]
        if node["agrees"] is not True:
            wrong[row["code"]] = node["value"]
    assert wrong == {}
    weihai = next(row["organization_id"] for row in rows if row["code"] == "WH1")
    assert answers[weihai]["ZJ1"]["value"] is answers[weihai]["ZJ1"]["agrees"] is None


async def test_who_has_not_the_records_in_sight_is_told_the_claim_and_no_value(pool: asyncpg.Pool) -> None:
    for caller in (PUBLIC, access.Caller("nobody")):
        found = await told(Caller(pool), caller=caller)
        assert found.keys() == FIGURES.keys()
        assert {(node["value"], node["agrees"]) for node in found.values()} == {(None, None)}


async def test_the_national_federation_is_told_of_health_records_by_their_handler_alone(pool: asyncpg.Pool) -> None:
    found = await told(Caller(pool), caller=NATIONAL)
    for code, node in found.items():
        assert node["agrees"] is (None if FIGURES[code].sensitive else True), code


async def test_all_figures_take_little_time(pool: asyncpg.Pool) -> None:
    """Half a second on a machine with nothing else to do; ten times as much is a fault on any."""
    hub, times = Caller(pool), []
    for _ in range(4):
        start = perf_counter()
        await told(hub)
        times.append(perf_counter() - start)
    print(f"{len(FIGURES)} figures: first {times[0] * 1000:.0f} ms, then {min(times[1:]) * 1000:.0f} ms")
    assert min(times[1:]) < 5
