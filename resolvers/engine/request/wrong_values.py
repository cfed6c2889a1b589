"""Messages about a caller's wrong values, in the names of the schema and the words of JSON: ``null``, ``true``, a text, a whole number.

graphql-core finds that a value does not fit, but its own messages quote values as Python writes them. Values of variables and literals of
a document have the same messages.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    SKIP,
    EnumValueNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableNode,
    VisitorAction,
    is_required_input_field,
    print_ast,
)
from graphql.language import Node

from db.model import CodeList
from resolvers.errors import HubError
from resolvers.suggestions import did_you_mean, similar_names, suggestions_allowed
from resolvers.unknown_codes import of_enum, unknown_code

MAX_ERRORS = 20
"""Errors of one request."""

TAKES: Mapping[str, str] = {
    "Int": "a whole number from -2147483648 to 2147483647",
    "Float": "a number",
    "String": "a text",
    "ID": "a text or a whole number",
    "Boolean": "true or false",
}
"""What GraphQL's own scalar types take."""

Path = tuple[str | int, ...]


class Mistake(NamedTuple):
    """One thing that is wrong with a value."""

    path: Path
    code: str
    message: str
    node: Node | None = None


def of_variables(
    operation: OperationDefinitionNode, types: Sequence[tuple[str, GraphQLInputType]], given: Mapping[str, Any]
) -> list[GraphQLError]:
    """The first ``MAX_ERRORS`` things that are wrong with the variables of an operation."""
    errors: list[GraphQLError] = []
    for definition, (name, type_) in zip(operation.variable_definitions or (), types, strict=True):
        value = given.get(name, Undefined)
        if value is Undefined and (definition.default_value is not None or not isinstance(type_, GraphQLNonNull)):
            continue
        for wrong in _values(value, type_, ()):
            at = f" at `{javascript_path(wrong.path)}`" if wrong.path else ""
            errors.append(HubError(wrong.code, f"Variable `${name}`{at}: {wrong.message}", nodes=definition))
            if len(errors) == MAX_ERRORS:
                return errors
    return errors


def javascript_path(path: Path) -> str:
    """A place in a value as JavaScript writes it: ``and[0].sex``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def as_json(value: Any) -> str:
    """A value as JSON, cut after 60 characters."""
    return _short(json.dumps(value, ensure_ascii=False, default=str))


def _short(text: str) -> str:
    text = text.encode(errors="replace").decode()
    return text if len(text) <= 60 else text[:59] + "…"


def _values(value: Any, type_: GraphQLInputType, path: Path) -> Iterator[Mistake]:
    """What is wrong with the value of a variable."""
    if isinstance(type_, GraphQLNonNull):
        if value is None or value is Undefined:
            yield Mistake(path, "BAD_VARIABLES", _missing(type_, value is None))
        else:
            yield from _values(value, type_.of_type, path)
    elif value is None:
        return
    elif isinstance(type_, GraphQLList):
        for index, item in enumerate(value) if isinstance(value, list) else ((None, value),):
            yield from _values(item, type_.of_type, path if index is None else (*path, index))
    elif isinstance(type_, GraphQLInputObjectType):
        if not isinstance(value, dict):
            yield Mistake(path, "BAD_VARIABLES", f"{type_.name} takes an object, not {as_json(value)}.")
            return
        yield from (
            Mistake(path, "BAD_VARIABLES", message)
            for message in _wrong_fields(type_, value, suggest=suggestions_allowed.get())
        )
        for name, item in value.items():
            if name in type_.fields:
                yield from _values(item, type_.fields[name].type, (*path, name))
    elif isinstance(type_, GraphQLEnumType):
        yield from (Mistake(path, *wrong) for wrong in _enum(type_, value))
    elif isinstance(type_, GraphQLScalarType):
        reason = _scalar(type_, value)
        if reason is not None:
            yield Mistake(path, "BAD_VARIABLES", reason)


def _missing(type_: GraphQLNonNull[Any], is_null: bool) -> str:
    return f"{'It is null, and' if is_null else 'It is missing, and'} {type_} needs a value."


def _wrong_fields(type_: GraphQLInputObjectType, given: Mapping[str, Any], *, suggest: bool) -> Iterator[str]:
    """Fields that an object lacks, and those that its type does not have."""
    for name, field in type_.fields.items():
        if name not in given and is_required_input_field(field):
            yield f"{type_.name} needs `{name}`."
    for name in given:
        if name not in type_.fields:
            near = did_you_mean(*(f"`{other}`" for other in similar_names(name, list(type_.fields)))) if suggest else ""
            yield f"{type_.name} has no field {as_json(name)}.{near}"


def _enum(type_: GraphQLEnumType, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, str):
        yield "BAD_VARIABLES", f"{type_.name} takes one of its codes as a text, not {as_json(value)}."
    elif value not in type_.values:
        yield _no_code(type_, value)


def _no_code(type_: GraphQLEnumType, text: str) -> tuple[str, str]:
    labels = {code: value.description or code for code, value in type_.values.items()}
    error = unknown_code(text, CodeList(type_.name, labels, of_enum(type_.name)))
    return error.code, error.message


def _scalar(type_: GraphQLScalarType, value: Any) -> str | None:
    """Why a scalar does not take a value, if it does not."""
    return _refusal(type_, lambda: type_.parse_value(value), lambda: as_json(value))


def _refusal(type_: GraphQLScalarType, parse: Callable[[], Any], quote: Callable[[], str]) -> str | None:
    """Why a scalar does not take what ``parse`` reads, None if it does; the message quotes what ``quote`` returns."""
    try:
        if parse() is not Undefined:
            return None
        reason = ""
    except Exception as error:
        reason = error.message if isinstance(error, GraphQLError) else ""
    if type_.name in TAKES:
        return f"{type_.name} takes {TAKES[type_.name]}, not {quote()}."
    return f"{type_.name} does not take {quote()}. {reason}".rstrip()


def _literals(node: ValueNode, type_: GraphQLInputType, path: Path, *, suggest: bool) -> Iterator[Mistake]:
    """What is wrong with a literal, but for the variables in it, which are checked when they have values."""
    if isinstance(node, VariableNode):
        return
    if isinstance(type_, GraphQLNonNull):
        if isinstance(node, NullValueNode):
            yield Mistake(path, "VALIDATION_FAILED", _missing(type_, is_null=True), node)
        else:
            yield from _literals(node, type_.of_type, path, suggest=suggest)
    elif isinstance(node, NullValueNode):
        return
    elif isinstance(type_, GraphQLList):
        for index, item in enumerate(node.values) if isinstance(node, ListValueNode) else ((None, node),):
            yield from _literals(item, type_.of_type, path if index is None else (*path, index), suggest=suggest)
    elif isinstance(type_, GraphQLInputObjectType):
        if not isinstance(node, ObjectValueNode):
            yield Mistake(path, "VALIDATION_FAILED", f"{type_.name} takes an object, not {_literal(node)}.", node)
            return
        given = {field.name.value: field.value for field in node.fields}
        for message in _wrong_fields(type_, given, suggest=suggest):
            yield Mistake(path, "VALIDATION_FAILED", message, node)
        for name, item in given.items():
            if name in type_.fields:
                yield from _literals(item, type_.fields[name].type, (*path, name), suggest=suggest)
    elif isinstance(type_, GraphQLEnumType):
        if not isinstance(node, EnumValueNode):
            message = f"{type_.name} takes one of its codes, written without quotes, not {_literal(node)}."
            yield Mistake(path, "VALIDATION_FAILED", message, node)
        elif node.value not in type_.values:
            yield Mistake(path, *_no_code(type_, node.value), node)
    elif isinstance(type_, GraphQLScalarType):
        reason = _refusal(type_, lambda: type_.parse_literal(node), lambda: _literal(node))
        if reason is not None:
            yield Mistake(path, "VALIDATION_FAILED", reason, node)


def _literal(node: ValueNode) -> str:
    return _short(print_ast(node))


class WrongLiterals(ValuesOfCorrectTypeRule):
    """GraphQL's rule that literals fit the type of their place, with these messages."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        """Report what is wrong with a literal."""
        if input_type is not None:
            for wrong in _literals(node, input_type, (), suggest=not self.context.hide_suggestions):
                at = f"At `{javascript_path(wrong.path)}`: " if wrong.path else ""
                self.report_error(HubError(wrong.code, f"{at}{wrong.message}", nodes=wrong.node))
        return SKIP
