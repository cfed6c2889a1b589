"""A document that has been parsed, limited and validated, and the response to it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    TokenKind,
)

from resolvers.engine.request.variables import VariableTypes, variable_types
from resolvers.errors import HubError

BYTES_A_TOKEN = 700
"""Memory of a parsed document for each of its tokens, measured: syntax nodes, tokens and their locations."""


@dataclass(frozen=True, eq=False, slots=True)
class ReadOperation:
    """An operation of a document, and the types of its variables."""

    node: OperationDefinitionNode
    types: VariableTypes

    @property
    def name(self) -> str | None:
        """Its name, if it has one."""
        return self.node.name.value if self.node.name else None


@dataclass(frozen=True, eq=False, slots=True)
class Document:
    """A valid document: its operations and fragments by name, and its ``weight`` in bytes of memory."""

    text: str
    ast: DocumentNode
    operations: Mapping[str | None, ReadOperation]
    fragments: Mapping[str, FragmentDefinitionNode]
    weight: int

    def operation(self, name: str | None) -> ReadOperation:
        """The operation of this name, or the only one. Raises BAD_OPERATION."""
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


def document_of(schema: GraphQLSchema, text: str, ast: DocumentNode) -> Document:
    """The document of a text and its syntax tree, which is valid for the schema."""
    operations = [
        ReadOperation(part, variable_types(schema, part))
        for part in ast.definitions
        if isinstance(part, OperationDefinitionNode)
    ]
    fragments = [part for part in ast.definitions if isinstance(part, FragmentDefinitionNode)]
    return Document(
        text,
        ast,
        {operation.name: operation for operation in operations},
        {fragment.name.value: fragment for fragment in fragments},
        sys.getsizeof(text) + BYTES_A_TOKEN * count_tokens(ast),
    )


def count_tokens(ast: DocumentNode) -> int:
    """The tokens of a parsed document."""
    count = 0
    token = ast.loc.start_token if ast.loc else None
    while token is not None and token.kind is not TokenKind.EOF:
        count += 1
        token = token.next
    return count


@dataclass(frozen=True, slots=True)
class Answer:
    """The response: its JSON, the HTTP status that it has under ``application/graphql-response+json`` (200 with data, 4xx for faults of the
    caller, 5xx for faults of the hub), and the code of its refusal."""

    body: bytes
    status: int
    code: str | None = None
    cells: frozenset[int] = frozenset()
    """The cells of statistics in it, for callers with aggregates only."""
    codes: tuple[str, ...] = ()
    """The codes of its errors, each once."""
