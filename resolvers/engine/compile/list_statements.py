"""The statements of a list: its page of rows, or the JSON of that page, and its count; each for all parents at once.

``unnest(keys) CROSS JOIN LATERAL (… LIMIT n)`` gives each parent its own page. A row begins with the parent's key.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Label,
    Select,
    Subquery,
    any_,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from resolvers.engine.compile.json_rows import as_bytes
from resolvers.engine.compile.lists import Listing
from resolvers.engine.compile.pagination import Page
from resolvers.engine.compile.rolled_lists import count_from_rollups, count_of_part, visible_below
from resolvers.engine.compile.selected_columns import SelectedColumns
from resolvers.engine.declare.access import Part
from resolvers.engine.declare.visibility import anchor
from resolvers.engine.plan.parameters import BIGINT, BIGINTS, Binder
from resolvers.engine.plan.statement import Statement, compiled
from resolvers.engine.request.limits import Budget

FEW_UNIONS = 128
"""Below so many unions the rows of a page are found by the keys of them all (docs/performance.md)."""


def rows_statement(listing: Listing, columns: SelectedColumns, page: Page | None) -> Statement:
    """The rows of a page, or of the whole list; ``columns`` gets the key of the rows."""
    columns.index(listing.source.key)
    key = null().label("key") if listing.root else listing.parent.c.key
    if listing.rows.key_column is not None and not listing.joined:
        return _joined_after_page(listing, listing.rows.key_column, key, columns, page)
    rows = _page(listing, select(*([key] if listing.root else []), *columns.labelled()), page)
    if listing.root:
        return compiled(_with_anchor(listing, rows), listing.binder)
    lateral = rows.correlate(listing.parent).lateral("page")
    return compiled(select(key, *lateral.c).select_from(listing.parent.join(lateral, true())), listing.binder)


def _joined_after_page(
    listing: Listing,
    key_column: ColumnElement[int],
    key: ColumnElement[Any],
    columns: SelectedColumns,
    page: Page | None,
) -> Statement:
    """The rows of a page that is cut over the keys alone; the target's table is joined to what is left."""
    places = {id(item.column): f"o{index}" for index, item in enumerate(listing.order.keys)}
    order = [item.column.label(f"o{index}") for index, item in enumerate(listing.order.keys)]
    keys = _page(listing, select(key_column.label("via"), *order), page)
    cut: FromClause = keys.subquery("page") if listing.root else keys.correlate(listing.parent).lateral("page")
    selected = [
        cut.c[places[id(column.element)]].label(column.name) if id(column.element) in places else column
        for column in columns.labelled()
    ]
    rows = cut if listing.root else listing.parent.join(cut, true())
    joined = select(key, *selected).select_from(rows.join(listing.source.table, listing.source.key == cut.c.via))
    backward = page is not None and page.backward
    joined = joined.order_by(*(cut.c[f"o{i}"].desc() if backward else cut.c[f"o{i}"].asc() for i in range(len(order))))
    return compiled(_with_anchor(listing, joined), listing.binder)


def json_statement(listing: Listing, json: ColumnElement[str]) -> Statement:
    """One row for each parent, with the JSON of its list."""
    written: ColumnElement[Any] = as_bytes(json).label("json")
    nothing: ColumnElement[Any] = null()
    if listing.root:
        return compiled(_with_anchor(listing, select(nothing.label("key"), written)), listing.binder)
    return compiled(select(listing.parent.c.key, written).select_from(listing.parent), listing.binder)


def page_of_rows(
    listing: Listing, columns: Sequence[Label[Any]], page: Page | None, name: str
) -> tuple[FromClause, ColumnElement[Any]]:
    """A subquery of this name with columns of the rows of a page, or of the whole list; and a comma with their order, to be put between
    them."""
    keys = listing.order.keys
    order = [item.column.label(f"o{index}") for index, item in enumerate(keys)]
    key_column = None if listing.joined else listing.rows.key_column
    if _is_by_subtree(listing, page):
        assert page is not None
        return _page_by_subtree(listing, columns, page, name), _in_order(listing, name)
    if key_column is None:
        rows = _page(listing, select(*columns, *order), page, more=0)
    else:
        cut = _page(listing, select(key_column.label("via"), *order), page, more=0)
        via = cut.correlate(listing.parent).subquery(f"{name}k")
        of_page = [via.c[each.name] for each in order]
        rows = select(*columns, *of_page).select_from(via.join(listing.source.table, listing.source.key == via.c.via))
    return rows.correlate(listing.parent).subquery(name), _in_order(listing, name)


def _in_order(listing: Listing, name: str) -> ColumnElement[Any]:
    """A comma with the order of a list's rows in a subquery."""
    columns: list[ColumnElement[Any]] = [literal_column(f"{name}.o{index}") for index in range(len(listing.order.keys))]
    places = [
        column.desc().nulls_last() if item.descending else column.asc().nulls_last()
        for item, column in zip(listing.order.keys, columns, strict=True)
    ]
    return aggregate_order_by(literal_column("','"), *places)


def _is_by_subtree(listing: Listing, page: Page | None) -> bool:
    """Whether the page is the first one of a list in its own order that can be found in both ways."""
    if page is None or listing.root or listing.rows.by_subtree is None:
        return False
    given = listing.arguments
    return not page.backward and not any(given.get(name) for name in ("after", "before", "filter", "order_by"))


def _page_by_subtree(listing: Listing, columns: Sequence[Label[Any]], page: Page, name: str) -> FromClause:
    """The first rows of a list: below few unions found by the keys of them all, in one scan of an index; below many by one look-up for
    each, until the page is full. Only one of the two parts runs."""
    rows, order = listing.rows, listing.order
    assert rows.by_subtree is not None
    by = rows.by_subtree
    unions = func.array(
        by.unions.limit(literal_column(str(FEW_UNIONS + 1))).correlate(listing.parent).scalar_subquery()
    )
    known = select(unions.label("keys")).offset(literal_column("0")).correlate(listing.parent).subquery(f"{name}u")
    keys: ColumnElement[Any] = literal_column(f"{name}u.keys", BIGINTS)
    few = func.cardinality(keys) <= literal_column(str(FEW_UNIONS))
    of_union = replace(order, keys=(replace(order.keys[0], column=by.column), *order.keys[1:]))
    parts = []
    for own, from_, where in (
        (of_union, by.from_, [few, by.column == any_(keys), *by.where]),
        (order, rows.from_, [not_(few), *rows.where]),
    ):
        labels = [item.column.label(f"o{index}") for index, item in enumerate(own.keys)]
        part = select(*columns, *labels).select_from(from_).where(*where)
        parts.append(page.cut(part, own, listing.binder, listing.cursors, more=0).correlate(listing.parent))
    places: list[ColumnElement[Any]] = [literal_column(f"o{index}") for index in range(len(order.keys))]
    found = union_all(*parts).order_by(*places).limit(listing.binder.bind(page.size, BIGINT))
    return known.join(found.lateral(name), true())


def count_statement(listing: Listing, budget: Budget) -> Statement:
    """The number of rows of each parent, without regard to pages. Raises TOO_COMPLEX: the conditions of the filter count again."""
    budget.spend(listing.conditions)
    number, rolled = _number(listing), None if listing.parts else count_from_rollups(listing)
    if rolled is not None:
        number = rolled.where_usable(visible_below(listing), partial(_number, listing), number)
    if not listing.root:
        return compiled(select(listing.parent.c.key, number).select_from(listing.parent), listing.binder)
    nothing: ColumnElement[Any] = null()
    count: Select[Any] = select(nothing, number)
    if listing.anchor is not None:
        count = count.select_from(_anchor(listing, listing.binder))
    return compiled(count, listing.binder)


def _number(listing: Listing, *only: ColumnElement[bool]) -> ColumnElement[int]:
    """The number of rows, under further conditions if any; of rows in parts, those of each part that are in none before it."""
    number = select(func.count()).select_from(listing.rows.from_).where(*listing.rows.where, *only)
    if not listing.root:
        number = number.correlate(listing.parent)
    if not listing.parts:
        return number.scalar_subquery()
    before: list[ColumnElement[bool]] = []
    numbers = []
    for part in listing.parts:
        rows = number.where(part.found, *before).scalar_subquery()
        rolled = None if before else count_of_part(listing, part)
        numbers.append(rows if rolled is None else rolled.where_usable((), partial(_number, listing), rows))
        before.append(not_(func.coalesce(part.each(), false())))
    return reduce(add, numbers)


def anchor_statement(listing: Listing) -> Statement | None:
    """Whether the row that ``within`` names is there, where nothing else of the list is selected; None without ``within``."""
    if listing.anchor is None:
        return None
    binder = Binder()
    return compiled(select(null().label("key")).select_from(_anchor(listing, binder)), binder)


def anchor_column(listing: Listing, columns: SelectedColumns | None) -> int | None:
    """Where in a row of ``rows_statement`` the key stands that is null where the anchor has no rows; None for a list without ``within``.
    A ``json_statement`` (no ``columns``) has one row for each anchor."""
    if listing.anchor is None:
        return None
    return 0 if columns is None else columns.index(listing.source.key)


def _with_anchor(listing: Listing, rows: Select[Any]) -> Select[Any]:
    """The rows with their anchor, if there is one: no row where it is missing, one row of nulls where it has no rows."""
    if listing.anchor is None:
        return rows
    found = rows.subquery("found")
    return select(*found.c).select_from(_anchor(listing, listing.binder).outerjoin(found, true()))


def _anchor(listing: Listing, binder: Binder) -> Subquery:
    assert listing.anchor is not None
    assert listing.many.anchor is not None
    return anchor(listing.registry, listing.many.anchor, listing.anchor, listing.lenses, binder)


def _page(listing: Listing, rows: Select[Any], page: Page | None, *, more: int = 1) -> Select[Any]:
    """The select with the list's FROM, conditions and order, cut to the page."""
    rows = rows.select_from(listing.rows.from_).where(*listing.rows.where)
    if listing.parts:
        rows = rows.where(_in_parts(listing, page, more))
    if page is not None:
        return page.cut(rows, listing.order, listing.binder, listing.cursors, more=more)
    return rows.order_by(*(key.column.desc() if key.descending else key.column.asc() for key in listing.order.keys))


def _in_parts(listing: Listing, page: Page | None, more: int) -> ColumnElement[bool]:
    """The condition that a row is in one of the parts that the caller sees; of each part as many rows are found as the page takes."""
    in_order = len(listing.parts) == 1 and listing.parts[0].column is listing.order.keys[0].column
    if page is None or page.is_whole or in_order:
        return or_(*(part.found for part in listing.parts))
    key = listing.source.key if listing.rows.key_column is None else listing.rows.key_column
    keys_of_parts = [_keys_of_part(listing, part, key, page, more) for part in listing.parts]
    keys = keys_of_parts[0] if len(keys_of_parts) == 1 else union(*keys_of_parts)
    return key == any_(func.array(keys.scalar_subquery(), type_=BIGINTS))


def _keys_of_part(listing: Listing, part: Part, key: ColumnElement[int], page: Page, more: int) -> Select[Any]:
    """The keys of the page's rows of one part.

    In an order that begins with the column that finds the part, one index has them in order. For any other order all rows of the part
    are found first: the OFFSET keeps PostgreSQL from walking another index in that order until it has met enough rows of the part.
    """
    order, rows = listing.order, listing.rows
    if part.column is order.keys[0].column:
        keys = select(key).select_from(rows.from_).where(*rows.where, part.found)
        return page.cut(keys, order, listing.binder, listing.cursors, more=more)
    columns = [item.column.label(f"o{index}") for index, item in enumerate(order.keys)]
    all_rows = select(key.label("key"), *columns).select_from(rows.from_).where(*rows.where, part.found)
    found = all_rows.offset(literal_column("0")).subquery("part")
    order_of_part = tuple(replace(item, column=found.c[f"o{index}"]) for index, item in enumerate(order.keys))
    keys = select(found.c.key)
    return page.cut(keys, replace(order, keys=order_of_part), listing.binder, listing.cursors, more=more)
