"""What counts tell who has aggregates only: no group under ten, no set made up of IDs, and no part from the whole and the other parts."""

import json
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

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


async def test_no_union_is_one_to_be_asked_about(hub: Caller, stage: Stage) -> None:
    """Within a union, of two members or of nobody's, nothing is told: no union is in sight of who has aggregates only."""
    fields = " ".join(
        f"{field}(within: $within) {{ totalCount nodes {{ id }} }}"
        for field in (
            "members",
            "memberships",
            "employers",
            "collectiveAgreements",
            "insuranceEnrolments",
            "disputeCases",
            "venues",
        )
    )
    text = (
        f"query($within: ID!) {{ {fields} statistics(within: $within, kind: MEMBERSHIPS) {{ total {{ records }} }} }}"
    )
    told = set()
    for union in (*(place.union for place in stage.places.values()), 2**40):
        answer = await hub.answer(text, {"within": ids.encode("org", union)}, caller=stage.callers["public"])
        told.add(answer.body)
    assert len(told) == 1
    response = json.loads(told.pop())
    assert set(response["data"].values()) == {None}
    assert {error["extensions"]["code"] for error in response["errors"]} == {"NOT_FOUND"}
