"""The conditions of a statistic's ``where``: values of a dimension as the keys of groups have them, so that a key can be sent back.

A key that is null stands for records without a value; ``OUT_OF_SIGHT`` for all rows that a dimension names and the caller does not see.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, Text, and_, any_, cast, not_, or_
from sqlalchemy.types import TypeEngine

from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.statistics import Ref
from resolvers.engine.plan.parameters import BIGINTS, DATES, TEXTS, Inputs, storable
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import Leaf
from resolvers.engine.statistics import time_buckets
from resolvers.engine.statistics.dimension_keys import HIDDEN, OUT_OF_SIGHT
from resolvers.engine.statistics.dimensions import CHILDREN, declared, require_given
from resolvers.engine.statistics.question import Condition, Population
from resolvers.errors import HubError
from resolvers.suggestions import quoted
from resolvers.unknown_codes import list_of, unknown_code

INTEGER = re.compile("0|-?[1-9][0-9]{0,18}")


def condition(population: Population, item: Mapping[str, Any]) -> Condition:
    """An item of ``where``. Running it raises UNKNOWN_CODE, BAD_ARGUMENT and BAD_ID for a value that the dimension does not have."""
    name, values = item["dimension"].name, item["in"]
    if name in time_buckets.TIMES:
        return _of_time(population, name, values)
    if name in CHILDREN:
        return _of_child(population, name, values)
    found = declared(population, name)
    if isinstance(found, Ref):
        return _of_row(population, name, found, values)
    column = expression(found)
    among = _among(population, values, _reader(population.kind, name, column.type), TEXTS)
    return Condition(name, among(cast(column, Text)), lambda value: among(cast(value, Text)))


def _among(
    population: Population, leaf: Leaf, read: Callable[[Inputs, str], Any], kind: TypeEngine[Any]
) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
    """The condition that a value is one of those that are given, of which null is that of records without one."""

    def values(inputs: Inputs) -> list[Any]:
        return [read(inputs, text) for text in leaf.get(inputs.variables) if text is not None]

    array = population.binder.bind(values, kind)
    with_null = _has(population, leaf, None)
    return lambda value: or_(value == any_(array), and_(with_null, value.is_(None)))


def _has(population: Population, leaf: Leaf, item: str | None) -> ColumnElement[bool]:
    """Whether an item is among those that are given, a constant when the statement is planned."""
    return population.binder.bind(lambda inputs: item in leaf.get(inputs.variables), Boolean())


def _reader(kind: str, name: str, type_: TypeEngine[Any]) -> Callable[[Inputs, str], str]:
    """Reads a value as the column of the dimension has it, as text. Raises UNKNOWN_CODE and BAD_ARGUMENT."""
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
    """The error of a value that a dimension cannot have."""
    return HubError("BAD_ARGUMENT", f"{name} of {kind} has no value {quoted(text)}: it has {having} and null.")


def _of_row(population: Population, name: str, ref: Ref, leaf: Leaf) -> Condition:
    """A condition on the row that a record names: it is one of these and in sight, or out of sight, or there is none."""
    require_given(population, name, ref.target)
    key, prefix = expression(ref.key), population.registry.sources[ref.target].prefix
    in_sight = population.keys.visible_rows(ref)
    among = _among(population, leaf, lambda _, text: _key(text, prefix), BIGINTS)
    holds = among(key)
    if in_sight:
        hidden = and_(_has(population, leaf, OUT_OF_SIGHT), key.is_not(None), not_(and_(*in_sight)))
        holds = or_(and_(holds, or_(key.is_(None), *in_sight)), hidden)
    return Condition(name, holds, among)


def _key(text: str, prefix: str) -> int:
    """The key of a row by its global ID."""
    return HIDDEN if text == OUT_OF_SIGHT else global_ids.decode(text, prefix)[1]


def _of_child(population: Population, name: str, leaf: Leaf) -> Condition:
    """A condition on the child of the place that a record belongs to."""
    if population.for_aggregates_only:
        raise HubError("BAD_ARGUMENT", f"`where` takes no {name}. Use `within`, or `statistics` of that child.")
    children = population.children.get(name)
    if children is None:
        declared(population, name)
    assert children is not None
    prefix = population.registry.sources[children.target].prefix
    among = _among(population, leaf, lambda _, text: _key(text, prefix), BIGINTS)
    return Condition(name, among(population.keys.of_child(children.key, children)), among, children.joins)


def _of_time(population: Population, name: str, leaf: Leaf) -> Condition:
    """A condition on the day, month, quarter or year of a record."""
    if population.for_aggregates_only:
        raise HubError("BAD_ARGUMENT", f"`where` takes no dimension of time such as {name}. Use `from` and `until`.")

    def read(inputs: Inputs, text: str) -> Any:
        bucket = time_buckets.parsed(name, text, inputs.statistical_month)
        if bucket is None:
            known = time_buckets.name(name, time_buckets.first(name, inputs.today, inputs.statistical_month))
            raise _no_value(population.kind, name, text, f"values such as `{known}`")
        return bucket

    among = _among(population, leaf, read, DATES)
    return Condition(name, among(time_buckets.bucket(name, population.event, population.binder)), among)
