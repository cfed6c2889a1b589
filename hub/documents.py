"""The documents that callers send, each parsed, limited and validated once and kept while it is in use."""

import re
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Generic, TypeVar

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    TokenKind,
    ValuesOfCorrectTypeRule,
    Visitor,
    VisitorAction,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

from db.meter import working
from hub.compression import can_spell
from hub.errors import MAX_ERRORS, Problem, body_of_problems, problems
from hub.limits import Limits, check, measure
from resolvers.engine.request.document import Document
from resolvers.engine.request.wrong_values import WrongLiterals
from resolvers.errors import HubError
from resolvers.suggestions import suggests

overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 30_000
"""Some 50 ms of comparing fields; 40 fragments of 8 fields each, spread beside each other, take 23,000 units."""

RULES = [WrongLiterals if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules]
"""GraphQL's own, but for the words of one."""

QUOTED = re.compile("'([^']+)'")
"""A name or a type in graphql-core's messages on documents, none of which has a caller's text in it."""

BYTES_A_TOKEN = 700
"""Memory of a parsed document for each of its tokens, measured: syntax nodes, tokens and their locations."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What the endpoint must know of an operation before it is run."""

    name: str | None
    kind: OperationType
    depth: int
    """Levels of fields."""
    introspects: bool = False
    """Whether it asks for the schema."""
    spells: bool = False
    """Whether its document has aliases that could spell a value."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A valid document and its operations by name."""

    document: Document
    operations: dict[str | None, Operation]

    def operation(self, name: str | None) -> Operation | None:
        """The operation that ``operationName`` chooses; None where the engine will refuse the choice."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        return self.operations.get(name)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that is not run, and why."""

    problems: tuple[Problem, ...]

    @property
    def code(self) -> str:
        """The code of the first error."""
        return self.problems[0].code

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all errors, each once."""
        return tuple(dict.fromkeys(problem.code for problem in self.problems))

    @property
    def body(self) -> bytes:
        """The JSON of the response, in the language of who asks now."""
        return body_of_problems(self.problems)


Value = TypeVar("Value")


class Lru(Generic[Value]):
    """The values used last, bounded by count and weight in bytes; what weighs over a quarter of it all is not kept."""

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self.max_count = max_count
        self.max_bytes = max_bytes
        self.bytes = 0
        self.entries: OrderedDict[str, tuple[Value, int]] = OrderedDict()

    def get(self, key: str) -> Value | None:
        """The value kept under the key, now the one used last."""
        found = self.entries.get(key)
        if found is None:
            return None
        self.entries.move_to_end(key)
        return found[0]

    def put(self, key: str, value: Value, weight: int) -> None:
        """Keep a new value of ``weight`` bytes and let go of what is over the bounds."""
        if weight > self.max_bytes // 4:
            return
        self.entries[key] = (value, weight)
        self.bytes += weight
        while len(self.entries) > self.max_count or self.bytes > self.max_bytes:
            self.bytes -= self.entries.popitem(last=False)[1][1]


class Documents:
    """Documents by their text, against one schema and its limits.

    Args:
        schema: the schema that documents must be valid for.
        limits: what a document may cost.
        max_count: documents kept; an eighth as many rejections are.
        max_bytes: memory of all documents kept, estimated from their tokens; plans are the engine's and count there.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        max_count: int = 2_000,
        max_bytes: int = 128 * 2**20,
    ) -> None:
        self.schema = schema
        self.limits = limits
        self.accepted: Lru[Accepted] = Lru(max_count, max_bytes)
        self.rejected: Lru[Rejected] = Lru(max_count // 8, max_bytes // 16)
        self.hits = self.misses = 0

    def get(self, text: str) -> Accepted | Rejected:
        """The document of this text, or why it is none: with suggestions for who may ask for the schema."""
        asked = f"{suggests.get()} {text}"
        known = self.accepted.get(text) or self.rejected.get(asked)
        if known is not None:
            self.hits += 1
            return known
        self.misses += 1
        with working():
            made = self.read(text)
        if isinstance(made, Accepted):
            self.accepted.put(text, made, len(text) * 4 + BYTES_A_TOKEN * count_tokens(made.document.ast))
        else:
            self.rejected.put(asked, made, len(text) * 4 + 500 * len(made.problems) + 200)
        return made

    def statistics(self) -> dict[str, int]:
        """Documents ``kept``, their ``bytes``, the ``rejected`` ones kept; ``hits`` and ``misses`` since the start."""
        return {
            "kept": len(self.accepted.entries),
            "bytes": self.accepted.bytes,
            "rejected": len(self.rejected.entries),
            "hits": self.hits,
            "misses": self.misses,
        }

    def read(self, text: str) -> Accepted | Rejected:
        """Parse, limit and validate, in this order, each only after the one before has passed."""
        maximum = self.limits.max_tokens
        try:
            ast = parse(text, max_lexical_tokens=maximum, max_comments=maximum)
            if "\0" in text or "\\u" in text:
                refuse_null_characters(ast)
            operations = measure(ast)
            check(operations, self.limits)
        except HubError as error:
            return rejected([(error.code, error)])
        except GraphQLError as error:
            return rejected([(syntax_code(error), error)])
        if not operations:
            return rejected([("VALIDATION_FAILED", GraphQLError("The document holds no operation to run."))])
        errors = validate(self.schema, ast, RULES, max_errors=MAX_ERRORS - 1, hide_suggestions=not suggests.get())
        if errors:
            return rejected([validation_error(error) for error in errors])
        spells = can_spell(ast)
        return Accepted(
            Document(
                text=text,
                ast=ast,
                operations={name_of(node): node for node, _ in operations},
                fragments={
                    definition.name.value: definition
                    for definition in ast.definitions
                    if isinstance(definition, FragmentDefinitionNode)
                },
            ),
            {
                name_of(node): Operation(name_of(node), node.operation, shape.depth, shape.introspections > 0, spells)
                for node, shape in operations
            },
        )


def rejected(errors: Collection[tuple[str, GraphQLError]]) -> Rejected:
    """A rejection with these errors, each with its code."""
    return Rejected(problems(errors))


def name_of(operation: OperationDefinitionNode) -> str | None:
    """An operation's name."""
    return operation.name.value if operation.name else None


def syntax_code(error: GraphQLError) -> str:
    """The code of what the parser says: its own limits are told apart by their words, for it gives nothing else."""
    if error.message.endswith("tokens. Parsing aborted.") or error.message.endswith("comments. Parsing aborted."):
        return "TOO_MANY_TOKENS"
    if error.message.endswith("nested too deeply. Parsing aborted."):
        return "TOO_DEEP"
    return "SYNTAX_ERROR"


def validation_error(error: GraphQLError) -> tuple[str, GraphQLError]:
    """What validation says, with its code; what ended it early was too much rather than wrong."""
    if error.message == "Maximum introspection depth exceeded":
        return "TOO_DEEP", GraphQLError(
            "The schema is asked for too deeply. The file schema.graphql has all of it.", error.nodes
        )
    if error.message == "Validation aborted.":
        return "TOO_COMPLEX", GraphQLError(
            "Too many fields of one level have the same response name. Select each once, in fewer fragments."
        )
    if isinstance(error, HubError):
        return error.code, error
    return "VALIDATION_FAILED", GraphQLError(QUOTED.sub(r"`\1`", error.message), error.nodes)


def count_tokens(ast: DocumentNode) -> int:
    """The tokens of a parsed document."""
    count = 0
    token = ast.loc.start_token if ast.loc else None
    while token is not None and token.kind is not TokenKind.EOF:
        count += 1
        token = token.next
    return count


class NullCharacters(Visitor):
    """Refuses a string value with a null character, which PostgreSQL cannot store or compare."""

    def enter_string_value(self, node: StringValueNode, *_: object) -> VisitorAction:
        """Look at one string."""
        if "\0" in node.value:
            raise HubError(
                "INVALID_CHARACTER",
                "A string holds the null character U+0000. Take it out; no text has it.",
                nodes=node,
            )
        return None


def refuse_null_characters(ast: DocumentNode) -> None:
    """Refuse a document with a null character in a string.

    Raises:
        HubError: INVALID_CHARACTER.
    """
    visit(ast, NullCharacters())
