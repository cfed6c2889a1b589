"""The conditions of a statistic's ``where``: values of a dimension as the keys of groups have them, so that a key can be sent back.

A key that is null stands for records without a value; ``OUT_OF_SIGHT`` for all rows that a dimension names and the caller does not see.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, Integer, Text, and_, any_, cast, not_, or_
from sqlalchemy.types import TypeEngine

from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.statistics import Ref
from resolvers.engine.plan.parameters import BIGINTS, DATES, TEXTS, Inputs, storable
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import Leaf
from resolvers.engine.statistics import time_buckets
from resolvers.engine.statistics.dimension_keys import HIDDEN, OUT_OF_SIGHT, Joins
from resolvers.errors import HubError
from resolvers.suggestions import shown
from resolvers.unknown_codes import list_of, unknown_code

if TYPE_CHECKING:
    from resolvers.engine.statistics.from_records import Counting

INTEGER = re.compile("0|-?[1-9][0-9]{0,18}")
CHILDREN = ("CHILD_ORGANIZATION", "CHILD_DIVISION")
"""The dimensions of what is right below the place."""


@dataclass(frozen=True)
class Condition:
    """A condition on a dimension. ``holds`` says it of a record, which may need outer ``joins``; ``among`` of the dimension's value in
    another column, that of a roll-up."""

    name: str
    holds: ColumnElement[bool]
    among: Callable[[ColumnElement[Any]], ColumnElement[bool]]
    joins: Joins = ()


def condition(counting: "Counting", given: Mapping[str, Any]) -> Condition:
    """An item of ``where``. Running it raises UNKNOWN_CODE, BAD_ARGUMENT and BAD_ID for a value that the dimension does not have."""
    name, values = given["dimension"].name, given["in"]
    if name in time_buckets.TIMES or name in CHILDREN:
        return _of_time(counting, name, values) if name in time_buckets.TIMES else _of_child(counting, name, values)
    declared = counting.declared(name)
    if isinstance(declared, Ref):
        return _of_rows(counting, name, declared, values)
    column = expression(declared)
    among = _among(counting, values, _reader(counting.kind, name, column.type), TEXTS)
    return Condition(name, among(cast(column, Text)), lambda value: among(cast(value, Text)))


def _among(
    counting: "Counting", leaf: Leaf, read: Callable[[Inputs, str], Any], kind: TypeEngine[Any]
) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
    """The condition that a value is one of those that are given, of which null is that of records without one."""

    def values(inputs: Inputs) -> list[Any]:
        return [read(inputs, text) for text in leaf.get(inputs.variables) if text is not None]

    found = counting.binder.bind(values, kind)
    empty = _has(counting, leaf, None)
    return lambda value: or_(value == any_(found), and_(empty, value.is_(None)))


def _has(counting: "Counting", leaf: Leaf, item: str | None) -> ColumnElement[bool]:
    """Whether an item is among those that are given, a constant when the statement is planned."""
    return counting.binder.bind(lambda inputs: item in leaf.get(inputs.variables), Boolean())


def _reader(kind: str, name: str, type_: TypeEngine[Any]) -> Callable[[Inputs, str], str]:
    codes = list_of(type_)

    def read(_: Inputs, text: str) -> str:
        if codes is not None and text not in codes.labels:
            raise unknown_code(text, codes)
        if isinstance(type_, Boolean) and text not in ("true", "false"):
            raise _no_value(kind, name, text, "`true` and `false`")
        if isinstance(type_, Integer) and not INTEGER.fullmatch(text):
            raise _no_value(kind, name, text, "whole numbers, written as texts such as `1`,")
        if "\0" in text:
            raise _no_value(kind, name, text, "texts without U+0000")
        return str(storable(text))

    return read


def _no_value(kind: str, name: str, text: str, having: str) -> HubError:
    return HubError("BAD_ARGUMENT", f"{name} of {kind} has no value {shown(text)}: it has {having} and null.")


def _of_rows(counting: "Counting", name: str, declared: Ref, leaf: Leaf) -> Condition:
    """A condition on the row that a record names: it is one of these and in sight, or out of sight, or there is none."""
    counting.require_given(name, declared.target)
    key, prefix = expression(declared.key), counting.registry.sources[declared.target].prefix
    seen = counting.keys.in_sight(declared)
    among = _among(counting, leaf, lambda _, text: _key(text, prefix), BIGINTS)
    holds = among(key)
    if seen:
        hidden = and_(_has(counting, leaf, OUT_OF_SIGHT), key.is_not(None), not_(and_(*seen)))
        holds = or_(and_(holds, or_(key.is_(None), *seen)), hidden)
    return Condition(name, holds, among)


def _key(text: str, prefix: str) -> int:
    return HIDDEN if text == OUT_OF_SIGHT else global_ids.decode(text, prefix)[1]


def _of_child(counting: "Counting", name: str, leaf: Leaf) -> Condition:
    """A condition on the child of the place that a record belongs to."""
    if counting.coarse:
        raise HubError("BAD_ARGUMENT", f"`where` takes no {name}. Use `within`, or `statistics` of that child.")
    children = counting.children(name)
    if children is None:
        counting.declared(name)
    assert children is not None
    prefix = counting.registry.sources[children.target].prefix
    among = _among(counting, leaf, lambda _, text: _key(text, prefix), BIGINTS)
    return Condition(name, among(counting.keys.child(children.key, children)), among, children.joins)


def _of_time(counting: "Counting", name: str, leaf: Leaf) -> Condition:
    """A condition on the day, month, quarter or year of a record."""
    if counting.coarse:
        raise HubError("BAD_ARGUMENT", f"`where` takes no dimension of time such as {name}. Use `from` and `until`.")

    def read(inputs: Inputs, text: str) -> Any:
        found = time_buckets.parsed(name, text, inputs.statistical_month)
        if found is None:
            known = time_buckets.name(name, time_buckets.first(name, inputs.today, inputs.statistical_month))
            raise _no_value(counting.kind, name, text, f"values such as `{known}`")
        return found

    among = _among(counting, leaf, read, DATES)
    return Condition(name, among(time_buckets.bucket(name, counting.event, counting.binder)), partial(among))
