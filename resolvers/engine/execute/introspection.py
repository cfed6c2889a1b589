"""Introspection fields, answered by graphql-core."""

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)

from resolvers.cache import Cache
from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.request.document import Document, ReadOperation
from resolvers.errors import shortened

Values = Mapping[str, orjson.Fragment]
"""JSON by response key."""


class Introspection:
    """Answers introspection fields. The JSON is kept where no variable changes it, since the schema does not change.

    Args:
        schema: the schema.
        max_bytes: memory of all JSON that is kept.
    """

    def __init__(self, schema: GraphQLSchema, max_bytes: int) -> None:
        self.schema = schema
        self.kept: Cache[tuple[str, str | None], tuple[Values, int]] = Cache(max_bytes, lambda _, kept: kept[1])

    def values(
        self, document: Document, read: ReadOperation, operation: Operation, inputs: Inputs
    ) -> tuple[Values, list[GraphQLError]]:
        """The values of the introspection fields of an operation, and their errors."""
        key = (document.text, read.name)
        kept = self.kept.get(key)
        if kept is not None:
            return kept[0], []
        data, errors = self._execute(document, read, operation, inputs)
        written = {name: orjson.dumps(value) for name, value in data.items()}
        values = {name: orjson.Fragment(value) for name, value in written.items()}
        if not read.types and not errors:
            self.kept.put(key, (values, sum(map(len, written.values()))))
        return values, errors

    def _execute(
        self, document: Document, read: ReadOperation, operation: Operation, inputs: Inputs
    ) -> tuple[Mapping[str, Any], list[GraphQLError]]:
        nodes = tuple(node for nodes in operation.introspection.values() for node in nodes)
        alone = OperationDefinitionNode(
            operation=read.node.operation,
            name=read.node.name,
            variable_definitions=read.node.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=nodes),
        )
        part = DocumentNode(definitions=(alone, *document.fragments.values()))
        result = execute_sync(self.schema, part, variable_values=dict(inputs.given))
        if result.data is None:
            raise RuntimeError(f"introspection failed: {result.errors}")
        return result.data, [shortened(error, error.path) for error in result.errors or ()]
