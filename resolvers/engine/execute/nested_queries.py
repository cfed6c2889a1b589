"""GraphQL queries that a computed field runs inside an operation: for the same caller, in the same snapshot, each of them once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
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

MAX_QUERY_OBJECTS = 150
"""Objects that such a query may bring; whoever selects the field is charged as many for each parent."""

MAX_TOKENS = 500
MAX_BYTES = 8 * 2**20
"""Memory of the documents of such queries."""


AnswerQuery = Callable[[str, Inputs, Fetch], Awaitable[Any]]
"""Runs one query in a snapshot, and returns its data as JSON or None."""


@dataclass(frozen=True, slots=True)
class NestedQueries:
    """A ``QueryConnection`` of one run. ``answers`` keeps the data of the run's queries by their texts."""

    inputs: Inputs
    connection: Fetch
    answer: AnswerQuery
    answers: dict[str, Any]

    @classmethod
    def of_run(cls, inputs: Inputs, connection: Fetch, answer: AnswerQuery, answers: dict[str, Any]) -> "NestedQueries":
        """The queries of a run with these inputs; their own have no variables, and pages of any size."""
        return cls(replace(inputs, variables={}, given={}, max_page=None), connection, answer, answers)

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of a statement."""
        return await self.connection.fetch(sql, *args)

    async def fetch_in(self, role: str, sql: str, *args: Any, kept: bool = False) -> list[Any]:
        """Rows of a statement under SET ROLE."""
        return await self.connection.fetch_in(role, sql, *args, kept=kept)

    async def reading(self, sql: str, *args: Any) -> Read:
        """Reads the rows of a statement piece by piece."""
        return await self.connection.reading(sql, *args)

    async def query(self, text: str) -> Any:
        """The data of a query, as JSON, or None."""
        if text not in self.answers:
            self.answers[text] = await self.answer(text, self.inputs, self.connection)
        return self.answers[text]


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
