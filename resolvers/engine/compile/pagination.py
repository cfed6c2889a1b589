"""Pages: the order of a list, the place where a page starts or ends, and its size. Keyset cursors, never OFFSET."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    tuple_,
)

from resolvers.engine.declare.columns import Expression, expression
from resolvers.engine.declare.sources import Computed, Source
from resolvers.engine.plan.parameters import BIGINT, TEXT, TEXTS, Binder, Getter, Inputs
from resolvers.engine.request.arguments import Arguments, Leaf, camel
from resolvers.engine.request.cursors import CursorSealer, Kinds
from resolvers.engine.request.limits import DEFAULT_PAGE, MAX_PAGE
from resolvers.errors import HubError

MAX_ORDER = 4

SealerGetter = Callable[[Inputs], CursorSealer]
"""Makes the sealer of a list's cursors in a run."""


@dataclass(frozen=True)
class Key:
    """A column of an order."""

    name: str
    column: ColumnElement[Any]
    descending: bool
    nullable: bool


@dataclass(frozen=True)
class Order:
    """The columns of an order, the last of them unique, and the mark of its cursors."""

    keys: tuple[Key, ...]
    mark: str
    kinds: Kinds


def order_of(
    source: Source, default: Sequence[Expression], arguments: Arguments, masked: Callable[[str], bool], binder: Binder
) -> Order:
    """The order that ``orderBy`` names, made total by the key; else the list's own.

    Raises BAD_ARGUMENT, and MASKED_COLUMN for a column that the caller does not see in clear: an order would disclose it.
    """
    given = arguments.get("order_by") or ()
    names = [item["field"].name for item in given]
    if len(names) > MAX_ORDER or len(set(names)) < len(names):
        raise HubError("BAD_ARGUMENT", f"`orderBy` takes at most {MAX_ORDER} fields, each once.")
    keys: list[Key] = []
    if given:
        binder.skewed()  # an index in this order is best for a small page of many rows, and sorting for few rows
    for item in given:
        name = item["field"].name.lower()
        field = source.fields.get(name)
        as_sql = field.as_sql if isinstance(field, Computed) else None
        column = source.column(name) if as_sql is None else as_sql(binder)
        if name in source.match_orders:
            column, name = _match_distance(source, name, arguments, binder), source.match_orders[name]
        if column is None:
            raise HubError("BAD_ARGUMENT", f"{source.typename} cannot be ordered by {name.upper()}.")
        if masked(name):
            raise HubError(
                "MASKED_COLUMN", f"{name.upper()} is masked for you: {source.typename} cannot be ordered by it."
            )
        nullable = bool(getattr(column, "nullable", True))
        direction = item.get("direction")
        keys.append(
            Key(
                item["field"].name.lower(),
                _comparable(column),
                direction is not None and direction.name == "DESC",
                nullable,
            )
        )
    rest = [source.key] if given else [expression(column) for column in default]
    keys.extend(Key(str(column.key), column, False, False) for column in rest)
    marks = "|".join(f"{key.name}{' desc' if key.descending else ''}" for key in keys)
    return Order(tuple(keys), marks, tuple((key.column.type.python_type, key.nullable) for key in keys))


MATCH_OPERATORS = ("eq", "starts_with", "contains")
"""Operators whose operand an order by the best match compares with."""
MAX_NAME = 10_000
"""More than the length of any name."""


def _match_distance(source: Source, name: str, arguments: Arguments, binder: Binder) -> ColumnElement[int]:
    """How far a text is from what the list's filter looks for in it: its length where they are equal, more where it begins so, most where
    it contains it. Raises BAD_ARGUMENT where the filter has no condition on it."""
    text = source.match_orders[name]
    operators = (arguments.get("filter") or {}).get(text) or {}
    wanted = next((operators[each] for each in MATCH_OPERATORS if isinstance(operators.get(each), Leaf)), None)
    column = source.column(text)
    assert column is not None
    if wanted is None:
        raise HubError(
            "BAD_ARGUMENT",
            f"{name.upper()} orders by how well `{camel(text)}` fits. Say in the list's `filter` what to look for, e.g. "
            f'`{camel(text)}: {{contains: "…"}}`.',
        )
    value = binder.leaf(wanted, TEXT)
    distance = case((column == value, 0), (func.starts_with(column, value), MAX_NAME), else_=2 * MAX_NAME)
    return cast(distance + func.char_length(column), Integer())


def _comparable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as it is ordered by: a code by its place in its list, so that a province comes before a city."""
    codes = getattr(column.type, "enum_class", None)
    if codes is None:
        return column
    code_list = literal_column("ARRAY[" + ", ".join(f"'{code.name}'" for code in codes) + "]::text[]", TEXTS)
    return func.array_position(code_list, cast(column, TEXT), type_=Integer())


@dataclass(frozen=True)
class Page:
    """A page of a list: how many rows, from which end, and whether it starts after or ends before a cursor. Or all rows, in the order in
    which pages come (``is_whole``)."""

    backward: bool
    size: Getter
    after: Leaf | None
    before: Leaf | None
    is_whole: bool = False

    @classmethod
    def of_all_rows(cls) -> "Page":
        """All rows of a list."""
        return cls(False, lambda _: None, None, None, is_whole=True)

    @classmethod
    def from_arguments(cls, arguments: Arguments) -> "Page":
        """The page of ``first``/``after``/``last``/``before``: 20 rows unless said otherwise.

        Raises BAD_PAGE for both ``first`` and ``last``; at run time for a size outside 0–200.
        """
        first, last = arguments.get("first"), arguments.get("last")
        if first is not None and last is not None:
            raise HubError("BAD_PAGE", "Ask for `first` or for `last`, not for both.")
        size, name = (last, "last") if last is not None else (first, "first")
        return cls(last is not None, _size(size, name), arguments.get("after"), arguments.get("before"))

    def starts(self, order: Order, sealer: SealerGetter) -> Callable[[Inputs], Sequence[int | None]] | None:
        """Returns the keys of the parents whose lists made the page's cursors; None for a page without cursors."""
        leaves = [leaf for leaf in (self.after, self.before) if leaf is not None]
        if not leaves:
            return None
        return lambda inputs: [sealer(inputs).open(leaf.get(inputs.variables), order.kinds)[0] for leaf in leaves]

    def cut(self, select: Select[Any], order: Order, binder: Binder, sealer: SealerGetter, *, more: int) -> Select[Any]:
        """The select with this page's order, bounds and limit, if it has one: so many rows ``more`` than the page, to know whether another
        follows."""
        for leaf, forward in ((self.after, True), (self.before, False)):
            if leaf is not None:
                select = select.where(_beyond(order, leaf, forward, binder, sealer))
        for key in order.keys:
            descending = key.descending != self.backward
            column = key.column.desc() if descending else key.column.asc()
            if key.nullable:
                column = column.nulls_first() if self.backward else column.nulls_last()
            select = select.order_by(column)
        if self.is_whole:
            return select
        return select.limit(binder.bind(lambda inputs: self.size(inputs) + more, BIGINT))


def _size(leaf: Leaf | None, name: str) -> Getter:
    if leaf is None:
        return lambda inputs: DEFAULT_PAGE if inputs.max_page is None else min(DEFAULT_PAGE, inputs.max_page)

    def size(inputs: Inputs) -> int:
        value: int = leaf.get(inputs.variables)
        if not 0 <= value <= MAX_PAGE:
            raise HubError(
                "BAD_PAGE",
                f"`{name}: {value}` is not a page size. Ask for 0 to {MAX_PAGE} rows and follow `pageInfo` for more.",
            )
        inputs.require_page(value)
        return value

    return size


def _beyond(order: Order, leaf: Leaf, forward: bool, binder: Binder, sealer: SealerGetter) -> ColumnElement[bool]:
    """The rows after a cursor (or, backward, before it)."""

    def at(index: int) -> Getter:
        return lambda inputs: sealer(inputs).open(leaf.get(inputs.variables), order.kinds)[1][index]

    values = [binder.bind(at(index), key.column.type) for index, key in enumerate(order.keys)]
    if not any(key.descending or key.nullable for key in order.keys):
        columns = [key.column for key in order.keys]
        beyond = tuple_(*columns) > tuple_(*values) if forward else tuple_(*columns) < tuple_(*values)
        if len(columns) == 1:
            return beyond
        # The first column alone lets an index skip to the place, which a row comparison across two tables does not.
        return and_(columns[0] >= values[0] if forward else columns[0] <= values[0], beyond)
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(order.keys, values, strict=True):
        alternatives.append(and_(*equal, _past(key, value, forward)))
        equal.append(key.column.is_not_distinct_from(value))
    return or_(false(), *alternatives)


def _past(key: Key, value: ColumnElement[Any], forward: bool) -> ColumnElement[bool]:
    """A column past a value, nulls being last in the order's own direction."""
    past = key.column > value if key.descending != forward else key.column < value
    if not key.nullable:
        return past
    if forward:
        return or_(past, and_(key.column.is_(None), value.is_not(None)))
    return or_(past, and_(key.column.is_not(None), value.is_(None)))
