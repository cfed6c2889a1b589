"""Variables that are values of their types already are taken as they are: the same that graphql-core makes of them."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, get_variable_values, parse

from resolvers.engine.request import variables
from resolvers.errors import GraphQLErrors
from schema import schema

SCHEMA = schema._schema


@pytest.mark.parametrize("type_", ["ID!", "ID", "String", "String!", "Boolean", "Boolean!", "Int", "[ID!]", 'ID = "a"'])
@pytest.mark.parametrize("given", [{}, *({"x": value} for value in (None, "a", "", 1, True, 1.5, ["a"], {"a": 1}))])
def test_they_are_as_of_graphql_core(type_: str, given: dict[str, Any]) -> None:
    (node,) = parse(f"query ($x: {type_}) {{ viewer {{ persona }} }}").definitions
    assert isinstance(node, OperationDefinitionNode)
    expected = get_variable_values(SCHEMA, node.variable_definitions or (), given)
    types = variables.variable_types(SCHEMA, node)
    if isinstance(expected, list):
        with pytest.raises(GraphQLErrors):
            variables.coerce_variables(SCHEMA, node, types, given)
    else:
        assert dict(variables.coerce_variables(SCHEMA, node, types, given)) == dict(expected.coerced)
