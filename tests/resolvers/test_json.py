"""JSON that PostgreSQL writes: whole trees, pages alone and rows alone make the same answers, of the same objects."""

import random
from typing import Any

import asyncpg
import pytest

from db.meter import METER, Meter
from db.server.connect import create_pool
from resolvers.engine.compile.context import JsonOf
from resolvers.engine.compile.list_statements import FEW_UNIONS
from resolvers.engine.request import global_ids
from schema import schema
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.personas import callers_of
from tests.resolvers.random_operations import Known, OperationWriter
from tests.resolvers.test_reference_executor import comparable, known  # noqa: F401
from tests.slow import sampled

CORE = schema._schema
SEEDS = 24
OPERATIONS = 100

CASES = """query Cases($size: Int = 5) { disputeCases(first: $size, validity: ANY) { __typename nodes { id number isCollective
    amountClaimed receivedOn closedOn employer { __typename name } organization { id name }
    some: parties(first: 2, filter: {role: {eq: CLAIMANT}}) { nodes { role name subject { kind: __typename
        ... on Member { id name memberships(validity: ANY) { id validFrom organization { name } }
        insuranceEnrolments(last: 2, validity: ANY) { t: __typename nodes { scheme validTo } } }
        ... on Employer { name creditCode }
        ... on Organization { name } } } } } } }"""
"""A tree through a union of types: two unions of one row below another, whole lists and pages, forward and backward."""


async def metered(
    engine: EngineClient, text: str, variables: dict[str, Any], **more: Any
) -> tuple[dict[str, Any], int]:
    """The response to an operation, and the objects that it was charged for."""
    meter = Meter()
    before = METER.set(meter)
    try:
        return await engine.response(text, variables, **more), meter.objects
    finally:
        METER.reset(before)


@pytest.fixture(scope="module")
def engines(pool: asyncpg.Pool) -> dict[JsonOf, EngineClient]:
    """An engine for each of what PostgreSQL may write."""
    return {written: EngineClient(pool, json=written) for written in JsonOf}


@pytest.mark.parametrize("seed", sampled(range(SEEDS), range(2)))
async def test_random_operations_have_the_same_answers_and_objects(
    engines: dict[JsonOf, EngineClient],
    pool: asyncpg.Pool,
    known: Known,  # noqa: F811
    seed: int,
) -> None:
    chance = random.Random(f"json {seed}")
    callers = await callers_of(pool)
    caller = callers["national"] if seed % 2 else callers[sorted(callers)[seed // 2 % len(callers)]]
    answered = 0
    for _ in range(OPERATIONS):
        operation = OperationWriter(CORE, known, chance, bad=0.01).write()
        answers = [await metered(each, operation.text, operation.variables, caller=caller) for each in engines.values()]
        if "data" not in answers[0][0]:  # where several values are wrong, any of them may be named
            assert all("data" not in response for response, _ in answers), operation
            continue
        answered += 1
        (first, objects), *others = [(comparable(response), objects) for response, objects in answers]
        for other in others:
            assert other == (first, objects), operation
    assert answered > OPERATIONS / 5


async def test_a_tree_through_a_union_of_types_is_one_statement(engines: dict[JsonOf, EngineClient]) -> None:
    answers = [await metered(each, CASES, {"size": 40}) for each in engines.values()]
    assert answers[0] == answers[1] == answers[2]
    kinds = [
        party["subject"]["kind"]
        for case in answers[0][0]["data"]["disputeCases"]["nodes"]
        for party in case["some"]["nodes"]
    ]
    assert "Member" in kinds
    assert [await each.count(CASES, {}) for each in engines.values()] == [1, 8, 8]


async def test_a_page_below_few_unions_and_one_below_many_have_the_rows_of_the_list(
    engines: dict[JsonOf, EngineClient], pool: asyncpg.Pool
) -> None:
    rows = await pool.fetch(
        "SELECT ancestor_id AS id, count(*) AS below FROM territorial_closure c JOIN membership m ON m.organization_id = c.descendant_id"
        " GROUP BY 1 ORDER BY 2 DESC LIMIT 60"
    )
    sizes = await pool.fetch(
        "SELECT ancestor_id AS id, count(*) AS below FROM territorial_closure WHERE valid_to IS NULL GROUP BY 1"
    )
    unions = {row["id"]: row["below"] for row in sizes}
    found = [global_ids.encode("org", row["id"]) for row in rows]
    below = [unions.get(row["id"], 0) for row in rows]
    assert min(below) < FEW_UNIONS < max(below)
    text = """query ($ids: [ID!]!, $size: Int!) { organizations(first: 60, filter: {id: {in: $ids}}) { nodes { name
        members(first: $size) { nodes { id name } } memberships(first: $size) { nodes { id validFrom } }
        all: memberships(first: $size, validity: ANY) { nodes { id } }
        before: members(first: $size, asOf: "2024-06-30") { nodes { id } }
        industrial: members(first: $size, hierarchy: INDUSTRIAL) { nodes { id } }
        own: members(first: $size, scope: SELF) { nodes { id } }
        last: members(last: $size) { nodes { id } } } } }"""
    callers = await callers_of(pool)
    for name in ("national", "province", "city"):
        for size in (0, 3, 40):
            given = {"ids": found, "size": size}
            answers = [await metered(each, text, given, caller=callers[name]) for each in engines.values()]
            assert answers[0] == answers[1] == answers[2]
            assert any("cardinality" in sql for sql in engines[JsonOf.TREES].watched.statements)


NAMES = (
    "a\tb",
    'quote " and \\',
    "line\nfeed\r\x0b\x1f\x7f",
    "\u2028\u2029 \U0001f3db",
    "</script> %s %% :x",
    "E'\\t'",
)
"""Texts with characters that JSON escapes, or that SQL or Python could take for their own."""


async def test_every_character_of_a_text_comes_as_it_is(fresh_database_url: str) -> None:
    pool = await create_pool(fresh_database_url)
    try:
        keys = [row["id"] for row in await pool.fetch("SELECT id FROM employer ORDER BY id LIMIT $1", len(NAMES))]
        await pool.executemany("UPDATE employer SET name = $2 WHERE id = $1", list(zip(keys, NAMES, strict=True)))
        ids = [global_ids.encode("emp", key) for key in keys]
        text = "query ($ids: [ID!]!) { employers(first: 20, filter: {id: {in: $ids}}) { nodes { id name division { name } } } }"
        answers = [await metered(EngineClient(pool, json=written), text, {"ids": ids}) for written in JsonOf]
        assert [node["name"] for node in answers[0][0]["data"]["employers"]["nodes"]] == list(NAMES)
        assert answers[0] == answers[1] == answers[2]
    finally:
        await pool.close()


async def test_what_is_wrong_below_names_its_own_field(engines: dict[JsonOf, EngineClient]) -> None:
    text = (
        "query ($size: Int!) {\n organizations(first: 2) { nodes { id\n children(first: $size) { nodes { id } } } } }"
    )
    answers = [await each.response(text, {"size": 201}) for each in engines.values()]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["errors"][0]["locations"] == [{"line": 3, "column": 2}]


async def test_pages_that_may_hold_too_much_are_read_level_by_level(pool: asyncpg.Pool) -> None:
    text = "query ($size: Int!) { organizations(first: $size) { nodes { id descendants(first: $size) { nodes { id } } } } }"
    engine = EngineClient(pool, max_objects=2_000)
    assert await engine.count(text, {"size": 30}) == 1
    assert await engine.count(text, {"size": 200}) == 2


ORDER = "orderBy: {field: VALID_FROM}"
LISTS = {
    f"memberships(first: 5) {{ nodes {{ organization {{ {below} }} }} }}": statements
    for below, statements in (
        ("name", 1),
        ("coverages(first: 2) { nodes { validFrom } }", 1),
        (f"coverages(first: 2, {ORDER}) {{ nodes {{ validFrom }} }}", 3),
        ("members(first: 2) { nodes { id } }", 3),
    )
} | {
    "organizations(first: 5) { nodes { members(first: 2) { nodes { id } } } }": 1,
    "organizations(first: 5) { nodes { children(first: 2) { nodes { members(first: 2) { nodes { id } } } } } }": 1,
    "organizations(first: 5) { nodes { descendants(first: 2) { nodes { members(first: 2) { nodes { id } } } } } }": 3,
    "disputeCases(first: 5) { nodes { parties(first: 2, filter: {role: {eq: CLAIMANT}}) { nodes { id } } } }": 1,
}


@pytest.mark.parametrize("text", LISTS)
async def test_a_list_of_rows_that_may_be_the_same_is_read_for_each_only_where_that_is_cheap(
    engines: dict[JsonOf, EngineClient], text: str
) -> None:
    assert await engines[JsonOf.TREES].count(f"{{ {text} }}", {}) == LISTS[text]


TOGETHER = """query Together($id: ID!, $size: Int!) { a: organizations(first: $size) { nodes { id } }
    b: disputeCases(first: 2, validity: ANY) { __typename nodes { number } }
    c: organization(id: $id) { name children(first: 1) { nodes { id } } }
    d: organizations(within: $id, first: 1) { nodes { name } } }"""


@pytest.mark.parametrize(
    ("id_", "size", "statements"), [("org_1", 3, 1), ("org_ffffffff", 3, 1), ("nonsense", 3, 2), ("org_1", 201, 3)]
)
async def test_root_fields_that_postgresql_writes_are_one_statement(
    engines: dict[JsonOf, EngineClient], id_: str, size: int, statements: int
) -> None:
    answers = [await metered(each, TOGETHER, {"id": id_, "size": size}) for each in engines.values()]
    assert answers[0] == answers[1] == answers[2]
    assert set(answers[0][0]["data"] or {}) >= {"a", "b", "c"} or size > 200
    trees = engines[JsonOf.TREES]
    trees.watched.statements.clear()
    await trees.response(TOGETHER, {"id": id_, "size": size})
    assert len(trees.watched.statements) == statements
