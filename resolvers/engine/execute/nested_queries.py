"""Operations that a field has answered inside another operation: for the same caller, in the same snapshot, each of them once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from resolvers.cache import Cache
from resolvers.engine.plan.connection import Fetch, Read
from resolvers.engine.plan.parameters import Inputs
from resolvers.engine.request.document import Document, document_of

MAX_ASKED = 150
"""Objects that an operation which a field asks may bring; whoever selects the field is charged as many for each parent."""

MAX_TOKENS = 500
MAX_BYTES = 8 * 2**20
"""Memory of the documents of such queries."""


@dataclass(slots=True)
class Asking:
    """See ``Asks``. ``known`` has what was answered in this run already."""

    inputs: Inputs
    connection: Fetch
    answer: Callable[[str, Inputs, Fetch], Awaitable[Any]]
    known: dict[str, Any]

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of a statement."""
        return await self.connection.fetch(sql, *args)

    async def fetch_in(self, role: str, sql: str, *args: Any, kept: bool = False) -> list[Any]:
        """Rows of a statement in another role."""
        return await self.connection.fetch_in(role, sql, *args, kept=kept)

    async def reading(self, sql: str, *args: Any) -> Read:
        """Reads rows of a statement, at most so many each time."""
        return await self.connection.reading(sql, *args)

    async def ask(self, text: str) -> Any:
        """The data of a query, as JSON, or null."""
        if text not in self.known:
            self.known[text] = await self.answer(text, self.inputs, self.connection)
        return self.known[text]


class NestedDocuments:
    """The documents of queries that fields ask, each parsed and validated once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._documents: Cache[str, Document] = Cache(MAX_BYTES, lambda _, document: document.weight)

    def document(self, text: str) -> Document | None:
        """The document of one query without variables; null when it is anything else."""
        document = self._documents.get(text) or self._read(text)
        if document is not None:
            self._documents.put(text, document)
        return document

    def _read(self, text: str) -> Document | None:
        try:
            ast = parse(text, max_tokens=MAX_TOKENS)
        except GraphQLError:
            return None
        operations = [part for part in ast.definitions if isinstance(part, OperationDefinitionNode)]
        if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
            return None
        if operations[0].variable_definitions or validate(self.schema, ast):
            return None
        return document_of(self.schema, text, ast)
