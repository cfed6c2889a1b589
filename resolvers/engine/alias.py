"""Tables under an alias, as cheap as conditions need them, and expressions moved onto one."""

from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Alias, ColumnElement, FromClause, Table, TableClause, column, table
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from db.model import Model

Element = TypeVar("Element", bound=ExternallyTraversible)


def alias(of: type[Model] | FromClause) -> Alias:
    """A table under an alias of its own, whose columns have names and types and no more: to copy whole ones is most of the work."""
    whole = of if isinstance(of, FromClause) else of.__table__
    return (_bare(whole) if isinstance(whole, Table) else whole).alias()  # type: ignore[return-value]


@cache
def _bare(whole: Table) -> TableClause:
    return table(whole.name, *(column(each.name, each.type) for each in whole.c), schema=whole.schema)


def moved(
    element: Element,
    whole: FromClause,
    other: FromClause,
    *swaps: tuple[ColumnElement[Any], ColumnElement[Any]],
) -> Element:
    """An expression over a table as it is over an alias of it, ``other``, with further columns swapped for others. Other aliases in it
    stay as they are."""

    def replaced(found: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
        for old, new in swaps:
            if found is old:
                return new
        if found is whole:
            return other
        if getattr(found, "table", None) is whole:
            return other.c[found.key]  # type: ignore[attr-defined]
        return found if isinstance(found, Alias) else None

    over: Element = replacement_traverse(element, {}, replaced)  # type: ignore[call-overload]
    return over
