"""What counts tell who has aggregates only: no group under ten, no set made up of IDs, and no part from the whole and the other parts."""

from typing import Any

import asyncpg
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from resolvers.engine import ids
from schema import schema
from tests.access.asking import Writer
from tests.access.matrix import NAMING
from tests.access.policy import Policy
from tests.access.stage import Stage
from tests.resolvers.caller import Caller


@pytest.mark.parametrize("name", ["public", "analyst"])
async def test_no_count_is_by_what_names_one_record(hub: Caller, stage: Stage, policy: Policy, name: str) -> None:
    """By ID, number or code, plain, negated, within a list of others, or through a relation: refused before anything runs."""
    tried = 0
    for each in Writer(schema._schema, policy).lists:
        if not each.root or each.filter is None:
            continue
        text = f"query($filter: {each.filter}) {{ {each.field}(filter: $filter) {{ totalCount }} }}"
        for given in naming(policy, each.target, each.filter, 2):
            for condition in (given, {"not": given}, {"or": [given, {"not": given}]}):
                hub.watched.statements.clear()
                response = await hub.response(text, {"filter": condition}, caller=stage.callers[name])
                assert [error["extensions"]["code"] for error in response["errors"]] == ["MASKED_COLUMN"], condition
                assert hub.watched.statements == []
                tried += 1
    assert tried > 50


def naming(policy: Policy, typename: str, filter_: GraphQLInputObjectType, depth: int) -> list[dict[str, Any]]:
    """Conditions on what names a record of a closed type, in a filter and in those of its relations."""
    found: list[dict[str, Any]] = []
    fields = Writer(schema._schema, policy).type(typename).fields
    for name, field in filter_.fields.items():
        operand = get_named_type(field.type)
        assert isinstance(operand, GraphQLInputObjectType)
        if name in NAMING and not policy.types[typename].open:
            found.append({name: {"in": ["x_1", "x_2"]} if name != "id" else {"in": [ids.encode("mem", 1)]}})
        elif name in ("and", "or", "not") or depth == 0:
            continue
        elif "and" in operand.fields:
            target = get_named_type(fields[name].type).name
            if target in policy.types:
                found += [{name: inner} for inner in naming(policy, target, operand, depth - 1)]
    return found


TABLES = {"workerType": "WorkerType", "sex": "Sex"}


@pytest.mark.parametrize("dimension", TABLES)
async def test_a_table_by_aliases_tells_no_small_cell_and_no_exact_rest(
    hub: Caller, stage: Stage, owner: asyncpg.Pool, dimension: str
) -> None:
    """Whole and parts in one operation: what is under ten is null, zero included, and does not follow from the rest to the person."""
    kind = schema._schema.type_map[TABLES[dimension]]
    assert isinstance(kind, GraphQLEnumType)
    union = await owner.fetchval(
        "SELECT c.ancestor_id FROM territorial_closure c JOIN membership m ON m.organization_id = c.descendant_id"
        " WHERE c.valid_to IS NULL AND m.valid_to IS NULL GROUP BY 1 HAVING count(*) BETWEEN 60 AND 200 ORDER BY 1 LIMIT 1"
    )
    parts = " ".join(
        f"{code}: members(within: $within, filter: {{{dimension}: {{eq: {code}}}}}) {{ totalCount }}"
        for code in kind.values
    )
    text = f"query($within: ID!) {{ whole: members(within: $within) {{ totalCount }} {parts} }}"
    given = {"within": ids.encode("org", union)}
    data = (await hub.response(text, given, caller=stage.callers["public"]))["data"]
    exact = (await hub.response(text, given, caller=stage.callers["national"]))["data"]
    told = {name: page["totalCount"] for name, page in data.items()}
    true = {name: page["totalCount"] for name, page in exact.items()}
    for name, number in told.items():
        assert number is None if true[name] < 10 else number % 10 == 0, name
        assert number is None or abs(number - true[name]) <= 5, name
    small = [name for name, number in told.items() if number is None]
    assert small
    others = [number for name, number in told.items() if number is not None and name != "whole"]
    lowest = told["whole"] - 5 - sum(number + 4 for number in others)
    highest = told["whole"] + 4 - sum(max(number - 5, 10) for number in others)
    assert lowest <= 9 * (len(small) - 1), "one of them is known not to be empty, whatever the others are"
    assert highest >= 9
    assert lowest < highest


async def test_no_place_and_no_union_tells_of_fewer_than_ten(hub: Caller, stage: Stage) -> None:
    """Within a union of two members, or nobody's union, everything is null."""
    for place in stage.places.values():
        union = ids.encode("org", place.union)
        fields = " ".join(
            f"{field}(within: $within) {{ totalCount nodes {{ id }} }}"
            for field in (
                "members",
                "memberships",
                "employers",
                "collectiveAgreements",
                "insuranceEnrolments",
                "disputeCases",
            )
        )
        for id_ in (union, ids.encode("org", 2**40)):
            response = await hub.response(
                f"query($within: ID!) {{ {fields} }}", {"within": id_}, caller=stage.callers["public"]
            )
            assert all(page == {"totalCount": None, "nodes": []} for page in response["data"].values()), response
