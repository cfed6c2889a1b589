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
from resolvers.errors import HubError

DEFAULT_SIZE = 20
MAX_SIZE = 200
MAX_ORDER = 4

SealsOf = Callable[[Inputs], CursorSealer]
"""Finds what seals the cursors of a list in a run."""


@dataclass(frozen=True)
class Key:
    """A column of an order."""

    name: str
    column: ColumnElement[Any]
    descending: bool
    nullable: bool


@dataclass(frozen=True)
class Order:
    """The columns of an order, the last of them unique, and what marks its cursors."""

    keys: tuple[Key, ...]
    mark: str
    kinds: Kinds


def order_of(
    source: Source, default: Sequence[Expression], arguments: Arguments, masked: Callable[[str], bool], binder: Binder
) -> Order:
    """The order that the caller asks for by ``orderBy``, made total by the key; else the list's own.

    Raises BAD_ARGUMENT, and MASKED_COLUMN for a column that the caller does not see in clear: an order would tell what it hides.
    """
    asked = arguments.get("order_by") or ()
    names = [item["field"].name for item in asked]
    if len(names) > MAX_ORDER or len(set(names)) < len(names):
        raise HubError("BAD_ARGUMENT", f"`orderBy` takes at most {MAX_ORDER} fields, each once.")
    keys: list[Key] = []
    for item in asked:
        name = item["field"].name.lower()
        leads = source.fields.get(name)
        compared = leads.compared if isinstance(leads, Computed) else None
        column = source.column(name) if compared is None else compared(binder)
        if name in source.matched:
            column, name = _fit(source, name, arguments, binder), source.matched[name]
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
    rest = [source.key] if asked else [expression(column) for column in default]
    keys.extend(Key(str(column.key), column, False, False) for column in rest)
    marks = "|".join(f"{key.name}{' desc' if key.descending else ''}" for key in keys)
    return Order(tuple(keys), marks, tuple((key.column.type.python_type, key.nullable) for key in keys))


FITTED = ("eq", "starts_with", "contains")
"""Conditions that say what a text is to fit."""
LONGEST = 10_000
"""More than the length of any name."""


def _fit(source: Source, name: str, arguments: Arguments, binder: Binder) -> ColumnElement[int]:
    """How far a text is from what the filter of the list says of it: 0 and its length where it is equal, more where it begins so, and most
    where it has it in it. Raises BAD_ARGUMENT where the filter says nothing of it."""
    text = source.matched[name]
    said = (arguments.get("filter") or {}).get(text) or {}
    wanted = next((said[operator] for operator in FITTED if isinstance(said.get(operator), Leaf)), None)
    column = source.column(text)
    assert column is not None
    if wanted is None:
        raise HubError(
            "BAD_ARGUMENT",
            f"{name.upper()} orders by how well `{camel(text)}` fits. Say in the list's `filter` what to look for, e.g. "
            f'`{camel(text)}: {{contains: "…"}}`.',
        )
    value = binder.leaf(wanted, TEXT)
    far = case((column == value, 0), (func.starts_with(column, value), LONGEST), else_=2 * LONGEST)
    return cast(far + func.char_length(column), Integer())


def _comparable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as it is ordered by: a code by its place in its list, so that a province comes before a city."""
    codes = getattr(column.type, "enum_class", None)
    if codes is None:
        return column
    listed = literal_column("ARRAY[" + ", ".join(f"'{code.name}'" for code in codes) + "]::text[]", TEXTS)
    return func.array_position(listed, cast(column, TEXT), type_=Integer())


@dataclass(frozen=True)
class Page:
    """A page of a list: how many rows, from which end, and whether it starts behind or ends before a cursor."""

    backward: bool
    size: Getter
    after: Leaf | None
    before: Leaf | None

    @classmethod
    def asked(cls, arguments: Arguments) -> "Page":
        """The page that ``first``/``after``/``last``/``before`` ask for: 20 rows unless said otherwise.

        Raises BAD_PAGE for both ``first`` and ``last``; at run time for a size outside 0–200.
        """
        first, last = arguments.get("first"), arguments.get("last")
        if first is not None and last is not None:
            raise HubError("BAD_PAGE", "Ask for `first` or for `last`, not for both.")
        size, name = (last, "last") if last is not None else (first, "first")
        return cls(last is not None, _size(size, name), arguments.get("after"), arguments.get("before"))

    def starts(self, order: Order, seals: SealsOf) -> Callable[[Inputs], Sequence[int | None]] | None:
        """Finds the rows below which the lists are that made the page's cursors; None for a page without any."""
        leaves = [leaf for leaf in (self.after, self.before) if leaf is not None]
        if not leaves:
            return None
        return lambda inputs: [seals(inputs).open(leaf.get(inputs.variables), order.kinds)[0] for leaf in leaves]

    def cut(self, select: Select[Any], order: Order, binder: Binder, seals: SealsOf, *, more: int) -> Select[Any]:
        """The select with this page's order, bounds and limit: so many rows ``more`` than the page, to know whether there is a next."""
        for leaf, forward in ((self.after, True), (self.before, False)):
            if leaf is not None:
                select = select.where(_beyond(order, leaf, forward, binder, seals))
        for key in order.keys:
            descending = key.descending != self.backward
            column = key.column.desc() if descending else key.column.asc()
            if key.nullable:
                column = column.nulls_first() if self.backward else column.nulls_last()
            select = select.order_by(column)
        return select.limit(binder.bind(lambda inputs: self.size(inputs) + more, BIGINT))


def _size(leaf: Leaf | None, name: str) -> Getter:
    if leaf is None:
        return lambda inputs: DEFAULT_SIZE if inputs.max_page is None else min(DEFAULT_SIZE, inputs.max_page)

    def size(inputs: Inputs) -> int:
        value: int = leaf.get(inputs.variables)
        if not 0 <= value <= MAX_SIZE:
            raise HubError(
                "BAD_PAGE",
                f"`{name}: {value}` is not a page size. Ask for 0 to {MAX_SIZE} rows and follow `pageInfo` for more.",
            )
        require_page(value, inputs)
        return value

    return size


def require_page(size: int, inputs: Inputs) -> None:
    """Let a caller ask for so many rows. Raises PAGE_TOO_LARGE_FOR_ROLE."""
    if inputs.max_page is not None and size > inputs.max_page:
        raise HubError(
            "PAGE_TOO_LARGE_FOR_ROLE",
            f"Your role may ask for {inputs.max_page} rows at a time, not {size}. Follow `pageInfo` for more.",
        )


def _beyond(order: Order, leaf: Leaf, forward: bool, binder: Binder, seals: SealsOf) -> ColumnElement[bool]:
    """The rows behind a cursor (or, backward, before it)."""

    def at(index: int) -> Getter:
        return lambda inputs: seals(inputs).open(leaf.get(inputs.variables), order.kinds)[1][index]

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
