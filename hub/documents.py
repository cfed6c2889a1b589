"""Parses, limits and validates the documents that callers send, and caches the results."""

import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    ValidationContext,
    ValuesOfCorrectTypeRule,
    Visitor,
    VisitorAction,
    parse,
    specified_rules,
    validate,
    visit,
)

from db.meter import working
from hub.compressible import aliases_can_spell_values
from hub.errors import MAX_ERRORS, Problem, body_of_problems, problems
from hub.limits.document_limits import Limits, check, measure
from resolvers.cache import Cache
from resolvers.engine.request.document import Document, document_of
from resolvers.engine.request.wrong_values import WrongLiterals
from resolvers.errors import HubError
from resolvers.suggestions import suggestions_allowed

MAX_COMPARISONS = 30_000
"""Some 50 ms of comparing fields; 40 fragments of 8 fields each, spread beside each other, take 23,000 units."""


class OverlappingFields(OverlappingFieldsCanBeMergedRule):
    """GraphQL's rule that fields of one response name can be merged, which gives up after ``MAX_COMPARISONS``."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MAX_COMPARISONS


OWN_RULES: Mapping[type[ASTValidationRule], type[ASTValidationRule]] = {
    ValuesOfCorrectTypeRule: WrongLiterals,
    OverlappingFieldsCanBeMergedRule: OverlappingFields,
}

RULES = [OWN_RULES.get(rule, rule) for rule in specified_rules]
"""GraphQL's rules, two of them in a form of the hub's own."""

QUOTED = re.compile("'([^']+)'")
"""A name or type in graphql-core's messages about documents; these never quote a caller's text."""

MAX_BYTES = 48 * 2**20
"""Memory of the documents that are kept: some 2,000 of 30 fields each."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The properties of an operation that the endpoint checks before it runs."""

    name: str | None
    kind: OperationType
    depth: int
    """Levels of fields."""
    introspects: bool = False
    """Whether it introspects the schema."""
    spells_values: bool = False
    """Whether its document has aliases that can spell a value (``hub/compressible.py``)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A valid document and its operations by name."""

    document: Document
    operations: dict[str | None, Operation]

    def operation(self, name: str | None) -> Operation | None:
        """The operation that ``operationName`` selects; None if the engine will refuse the name."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        return self.operations.get(name)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A refused document, with its errors."""

    problems: tuple[Problem, ...]

    @property
    def code(self) -> str:
        """The code of the first error."""
        return self.problems[0].code

    @property
    def codes(self) -> tuple[str, ...]:
        """The distinct codes of all errors."""
        return tuple(dict.fromkeys(problem.code for problem in self.problems))

    @property
    def weight(self) -> int:
        """The bytes of memory that it takes, without its text."""
        return 200 + 500 * len(self.problems)

    @property
    def body(self) -> bytes:
        """The JSON of the response, in the language of the current caller."""
        return body_of_problems(self.problems)


class Documents:
    """Documents of one schema, by their text.

    Args:
        schema: the schema that documents must be valid for.
        limits: what a document may cost.
        max_bytes: memory of all documents that are kept; rejections get a sixteenth of it in addition.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.schema = schema
        self.limits = limits
        self.accepted: Cache[str, Accepted] = Cache(max_bytes, lambda _, made: made.document.weight)
        self.rejected: Cache[tuple[bool, str], Rejected] = Cache(
            max_bytes // 16, lambda key, made: sys.getsizeof(key[1]) + made.weight
        )

    def get(self, text: str) -> Accepted | Rejected:
        """The document of a text, or its errors: with suggestions for callers who may introspect the schema."""
        accepted = self.accepted.get(text)
        if accepted is not None:
            return accepted
        key = (suggestions_allowed.get(), text)
        rejected = self.rejected.get(key)
        if rejected is not None:
            return rejected
        with working():
            made = self.read(text)
        if isinstance(made, Accepted):
            self.accepted.put(text, made)
        else:
            self.rejected.put(key, made)
        return made

    def statistics(self) -> dict[str, int]:
        """Documents ``kept``, their ``bytes``, the ``rejected`` ones kept; ``hits`` and ``misses`` since the start."""
        accepted, rejected = self.accepted.statistics(), self.rejected.statistics()
        return {
            "kept": accepted["kept"],
            "bytes": accepted["bytes"],
            "rejected": rejected["kept"],
            "hits": accepted["hits"] + rejected["hits"],
            "misses": rejected["misses"],
        }

    def read(self, text: str) -> Accepted | Rejected:
        """Parse, limit and validate, in this order, up to the first step that fails."""
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
        errors = validate(
            self.schema, ast, RULES, max_errors=MAX_ERRORS - 1, hide_suggestions=not suggestions_allowed.get()
        )
        if errors:
            return rejected([validation_error(error) for error in errors])
        spells_values = aliases_can_spell_values(ast)
        return Accepted(
            document_of(self.schema, text, ast),
            {
                name_of(node): Operation(
                    name_of(node), node.operation, shape.depth, shape.introspections > 0, spells_values
                )
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
    """The code of a parser error. The parser's own limits are recognised by their messages, since it has no codes."""
    if error.message.endswith("tokens. Parsing aborted.") or error.message.endswith("comments. Parsing aborted."):
        return "TOO_MANY_TOKENS"
    if error.message.endswith("nested too deeply. Parsing aborted."):
        return "TOO_DEEP"
    return "SYNTAX_ERROR"


def validation_error(error: GraphQLError) -> tuple[str, GraphQLError]:
    """An error of validation with its code. Where validation gave up, the document was too large rather than wrong."""
    if error.message == "Maximum introspection depth exceeded":
        return "TOO_DEEP", GraphQLError(
            "The introspection is nested too deeply. The file schema.graphql has all of it.", error.nodes
        )
    if error.message == "Validation aborted.":
        return "TOO_COMPLEX", GraphQLError(
            "Too many fields of one level have the same response name. Select each once, in fewer fragments."
        )
    if isinstance(error, HubError):
        return error.code, error
    return "VALIDATION_FAILED", GraphQLError(QUOTED.sub(r"`\1`", error.message), error.nodes)


class NullCharacters(Visitor):
    """Refuses a string value with a null character, which PostgreSQL cannot store or compare."""

    def enter_string_value(self, node: StringValueNode, *_: object) -> VisitorAction:
        """Check one string."""
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
