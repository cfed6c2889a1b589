"""The statements of a list: its page of rows, or the JSON of that page, and its count; each for all parents at once.

``unnest(keys) CROSS JOIN LATERAL (… LIMIT n)`` gives each parent its own page. A row begins with the parent's key.
"""

from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
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
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from resolvers.engine.compile.json_rows import Selected, json_of_row
from resolvers.engine.compile.lists import Listing
from resolvers.engine.compile.pagination import Page
from resolvers.engine.compile.rolled_lists import count_from_rollups, count_of_part, visible_below
from resolvers.engine.compile.selected_columns import SelectedColumns
from resolvers.engine.declare.access import Part
from resolvers.engine.declare.visibility import anchor
from resolvers.engine.plan.parameters import BIGINTS, Binder
from resolvers.engine.plan.statement import Statement, compiled
from resolvers.engine.request.limits import Budget


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


def json_statement(listing: Listing, selected: Selected, page: Page) -> Statement:
    """One row for each parent: the JSON of its page's rows, in order, and how many these are."""
    json = json_of_row(listing.source, selected, listing.columns())
    order = [item.column.label(f"o{index}") for index, item in enumerate(listing.order.keys)]
    key_column = None if listing.joined else listing.rows.key_column
    first = json.label("json") if key_column is None else key_column.label("via")
    rows = _page(listing, select(first, *order), page, more=0)
    cut = rows.subquery("page") if listing.root else rows.correlate(listing.parent).subquery("page")
    from_: FromClause = cut
    if key_column is not None:
        from_ = cut.join(listing.source.table, listing.source.key == cut.c.via)
    places = [
        cut.c[f"o{index}"].desc().nulls_last() if item.descending else cut.c[f"o{index}"].asc().nulls_last()
        for index, item in enumerate(listing.order.keys)
    ]
    items = cut.c.json if key_column is None else json
    text = func.string_agg(items, aggregate_order_by(literal_column("','"), *places)).label("json")
    count = func.count().label("rows")
    if listing.root:
        one = select(null().label("key"), text, count).select_from(from_)
        return compiled(_with_anchor(listing, one), listing.binder)
    lateral = select(text, count).select_from(from_).correlate(listing.parent).lateral("leaf")
    rows = select(listing.parent.c.key, *lateral.c).select_from(listing.parent.join(lateral, true()))
    return compiled(rows, listing.binder)


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
    if page is None or in_order:
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
