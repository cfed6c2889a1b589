"""Arguments of a field, split into what shapes the SQL (enums, booleans, which keys are given) and what is only bound to it (leaves).

The split lets one compiled plan serve every request of the same shape: a ``Leaf`` says where in a request's variables a value will be
found; the variables that shape the SQL are part of the plan's key (``variables.shape``).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
)
from graphql.language import Node
from graphql.type import GraphQLBoolean
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from resolvers.errors import HubError

Variables = Mapping[str, Any]

SHAPING = frozenset({"Dimension"})
"""Enums of which a list shapes the SQL; a list of any other is bound to it whole."""


@dataclass(frozen=True)
class Leaf:
    """A value that is known only in a run, and bound to the statement: a scalar, or a list of scalars or enums."""

    get: Callable[[Variables], Any]

    def map(self, function: Callable[[Any], Any]) -> "Leaf":
        """The function of the value, or of each item of a list; null stays null."""

        def get(variables: Variables) -> Any:
            value = self.get(variables)
            if isinstance(value, list):
                return [None if item is None else function(item) for item in value]
            return None if value is None else function(value)

        return Leaf(get)


Value = Any
"""None, bool, an enum's member, a Leaf, or a dict or list of these."""

Arguments = Mapping[str, Value]


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """A name of the schema as Python writes it: ``workerType`` is ``worker_type``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def camel(name: str) -> str:
    """A name of Python as the schema writes it, for messages: ``worker_type`` is ``workerType``."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


class TrackedArguments(dict[str, Value]):
    """The arguments of a field, which remember which of them were read: one that nothing has read when the field is compiled would be
    ignored silently. ``items`` and ``in`` do not count as reading."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        super().__init__(values)
        self._read: set[str] = set()

    def get(self, name: str, default: Value = None) -> Value:
        """An argument, or the default."""
        self._read.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Value:
        """An argument."""
        self._read.add(name)
        return super().__getitem__(name)

    def require_effect(self, node: Node) -> None:
        """Raises NO_EFFECT for an argument that was given and that nothing has read."""
        for name, value in self.items():
            if value is not None and name not in self._read:
                why = NEEDS.get(name, "it goes with other arguments than these")
                raise HubError(
                    "NO_EFFECT",
                    f"`{camel(name)}` would change nothing here: {why}. Leave it out, or give what it goes with.",
                    nodes=node,
                )


NEEDS = {
    "scope": "it says how far below `within` a list reaches",
    "hierarchy": "it says which hierarchy is below `within`, in the scope SUBTREE",
    "as_of": "with `validity: ANY` no row is compared with a day",
}
"""Why an argument of lists and statistics has no effect alone."""


def build(field: GraphQLField, node: FieldNode, variables: Variables) -> TrackedArguments:
    """The arguments of a field by their Python names; those that were not given are not there."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    built: dict[str, Value] = {}
    for name, argument in field.args.items():
        value = _literal(argument.type, given[name], variables) if name in given else Undefined
        if value is Undefined:
            default = coerce_default_value(argument)
            if default is Undefined:
                if isinstance(argument.type, GraphQLNonNull):
                    raise no_value(node)
                continue
            value = _value(argument.type, default, _constant(default))
        built[snake(name)] = value
    return TrackedArguments(built)


NO_VALUE = ("BAD_VARIABLES", "A variable is null or missing where a value is needed. Send a value.")


def no_value(node: Node) -> HubError:
    """The error of a variable that is null, or has no value, where the schema requires one."""
    return HubError(*NO_VALUE, nodes=node)


def _constant(value: Any) -> Callable[[Variables], Any]:
    return lambda _: value


def _literal(type_: GraphQLInputType, node: ValueNode, variables: Variables) -> Value:
    if isinstance(type_, GraphQLNonNull):
        value = _literal(type_.of_type, node, variables)
        if value is None:
            raise no_value(node)
        return value
    if isinstance(node, VariableNode):
        name = node.name.value
        return _value(type_, variables[name], lambda given: given[name]) if name in variables else Undefined
    if isinstance(node, NullValueNode):
        return None
    if isinstance(type_, GraphQLList):
        nodes = node.values if isinstance(node, ListValueNode) else (node,)
        items = [_item_literal(type_.of_type, n, variables) for n in nodes]
        return _present(items) if items_shape_sql(type_.of_type) else _list_leaf(items)
    if isinstance(type_, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
        return _object(type_, {f.name.value: f.value for f in node.fields}, variables)
    value = coerce_input_literal(node, type_)
    return _value(type_, value, _constant(value))


def _item_literal(type_: GraphQLInputType, node: ValueNode, variables: Variables) -> Value:
    value = _literal(type_, node, variables)
    if value is not Undefined or isinstance(get_named_type(type_), GraphQLInputObjectType):
        return value
    if isinstance(type_, GraphQLNonNull):
        raise no_value(node)
    return None


def _object(type_: GraphQLInputObjectType, given: Mapping[str, ValueNode], variables: Variables) -> Value:
    built: dict[str, Value] = {}
    for name, field in type_.fields.items():
        value = _literal(field.type, given[name], variables) if name in given else Undefined
        if value is Undefined:
            default = coerce_default_value(field)
            if default is Undefined:
                continue
            value = _value(field.type, default, _constant(default))
        if value is None and is_condition(type_):
            raise null_operand(type_, name, given.get(name))
        built[snake(name)] = value
    return Undefined if _is_absent(type_, given, built) else built


def is_condition(type_: GraphQLInputObjectType) -> bool:
    """Whether an input is a condition, or several: none of its fields is required."""
    return not any(isinstance(field.type, GraphQLNonNull) for field in type_.fields.values())


def _is_filter(type_: GraphQLInputType) -> bool:
    """Whether an input is a filter of rows, whose ``{}`` means that there is a row."""
    return isinstance(type_, GraphQLInputObjectType) and "not" in type_.fields


def _is_absent(type_: GraphQLInputObjectType, given: Collection[str], built: Mapping[str, Value]) -> bool:
    """Whether a condition counts as absent: it has no operand, since none of its variables is given. An explicit ``{}`` of a filter
    counts; ``validity`` alone, which says which rows of a list are considered, is no operand."""
    if built.keys() == {"validity"}:
        return len(given) > 1
    return not built and is_condition(type_) and (bool(given) or not _is_filter(type_))


def _present(items: Sequence[Value]) -> Value:
    """The conditions of a list that are not absent; Undefined where all are."""
    present = [item for item in items if item is not Undefined]
    return Undefined if items and not present else present


def null_operand(type_: GraphQLInputObjectType, name: str, node: Node | None = None) -> HubError:
    """The error of a condition that is null: nothing equals null, and a condition left out by mistake would find every row."""
    input_type = type_.fields[name].type
    if name == "isNull":
        hint = "Say `isNull: true` or `isNull: false`"
    elif "isNull" in type_.fields:
        hint = "For rows without a value say `isNull: true`"
    elif _is_filter(input_type) and name != "not" and _is_filter(type_):
        hint = f"For rows without one (what elsewhere is `isNull`) say `not: {{{name}: {{}}}}`"
    elif isinstance(input_type, GraphQLInputObjectType) and "isNull" in input_type.fields:
        hint = f"For rows without a value say `{name}: {{isNull: true}}`"
    else:
        hint = "For rows without a value use the condition `isNull` of their field"
    return HubError(
        "NULL_OPERAND",
        f"`{name}` is null, with which nothing can be compared. {hint}; to set no condition, leave it out.",
        nodes=node,
    )


def _list_leaf(items: Sequence[Value]) -> Leaf:
    return Leaf(lambda given: [item.get(given) if isinstance(item, Leaf) else item for item in items])


def _value(type_: GraphQLInputType, value: Any, get: Callable[[Variables], Any]) -> Value:
    if isinstance(type_, GraphQLNonNull):
        return _value(type_.of_type, value, get)
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        if not items_shape_sql(type_.of_type):
            return Leaf(get)
        return _present([_value(type_.of_type, item, _item(get, index)) for index, item in enumerate(value)])
    if isinstance(type_, GraphQLInputObjectType):
        return _object_value(type_, value, get)
    return value if shapes_sql(type_) else Leaf(get)


def _object_value(type_: GraphQLInputObjectType, value: Mapping[str, Any], get: Callable[[Variables], Any]) -> Value:
    condition = is_condition(type_)
    built: dict[str, Value] = {}
    for name, item in value.items():
        if item is None and condition:
            raise null_operand(type_, name)
        part = _value(type_.fields[name].type, item, _item(get, name))
        if part is not Undefined:
            built[snake(name)] = part
    return Undefined if _is_absent(type_, value, built) else built


def _item(get: Callable[[Variables], Any], key: str | int) -> Callable[[Variables], Any]:
    return lambda given: get(given)[key]


def shapes_sql(type_: GraphQLInputType) -> bool:
    """Whether a value of this type is part of a plan's key, and not bound."""
    return isinstance(type_, GraphQLEnumType) or type_ is GraphQLBoolean


def items_shape_sql(type_: GraphQLInputType) -> bool:
    """Whether items of a list of this type are taken apart: input objects, and enums that shape the SQL."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    return isinstance(type_, GraphQLInputObjectType) or type_.name in SHAPING
