"""Relay's conventions: nodes with global IDs, connections, pages."""

from datetime import date
from typing import Any, Generic, TypeVar

import strawberry

import schema.code_lists  # noqa: F401 — describes the code lists, before a type uses one
from db.organizations import Hierarchy
from resolvers.engine.declare.validity import Validity
from resolvers.scopes import Scope
from schema.fields import Argument, field

T = TypeVar("T")


@strawberry.interface(description="Anything with a global ID (全局标识对象)")
class Node:
    """Anything with a global ID."""

    id: strawberry.ID = field("Global ID, opaque: send it back as it came (全局标识)")


@strawberry.type(description="Where a page stands in its list (分页信息)")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = field(
        "Whether rows follow this page; going backward, whether the page ends before a cursor (是否有下一页)"
    )
    has_previous_page: bool = field(
        "Whether rows precede this page; going forward, whether it starts after a cursor (是否有上一页)"
    )
    start_cursor: str | None = field("Cursor of the first row of the page (起始游标)")
    end_cursor: str | None = field("Cursor of the last row of the page (结束游标)")


@strawberry.type(description="A row of a list with its place in it (列表项)")
class Edge(Generic[T]):
    """A row of a list with its place in it."""

    cursor: str = field("Place of this row in the list: send it as `after` or `before` (游标)")
    node: T = field("The row (记录)")


@strawberry.type(description="A page of a list (分页列表)")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = field("The rows with their cursors (带游标的记录)")
    nodes: list[T] = field("The rows (记录)")
    page_info: PageInfo = field("Where the page stands in its list (分页信息)")
    total_count: int | None = field(
        "Number of rows in the whole list, counted only when it is asked for; for a caller with aggregates only to the nearest ten, and"
        " null below ten (总数)"
    )


PAGE = {
    "first": Argument(
        int | None, "How many rows from the start, at most 200; 20 when neither `first` nor `last` is given (前若干条)"
    ),
    "after": Argument(
        str | None,
        "Cursor of this very list behind which the page starts; only page and `filter` may differ from when it was given (起始游标之后)",
    ),
    "last": Argument(int | None, "How many rows from the end, at most 200 (后若干条)"),
    "before": Argument(str | None, "Cursor of this very list before which the page ends (结束游标之前)"),
}

SUBTREE = {
    "scope": Argument(Scope | None, "The union alone, or with all below it; SUBTREE unless said otherwise (范围)"),
    "hierarchy": Argument(
        Hierarchy | None, "Which hierarchy is below it; TERRITORIAL unless said otherwise (隶属体系)"
    ),
}

DIVISION = {
    "scope": Argument(Scope | None, "The division alone, or with all below it; SUBTREE unless said otherwise (范围)")
}

HIERARCHY = {"hierarchy": Argument(Hierarchy | None, "Which hierarchy; TERRITORIAL unless said otherwise (隶属体系)")}

WITHIN = {
    "within": Argument(
        strawberry.ID | None,
        "ID of a union in your sight within which to look (else null, NOT_FOUND); everywhere when it is not given (所属工会)",
    )
}


DATED = {
    "as_of": Argument(date | None, "The day on which to look; today without it (截至日期，默认今日)"),
    "validity": Argument(
        Validity | None,
        "Which rows by whether they hold on that day; HOLDING unless said otherwise (有效状态，默认仅列有效)",
    ),
}
"""The arguments of a list of a kind that holds: ``Source.validity``."""

PLACED = {
    "as_of": Argument(date | None, "The day on which to look; today without it (截至日期，默认今日)"),
}
"""The argument of a list whose rows are chosen by the dated rows that lead to them: links of unions, memberships."""


def page(description: str, filter: Any, order: Any, *more: dict[str, Argument]) -> Any:
    """A connection with pages, a typed filter and an order."""
    chosen = {
        "filter": Argument(filter | None, "Which rows; all conditions given must hold (筛选条件)"),
        "order_by": Argument(list[order] | None, "In which order; ties are broken by key (排序)"),
    }
    return field(description, **PAGE, **{name: value for part in more for name, value in part.items()}, **chosen)
