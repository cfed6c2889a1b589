"""The neighbours of a statistic's cells from roll-ups: all of them in one part of its statement (``neighbours``).

Each neighbour reads other cells of the same roll-up: of another place, of other days, with one condition less. So one scan goes through the
cells of all, each with the mark of the neighbour that it is for, and groups are by that mark first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    text,
    union_all,
)

from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.plan.parameters import BIGINT, DATE, TEXT, Binder, Inputs
from resolvers.engine.statistics import cell_keys, row_marks
from resolvers.engine.statistics.from_rollups import NONE, Asked, Parts, Rolled
from resolvers.engine.statistics.parts import Look, nothing
from resolvers.engine.statistics.periods import MAX_ROWS
from resolvers.engine.statistics.question import Dimension
from resolvers.engine.statistics.time_buckets import TIMES

NEAR = {"look": Integer(), "place": Integer(), "without": Integer(), "unit": TEXT}
"""What is known of each neighbour: its mark, its place, the conditions that it is without as bits, its unit of time."""
DAYS = {"since": DATE, "until": DATE, "began": Integer(), "ended": Integer()}
"""Its days, and how often a record counts that began in them, or ended in them."""
SPANS = {"drill": Boolean(), "low": Integer(), "high": Integer(), "sign": Integer()}
"""Slots of cells that are read for it, from one to before another."""


@dataclass(frozen=True)
class Near:
    """One neighbour; ``place`` is the number of its place."""

    look: Look
    asked: Asked
    place: int
    without: int

    def known(self) -> tuple[Any, ...]:
        """As ``NEAR``."""
        return self.look.base, self.place, self.without, None if self.asked.time is None else self.asked.time.lower()

    def days(self, inputs: Inputs) -> tuple[Any, ...]:
        """As ``DAYS``."""
        since, until = self.asked.period(inputs)
        signs = (1, -1) if self.asked.stock else (0, 1) if self.asked.ended else (1, 0)
        return since or date.min, until or date.max, *signs


class NearParts(Parts):
    """The parts of the counts of all neighbours; each tells the mark as well. ``targets`` has anchors by the number of their place."""

    def __init__(
        self, statistic: Statistic, asked: Asked, targets: Subquery, binder: Binder, near: Sequence[Near]
    ) -> None:
        super().__init__(statistic, asked, targets, binder)
        self.near = near
        self.spans = [
            Parts(statistic, replace(one.asked, dimensions=asked.dimensions), targets, binder) for one in near
        ]
        self.rows = self._table(lambda inputs: [(*one.known(), *one.days(inputs)) for one in near], NEAR | DAYS)

    def every(self, used: ColumnElement[bool]) -> Subquery:
        """All parts, as one table, and a row of nothing for each neighbour of a place that is used."""
        none = {name: cast(null(), found.type) for name, found in self.columns.items()}
        nobody = self._near(self.rows, None, cast(null(), DATE), none, (NONE, NONE), self.rows).where(used)
        parts = [nobody, self._cells(), self._changes(), *self._again(), self._restless()]
        return union_all(*parts).subquery("part")

    def _cells(self) -> Select[Any]:
        """Days, years and all time; of a class only the bits of the dimensions."""
        target, slot = self.targets.c, self.cell.c.slot
        spans = self._table(self._spans_of, NEAR | SPANS)
        span = spans.c
        inside = and_(self.cell.c.anchor == target.anchor, slot >= span.low, slot < span.high)
        masked = self.cell.c["class"].bitwise_and(literal_column(str(self.fact.mask(self.kept.values())), BIGINT))
        summed = (
            select(
                span.look,
                span.without,
                target.child,
                self._trunc(span.unit, self._first(slot)).label("bucket"),
                masked.label("class"),
                func.sum(self.cell.c.n * span.sign).label("n"),
                func.sum(self.cell.c["keys"] * span.sign).label("keys"),
            )
            .select_from(
                self.targets.join(spans, and_(span.place == target.place, span.drill == target.drill)).join(
                    self.cell, inside
                )
            )
            .group_by(text("1, 2, 3, 4, 5"))
            .subquery("summed")
        )
        number = (summed.c.n, summed.c["keys"])
        return self._near(summed, summed.c.child, summed.c.bucket, self._decoded(summed.c["class"]), number, summed)

    def _spans_of(self, inputs: Inputs) -> list[tuple[Any, ...]]:
        """The slots of all neighbours."""
        both = zip(self.near, self.spans, strict=True)
        return [(*one.known(), *span) for one, parts in both for span in parts.slots(inputs)]

    def _changes(self) -> Select[Any]:
        """What has changed since the cells were added up."""
        change, near = self.change.c, self.rows.c
        began, ended = self._within(change.valid_from), self._within(change.valid_to)
        number = case((began, near.began), else_=NONE) + case((ended, near.ended), else_=NONE)
        signed = change.sign * number
        from_ = self._standing(self.change, change.organization_id)
        columns = {name: change[kept] for name, kept in self.kept.items()}
        bucket = self._trunc(near.unit, change[self.events[0][1]])
        part = self._near(
            self.rows, self.targets.c.child, bucket, columns, (signed, signed * cell_keys.key(change.member_id)), from_
        )
        return part.where(or_(and_(began, near.began != NONE), and_(ended, near.ended != NONE)))

    def _again(self) -> list[Select[Any]]:
        """Records of persons who have several, none of which has changed: of a stock those that overlap, of beginnings those that come
        again in the period. One part for each, which has an index of its own."""
        repeat, near = self.repeat.c, self.rows.c
        from_ = self.rows.join(self.targets, self.targets.c.place == near.place)
        from_ = from_.join(self.repeat, repeat.anchor == self.targets.c.anchor)
        changed = repeat.member_id.in_(select(self.change.c.member_id))
        only: dict[str, list[ColumnElement[bool]]] = {
            "stock": [repeat.overlapping],
            "began": [or_(repeat.previous >= near.since, repeat.next < near.until)],
            "ended": [],
        }
        columns = self._decoded(repeat["class"])
        return [
            self._person(self.repeat, columns, from_).where(condition, *only[name], not_(changed))
            for name, condition in self._counts_of(self.repeat).items()
        ]

    def _restless(self) -> Select[Any]:
        """Records of persons of whom something has changed."""
        fact = self.statistic.model.__table__
        people = select(self.change.c.member_id).distinct().subquery("people")
        from_ = self._standing(
            self._joined(people.join(fact, fact.c.member_id == people.c.member_id)), fact.c.organization_id
        )
        return self._person(fact, self.columns, from_).where(or_(*self._counts_of(fact).values()))

    def _counts_of(self, records: FromClause) -> dict[str, ColumnElement[bool]]:
        """When records count: of a stock, by their beginning, or by their end; as far as there are such neighbours."""
        begins, ends, near = records.c.valid_from, records.c.valid_to, self.rows.c
        conditions = {
            "stock": and_(near.ended < NONE, begins < near.until, or_(ends.is_(None), ends >= near.until)),
            "began": and_(near.ended == NONE, self._within(begins)),
            "ended": and_(near.ended > NONE, self._within(ends), begins.is_not(None)),
        }
        wanted = {"stock" if one.asked.stock else "ended" if one.asked.ended else "began" for one in self.near}
        return {name: condition for name, condition in conditions.items() if name in wanted}

    def _person(self, records: FromClause, columns: Mapping[str, Any], from_: FromClause) -> Select[Any]:
        """Records by their person."""
        bucket = self._trunc(self.rows.c.unit, records.c[self.events[0][1]])
        child, person = self.targets.c.child, records.c.member_id
        return self._near(self.rows, child, bucket, columns, (NONE, NONE), from_, person)

    def _near(
        self,
        near: FromClause,
        child: ColumnElement[Any] | None,
        bucket: ColumnElement[Any],
        columns: Mapping[str, Any],
        number: tuple[ColumnElement[Any], ColumnElement[Any]],
        from_: FromClause,
        person: ColumnElement[Any] | None = None,
    ) -> Select[Any]:
        """One part, under the conditions that each neighbour has."""
        found = [column.label(f"d_{name}") for name, column in columns.items()]
        n, keys = number
        part = select(
            near.c.look,
            (cast(null(), BIGINT) if child is None else child).label("child"),
            bucket.label("bucket"),
            *found,
            n.label("n"),
            keys.label("keys"),
            (cast(null(), BIGINT) if person is None else person).label("person"),
        )
        conditions = [
            or_(
                near.c.without.bitwise_and(literal_column(str(1 << place), Integer())) != NONE,
                item.among(columns[item.name]),
            )
            for place, item in enumerate(self.asked.where)
        ]
        return part.select_from(from_).where(*([] if child is None else conditions))

    def _within(self, day: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(day >= self.rows.c.since, day < self.rows.c.until)

    def _trunc(self, unit: ColumnElement[Any], day: ColumnElement[Any]) -> ColumnElement[Any]:
        """The first day of the unit of time that a day is in; null without one."""
        return (
            cast(null(), DATE) if self.asked.time is None else cast(func.date_trunc(unit, cast(day, DateTime())), DATE)
        )

    def _standing(self, from_: FromClause, organization: ColumnElement[Any]) -> FromClause:
        """The records of unions in the targets' places, for each neighbour."""
        return self._placed(from_, organization).join(self.rows, self.rows.c.place == self.targets.c.place)


class RolledNeighbours:
    """The part of a statement that counts all neighbours which roll-ups can tell."""

    def __init__(self, looks: Sequence[Rolled], dimensions: Sequence[Dimension]) -> None:
        self.looks = looks
        self.dimensions = dimensions
        self.counting = looks[0].counting
        self.places: dict[Any, ColumnElement[bool]] = {}
        """Whether roll-ups are in use, for each place and way of drilling down."""

    def cells(self) -> Select[Any]:
        """The whole and the groups of each neighbour, of people alone."""
        counting = self.counting
        asked = [found.asked() for found in self.looks]
        every = replace(
            asked[0],
            dimensions=list(dict.fromkeys(name for one in asked for name in one.dimensions)),
            where=[item for item in counting.where if any(item in one.where for one in asked)],
            time=next((one.time for one in asked if one.time is not None), None),
        )
        near, targets = [], []
        for found, one in zip(self.looks, asked, strict=True):
            place, is_new = self._place(found)
            if is_new:
                targets.append(self._targets(found, place))
            without = sum(1 << at for at, item in enumerate(every.where) if item not in one.where)
            near.append(Near(found.look, one, place, without))
        target = (union_all(*targets) if len(targets) > 1 else targets[0]).subquery("target")
        parts = NearParts(counting.statistic, every, target, counting.binder, near)
        used = [and_(parts.rows.c.place == place, found) for place, found in enumerate(self.places.values())]
        return self._grouped(parts.every(or_(*used)))

    def _place(self, found: Rolled) -> tuple[int, bool]:
        """The number of a place, and whether it is a new one."""
        key, count = (id(found.look.place), found.drill), len(self.places)
        only = () if found.look.is_wider else found.look.only  # a period without a longer one is not compared with it
        self.places.setdefault(key, and_(found.used, *self.counting.published(), *only))
        return list(self.places).index(key), len(self.places) > count

    def _targets(self, found: Rolled, place: int) -> Select[Any]:
        """The anchors of a place."""
        target, number = found.targets.c, literal_column(str(place), Integer()).label("place")
        in_use = list(self.places.values())[place]
        return select(target.anchor, target.child, target.drill, number).where(in_use)

    def _grouped(self, part: Subquery) -> Select[Any]:
        """A row for each neighbour, and one for each group of those that have groups."""
        counting, count = self.counting, len(self.dimensions)
        grouped = [found.look.base for found in self.looks if found.look.keyed]
        keys = [self._key(part, item) for item in self.dimensions] if grouped else []
        shown = keys or [cast(null(), item.key.type) for item in self.dimensions]
        records = cast(func.coalesce(func.sum(part.c.n), NONE), BIGINT)
        several = func.count(part.c.person) - func.count(part.c.person.distinct())
        without = func.grouping(*keys) if keys else literal_column(str(row_marks.without_all(count)), Integer())
        cells: Select[Any] = select(
            cast(part.c.look - without, Integer()).label("mark"),
            *(key.label(f"k{place}") for place, key in enumerate(shown)),
            (records - several).label("people"),
            Rolled.tickets(part)["persons"].label("people_t"),
            *(column for place in range(len(counting.measures)) for column in nothing(place)),
        )
        names = ", ".join(str(key) for key in keys)
        sets = f"({part.c.look}), ({part.c.look}, {names})" if keys else f"({part.c.look})"
        cells = cells.group_by(text(f"GROUPING SETS ({sets})")).limit(len(self.looks) * (MAX_ROWS + 2))
        if not keys:
            return cells
        some = and_(func.sum(part.c.n) != NONE, part.c.look.in_([literal_column(str(base)) for base in grouped]))
        return cells.having(or_(func.grouping(*keys) != NONE, some))

    @staticmethod
    def _key(part: Subquery, item: Dimension) -> ColumnElement[Any]:
        """The key of a dimension in the parts."""
        name = "child" if item.children is not None else "bucket" if item.name in TIMES else f"d_{item.name}"
        return part.c[name]
