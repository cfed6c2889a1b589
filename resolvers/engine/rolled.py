"""Statistics from roll-ups: cells of whole years and months, records at the edges of a period, and what has changed since (docs/adr/0032).

The parts are added up by the same GROUPING SETS as records are. Persons are records less what repeats: only persons with several
records can count twice, and theirs are looked at one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnClause,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    any_,
    case,
    cast,
    column,
    func,
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
from sqlalchemy.dialects.postgresql import ARRAY

from resolvers.engine.binder import Binder, Inputs
from resolvers.engine.buckets import TIMES, bucket
from resolvers.engine.source import expression
from resolvers.engine.statistic import Statistic

if TYPE_CHECKING:
    from resolvers.engine.tally import Counting

ENDED, YEARLY, NO_END = 200_000, 100_000, 99_999
"""Slots as in the migration: a month (year * 12 + month - 1) or, from YEARLY, a year; from ENDED the same for endings."""

MONTHLY = ("MONTH", "QUARTER", "STATISTICAL_YEAR")

ANCHOR = table(
    "anchor",
    column("id", Integer()),
    column("kind", Text()),
    column("key", BigInteger()),
    column("drill", Boolean()),
    schema="rollup",
)
PLACE = table("place", column("anchor", Integer()), column("organization_id", BigInteger()), schema="rollup")
STATE = table("state", column("ready", Boolean()), column("next_change", Date()), schema="rollup")


@dataclass
class Spans:
    """A period cut up: ranges of slots of whole years and months, the days that these cover, and the days that they do not."""

    slots: list[tuple[int, int]] = field(default_factory=list)
    covered: list[tuple[date, date]] = field(default_factory=list)
    edges: list[tuple[date, date]] = field(default_factory=list)


def cut(since: date | None, until: date | None, *, monthly: bool, daily: bool) -> Spans:
    """``[since, until)`` in as few whole years and months as there are, and the days at its ends; all days when ``daily``."""
    start, end = since or date.min, until or date.max
    if daily:
        return Spans(edges=[(start, end)])
    first = date.min if since is None else _month_from(since)
    last = date.max if until is None else until.replace(day=1)
    if first >= last:
        return Spans(edges=[(start, end)])
    spans = Spans(covered=[(first, last)], edges=[edge for edge in ((start, first), (last, end)) if edge[0] < edge[1]])
    low, high = 0 if since is None else _month(first), NO_END if until is None else _month(last)
    low_year = 0 if since is None else -(-low // 12)
    high_year = NO_END if until is None else high // 12
    if monthly or low_year >= high_year:
        spans.slots = [(low, high)]
    else:
        months = ((low, low_year * 12), (high_year * 12, high))
        spans.slots = [
            (YEARLY + low_year, YEARLY + high_year),
            *(part for part in months if part[0] < part[1]),
        ]
    return spans


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month_from(day: date) -> date:
    """The first day of a month on this day or after it."""
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)


@dataclass(frozen=True)
class Asked:
    """What a rolled-up count has to tell: dimensions of the classes, grouped by or set a condition on, and the period."""

    dimensions: Sequence[str]
    where: Sequence[tuple[str, ColumnElement[Any]]]
    bucket: Callable[[ColumnElement[Any]], ColumnElement[Any]] | None
    stock: bool
    ended: bool
    persons: bool
    ends: int
    """How many ends the period has: so many edges there may be."""
    spans: Callable[[Inputs], Spans]
    day: ColumnElement[Any]
    """The day as of which, for a stock."""


class Parts:
    """The parts of one rolled-up count. Each tells child, bucket of time, the dimensions asked for, a number, and a person who may repeat.

    ``targets`` has the anchors whose cells are read, each with the child that it stands for.
    """

    def __init__(self, statistic: Statistic, asked: Asked, targets: Subquery, binder: Binder) -> None:
        assert statistic.rollup is not None
        self.statistic = statistic
        self.asked = asked
        self.targets = targets
        self.binder = binder
        self.kept = {name: statistic.rollup.columns[name] for name in asked.dimensions}
        self.columns = {name: expression(statistic.dimensions[name]) for name in asked.dimensions}  # type: ignore[arg-type]
        name, kept = statistic.rollup.table, [(self.kept[each], found.type) for each, found in self.columns.items()]

        def made(suffix: str, *columns: ColumnClause[Any], classed: bool = False) -> FromClause:
            dimensions = [column(*each) for each in kept] if classed else []
            return table(f"{name}_{suffix}", *columns, *dimensions, schema="rollup")

        def record() -> list[ColumnClause[Any]]:
            keys = [column(each, BigInteger()) for each in ("organization_id", "member_id")]
            return [*keys, *(column(each, Date()) for each in ("valid_from", "valid_to"))]

        self.cell = made("cell", *(column(each, Integer()) for each in ("anchor", "slot", "class", "n")))
        self.classes = made("class", column("id", Integer()), classed=True)
        self.change = made("change", column("sign", Integer()), *record(), classed=True)
        self.repeat = made("repeat", *record(), column("class", Integer()), column("overlapping", Boolean()))
        began, ended = (0, "valid_from", 1), (ENDED, "valid_to", -1 if asked.stock else 1)
        self.events = (began, ended) if asked.stock else (ended,) if asked.ended else (began,)

    def all(self) -> Subquery:
        """All parts, as one table."""
        parts = [self._cells()]
        for _, day, sign in self.events:
            parts += [self._edge(day, sign, which) for which in range(self.asked.ends)]
            parts.append(self._changes(day, sign))
        if self.asked.persons:
            parts += [self._repeated(), self._restless()]
        return union_all(*parts).subquery("part")

    def _cells(self) -> Select[Any]:
        """Whole years and months."""
        event_of = [(event, sign) for event, _, sign in self.events]

        def slots(inputs: Inputs) -> list[tuple[int, int, int]]:
            found = self.asked.spans(inputs).slots
            return [(event + low, event + high, sign) for event, sign in event_of for low, high in found]

        span = self._ranges(slots, Integer(), Integer(), Integer())
        cell, slot = self.cell.c, self.cell.c.slot
        index = slot % YEARLY
        month = func.make_date(index // 12, index % 12 + 1, 1)
        first = case((slot % ENDED >= YEARLY, func.make_date(index, 1, 1)), else_=month)
        inside = and_(cell.anchor == self.targets.c.anchor, slot >= span.c.a, slot < span.c.b)
        number = func.sum(cell.n * span.c.c).label("n")
        summed = (
            select(self.targets.c.child, self._bucket(first), cell["class"].label("class"), number)
            .select_from(self.targets.join(span, true()).join(self.cell, inside))
            .group_by(text("1, 2, 3"))
            .subquery("summed")
        )
        columns = {name: self.classes.c[kept] for name, kept in self.kept.items()}
        from_ = summed.join(self.classes, self.classes.c.id == summed.c["class"])
        return self._part(summed.c.child, summed.c.bucket, columns, summed.c.n, from_)

    def _edge(self, day: str, sign: int, which: int) -> Select[Any]:
        """Records of the days at one end that no whole month covers."""
        fact = self.statistic.model.__table__
        record = fact.c[day]
        inside = and_(record >= self._bound(which, 0), record < self._bound(which, 1))
        from_ = self._placed(self._joined(fact), fact.c.organization_id)
        number = literal_column(str(sign), Integer())
        part = self._part(self.targets.c.child, self._bucket(record), self.columns, number, from_)
        return part.where(inside, fact.c.valid_from.is_not(None))

    def _bound(self, which: int, end: int) -> ColumnElement[date]:
        """The first day of an edge, or the day after its last: a value, so that the planner sees how few days it has."""

        def day(inputs: Inputs) -> date:
            edges = self.asked.spans(inputs).edges
            return edges[which][end] if which < len(edges) else date.max

        return self.binder.bind(day, Date())

    def _changes(self, day: str, sign: int) -> Select[Any]:
        """What has changed since the cells were added up, in the months that they cover."""
        span = self._ranges(lambda inputs: self.asked.spans(inputs).covered, Date(), Date())
        change = self.change.c
        from_ = span.join(self.change, and_(change[day] >= span.c.a, change[day] < span.c.b))
        columns = {name: change[kept] for name, kept in self.kept.items()}
        number = change.sign * sign
        placed = self._placed(from_, change.organization_id)
        return self._part(self.targets.c.child, self._bucket(change[day]), columns, number, placed)

    def _repeated(self) -> Select[Any]:
        """Records of persons who have several, none of which has changed."""
        repeat = self.repeat.c
        from_ = self.targets.join(PLACE, PLACE.c.anchor == self.targets.c.anchor)
        from_ = from_.join(self.repeat, repeat.organization_id == PLACE.c.organization_id)
        from_ = from_.join(self.classes, self.classes.c.id == repeat["class"])
        columns = {name: self.classes.c[kept] for name, kept in self.kept.items()}
        part = self._counts(self.repeat, columns, from_)
        changed = select(self.change.c.member_id)
        part = part.where(not_(repeat.member_id.in_(changed)))
        return part.where(repeat.overlapping) if self.asked.stock else part

    def _restless(self) -> Select[Any]:
        """Records of persons of whom something has changed."""
        fact = self.statistic.model.__table__
        people = select(self.change.c.member_id).distinct().subquery("people")
        from_ = self._joined(people.join(fact, fact.c.member_id == people.c.member_id))
        return self._counts(fact, self.columns, self._placed(from_, fact.c.organization_id))

    def _counts(self, records: FromClause, columns: Mapping[str, Any], from_: FromClause) -> Select[Any]:
        """Records that count, by their person."""
        if self.asked.stock:
            begins, ends, day = records.c.valid_from, records.c.valid_to, self.asked.day
            when = begins
            counts = [begins <= day, or_(ends.is_(None), ends > day)]
        else:
            when = records.c[self.events[0][1]]
            since, until = (self.binder.bind(self._end(end), Date()) for end in range(2))
            counts = [when >= since, when < until, records.c.valid_from.is_not(None)]
        number, child = literal_column("0", Integer()), self.targets.c.child
        part = self._part(child, self._bucket(when), columns, number, from_, person=records.c.member_id)
        return part.where(*counts)

    def _end(self, end: int) -> Callable[[Inputs], date]:
        """An end of the whole period."""

        def day(inputs: Inputs) -> date:
            spans = self.asked.spans(inputs)
            days = sorted([*spans.covered, *spans.edges])
            return days[0][0] if end == 0 else days[-1][1]

        return day

    def _part(
        self,
        child: ColumnElement[Any],
        bucket: ColumnElement[Any],
        columns: Mapping[str, ColumnElement[Any]],
        number: ColumnElement[Any],
        from_: FromClause,
        person: ColumnElement[Any] | None = None,
    ) -> Select[Any]:
        told = [found.label(f"d_{name}") for name, found in columns.items()]
        who = cast(null(), BigInteger()) if person is None else person
        part = select(child.label("child"), bucket.label("bucket"), *told, number.label("n"), who.label("person"))
        conditions = [cast(columns[name], Text) == any_(values) for name, values in self.asked.where]
        return part.select_from(from_).where(*conditions)

    def _bucket(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        asked = self.asked.bucket
        return (cast(null(), Date()) if asked is None else asked(day)).label("bucket")

    def _joined(self, from_: FromClause) -> FromClause:
        """The records with the tables that their dimensions are in."""
        for join in self.statistic.joins:
            other = join.model.__table__
            if any(found.table is other for found in self.columns.values()):
                from_ = from_.join(other, other.c.id == expression(join.key))
        return from_

    def _placed(self, from_: FromClause, organization: ColumnElement[Any]) -> FromClause:
        """The records of unions in the targets' places."""
        from_ = from_.join(PLACE, PLACE.c.organization_id == organization)
        return from_.join(self.targets, self.targets.c.anchor == PLACE.c.anchor)

    def _ranges(self, rows: Callable[[Inputs], Sequence[tuple[Any, ...]]], *types: Any) -> Any:
        """Rows that are known when a run begins, as a table of columns a, b, c."""

        def values(place: int) -> Callable[[Inputs], list[Any]]:
            return lambda inputs: [row[place] for row in rows(inputs)]

        arrays = [self.binder.bind(values(place), ARRAY(kind)) for place, kind in enumerate(types)]
        columns = [column(name, kind) for name, kind in zip("abc", types, strict=False)]
        self._spans += 1
        return func.unnest(*arrays).table_valued(*columns, name=f"span{self._spans}").render_derived()

    _spans = 0


def in_use(kind: str, key: ColumnElement[Any], today: ColumnElement[Any], *, drill: bool) -> ColumnElement[bool]:
    """Roll-ups are kept for this anchor, and nobody's place has changed by the passing of a day since."""
    anchor, state = ANCHOR.alias("used"), STATE.alias("state")
    kept = select(anchor.c.id).where(anchor.c.kind == kind, anchor.c.key == key, *([anchor.c.drill] if drill else []))
    kept = kept.correlate_except(anchor)
    ready = select(state.c.ready).where(state.c.ready, state.c.next_change > today)
    return and_(kept.exists(), ready.exists())


class Rolled:
    """The branch of a statistic that reads roll-ups; it counts where ``in_use`` holds, and records are counted elsewhere."""

    def __init__(
        self, counting: "Counting", targets: Subquery, drill: str | None, covered: ColumnElement[bool]
    ) -> None:
        self.counting = counting
        self.targets = targets
        self.drill = drill
        kind, key = counting.place.rolled
        today = counting.binder.day(None)
        self.in_use = and_(covered, in_use(kind, key, today, drill=drill is not None))

    @classmethod
    def of(cls, counting: "Counting") -> "Rolled | None":
        """The branch, where the kind has roll-ups that tell all that is asked of a place that the caller may have counted whole."""
        rollup, names = counting.statistic.rollup, [item.name for item in counting.dimensions]
        if rollup is None or not counting.measures.keys() <= {"records", "persons"}:
            return None
        drills = [item.name for item in counting.dimensions if item.children is not None]
        timed = any(name in TIMES for name in names)
        asked = {name for name in (*names, *(name for name, _ in counting.where))} - {*drills, *TIMES}
        if len(drills) > 1 or not asked <= rollup.columns.keys() or (timed and counting.is_stock):
            return None
        if counting.event_name not in (None, "BEGAN", "ENDED") or ("DAY" in names and not counting.is_bounded):
            return None
        drill = drills[0] if drills else None
        targets = counting.place.targets(drill)
        covered = counting.registry.covers(*counting.place.rolled, counting.lenses, counting.binder)
        return None if targets is None or covered is None else cls(counting, targets, drill, covered)

    def cells(self, grouped: Callable[..., Select[Any]]) -> Select[Any]:
        """The groups of one parent, and the whole."""
        counting = self.counting
        time = next((item.name for item in counting.dimensions if item.name in TIMES), None)
        persons = "persons" in counting.measures or (counting.coarse and counting.statistic.person is not None)
        asked = Asked(
            dimensions=list(
                dict.fromkeys(
                    [
                        *(item.name for item in counting.dimensions if item.name not in (time, self.drill)),
                        *(name for name, _ in counting.where),
                    ]
                )
            ),
            where=counting.where,
            bucket=None if time is None else lambda day: bucket(time, day, counting.binder),
            stock=counting.is_stock,
            ended=counting.event_name == "ENDED",
            persons=persons,
            ends=1
            if not counting.is_flow
            else sum(counting.arguments.get(end) is not None for end in ("from", "until")),
            spans=self._spans(time),
            day=counting.day,
        )
        part = Parts(counting.statistic, asked, self.targets, counting.binder).all()
        names = {self.drill: "child", time: "bucket"}
        keys = [part.c[names.get(item.name, f"d_{item.name}")] for item in counting.dimensions]
        records = cast(func.coalesce(func.sum(part.c.n), 0), BigInteger())
        several = func.count(part.c.person) - func.count(part.c.person.distinct())
        told = {"records": records, "persons": records - several}
        people = told["persons" if counting.statistic.person is not None else "records"]
        measured = [(people if counting.coarse else cast(null(), BigInteger())).label("people")]
        for place, name in enumerate(counting.measures):
            nothing = [cast(null(), Integer()).label(f"m{place}{suffix}") for suffix in "lf"]
            measured += [told[name].label(f"m{place}"), *nothing]
        cells = grouped(part, keys, measured)
        some = func.sum(part.c.n) != 0
        whole = func.grouping(*keys) != 0 if keys else true()
        return cells.where(self.in_use).having(and_(self.in_use, or_(whole, some)))

    def _spans(self, time: str | None) -> Callable[[Inputs], Spans]:
        frame = self.counting.frame()
        monthly, daily = time in MONTHLY, time == "DAY"

        def spans(inputs: Inputs) -> Spans:
            asked = frame(inputs)
            since, until = asked.since, asked.until
            if asked.as_of is not None:
                since, until = None, asked.as_of + timedelta(days=1)
            return cut(since, until, monthly=monthly, daily=daily)

        return spans
