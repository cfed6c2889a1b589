"""Generated Python: for each step a function that turns rows into response values, compiled once and run for every request.

Walking a selection set for every row costs more than the database does; a dict display over ``r[1]`` costs a tenth of that.
An expression is Python source over ``r`` (a row), ``c0, c1, …`` (values of the child steps), ``rows`` and ``more`` (the page)
and ``k`` (a parent's key); ``cursor`` seals the place of a row.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from resolvers.engine.compile.json_rows import fragment
from resolvers.engine.compile.pagination import Order, Page
from resolvers.engine.compile.selected_columns import SelectedColumns

Expression = str

JSON: Expression = "fragment(rows[0][1])"
"""The list that PostgreSQL has written as JSON."""

JSON_OF_ROW: Expression = "fragment(r[1])"
"""The row that PostgreSQL has written as JSON."""


def mapping(items: Mapping[str, Expression]) -> Expression:
    """A dict display with these response keys."""
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in items.items()) + "}"


def fields_of(typename: str, names: Mapping[str, str], value: Expression, number: int) -> Expression:
    """The selected fields (names by response key) of a mapping that may be None; ``number`` tells its variable from others."""
    return f"(None if (v{number} := {value}) is None else {_fields(typename, names, number)})"


def fields_of_each(typename: str, names: Mapping[str, str], value: Expression, number: int) -> Expression:
    """The same of each mapping of a list that may be None."""
    each = _fields(typename, names, number)
    return f"(None if (w{number} := {value}) is None else [{each} for v{number} in w{number}])"


def _fields(typename: str, names: Mapping[str, str], number: int) -> Expression:
    fields = {key: repr(typename) if name == "__typename" else f"v{number}[{name!r}]" for key, name in names.items()}
    return mapping(fields)


def global_id(prefix: str, index: int) -> Expression:
    """The global ID of the row whose key is in this column."""
    return f"f'{prefix}_{{r[{index}]:x}}'"


def cursor_of(order: Order, columns: SelectedColumns, row: Expression = "r") -> Expression:
    """The cursor of a row."""
    places = ", ".join(f"{row}[{columns.index(key.column, raw=True)}]" for key in order.keys)
    return f"cursor(k, ({places},))"


def page_info(names: Mapping[str, str], page: Page, order: Order, columns: SelectedColumns) -> Expression:
    """A ``PageInfo`` with the selected fields (names by response key)."""
    forward, backward = ("True" if leaf is not None else "False" for leaf in (page.after, page.before))
    fields = {
        "__typename": "'PageInfo'",
        "hasNextPage": backward if page.backward else "more",
        "hasPreviousPage": "more" if page.backward else forward,
    }
    for name, place in (("startCursor", "rows[0]"), ("endCursor", "rows[-1]")):
        if name in names.values():
            fields[name] = f"({cursor_of(order, columns, place)} if rows else None)"
    return mapping({key: fields[name] for key, name in names.items()})


def one(value: Expression, children: int) -> Callable[..., Any]:
    """A function that builds the value of the one row of each parent; a parent without a row is left out."""
    return _function("return {k: " + value + " for k, ((r,), _) in groups.items()}", children)


def many(value: Expression, children: int) -> Callable[..., Any]:
    """A function that builds the list of each parent."""
    return _function(
        f"empty = ((), False)\n    return {{k: [{value} for r in groups.get(k, empty)[0]] for k in keys}}", children
    )


def connection(value: Expression, children: int) -> Callable[..., Any]:
    """A function that builds the connection of each parent from its ``rows`` and whether there are ``more``."""
    return _function(
        f"empty = ((), False)\n    out = {{}}\n    for k in keys:\n        rows, more = groups.get(k, empty)\n"
        f"        out[k] = {value}\n    return out",
        children,
    )


def _function(body: str, children: int) -> Callable[..., Any]:
    unpack = "".join(f"c{i}, " for i in range(children))
    return _compiled(
        f"def build(groups, keys, children, totals, cursor):\n    {unpack + '= children' if children else 'pass'}\n    {body}\n"
    )


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Callable[..., Any]:
    """The function of this source; kept, since callers with other lenses and other operations need the same functions. One takes 2.4 KB,
    measured; those of plans that are kept live as long as their plans."""
    namespace: dict[str, Any] = {"fragment": fragment}
    exec(compile(source, "<assembly>", "exec"), namespace)  # noqa: S102 — written here; response keys enter as repr of GraphQL names
    build: Callable[..., Any] = namespace["build"]
    return build


def first_not_null(choices: Sequence[tuple[int, int]]) -> Expression:
    """The value of the first key that is not null; ``choices`` are pairs of a child step and the column of its key."""
    parts = [f"c{child}.get(r[{column}]) if r[{column}] is not None else " for child, column in choices]
    return "(" + "".join(parts) + "None)"
