"""Variables of an operation: their types, their values as Python has them, and the part of them that a plan depends on."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    get_named_type,
    get_variable_values,
    type_from_ast,
)
from graphql.type import is_input_type

from resolvers.engine.request import wrong_values
from resolvers.engine.request.arguments import items_shape_sql, shapes_sql
from resolvers.errors import GraphQLErrors, shortened

VariableTypes = tuple[tuple[str, GraphQLInputType], ...]
"""Name and type of each variable of an operation."""


def variable_types(schema: GraphQLSchema, operation: OperationDefinitionNode) -> VariableTypes:
    """Name and type of each variable of a valid operation."""
    types = []
    for definition in operation.variable_definitions or ():
        type_ = type_from_ast(schema, definition.type)
        assert is_input_type(type_)
        types.append((definition.variable.name.value, type_))
    return tuple(types)


def coerce_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, types: VariableTypes, given: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The values of an operation's variables by graphql-core, defaults included. Raises GraphQLErrors for what is wrong with them."""
    if not types:
        return {}
    if (plain := _plain(types, given)) is not None:
        return plain
    definitions = operation.variable_definitions or ()
    values = get_variable_values(schema, definitions, dict(given), max_errors=1, hide_suggestions=True)
    if isinstance(values, list):
        errors = wrong_values.of_variables(operation, types, given)
        raise GraphQLErrors([shortened(error) for error in errors or values])
    return values.coerced


def _plain(types: VariableTypes, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values if each variable is given as JSON has values of its scalar type, which graphql-core leaves as they are; else None.

    graphql-core makes the signature of each variable anew for every request.
    """
    values = {}
    for name, type_ in types:
        value = given.get(name)
        scalar = type_.of_type if type(type_) is GraphQLNonNull else type_
        if type(value) is not _AS_GIVEN.get(scalar):
            return None
        values[name] = value
    return values


_AS_GIVEN: Mapping[Any, type] = {GraphQLID: str, GraphQLString: str, GraphQLBoolean: bool}
"""The type of a value that is itself a value of a scalar type."""


def shape(types: VariableTypes, variables: Mapping[str, Any], prefixes: Container[str]) -> tuple[Any, ...]:
    """The part of a request's variables that a plan depends on; requests with equal shapes share a plan.

    Of a global ID that is its type, by its prefix, where that is one of ``prefixes``.
    """
    return tuple(_shape(type_, variables[name], prefixes) if name in variables else _ABSENT for name, type_ in types)


_ABSENT = "absent"
_GIVEN = "given"


def _shape(type_: GraphQLInputType, value: Any, prefixes: Container[str]) -> Any:
    if isinstance(type_, GraphQLNonNull):
        return _shape(type_.of_type, value, prefixes)
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        if items_shape_sql(type_.of_type):
            return tuple(_shape(type_.of_type, item, prefixes) for item in value)
        return tuple(sorted(known_prefixes(value, prefixes))) if get_named_type(type_) is GraphQLID else _GIVEN
    if isinstance(type_, GraphQLInputObjectType):
        return tuple((name, _shape(type_.fields[name].type, item, prefixes)) for name, item in value.items())
    if type_ is GraphQLID:
        return next(iter(known_prefixes([value], prefixes)), _GIVEN)
    return value if shapes_sql(type_) else _GIVEN


def known_prefixes(ids: Sequence[str | None], prefixes: Container[str]) -> set[str]:
    """The prefixes of global IDs that are among ``prefixes``: which types the IDs are of."""
    used = (text.partition("_")[0] for text in ids if text is not None)
    return {prefix for prefix in used if prefix in prefixes}
