"""Generated assembly: for each step a function that turns rows into values, written once and run for every request.

Walking a selection set for every row costs more than the database does; a dict display over ``r[1]`` costs a tenth of it.
An expression below is Python source over ``r`` (a row), ``c0, c1, …`` (values of the steps below), ``rows`` and ``more`` (the page)
and ``k`` (a parent's key); ``cursor`` seals a place.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Label

from resolvers.access.callers import Lens
from resolvers.engine.compile.json_rows import fragment
from resolvers.engine.compile.pagination import Order, Page
from resolvers.engine.declare.columns import output
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import Binder

Expression = str


class Columns:
    """The columns that one statement selects for a caller, each once; a row's first item is the parent's key."""

    def __init__(self, registry: Registry, lenses: tuple[Lens, ...], binder: Binder) -> None:
        self._registry = registry
        self._lenses = lenses
        self._binder = binder
        self._named: dict[tuple[str, str], ColumnElement[Any] | None] = {}
        self._found: dict[tuple[int, bool], tuple[int, ColumnElement[Any]]] = {}
        self.weight = 0
        """Objects that a row becomes: one for each place where it is selected, and more where many of its fields are."""

    def field(self, source: Source, name: str) -> ColumnElement[Any] | None:
        """What answers a field of a source that is a column: its mask for this caller, or the column itself."""
        key = (source.typename, name)
        if key not in self._named:
            mask = self._registry.access.mask(source, name, self._lenses, self._binder)
            self._named[key] = source.column(name) if mask is None else mask
        return self._named[key]

    def index(self, column: ColumnElement[Any], *, raw: bool = False) -> int:
        """Where in a row the column is: as it goes into the answer, or ``raw``, as cursors and keys need it."""
        shown = column if raw else output(column)
        raw = shown is column
        mark = (id(column), raw)
        if mark not in self._found:
            self._found[mark] = (len(self._found) + 1, shown)
        return self._found[mark][0]

    def labelled(self) -> list[Label[Any]]:
        """The columns with the labels ``c1, c2, …``."""
        return [column.label(f"c{index}") for index, column in self._found.values()]

    def names(self) -> tuple[str, ...]:
        """The columns' names, for explaining."""
        return tuple(str(getattr(column, "key", None) or column) for _, column in self._found.values())


def mapping(items: Mapping[str, Expression]) -> Expression:
    """A dict display with these response keys."""
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in items.items()) + "}"


def picked(typename: str, names: Mapping[str, str], value: Expression, number: int) -> Expression:
    """The selected fields (names by response key) of a mapping that may be None."""
    taken = {key: repr(typename) if name == "__typename" else f"v{number}[{name!r}]" for key, name in names.items()}
    return f"(None if (v{number} := {value}) is None else {mapping(taken)})"


def global_id(prefix: str, index: int) -> Expression:
    """The global ID of the row whose key is in this column."""
    return f"f'{prefix}_{{r[{index}]:x}}'"


def cursor_of(order: Order, columns: Columns, row: Expression = "r") -> Expression:
    """The cursor of a row."""
    places = ", ".join(f"{row}[{columns.index(key.column, raw=True)}]" for key in order.keys)
    return f"cursor(k, ({places},))"


def page_info(asked: Mapping[str, str], page: Page, order: Order, columns: Columns) -> Expression:
    """A ``PageInfo`` with the asked fields (names by response key)."""
    forward, backward = ("True" if leaf is not None else "False" for leaf in (page.after, page.before))
    fields = {
        "__typename": "'PageInfo'",
        "hasNextPage": backward if page.backward else "more",
        "hasPreviousPage": "more" if page.backward else forward,
    }
    for name, place in (("startCursor", "rows[0]"), ("endCursor", "rows[-1]")):
        if name in asked.values():
            fields[name] = f"({cursor_of(order, columns, place)} if rows else None)"
    return mapping({key: fields[name] for key, name in asked.items()})


def one(value: Expression, children: int) -> Callable[..., Any]:
    """Builds the value of the one row of each parent; a parent without a row is not there."""
    return _function("return {k: " + value + " for k, ((r,), _) in groups.items()}", children)


def many(value: Expression, children: int) -> Callable[..., Any]:
    """Builds the list of each parent."""
    return _function(
        f"empty = ((), False)\n    return {{k: [{value} for r in groups.get(k, empty)[0]] for k in keys}}", children
    )


def connection(value: Expression, children: int) -> Callable[..., Any]:
    """Builds the connection of each parent from its ``rows`` and whether there are ``more``."""
    return _function(
        f"empty = ((), False)\n    out = {{}}\n    for k in keys:\n        rows, more = groups.get(k, empty)\n"
        f"        out[k] = {value}\n    return out",
        children,
    )


def _function(body: str, children: int) -> Callable[..., Any]:
    unpack = "".join(f"c{i}, " for i in range(children))
    return _defined(
        f"def build(groups, keys, children, totals, cursor):\n    {unpack + '= children' if children else 'pass'}\n    {body}\n"
    )


@lru_cache(maxsize=4096)
def _defined(source: str) -> Callable[..., Any]:
    """The function of this source; callers of other lenses and other operations need the same ones again."""
    space: dict[str, Any] = {"fragment": fragment}
    exec(compile(source, "<assembly>", "exec"), space)  # noqa: S102 — source of ours; response keys enter it as repr of GraphQL names
    build: Callable[..., Any] = space["build"]
    return build


def nullable_choice(choices: Sequence[tuple[int, int]]) -> Expression:
    """The value of the first of several keys that is not null: pairs of child and column."""
    parts = [f"c{child}.get(r[{column}]) if r[{column}] is not None else " for child, column in choices]
    return "(" + "".join(parts) + "None)"
