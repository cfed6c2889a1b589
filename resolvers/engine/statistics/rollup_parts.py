"""The parts of a count from roll-ups: cells of days, years and all time, and what has changed since they were added up (docs/adr/0032).

Persons are records less what repeats: only persons with several records can count twice, and their records are looked at one by one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnClause,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    table,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.sql.selectable import LateralFromClause
from sqlalchemy.types import TypeEngine

from db.rollups.layout import CLASS, DAY, DIMENSIONS, ENDED, EPOCH, EVER, FACTS, SET, first_of_pack, last_whole_pack
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.plan.parameters import BIGINT, DATE, TEXT, TEXTS, Binder, Inputs
from resolvers.engine.statistics import cell_keys
from resolvers.engine.statistics.question import Condition
from resolvers.engine.statistics.rollup_slots import cut
from resolvers.engine.statistics.rollup_tables import CODE, PLACE
from resolvers.engine.statistics.time_buckets import bucket
from resolvers.engine.statistics.times import Bounds

ZERO: ColumnElement[int] = literal_column("0", Integer())
TYPES: Mapping[str, TypeEngine[Any]] = {"text": TEXT, "boolean": Boolean(), "bigint": BIGINT}

SPANS: Mapping[str, TypeEngine[Any]] = {
    "drill": Boolean(),
    **dict.fromkeys(("low", "high", "sign", "first", "last", "epoch"), Integer()),
}
"""Slots from one to before another, with a sign; the first pack that has any of them, the last that has no others after them; the slot of
the epoch if they are days."""


@dataclass(frozen=True)
class RollupRequest:
    """What one count reads of roll-ups: dimensions of the classes, grouped by or in a condition, and the period."""

    dimensions: Sequence[str]
    conditions: Sequence[Condition]
    time: str | None
    """The dimension of time."""
    is_stock: bool
    of_endings: bool
    """Whether records are counted by the day on which they ended."""
    with_persons: bool
    """Whether persons are counted beside records."""
    with_keys: bool
    """Whether keys of the cell-key method are added up beside the numbers."""
    period: Bounds
    """Finds the first day, and the day after the last; each may be open."""
    day: ColumnElement[Any] | None
    """The day as of which a stock is counted."""


class RollupParts:
    """The parts of one count. The rows of each have the child, the bucket of time, the dimensions of the request, a number of records, and
    a person who may be there several times.

    ``targets`` has the anchors whose cells are read, each with the child that it stands for.
    """

    def __init__(self, statistic: Statistic, request: RollupRequest, targets: Subquery, binder: Binder) -> None:
        assert statistic.rollup is not None
        self.statistic = statistic
        self.request = request
        self.targets = targets
        self.binder = binder
        self.fact = FACTS[statistic.rollup.table]
        self.rollup_columns = {name: statistic.rollup.columns[name] for name in request.dimensions}
        self.columns = {name: expression(statistic.dimensions[name]) for name in request.dimensions}  # type: ignore[arg-type]
        dimensions = [column(self.rollup_columns[each], found.type) for each, found in self.columns.items()]
        self.change = self._table("change", _number("sign"), *_record(), dimensions)
        self.repeat = self._table(
            "repeat",
            _number("anchor"),
            *_record(),
            _bigint("class"),
            [column("overlapping", Boolean())],
            _day("previous", "next"),
        )
        began, ended = (0, "valid_from", 1), (ENDED, "valid_to", -1 if request.is_stock else 1)
        self.events = (began, ended) if request.is_stock else (ended,) if request.of_endings else (began,)

    def _table(self, suffix: str, *columns: Sequence[ColumnClause[Any]]) -> FromClause:
        return table(f"{self.fact.table}_{suffix}", *chain.from_iterable(columns), schema="rollup")

    def all(self) -> Subquery:
        """All parts, as one table."""
        parts = [self._cells(), self._changes()]
        if self.request.with_persons:
            parts += [self._repeated(), self._changed_persons()]
        return union_all(*parts).subquery("part")

    def _cells(self) -> Select[Any]:
        """Days, years and all time; of a class only the bits that are asked for."""
        drill = self.targets.c.drill
        span = self.known_rows("span1", self.slots, SPANS)
        cells = self.cells(span, with_keys=self.request.with_keys)
        cell = cells.c
        first = cast(null(), DATE) if self.request.time is None else self.first_day(cell.slot, span)
        keys = [func.sum(cell["keys"] * span.c.sign).label("keys")] if self.request.with_keys else []
        summed = (
            select(
                self.targets.c.child,
                self._bucket(first),
                self.masked_class(cell.codes).label("class"),
                func.sum(cell.n * span.c.sign).label("n"),
                *keys,
            )
            .select_from(self.targets.join(span, span.c.drill == drill).join(cells, true()))
            .group_by(text("1, 2, 3"))
            .subquery("summed")
        )
        number = (summed.c.n, summed.c["keys"] if keys else ZERO)
        return self._part(summed.c.child, summed.c.bucket, self.decoded(summed.c["class"]), number, summed)

    def cells(self, span: Any, *, with_keys: bool) -> LateralFromClause:
        """The cells of an anchor in a span of slots.

        Packs are unpacked in the select list: as a table in FROM each would be copied first (docs/adr/0046). Only of packs that begin
        before the span or end after it each cell is compared.
        """
        arrays = ("codes", "n", "keys") if with_keys else ("codes", "n")
        packs = self._table("pack", _number("anchor", "slot"), _bigint(*arrays))
        pack = packs.c
        unpacked = [func.unnest(pack[name], type_=BIGINT).label(name) for name in arrays]
        low, high = span.c.low, span.c.high
        inside = (pack.anchor == self.targets.c.anchor, pack.slot >= span.c.first, pack.slot < high)
        rows = select(pack.slot.label("first"), *unpacked).where(*inside).correlate_except(packs).lateral("unpacked")
        found = rows.c
        slot = found.first + cast(found.codes.bitwise_rshift(literal_column(str(CLASS), Integer())), Integer())
        cells = select(slot.label("slot"), found.codes, *(found[name] for name in arrays[1:]))
        whole = and_(found.first >= low, found.first <= span.c.last)
        return cells.where(or_(whole, and_(slot >= low, slot < high))).correlate_except(rows).lateral("cell")

    def masked_class(self, code: ColumnElement[int]) -> ColumnElement[int]:
        """The class of a cell by its code, of which only the bits of the dimensions are left."""
        found: ColumnElement[int] = code.bitwise_and(
            literal_column(str(self.fact.mask(self.rollup_columns.values())), BIGINT)
        )
        return found

    @staticmethod
    def first_day(slot: ColumnElement[Any], span: Any) -> ColumnElement[Any]:
        """The day of a slot, or the first of its year."""
        day = literal_column(f"date '{EPOCH}'", DATE) + (slot - span.c.epoch)
        return case((span.c.epoch.is_(None), func.make_date(slot % ENDED, 1, 1)), else_=day)

    def slots(self, inputs: Inputs) -> list[tuple[bool, int, int, int, int, int, int | None]]:
        """The spans of slots that are read (``SPANS``), for places that are drilled down and for all others."""
        since, until = self.request.period(inputs)
        number, found = self.fact.number(self.rollup_columns.values()), []
        for drill in (True, False):
            years = drill and self.request.time in (None, "YEAR")
            ever = self.request.time is None and (drill or number > 0)
            for low, high, sign in cut(since, until, inputs.today, years=years, ever=ever):
                first = SET * number if low <= EVER else 0
                for event, _, add in self.events:
                    begin, end = first + event + low, first + event + high
                    epoch = first + event + DAY if low > EVER else None
                    found.append((drill, begin, end, sign * add, first_of_pack(begin), last_whole_pack(end), epoch))
        return found

    def decoded(self, number: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
        """The dimensions of a class: the values in the order of their codes, and which of them; 0 is none."""
        found: dict[str, ColumnElement[Any]] = {}
        for name, kept in self.rollup_columns.items():
            coded = DIMENSIONS[kept]
            values = select(func.array_agg(aggregate_order_by(CODE.c.value, CODE.c.code), type_=TEXTS))
            values = values.where(CODE.c.dimension == literal_column(f"'{kept}'", TEXT))
            code = number.bitwise_rshift(literal_column(str(self.fact.shift(kept)), Integer()))
            code = code.bitwise_and(literal_column(str((1 << coded.bits) - 1), BIGINT))
            value: ColumnElement[Any] = values.scalar_subquery()[cast(code, Integer())]
            found[name] = value if coded.type == "text" else cast(value, TYPES[coded.type])
        return found

    def _changes(self) -> Select[Any]:
        """What has changed since the cells were added up."""
        change = self.change.c
        columns = {name: change[kept] for name, kept in self.rollup_columns.items()}
        placed = self.placed(self.change, change.organization_id)
        since, until = self._end(0), self._end(1)
        inside = [and_(change[day] >= since, change[day] < until) for _, day, _ in self.events]
        number = sum(
            (case((found, sign), else_=0) for found, (_, _, sign) in zip(inside, self.events, strict=True)), literal(0)
        )
        bucket = self._bucket(change[self.events[0][1]])
        keys = change.sign * number * cell_keys.record_key(change.member_id) if self.request.with_keys else ZERO
        return self._part(self.targets.c.child, bucket, columns, (change.sign * number, keys), placed).where(
            or_(*inside)
        )

    def _repeated(self) -> Select[Any]:
        """Records of persons who have several, none of which has changed."""
        repeat = self.repeat.c
        from_ = self.targets.join(self.repeat, repeat.anchor == self.targets.c.anchor)
        part = self._counts(self.repeat, self.decoded(repeat["class"]), from_)
        changed = select(self.change.c.member_id)
        part = part.where(not_(repeat.member_id.in_(changed)))
        if self.request.is_stock:
            return part.where(repeat.overlapping)
        if self.request.of_endings:  # whether a person ended twice in the period is not kept
            return part
        return part.where(or_(repeat.previous >= self._end(0), repeat.next < self._end(1)))

    def _changed_persons(self) -> Select[Any]:
        """Records of persons of whom something has changed."""
        fact = self.statistic.model.__table__
        people = select(self.change.c.member_id).distinct().subquery("people")
        from_ = self.joined(people.join(fact, fact.c.member_id == people.c.member_id))
        return self._counts(fact, self.columns, self.placed(from_, fact.c.organization_id))

    def _counts(self, records: FromClause, columns: Mapping[str, Any], from_: FromClause) -> Select[Any]:
        """Records that count, by their person."""
        if self.request.is_stock:
            begins, ends, day = records.c.valid_from, records.c.valid_to, self.request.day
            when = begins
            counts = [begins <= day, or_(ends.is_(None), ends > day)]
        else:
            when = records.c[self.events[0][1]]
            counts = [when >= self._end(0), when < self._end(1), records.c.valid_from.is_not(None)]
        child = self.targets.c.child
        part = self._part(child, self._bucket(when), columns, (ZERO, ZERO), from_, person=records.c.member_id)
        return part.where(*counts)

    def _end(self, end: int) -> ColumnElement[date]:
        """The first day of the period, or the day after its last."""
        return self.binder.bind(lambda inputs: self.request.period(inputs)[end] or (date.min, date.max)[end], DATE)

    def _part(
        self,
        child: ColumnElement[Any],
        bucket: ColumnElement[Any],
        columns: Mapping[str, ColumnElement[Any]],
        number: tuple[ColumnElement[Any], ColumnElement[Any]],
        from_: FromClause,
        person: ColumnElement[Any] | None = None,
    ) -> Select[Any]:
        """One part, under the conditions of the request; ``number`` is that of the records, and their keys added up."""
        dimensions = [found.label(f"d_{name}") for name, found in columns.items()]
        who = cast(null(), BIGINT) if person is None else person
        n, keys = number
        counted = [n.label("n"), *([keys.label("keys")] if self.request.with_keys else []), who.label("person")]
        part = select(child.label("child"), bucket.label("bucket"), *dimensions, *counted)
        conditions = [item.matches(columns[item.name]) for item in self.request.conditions]
        return part.select_from(from_).where(*conditions)

    def _bucket(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        time = self.request.time
        return (cast(null(), DATE) if time is None else bucket(time, day, self.binder)).label("bucket")

    def joined(self, from_: FromClause) -> FromClause:
        """The records with the tables that their dimensions are in."""
        for join in self.statistic.joins:
            other = join.table
            if any(found.table is other for found in self.columns.values()):
                from_ = from_.join(other, other.c.id == expression(join.key))
        return from_

    def placed(self, from_: FromClause, organization: ColumnElement[Any]) -> FromClause:
        """The records of unions in the targets' places."""
        from_ = from_.join(PLACE, PLACE.c.organization_id == organization)
        return from_.join(self.targets, self.targets.c.anchor == PLACE.c.anchor)

    def known_rows(
        self, name: str, find: Callable[[Inputs], Sequence[tuple[Any, ...]]], columns: Mapping[str, TypeEngine[Any]]
    ) -> Any:
        """Rows that are known when a run begins, found once for each, as a table of these columns."""

        def rows(inputs: Inputs) -> Sequence[tuple[Any, ...]]:
            if rows not in inputs.memo:
                inputs.memo[rows] = find(inputs)
            return inputs.memo[rows]  # type: ignore[no-any-return]

        def values(place: int) -> Callable[[Inputs], list[Any]]:
            return lambda inputs: [row[place] for row in rows(inputs)]

        arrays = [self.binder.bind(values(place), ARRAY(kind)) for place, kind in enumerate(columns.values())]
        derived = [column(each, kind) for each, kind in columns.items()]
        return func.unnest(*arrays).table_valued(*derived).render_derived(name=name)


def _columns(kind: TypeEngine[Any], *names: str) -> list[ColumnClause[Any]]:
    return [column(name, kind) for name in names]


_number, _bigint, _day = (partial(_columns, kind) for kind in (Integer(), BIGINT, DATE))
"""Make columns of one type."""


def _record() -> Iterator[list[ColumnClause[Any]]]:
    """The columns of a record, but for its dimensions."""
    yield _bigint("organization_id", "member_id")
    yield _day("valid_from", "valid_to")
