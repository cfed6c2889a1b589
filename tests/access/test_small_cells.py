"""Callers with aggregates only have statistics and what is open: every list of a closed type is refused before anything runs."""

from collections.abc import Iterator

import pytest
from graphql import GraphQLObjectType, get_named_type

from schema import schema
from tests.access.fixtures import AccessFixtures
from tests.access.policy_table import PolicyTable
from tests.resolvers.engine_client import EngineClient

CORE = schema._schema


def lists(policy: PolicyTable, *, is_open: bool) -> Iterator[tuple[str, str]]:
    """Operations with one list of an open or a closed type each: at the root, and below every open type; the path and the text."""
    assert CORE.query_type is not None
    roots = {"Query": "{ %s }", "Division": "{ divisions(first: 1) { nodes { %s } } }",
             "Venue": "{ venues(first: 1) { nodes { %s } } }",
             "PolicyDocument": "{ policyDocuments(first: 1) { nodes { %s } } }"}  # fmt: skip
    for typename, text in roots.items():
        type_ = CORE.type_map[typename]
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            leads = get_named_type(field.type)
            if not isinstance(leads, GraphQLObjectType) or not leads.name.endswith("Connection"):
                continue
            target = get_named_type(get_named_type(leads.fields["nodes"].type)).name  # type: ignore[union-attr]
            if target in policy.types and policy.types[target].open is is_open:
                yield f"{typename}.{name}", text % f"{name} {{ totalCount nodes {{ __typename }} }}"


@pytest.mark.parametrize("name", ["public", "analyst"])
async def test_every_list_of_a_closed_type_is_refused_and_every_open_one_answered(
    hub: EngineClient, fixtures: AccessFixtures, policy: PolicyTable, name: str
) -> None:
    closed = list(lists(policy, is_open=False))
    assert len(closed) > 60
    for path, text in closed:
        hub.watched.statements.clear()
        response = await hub.response(text, caller=fixtures.callers[name])
        assert [error["extensions"]["code"] for error in response["errors"]] == ["AGGREGATES_ONLY"], path
        assert "data" not in response
        assert hub.watched.statements == []
    for path, text in lists(policy, is_open=True):
        assert "errors" not in await hub.response(text, caller=fixtures.callers[name]), path
