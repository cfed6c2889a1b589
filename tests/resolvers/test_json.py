"""JSON that PostgreSQL writes: whole trees, pages alone and rows alone make the same answers, of the same objects."""

import random
from typing import Any

import asyncpg
import pytest

from db.meter import METER, Meter
from resolvers.engine.compile.context import JsonOf
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


@pytest.mark.parametrize("seed", sampled(range(SEEDS), range(4)))
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
