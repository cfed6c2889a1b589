"""A union is found by a division's name or code and a part of its own name, in one step, the best fit first."""

from typing import Any

import asyncpg
import pytest

from resolvers.engine.request import global_ids
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.test_bad_input import refused
from tests.slow import sampled

FIND = """query ($filter: OrganizationFilter, $after: String) {
    organizations(first: 50, validity: ANY, after: $after, filter: $filter, orderBy: {field: NAME_MATCH}) {
        totalCount pageInfo { endCursor hasNextPage } nodes { id name } } }"""


async def found(caller: EngineClient, filter: dict[str, Any]) -> list[tuple[int, str]]:
    """All unions of the list, page by page."""
    rows: list[tuple[int, str]] = []
    after, more = None, True
    while more:
        page = (await caller.data(FIND, {"filter": filter, "after": after}))["organizations"]
        rows += [(global_ids.decode(node["id"])[1], node["name"]) for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert len(rows) <= page["totalCount"]
    assert len(rows) == page["totalCount"]
    return rows


DIVISIONS = [("杭州市", "330100"), ("浙江省", "33"), ("威海市", "3710")]
SAMPLE = [*((*city, part) for city in (DIVISIONS[0], DIVISIONS[2]) for part in ("工会", "总工会"))]
"""Cities; ``make test-slow`` reads all unions of a province, fifty at a time."""


@pytest.mark.parametrize(
    ("name", "code", "part"), sampled([(*each, part) for each in DIVISIONS for part in ("工会", "总工会")], SAMPLE)
)
async def test_by_the_name_or_code_of_a_division_and_a_part_of_its_own(
    caller: EngineClient, pool: asyncpg.Pool, name: str, code: str, part: str
) -> None:
    expected = await pool.fetch(
        "SELECT o.id, o.name FROM organization o WHERE strpos(o.name, $2) > 0 AND o.division_id IN"
        " (SELECT descendant_id FROM division_closure c JOIN division d ON d.id = c.ancestor_id WHERE d.name = $1)"
        " ORDER BY CASE WHEN o.name = $2 THEN 0 WHEN starts_with(o.name, $2) THEN 1 ELSE 2 END, length(o.name), o.id",
        name,
        part,
    )
    wanted = [(row["id"], row["name"]) for row in expected]
    assert wanted
    for within in ({"name": {"eq": name}}, {"code": {"eq": code}}):
        given = {"division": {"within": within}, "name": {"contains": part}}
        assert await found(caller, given) == wanted


async def test_the_best_fit_comes_first(caller: EngineClient) -> None:
    rows = await found(caller, {"name": {"startsWith": "浙江省"}})
    assert [len(name) for _, name in rows] == sorted(len(name) for _, name in rows)
    exact = await found(caller, {"name": {"eq": "浙江省总工会"}})
    assert [name for _, name in exact] == ["浙江省总工会"]


@pytest.mark.parametrize(
    "filter", [{}, {"level": {"eq": "CITY"}}, {"name": {"isNull": False}}, {"name": {"in": ["x"]}}]
)
async def test_an_order_by_fit_wants_something_to_fit(caller: EngineClient, filter: dict[str, Any]) -> None:
    (error,) = await refused(caller, "BAD_ARGUMENT", FIND, {"filter": filter})
    assert "name: {contains" in error["message"]


async def test_employers_and_cases_of_a_division_are_found_in_the_same_way(
    caller: EngineClient, pool: asyncpg.Pool
) -> None:
    within = {"division": {"within": {"name": {"eq": "浙江省"}}}}
    for root, type_, table in (
        ("employers", "EmployerFilter", "employer"),
        ("disputeCases", "DisputeFilter", "dispute_case"),
    ):
        text = f"query ($filter: {type_}) {{ {root}(validity: ANY, filter: $filter) {{ totalCount }} }}"
        count = await pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE division_id IN (SELECT descendant_id FROM division_closure c"
            " JOIN division d ON d.id = c.ancestor_id WHERE d.name = '浙江省')"
        )
        assert (await caller.data(text, {"filter": within}))[root]["totalCount"] == count > 0
