"""A document that has been parsed, limited and validated once; the operation that the caller names in it; what goes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

from resolvers.engine.request.variables import VariableTypes, variable_types
from resolvers.errors import HubError


@dataclass(eq=False, slots=True)
class Prepared:
    """An operation of a document and the types of its variables. ``introspected`` keeps the values of its introspection fields once they
    are known, where no variable changes them."""

    node: OperationDefinitionNode
    types: VariableTypes
    introspected: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A valid document."""

    text: str
    ast: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    prepared: dict[str | None, Prepared] = field(default_factory=dict, init=False, repr=False)

    def prepare(self, schema: GraphQLSchema, name: str | None) -> Prepared:
        """The operation of this name, or the only one; kept in ``prepared`` from its first use. Raises BAD_OPERATION."""
        prepared = self.prepared.get(name)
        if prepared is None:
            node = self._operation(name)
            prepared = self.prepared[name] = Prepared(node, variable_types(schema, node))
        return prepared

    def _operation(self, name: str | None) -> OperationDefinitionNode:
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise HubError("BAD_OPERATION", "The document has several operations. Name one in `operationName`.")
        if name not in self.operations:
            raise HubError(
                "BAD_OPERATION",
                "The document has no operation of that name. Name one of its own in `operationName`.",
            )
        return self.operations[name]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the caller: the JSON of the response, the HTTP status under ``application/graphql-response+json`` (200 with data,
    4xx for an error of the caller, 5xx for one of the hub), and the code of its refusal."""

    body: bytes
    status: int
    code: str | None = None
    cells: frozenset[int] = frozenset()
    """The cells of statistics in it, for callers with aggregates only."""
    codes: tuple[str, ...] = ()
    """The codes of its errors, each once."""
