"""The statements of one list: its page of rows for all parents at once, and its count."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    TableValuedAlias,
    and_,
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

from resolvers.access.callers import Lens
from resolvers.engine.compile.filters import Filter
from resolvers.engine.compile.json_rows import Selected, written
from resolvers.engine.compile.pagination import Order, Page, order_of
from resolvers.engine.compile.row_builders import Columns
from resolvers.engine.declare import validity
from resolvers.engine.declare.access import Part
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.rows import Rows
from resolvers.engine.declare.sight import Sighted, anchor, in_sight
from resolvers.engine.declare.sources import Many
from resolvers.engine.plan.parameters import BIGINTS, Binder
from resolvers.engine.plan.statement import Statement, compiled, parents
from resolvers.engine.request.arguments import Arguments, Leaf
from resolvers.engine.request.cursors import sealer_of
from resolvers.engine.request.limits import Budget


class Listing:
    """The statements of one list: its page of rows for all parents at once, and its count."""

    def __init__(
        self,
        registry: Registry,
        many: Many,
        arguments: Arguments,
        lenses: tuple[Lens, ...],
        budget: Budget,
        *,
        root: bool,
        place: str,
    ) -> None:
        self.registry = registry
        self.many = many
        self.source = registry.sources[many.target]
        registry.require_rows(self.source, lenses)
        self.arguments = arguments
        self.lenses = lenses
        self.budget = budget
        self.root = root
        self._within: Leaf | None = arguments.get("within") if root and many.anchor is not None else None
        self.binder, self._parent = Binder(), parents()
        self._walled = registry.access.visible(self.source, lenses, Binder(), None) is not None
        self._joined = self._walled or bool(arguments.get("filter") or arguments.get("order_by"))
        self._parts: Sequence[Part] = ()
        before = budget.conditions
        self._rows = self._reached(self.binder, self._parent, lenses)
        self._conditions = before - budget.conditions
        self.order: Order = order_of(self.source, self._rows.order, arguments, self._masked, self.binder)
        self.cursors = sealer_of(place, self.order.mark, arguments)

    def columns(self) -> Columns:
        """The columns that the list's statement selects."""
        return Columns(self.registry, self.lenses, self.binder)

    def _masked(self, name: str) -> bool:
        return self.registry.access.is_masked(self.source.typename, name, self.lenses)

    def fetch(self, columns: Columns, page: Page | None) -> Statement:
        """Rows with the parent's key first: ``unnest(keys) CROSS JOIN LATERAL (… LIMIT n)``, so that each parent has its own page."""
        binder, parent = self.binder, self._parent
        columns.index(self.source.key)
        key = null().label("key") if self.root else parent.c.key
        if self._rows.via is not None and not self._joined:
            return self._fetch_late(self._rows.via, key, columns, page)
        rows = self._cut(select(*([key] if self.root else []), *columns.labelled()), page)
        if self.root:
            return compiled(self._anchored(rows, binder), binder)
        lateral = rows.correlate(parent).lateral("page")
        return compiled(select(key, *lateral.c).select_from(parent.join(lateral, true())), binder)

    def _fetch_late(
        self, via: ColumnElement[int], key: ColumnElement[Any], columns: Columns, page: Page | None
    ) -> Statement:
        """The page is cut over the keys alone and the target's table joined to what is left of it."""
        places = {id(item.column): f"o{index}" for index, item in enumerate(self.order.keys)}
        order = [item.column.label(f"o{index}") for index, item in enumerate(self.order.keys)]
        keys = self._cut(select(via.label("via"), *order), page)
        cut: FromClause = keys.subquery("page") if self.root else keys.correlate(self._parent).lateral("page")
        shown = [
            cut.c[places[id(column.element)]].label(column.name) if id(column.element) in places else column
            for column in columns.labelled()
        ]
        rows = cut if self.root else self._parent.join(cut, true())
        fetch = select(key, *shown).select_from(rows.join(self.source.table, self.source.key == cut.c.via))
        backward = page is not None and page.backward
        fetch = fetch.order_by(
            *(cut.c[f"o{i}"].desc() if backward else cut.c[f"o{i}"].asc() for i in range(len(order)))
        )
        return compiled(self._anchored(fetch, self.binder), self.binder)

    def fetch_written(self, selected: Selected, page: Page) -> Statement:
        """One row for each parent: the JSON of its page's rows, in order, and how many these are."""
        json = written(self.source, selected, self.columns())
        order = [item.column.label(f"o{index}") for index, item in enumerate(self.order.keys)]
        via = self._rows.via
        late = via is not None and not self._joined
        first = via.label("via") if late and via is not None else json.label("json")
        rows = self._cut(select(first, *order), page, more=0)
        cut = rows.subquery("page") if self.root else rows.correlate(self._parent).subquery("page")
        from_: FromClause = cut.join(self.source.table, self.source.key == cut.c.via) if late else cut
        places = [
            cut.c[f"o{index}"].desc().nulls_last() if item.descending else cut.c[f"o{index}"].asc().nulls_last()
            for index, item in enumerate(self.order.keys)
        ]
        whole = func.string_agg(json if late else cut.c.json, aggregate_order_by(literal_column("','"), *places))
        if self.root:
            leaf = select(null().label("key"), whole.label("json"), func.count().label("rows")).select_from(from_)
            return compiled(self._anchored(leaf, self.binder), self.binder)
        leaf = select(whole.label("json"), func.count().label("rows")).select_from(from_)
        below = leaf.correlate(self._parent).lateral("leaf")
        both = self._parent.join(below, true())
        return compiled(select(self._parent.c.key, *below.c).select_from(both), self.binder)

    def anchored(self, columns: Columns | None) -> int | None:
        """Where in a row of ``fetch`` the key stands that is null where an anchor has no rows; None for a list without one. What is
        written (no ``columns``) has one row for each anchor."""
        if self._within is None:
            return None
        return 0 if columns is None else columns.index(self.source.key)

    def standing(self) -> Statement | None:
        """Asks for nothing but the anchor, if there is one."""
        if self._within is None:
            return None
        binder = Binder()
        return compiled(select(null().label("key")).select_from(self._anchor(binder)), binder)

    def _anchored(self, rows: Select[Any], binder: Binder) -> Select[Any]:
        """The rows with their anchor, if there is one: without it there is no row, and one of nulls where it has none."""
        if self._within is None:
            return rows
        found = rows.subquery("found")
        return select(*found.c).select_from(self._anchor(binder).outerjoin(found, true()))

    def _anchor(self, binder: Binder) -> Subquery:
        assert self._within is not None
        assert self.many.anchor is not None
        return anchor(self.registry, self.many.anchor, self._within, self.lenses, binder)

    def _cut(self, rows: Select[Any], page: Page | None, *, more: int = 1) -> Select[Any]:
        rows = rows.select_from(self._rows.from_).where(*self._rows.where)
        if self._parts:
            rows = rows.where(self._in_sight(page, more))
        if page is not None:
            return page.cut(rows, self.order, self.binder, self.cursors, more=more)
        return rows.order_by(*(key.column.desc() if key.descending else key.column.asc() for key in self.order.keys))

    def _in_sight(self, page: Page | None, more: int) -> ColumnElement[bool]:
        """The condition that a row is in one of the parts in sight; of each part only as many rows are found as the page takes."""
        in_order = len(self._parts) == 1 and self._parts[0].column is self.order.keys[0].column
        if page is None or in_order:
            return or_(*(part.found for part in self._parts))
        key = self.source.key if self._rows.via is None else self._rows.via
        found = [self._in_part(part, key, page, more) for part in self._parts]
        keys = found[0] if len(found) == 1 else union(*found)
        return key == any_(func.array(keys.scalar_subquery(), type_=BIGINTS))

    def _in_part(self, part: Part, key: ColumnElement[int], page: Page, more: int) -> Select[Any]:
        """The keys of the page's rows of one part.

        In an order that begins with the column by which the part is found, an index of that column has them in order. For any other
        order all rows of the part are found first: the OFFSET keeps PostgreSQL from walking an index in that order until enough of the
        rows that it meets are in sight.
        """
        order, rows = self.order, self._rows
        if part.column is order.keys[0].column:
            keys = select(key).select_from(rows.from_).where(*rows.where, part.found)
            return page.cut(keys, order, self.binder, self.cursors, more=more)
        columns = [item.column.label(f"o{index}") for index, item in enumerate(order.keys)]
        whole = select(key.label("key"), *columns).select_from(rows.from_).where(*rows.where, part.found)
        found = whole.offset(literal_column("0")).subquery("part")
        renamed = tuple(replace(item, column=found.c[f"o{index}"]) for index, item in enumerate(order.keys))
        return page.cut(select(found.c.key), replace(order, keys=renamed), self.binder, self.cursors, more=more)

    def _number(self) -> ColumnElement[int]:
        """The number of rows; where they are in sight in parts, those of each part that are in none before it."""
        rows = self._rows
        number = select(func.count()).select_from(rows.from_).where(*rows.where)
        if not self._parts:
            return number.scalar_subquery()
        before: list[ColumnElement[bool]] = []
        numbers = []
        for part in self._parts:
            numbers.append(number.where(part.found, *before).scalar_subquery())
            before.append(not_(func.coalesce(part.each(), false())))
        return reduce(add, numbers)

    def count(self) -> Statement:
        """The number of rows of each parent: of those that the page is cut from, under the same conditions."""
        self.budget.again(self._conditions)
        binder, parent, rows = self.binder, self._parent, self._rows
        if self.root:
            columns: list[ColumnElement[Any]] = [null(), self._number()]
            number = select(*columns)
            within = None if self._within is None else self._anchor(binder)
            return compiled(number if within is None else number.select_from(within), binder)
        one = select(func.count()).select_from(rows.from_).where(*rows.where)
        counted = select(parent.c.key, one.correlate(parent).scalar_subquery()).select_from(parent)
        return compiled(counted, binder)

    def _reached(self, binder: Binder, parent: TableValuedAlias, lenses: tuple[Lens, ...]) -> Rows:
        walls = Sighted(self.registry, lenses, binder)
        above = None if self.root else parent.c.key
        rows = self.many.relation.rows(self.source, above, self.arguments, binder, walls)
        if rows.via is not None and self._joined:
            rows.from_ = rows.from_.join(self.source.table, self.source.key == rows.via)
        rows.where.extend(validity.asked(self.many.period(self.source), self.arguments, binder))
        given = self.arguments.get("filter")
        if given is not None:
            rows.where.append(Filter(self.registry, binder, lenses, self.budget).condition(self.source, given))
        self._look(rows, parent, lenses, binder)
        return rows

    def _look(self, rows: Rows, parent: TableValuedAlias, lenses: tuple[Lens, ...], binder: Binder) -> None:
        """Of the rows only those in the caller's sight; where all below the parent are, that is asked once and not of each."""
        if self.root and self._within is None:
            self._start_from_caller(rows, lenses, binder)
            return
        seen = [*rows.seen, *in_sight(self.registry, self.source, lenses, binder)]
        covered = None
        if seen and rows.below is not None:
            covered = self.registry.access.covers(*rows.below, lenses, binder)
        if covered is not None:
            asked = select(covered.label("whole")).offset(
                literal_column("0", Integer())
            )  # so that it is not asked of each row
            once = asked.correlate(parent).lateral("sight")
            rows.from_ = once.join(rows.from_, true())
            seen = [or_(once.c.whole, and_(*seen))]
        rows.where.extend(seen)

    def _start_from_caller(self, rows: Rows, lenses: tuple[Lens, ...], binder: Binder) -> None:
        """Of all rows of a type take those in the caller's sight, found from the caller's own keys: the list costs what the caller sees,
        and not what there is (docs/adr/0045). Callers who see rows by their union get them by union, then by key, as in a list within a
        union: in that order an index gives the first page of any number of rows."""
        found = self.registry.access.parts(self.source, lenses, binder)
        if found is None:
            return
        column = rows.union
        if column is not None and column is not self.source.key and any(part.column is column for part in found):
            rows.order = [column, *rows.order]
        if found:
            self._parts = found
        else:
            rows.where.append(false())
