"""A document that has been parsed, limited and validated once, and what the caller asked to do with it."""

from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLInputType, OperationDefinitionNode


@dataclass(eq=False, slots=True)
class Prepared:
    """An operation of a document, its variables' types, and the values of its introspection fields where no variable changes them."""

    node: OperationDefinitionNode
    types: tuple[tuple[str, GraphQLInputType], ...]
    introspected: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Document:
    """A valid document. ``prepared`` is the engine's: its operations by name."""

    text: str
    ast: DocumentNode
    operations: dict[str | None, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]
    prepared: dict[str | None, Prepared] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the caller: the JSON of the response, and the HTTP status it deserves under
    ``application/graphql-response+json`` (200 with data, 4xx when the caller erred, 5xx when we did), and the code of its refusal."""

    body: bytes
    status: int
    code: str | None = None
    cells: frozenset[int] = frozenset()
    """The cells of statistics in it, where the caller has aggregates only."""
    codes: tuple[str, ...] = ()
    """The codes of its errors, each once."""
