"""Conditions that are null are refused, and those whose variable is not given count as absent: every condition of the schema (case 01)."""

import json
from itertools import product

import asyncpg
import pytest
from graphql import GraphQLInputObjectType, GraphQLList, get_named_type

from resolvers.engine.request.arguments import is_condition
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.filter_fields import SCHEMA, Place, is_required, places, plan, statements
from tests.slow import sampled

PLACES = list(places())


async def test_the_case(caller: EngineClient, pool: asyncpg.Pool) -> None:
    text = "query NullOperand($code: String) { organizations(validity: ANY, filter: { creditCode: { eq: $code } }) { totalCount } }"
    answer = await caller.answer(text, {"code": None})
    (error,) = json.loads(answer.body)["errors"]
    assert answer.status == 400
    assert error["extensions"]["code"] == "NULL_OPERAND"
    assert "`isNull: true`" in error["message"]
    assert error["locations"]
    all_ = await pool.fetchval("SELECT count(*) FROM organization")
    assert (await caller.data(text))["organizations"]["totalCount"] == all_
    without = "{ organizations(validity: ANY, filter: {creditCode: {isNull: true}}) { totalCount } }"
    expected = await pool.fetchval("SELECT count(*) FROM organization WHERE credit_code IS NULL")
    assert (await caller.data(without))["organizations"]["totalCount"] == expected > 0


def test_every_kind_of_condition_is_reached() -> None:
    reached = {place.steps[-1][0] for place in PLACES}
    assert {"eq", "in", "gte", "contains", "isNull", "and", "or", "not", "some", "none", "employer"} <= reached
    assert len(PLACES) > 500
    inputs = [type_ for type_ in SCHEMA.type_map.values() if isinstance(type_, GraphQLInputObjectType)]
    conditions = {
        type_.name for type_ in inputs if is_condition(type_) and not type_.name.endswith(("Input", "Record"))
    }
    below = {get_named_type(place.type).name for place in PLACES}
    # what no root list has a filter by stands on lists below records; its operators are the same
    assert {name for name in conditions - below if not name.endswith(("Filter", "Choice"))} == set()


async def test_null_is_refused_in_every_condition_of_the_schema(caller: EngineClient) -> None:
    """Written in the document, and in a variable that holds the filter."""
    for place in PLACES:
        for text, variables in (
            (f"{{ {place.root}(filter: {place.literal('null')}) {{ totalCount }} }}", {}),
            (
                f"query ($f: {place.filter}) {{ {place.root}(filter: $f) {{ totalCount }} }}",
                {"f": place.variable(None)},
            ),
        ):
            response = await caller.response(text, variables)
            assert "data" not in response, text
            (error,) = response["errors"]
            assert error["extensions"]["code"] == "NULL_OPERAND", (text, error)
            assert "isNull" in error["message"], (text, error)
            assert f"`{place.steps[-1][0]}` is null" in error["message"]


def given_and_absent(place: Place) -> tuple[str, str]:
    type_, name = place.type, place.steps[-1][0]
    text = f"query ($x: {type_}) {{ {place.root}(filter: {place.literal('$x')}) {{ totalCount nodes {{ id }} }} }}"
    return text, f"{{ {place.root} {{ totalCount nodes {{ id }} }} }}" if name else ""


OPERATORS = ("", "not", "or", "and")
"""What a condition stands under."""


@pytest.mark.parametrize(("turn", "every"), sampled([(0, 3), *product(range(4), (1,))], [(0, 3)]))
def test_a_condition_whose_variable_is_not_given_counts_as_absent_wherever_it_stands(turn: int, every: int) -> None:
    """Also under ``not``, in ``or``, in ``some`` and below relations: the plan is that of the list without the filter. Each turn has every
    condition under another operator; ``make test`` tries one condition of ``every`` three."""
    bare: dict[str, list[str]] = {}
    for number, place in enumerate(PLACES[::every]):
        assert not is_required(place.type)
        text, without = given_and_absent(place)
        if place.root not in bare:
            bare[place.root] = statements(plan(without))
        under, inner = OPERATORS[(number + turn) % len(OPERATORS)], place.literal("$x")
        asked = text
        if under:
            asked = text.replace(inner, f"{{{under}: {inner if under == 'not' else f'[{inner}, {inner}]'}}}")
        assert statements(plan(asked)) == bare[place.root], asked


def test_beside_others_only_the_absent_condition_falls_away() -> None:
    type_ = "query ($x: String) { organizations(filter: FILTER) { totalCount } }"
    pairs = {
        '{or: [{name: {eq: $x}}, {name: {eq: "a"}}]}': '{or: [{name: {eq: "a"}}]}',
        '{not: {name: {eq: $x, contains: "a"}}}': '{not: {name: {contains: "a"}}}',
        "{and: [{not: {name: {eq: $x}}}, {creditCode: {isNull: true}}]}": "{and: [{creditCode: {isNull: true}}]}",
        "{venues: {some: {name: {eq: $x}}, none: {}}}": "{venues: {none: {}}}",
        "{name: {}, creditCode: {isNull: true, eq: $x}}": "{creditCode: {isNull: true}}",
    }
    for asked, expected in pairs.items():
        found = statements(plan(type_.replace("FILTER", asked)))
        assert found == statements(plan(type_.replace("($x: String)", "").replace("FILTER", expected))), asked


def test_an_explicit_empty_filter_says_that_there_is_a_row() -> None:
    bare = statements(plan("{ organizations { totalCount } }"))
    for filter_ in ("{venues: {some: {}}}", "{venues: {none: {}}}", "{not: {}}", "{or: []}"):
        assert statements(plan(f"{{ organizations(filter: {filter_}) {{ totalCount }} }}")) != bare


async def test_a_variable_in_a_list_of_operands_is_refused_when_null(caller: EngineClient) -> None:
    text = 'query ($a: String = "x") { organizations(filter: {name: {in: [$a]}}) { totalCount } }'
    response = await caller.response(text, {"a": None})
    assert response["errors"][0]["extensions"]["code"] in ("BAD_VARIABLES", "NULL_OPERAND")


@pytest.mark.parametrize("name", sorted({get_named_type(place.type).name for place in PLACES}))
def test_every_filter_says_so(name: str) -> None:
    type_ = SCHEMA.type_map[name]
    if isinstance(type_, GraphQLInputObjectType) and not isinstance(type_, GraphQLList):
        assert type_.description is not None
        assert "variable is left out is ignored" in type_.description
        assert "isNull" in type_.description
