"""Relay's conventions: nodes with global IDs, connections and pages; and the arguments that lists of all slices share."""

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

    id: strawberry.ID = field("Global ID; opaque: send it back unchanged (全局标识)")


@strawberry.type(description="Position of a page in its list (分页信息)")
class PageInfo:
    """Position of a page in its list."""

    has_next_page: bool = field(
        "Whether rows follow this page; going backward, whether the page ends before a cursor (是否有下一页)"
    )
    has_previous_page: bool = field(
        "Whether rows precede this page; going forward, whether it starts after a cursor (是否有上一页)"
    )
    start_cursor: str | None = field("Cursor of the first row of the page (起始游标)")
    end_cursor: str | None = field("Cursor of the last row of the page (结束游标)")


@strawberry.type(description="A row of a list with its cursor (列表项)")
class Edge(Generic[T]):
    """A row of a list with its cursor."""

    cursor: str = field("Position of this row in the list, for `after` and `before` (游标)")
    node: T = field("The row (记录)")


@strawberry.type(description="A page of a list (分页列表)")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = field("The rows with their cursors (带游标的记录)")
    nodes: list[T] = field("The rows (记录)")
    page_info: PageInfo = field("Position of the page in its list (分页信息)")
    total_count: int | None = field(
        "Number of rows in the whole list, counted only if this field is selected; for callers with aggregates only rounded to the nearest"
        " ten, and null below ten (总数)"
    )


PAGE = {
    "first": Argument(
        int | None, "Number of rows from the start, at most 200; 20 if neither `first` nor `last` is given (前若干条)"
    ),
    "after": Argument(
        str | None,
        "Cursor of this list, after which the page starts; only `filter` and the page arguments may have changed since (起始游标之后)",
    ),
    "last": Argument(int | None, "Number of rows from the end, at most 200 (后若干条)"),
    "before": Argument(str | None, "Cursor of this list, before which the page ends (结束游标之前)"),
}

SUBTREE = {
    "scope": Argument(
        Scope | None, "The union alone, or with all unions below it; SUBTREE by default (范围，默认含下级)"
    ),
    "hierarchy": Argument(
        Hierarchy | None, "Hierarchy in which unions are below it; TERRITORIAL by default (隶属体系，默认地方)"
    ),
}

DIVISION = {
    "scope": Argument(
        Scope | None, "The division alone, or with all divisions below it; SUBTREE by default (范围，默认含下级)"
    )
}

HIERARCHY = {"hierarchy": Argument(Hierarchy | None, "The hierarchy; TERRITORIAL by default (隶属体系，默认地方)")}

WITHIN = {
    "within": Argument(
        strawberry.ID | None,
        "ID of the union in whose subtree to look; null with NOT_FOUND if you do not see it; everywhere if left out (所属工会)",
    )
}

WITHIN_DIVISION = {
    "within": Argument(
        strawberry.ID | None,
        "ID of the division in which to look; null with NOT_FOUND if there is none; everywhere if left out (所属区划)",
    )
}

PLACED = {
    "as_of": Argument(date | None, "Day as of which to look; today by default (截至日期，默认今日)"),
}
"""The argument of a list whose rows are chosen by dated rows that lead to them: links of unions, memberships."""

DATED = {
    **PLACED,
    "validity": Argument(
        Validity | None,
        "Which rows, by their validity on that day; HOLDING by default (有效状态，默认仅列有效)",
    ),
}
"""The arguments of a list whose rows have a validity (``Source.validity``)."""

BY_ID = {"id": Argument(strawberry.ID | None, "Its global ID (全局标识)")}
BY_CREDIT_CODE = {"credit_code": Argument(str | None, "Unified social credit code, GB 32100 (统一社会信用代码)")}
"""Arguments of fields that look one row up."""


def page(description: str, filter: Any, order: Any, *more: dict[str, Argument]) -> Any:
    """A connection with pages, a typed filter and an order."""
    shared = {
        "filter": Argument(filter | None, "Which rows; all of these conditions must hold (筛选条件)"),
        "order_by": Argument(list[order] | None, "Columns to order by; ties are ordered by key (排序)"),
    }
    return field(description, **PAGE, **{name: value for part in more for name, value in part.items()}, **shared)


@strawberry.type(description="Records by their global IDs (按标识查询)")
class NodeQuery:
    """Root fields, mixed into the query root."""

    node: Node | None = field(
        "Any record by its global ID (按全局标识查询)", id=Argument(strawberry.ID, "Global ID (全局标识)")
    )
    nodes: list[Node | None] = field(
        "Records by their global IDs, in the order of the IDs; at most 200 (按全局标识批量查询)",
        ids=Argument(list[strawberry.ID], "Global IDs (全局标识)"),
    )
