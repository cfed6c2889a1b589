"""The neighbours of a statistic's cells from roll-ups: all of them in one part of its statement (``neighbours``).

Each neighbour reads other cells of the same roll-up: of another place, of other days, with one condition less. So one scan goes through the
cells of all, each with the mark of the neighbour that it is for, and groups are by that mark first.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
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
    true,
    union_all,
)
from sqlalchemy.types import TypeEngine

from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.plan.parameters import BIGINT, DATE, TEXT, Binder, Inputs
from resolvers.engine.statistics import cell_keys, row_marks
from resolvers.engine.statistics.from_rollups import cell_keys_of, request
from resolvers.engine.statistics.group_limits import MAX_ROWS
from resolvers.engine.statistics.question import CellSet, Dimension, Question
from resolvers.engine.statistics.rollup_parts import SPANS, ZERO, RollupParts, RollupRequest
from resolvers.engine.statistics.rollup_source import RollupSource
from resolvers.engine.statistics.time_buckets import TIMES

NEIGHBOUR: Mapping[str, TypeEngine[Any]] = {"mark": Integer(), "place": Integer(), "without": Integer(), "unit": TEXT}
"""What is known of each neighbour: its mark, its place, the conditions that it is without as bits, its unit of time."""
DAYS: Mapping[str, TypeEngine[Any]] = {"since": DATE, "until": DATE, "began": Integer(), "ended": Integer()}
"""Its days, and how often a record counts that began in them, or ended in them."""


@dataclass(frozen=True)
class RolledNeighbour:
    """One neighbour; ``place`` is the number of its place, ``without`` are the conditions that it is without, as bits."""

    cells: CellSet
    request: RollupRequest
    place: int
    without: int

    def known(self) -> tuple[Any, ...]:
        """As ``NEIGHBOUR``."""
        time = self.request.time
        return self.cells.mark, self.place, self.without, None if time is None else time.lower()

    def days(self, inputs: Inputs) -> tuple[Any, ...]:
        """As ``DAYS``."""
        since, until = self.request.period(inputs)
        signs = (1, -1) if self.request.is_stock else (0, 1) if self.request.of_endings else (1, 0)
        return since or date.min, until or date.max, *signs


def cells(
    question: Question, sources: Sequence[RollupSource], conditions: Mapping[Hashable, ColumnElement[bool]]
) -> Select[Any]:
    """The whole and the groups of each neighbour, of people alone. ``conditions`` say of each place whether its roll-ups count."""
    population = question.population
    requests = [request(question, source) for source in sources]
    every = replace(
        requests[0],
        dimensions=list(dict.fromkeys(name for each in requests for name in each.dimensions)),
        conditions=[item for item in question.cells.conditions if any(item in each.conditions for each in requests)],
        time=next((each.time for each in requests if each.time is not None), None),
    )
    places = list(conditions)
    neighbours = [
        RolledNeighbour(source.cells, each, places.index(source.place), _without(every, each))
        for source, each in zip(sources, requests, strict=True)
    ]
    first = {place: next(source for source in sources if source.place == place) for place in places}
    targets = [_targets(first[place], number, conditions[place]) for number, place in enumerate(places)]
    target = (union_all(*targets) if len(targets) > 1 else targets[0]).subquery("target")
    parts = NeighbourParts(population.statistic, every, target, population.binder, neighbours)
    counts = [and_(parts.rows.c.place == number, conditions[place]) for number, place in enumerate(places)]
    return population.correlated(_grouped(question, sources, parts.every(or_(*counts))))


def _without(every: RollupRequest, one: RollupRequest) -> int:
    """The conditions that a neighbour is without, as bits."""
    return sum(1 << at for at, item in enumerate(every.conditions) if item not in one.conditions)


def _targets(source: RollupSource, number: int, only_if: ColumnElement[bool]) -> Select[Any]:
    """The anchors of a place, with its number."""
    target, place = source.targets.c, literal_column(str(number), Integer()).label("place")
    return select(target.anchor, target.child, target.drill, place).where(only_if)


def _grouped(question: Question, sources: Sequence[RollupSource], part: Subquery) -> Select[Any]:
    """A row for each neighbour, and one for each group of those that have groups."""
    dimensions = question.dimensions
    grouped = [source.cells.mark for source in sources if source.cells.grouped_by]
    keys = [_key(part, item) for item in dimensions] if grouped else []
    every = keys or [cast(null(), item.key.type) for item in dimensions]
    records = cast(func.coalesce(func.sum(part.c.n), ZERO), BIGINT)
    several = func.count(part.c.person) - func.count(part.c.person.distinct())
    all_keys = literal_column(str(row_marks.without_all(len(dimensions))), Integer())
    without = func.grouping(*keys) if keys else all_keys
    counts = question.layout.counts(records - several, cell_keys_of(part)["persons"], {})
    rows = select(*question.layout.columns(cast(part.c.mark - without, Integer()), every, counts))
    names = ", ".join(str(key) for key in keys)
    sets = f"({part.c.mark}), ({part.c.mark}, {names})" if keys else f"({part.c.mark})"
    rows = rows.group_by(text(f"GROUPING SETS ({sets})")).limit(len(sources) * (MAX_ROWS + 2))
    if not keys:
        return rows
    some = and_(func.sum(part.c.n) != ZERO, part.c.mark.in_([literal_column(str(mark)) for mark in grouped]))
    return rows.having(or_(func.grouping(*keys) != ZERO, some))


def _key(part: Subquery, item: Dimension) -> ColumnElement[Any]:
    """The key of a dimension in the parts."""
    name = "child" if item.children is not None else "bucket" if item.name in TIMES else f"d_{item.name}"
    return part.c[name]


class NeighbourParts(RollupParts):
    """The parts of the counts of all neighbours; their rows have the mark as well. ``targets`` has anchors by the number of their place."""

    def __init__(
        self,
        statistic: Statistic,
        request: RollupRequest,
        targets: Subquery,
        binder: Binder,
        neighbours: Sequence[RolledNeighbour],
    ) -> None:
        super().__init__(statistic, request, targets, binder)
        self.neighbours = neighbours
        self.each = [
            RollupParts(statistic, replace(one.request, dimensions=request.dimensions), targets, binder)
            for one in neighbours
        ]
        self.rows = self.known_rows(
            "span1", lambda inputs: [(*one.known(), *one.days(inputs)) for one in neighbours], {**NEIGHBOUR, **DAYS}
        )

    def every(self, used: ColumnElement[bool]) -> Subquery:
        """All parts, as one table, and a row of nothing for each neighbour of a place that is used."""
        none = {name: cast(null(), found.type) for name, found in self.columns.items()}
        empty = self._neighbour_part(self.rows, None, cast(null(), DATE), none, (ZERO, ZERO), self.rows).where(used)
        parts = [empty, self._cells(), self._changes(), *self._repeats(), self._changed_persons()]
        return union_all(*parts).subquery("part")

    def _cells(self) -> Select[Any]:
        """Days, years and all time; of a class only the bits of the dimensions."""
        target = self.targets.c
        spans = self.known_rows("span2", self._spans, {**NEIGHBOUR, **SPANS})
        span = spans.c
        cells = self.cells(spans, with_keys=True)
        summed = (
            select(
                span.mark,
                span.without,
                target.child,
                self._trunc(span.unit, self.first_day(cells.c.slot, spans)).label("bucket"),
                self.masked_class(cells.c.codes).label("class"),
                func.sum(cells.c.n * span.sign).label("n"),
                func.sum(cells.c["keys"] * span.sign).label("keys"),
            )
            .select_from(
                self.targets.join(spans, and_(span.place == target.place, span.drill == target.drill)).join(
                    cells, true()
                )
            )
            .group_by(text("1, 2, 3, 4, 5"))
            .subquery("summed")
        )
        number = (summed.c.n, summed.c["keys"])
        return self._neighbour_part(
            summed, summed.c.child, summed.c.bucket, self.decoded(summed.c["class"]), number, summed
        )

    def _spans(self, inputs: Inputs) -> list[tuple[Any, ...]]:
        """The slots of all neighbours."""
        both = zip(self.neighbours, self.each, strict=True)
        return [(*one.known(), *span) for one, parts in both for span in parts.slots(inputs)]

    def _changes(self) -> Select[Any]:
        """What has changed since the cells were added up."""
        change, neighbour = self.change.c, self.rows.c
        began, ended = self._within(change.valid_from), self._within(change.valid_to)
        number = case((began, neighbour.began), else_=ZERO) + case((ended, neighbour.ended), else_=ZERO)
        signed = change.sign * number
        from_ = self._placed_by_neighbour(self.change, change.organization_id)
        columns = {name: change[kept] for name, kept in self.rollup_columns.items()}
        bucket = self._trunc(neighbour.unit, change[self.events[0][1]])
        part = self._neighbour_part(
            self.rows,
            self.targets.c.child,
            bucket,
            columns,
            (signed, signed * cell_keys.record_key(change.member_id)),
            from_,
        )
        return part.where(or_(and_(began, neighbour.began != ZERO), and_(ended, neighbour.ended != ZERO)))

    def _repeats(self) -> list[Select[Any]]:
        """Records of persons who have several, none of which has changed: of a stock those that overlap, of beginnings those that come
        again in the period. One part for each, which has an index of its own."""
        repeat, neighbour = self.repeat.c, self.rows.c
        from_ = self.rows.join(self.targets, self.targets.c.place == neighbour.place)
        from_ = from_.join(self.repeat, repeat.anchor == self.targets.c.anchor)
        changed = repeat.member_id.in_(select(self.change.c.member_id))
        only: dict[str, list[ColumnElement[bool]]] = {
            "stock": [repeat.overlapping],
            "began": [or_(repeat.previous >= neighbour.since, repeat.next < neighbour.until)],
            "ended": [],
        }
        columns = self.decoded(repeat["class"])
        return [
            self._person(self.repeat, columns, from_).where(condition, *only[name], not_(changed))
            for name, condition in self._counts_of(self.repeat).items()
        ]

    def _changed_persons(self) -> Select[Any]:
        """Records of persons of whom something has changed."""
        fact = self.statistic.model.__table__
        people = select(self.change.c.member_id).distinct().subquery("people")
        from_ = self._placed_by_neighbour(
            self.joined(people.join(fact, fact.c.member_id == people.c.member_id)), fact.c.organization_id
        )
        return self._person(fact, self.columns, from_).where(or_(*self._counts_of(fact).values()))

    def _counts_of(self, records: FromClause) -> dict[str, ColumnElement[bool]]:
        """When records count: of a stock, by their beginning, or by their end; as far as there are such neighbours."""
        begins, ends, neighbour = records.c.valid_from, records.c.valid_to, self.rows.c
        conditions = {
            "stock": and_(
                neighbour.ended < ZERO, begins < neighbour.until, or_(ends.is_(None), ends >= neighbour.until)
            ),
            "began": and_(neighbour.ended == ZERO, self._within(begins)),
            "ended": and_(neighbour.ended > ZERO, self._within(ends), begins.is_not(None)),
        }
        requests = [one.request for one in self.neighbours]
        wanted = {"stock" if each.is_stock else "ended" if each.of_endings else "began" for each in requests}
        return {name: condition for name, condition in conditions.items() if name in wanted}

    def _person(self, records: FromClause, columns: Mapping[str, Any], from_: FromClause) -> Select[Any]:
        """Records by their person."""
        bucket = self._trunc(self.rows.c.unit, records.c[self.events[0][1]])
        child, person = self.targets.c.child, records.c.member_id
        return self._neighbour_part(self.rows, child, bucket, columns, (ZERO, ZERO), from_, person)

    def _neighbour_part(
        self,
        neighbour: FromClause,
        child: ColumnElement[Any] | None,
        bucket: ColumnElement[Any],
        columns: Mapping[str, Any],
        number: tuple[ColumnElement[Any], ColumnElement[Any]],
        from_: FromClause,
        person: ColumnElement[Any] | None = None,
    ) -> Select[Any]:
        """One part, under the conditions that each neighbour has."""
        dimensions = [column.label(f"d_{name}") for name, column in columns.items()]
        n, keys = number
        part = select(
            neighbour.c.mark,
            (cast(null(), BIGINT) if child is None else child).label("child"),
            bucket.label("bucket"),
            *dimensions,
            n.label("n"),
            keys.label("keys"),
            (cast(null(), BIGINT) if person is None else person).label("person"),
        )
        conditions = [
            or_(
                neighbour.c.without.bitwise_and(literal_column(str(1 << place), Integer())) != ZERO,
                item.matches(columns[item.name]),
            )
            for place, item in enumerate(self.request.conditions)
        ]
        return part.select_from(from_).where(*([] if child is None else conditions))

    def _within(self, day: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(day >= self.rows.c.since, day < self.rows.c.until)

    def _trunc(self, unit: ColumnElement[Any], day: ColumnElement[Any]) -> ColumnElement[Any]:
        """The first day of the unit of time that a day is in; null without one."""
        if self.request.time is None:
            return cast(null(), DATE)
        return cast(func.date_trunc(unit, cast(day, DateTime())), DATE)

    def _placed_by_neighbour(self, from_: FromClause, organization: ColumnElement[Any]) -> FromClause:
        """The records of unions in the targets' places, for each neighbour."""
        return self.placed(from_, organization).join(self.rows, self.rows.c.place == self.targets.c.place)
