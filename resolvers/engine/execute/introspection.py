"""Introspection fields, answered by graphql-core."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)

from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.request.document import Document, Prepared
from resolvers.errors import shortened


def introspected(
    schema: GraphQLSchema, document: Document, prepared: Prepared, operation: Operation, inputs: Inputs
) -> tuple[Mapping[str, Any], list[GraphQLError]]:
    """The values of the introspection fields, by graphql-core; kept in ``prepared`` where no variable changes them."""
    if prepared.introspected is not None:
        return prepared.introspected, []
    nodes = tuple(node for nodes in operation.introspection.values() for node in nodes)
    only_introspection = OperationDefinitionNode(
        operation=prepared.node.operation,
        name=prepared.node.name,
        variable_definitions=prepared.node.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=nodes),
    )
    part = DocumentNode(definitions=(only_introspection, *document.fragments.values()))
    result = execute_sync(schema, part, variable_values=dict(inputs.given))
    if result.data is None:
        raise RuntimeError(f"introspection failed: {result.errors}")
    if not prepared.types and not result.errors:
        prepared.introspected = result.data
    return result.data, [shortened(error, error.path) for error in result.errors or ()]
