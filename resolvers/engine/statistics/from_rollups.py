"""Statistics from roll-ups: cells of days, years and all time, and what has changed since they were added up (docs/adr/0032).

The parts are added up by the same GROUPING SETS as records are. Persons are records less what repeats: only persons with several
records can count twice, and theirs are looked at one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    ColumnClause,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
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
from sqlalchemy.types import TypeEngine

from db.rolled import DAY, DIMENSIONS, ENDED, EPOCH, EVER, FACTS, SET
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.statistics import Statistic
from resolvers.engine.plan.parameters import BIGINT, DATE, TEXT, TEXTS, Binder, Inputs
from resolvers.engine.statistics import cell_keys
from resolvers.engine.statistics.parts import Bounds, Look, nothing
from resolvers.engine.statistics.rollup_slots import cut
from resolvers.engine.statistics.time_buckets import TIMES, bucket

if TYPE_CHECKING:
    from resolvers.engine.statistics.conditions import Condition
    from resolvers.engine.statistics.from_records import Counting

ANCHOR = table(
    "anchor",
    column("id", Integer()),
    column("kind", TEXT),
    column("key", BIGINT),
    column("drill", Boolean()),
    schema="rollup",
)
PLACE = table("place", column("anchor", Integer()), column("organization_id", BIGINT), schema="rollup")
STATE = table("state", column("ready", Boolean()), column("next_change", DATE), schema="rollup")


CODE = table("code", column("dimension", TEXT), column("code", Integer()), column("value", TEXT), schema="rollup")
NONE: ColumnElement[int] = literal_column("0", Integer())
TYPES: Mapping[str, TypeEngine[Any]] = {"text": TEXT, "boolean": Boolean(), "bigint": BIGINT}


@dataclass(frozen=True)
class Asked:
    """What a rolled-up count has to tell: dimensions of the classes, grouped by or set a condition on, and the period."""

    dimensions: Sequence[str]
    where: Sequence["Condition"]
    time: str | None
    """The dimension of time."""
    stock: bool
    ended: bool
    persons: bool
    keys: bool
    """Whether the sums of keys are wanted beside the numbers."""
    period: Bounds
    """The first day, and the day after the last; each may be left open."""
    day: ColumnElement[Any] | None
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
        self.fact = FACTS[statistic.rollup.table]
        self.kept = {name: statistic.rollup.columns[name] for name in asked.dimensions}
        self.columns = {name: expression(statistic.dimensions[name]) for name in asked.dimensions}  # type: ignore[arg-type]
        dimensions = [column(self.kept[each], found.type) for each, found in self.columns.items()]

        def made(suffix: str, *columns: ColumnClause[Any]) -> FromClause:
            return table(f"{self.fact.table}_{suffix}", *columns, schema="rollup")

        def whole(*names: str) -> list[ColumnClause[Any]]:
            return [column(name, BIGINT) for name in names]

        def record() -> list[ColumnClause[Any]]:
            days = (column(name, DATE) for name in ("valid_from", "valid_to"))
            return [*whole("organization_id", "member_id"), *days]

        self.cell = made("cell", column("anchor", Integer()), column("slot", Integer()), *whole("class", "n", "keys"))
        self.change = made("change", column("sign", Integer()), *record(), *dimensions)
        self.repeat = made(
            "repeat",
            column("anchor", Integer()),
            *record(),
            *whole("class"),
            column("overlapping", Boolean()),
            column("previous", DATE),
            column("next", DATE),
        )
        began, ended = (0, "valid_from", 1), (ENDED, "valid_to", -1 if asked.stock else 1)
        self.events = (began, ended) if asked.stock else (ended,) if asked.ended else (began,)

    def all(self) -> Subquery:
        """All parts, as one table."""
        parts = [self._cells(), self._changes()]
        if self.asked.persons:
            parts += [self._repeated(), self._restless()]
        return union_all(*parts).subquery("part")

    def _cells(self) -> Select[Any]:
        """Days, years and all time; of a class only the bits that are asked for."""
        drill = self.targets.c.drill
        span = self._table(self.slots, dict(zip("abcd", (Boolean(), Integer(), Integer(), Integer()), strict=True)))
        cell, slot = self.cell.c, self.cell.c.slot
        inside = and_(cell.anchor == self.targets.c.anchor, slot >= span.c.b, slot < span.c.c)
        asked = cell["class"].bitwise_and(literal_column(str(self.fact.mask(self.kept.values())), BIGINT))
        first = cast(null(), DATE) if self.asked.time is None else self._first(slot)
        keys = [func.sum(cell["keys"] * span.c.d).label("keys")] if self.asked.keys else []
        summed = (
            select(
                self.targets.c.child,
                self._bucket(first),
                asked.label("class"),
                func.sum(cell.n * span.c.d).label("n"),
                *keys,
            )
            .select_from(self.targets.join(span, span.c.a == drill).join(self.cell, inside))
            .group_by(text("1, 2, 3"))
            .subquery("summed")
        )
        number = (summed.c.n, summed.c["keys"] if keys else NONE)
        return self._part(summed.c.child, summed.c.bucket, self._decoded(summed.c["class"]), number, summed)

    @staticmethod
    def _first(slot: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day of a slot, or the first of its year."""
        time = slot % ENDED
        day = literal_column(f"date '{EPOCH}'", DATE) + (time - DAY)
        return case((time < EVER, func.make_date(time, 1, 1)), else_=day)

    def slots(self, inputs: Inputs) -> list[tuple[bool, int, int, int]]:
        """Slots from one to before another with a sign, for places that are drilled down and for all others."""
        since, until = self.asked.period(inputs)
        number, found = self.fact.number(self.kept.values()), []
        for drill in (True, False):
            years = drill and self.asked.time in (None, "YEAR")
            ever = self.asked.time is None and (drill or number > 0)
            for low, high, sign in cut(since, until, inputs.today, years=years, ever=ever):
                first = SET * number if low <= EVER else 0
                found += [
                    (drill, first + event + low, first + event + high, sign * add) for event, _, add in self.events
                ]
        return found

    def _decoded(self, number: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
        """The dimensions of a class: the values in the order of their codes, and which of them; 0 is none."""
        found: dict[str, ColumnElement[Any]] = {}
        for name, kept in self.kept.items():
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
        columns = {name: change[kept] for name, kept in self.kept.items()}
        placed = self._placed(self.change, change.organization_id)
        since, until = self._end(0), self._end(1)
        inside = [and_(change[day] >= since, change[day] < until) for _, day, _ in self.events]
        number = sum(
            (case((found, sign), else_=0) for found, (_, _, sign) in zip(inside, self.events, strict=True)), literal(0)
        )
        bucket = self._bucket(change[self.events[0][1]])
        keys = change.sign * number * cell_keys.key(change.member_id) if self.asked.keys else NONE
        return self._part(self.targets.c.child, bucket, columns, (change.sign * number, keys), placed).where(
            or_(*inside)
        )

    def _repeated(self) -> Select[Any]:
        """Records of persons who have several, none of which has changed."""
        repeat = self.repeat.c
        from_ = self.targets.join(self.repeat, repeat.anchor == self.targets.c.anchor)
        part = self._counts(self.repeat, self._decoded(repeat["class"]), from_)
        changed = select(self.change.c.member_id)
        part = part.where(not_(repeat.member_id.in_(changed)))
        if self.asked.stock:
            return part.where(repeat.overlapping)
        # who began once in the period is counted once; of endings it is not kept
        return (
            part if self.asked.ended else part.where(or_(repeat.previous >= self._end(0), repeat.next < self._end(1)))
        )

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
            counts = [when >= self._end(0), when < self._end(1), records.c.valid_from.is_not(None)]
        child = self.targets.c.child
        part = self._part(child, self._bucket(when), columns, (NONE, NONE), from_, person=records.c.member_id)
        return part.where(*counts)

    def _end(self, end: int) -> ColumnElement[date]:
        """The first day of the period, or the day after its last."""
        return self.binder.bind(lambda inputs: self.asked.period(inputs)[end] or (date.min, date.max)[end], DATE)

    def _part(
        self,
        child: ColumnElement[Any],
        bucket: ColumnElement[Any],
        columns: Mapping[str, ColumnElement[Any]],
        number: tuple[ColumnElement[Any], ColumnElement[Any]],
        from_: FromClause,
        person: ColumnElement[Any] | None = None,
    ) -> Select[Any]:
        told = [found.label(f"d_{name}") for name, found in columns.items()]
        who = cast(null(), BIGINT) if person is None else person
        n, keys = number
        counted = [n.label("n"), *([keys.label("keys")] if self.asked.keys else []), who.label("person")]
        part = select(child.label("child"), bucket.label("bucket"), *told, *counted)
        conditions = [item.among(columns[item.name]) for item in self.asked.where]
        return part.select_from(from_).where(*conditions)

    def _bucket(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        time = self.asked.time
        return (cast(null(), DATE) if time is None else bucket(time, day, self.binder)).label("bucket")

    def _joined(self, from_: FromClause) -> FromClause:
        """The records with the tables that their dimensions are in."""
        for join in self.statistic.joins:
            other = join.table
            if any(found.table is other for found in self.columns.values()):
                from_ = from_.join(other, other.c.id == expression(join.key))
        return from_

    def _placed(self, from_: FromClause, organization: ColumnElement[Any]) -> FromClause:
        """The records of unions in the targets' places."""
        from_ = from_.join(PLACE, PLACE.c.organization_id == organization)
        return from_.join(self.targets, self.targets.c.anchor == PLACE.c.anchor)

    def _table(self, rows: Callable[[Inputs], Sequence[tuple[Any, ...]]], named: Mapping[str, Any]) -> Any:
        """Rows that are known when a run begins, as a table of these columns."""

        def found(inputs: Inputs) -> Sequence[tuple[Any, ...]]:
            if found not in inputs.memo:
                inputs.memo[found] = rows(inputs)
            return inputs.memo[found]  # type: ignore[no-any-return]

        def values(place: int) -> Callable[[Inputs], list[Any]]:
            return lambda inputs: [row[place] for row in found(inputs)]

        arrays = [self.binder.bind(values(place), ARRAY(kind)) for place, kind in enumerate(named.values())]
        columns = [column(name, kind) for name, kind in named.items()]
        self._spans += 1
        return func.unnest(*arrays).table_valued(*columns).render_derived(name=f"span{self._spans}")

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
        self, counting: "Counting", look: Look, targets: Subquery, drill: str | None, covered: ColumnElement[bool]
    ) -> None:
        self.counting = counting
        self.look = look
        self.targets = targets
        self.drill = drill
        kind, key = look.place.rolled
        used = and_(covered, in_use(kind, key, counting.binder.day(None), drill=drill is not None))
        if counting.head is not None:
            used = counting.head.column(used, Boolean(), key=("used", id(look.place), drill is not None))
        self.used = used
        self.in_use = and_(used, *counting.published(), *look.only)

    @classmethod
    def of(cls, counting: "Counting", look: Look) -> "Rolled | None":
        """The branch, where the kind has roll-ups that tell all that is asked of a place that the caller may have counted whole."""
        rollup, names = counting.statistic.rollup, [item.name for item in look.keyed]
        told = [measure.rolled for name, measure in counting.measures.items() if name not in ("records", "persons")]
        if rollup is None or (look.base and any(told)) or not (look.base or all(told)):
            return None
        drills = [item.name for item in look.keyed if item.children is not None]
        timed = any(name in TIMES for name in names)
        where = {item.name for item in look.where}
        asked = {*names, *where} - ({*drills, *TIMES} - where)
        asked |= {of[0] for of in told if of is not None and not look.base}
        if len(drills) > 1 or not asked <= rollup.columns.keys() or (timed and counting.is_stock):
            return None
        if counting.event_name not in (None, "BEGAN", "ENDED"):
            return None
        drill = drills[0] if drills else None
        targets = look.place.targets(drill)
        covered = counting.registry.access.sees_all_below(*look.place.rolled, counting.lenses, counting.binder)
        if targets is None or covered is None:
            return None
        for item in look.keyed:
            targets = targets if item.children is None else counting.keys.targets(targets, item.children)
        return cls(counting, look, targets, drill, covered)

    def asked(self) -> Asked:
        """What is read of the roll-up."""
        counting, look = self.counting, self.look
        time = next((item.name for item in look.keyed if item.name in TIMES), None)
        grouped_by = [item.name for item in look.keyed if item.name not in (time, self.drill)]
        return Asked(
            dimensions=list(
                dict.fromkeys(
                    [*grouped_by, *(item.name for item in look.where), *(of for of, _ in self._rolled().values())]
                )
            ),
            where=look.where,
            time=time,
            stock=counting.is_stock and look.time.day is not None,
            ended=counting.event_name == "ENDED",
            persons="persons" in counting.measures or (counting.coarse and counting.statistic.person is not None),
            keys=counting.coarse,
            period=look.time.bounds,
            day=look.time.day,
        )

    def cells(self, grouped: Callable[..., Select[Any]]) -> Select[Any]:
        """The groups of one parent, and the whole."""
        counting, look, asked = self.counting, self.look, self.asked()
        part = Parts(counting.statistic, asked, self.targets, counting.binder).all()
        names = {self.drill: "child", asked.time: "bucket"}
        keys = [part.c[names.get(item.name, f"d_{item.name}")] for item in look.keyed]
        records = cast(func.coalesce(func.sum(part.c.n), 0), BIGINT)
        several = func.count(part.c.person) - func.count(part.c.person.distinct())
        found = {"records": records, "persons": records - several}
        inside = {name: cast(part.c[f"d_{of}"], Text) == value for name, (of, value) in self._rolled().items()}
        for name, condition in inside.items():
            found[name] = cast(func.coalesce(func.sum(part.c.n).filter(condition), 0), BIGINT)
        tickets = self.tickets(part, inside) if counting.coarse else dict.fromkeys(found, cast(null(), BIGINT))
        measured: list[ColumnElement[Any]] = [
            (found["persons"] if counting.coarse else cast(null(), BIGINT)).label("people"),
            tickets["persons"].label("people_t"),
        ]
        for place, name in enumerate(counting.measures):
            _, *rest, _ = nothing(place)
            measured += [found[name].label(f"m{place}"), *rest, tickets[name].label(f"m{place}t")]
        cells = grouped(part, keys, measured)
        some = func.sum(part.c.n) != 0
        whole = func.grouping(*keys) != 0 if keys else true()
        return cells.where(self.in_use).having(and_(self.in_use, or_(whole, some)))

    def _rolled(self) -> dict[str, tuple[str, str]]:
        """The measures that count the records of one value of a dimension."""
        measures = {} if self.look.base else self.counting.measures
        return {name: measure.rolled for name, measure in measures.items() if measure.rolled is not None}

    @staticmethod
    def tickets(
        part: Subquery, inside: Mapping[str, ColumnElement[bool]] = MappingProxyType({})
    ) -> dict[str, ColumnElement[Any]]:
        """The tickets of records, of persons and of the records that fulfil these conditions; a person with several records adds their key
        once."""
        keys = func.coalesce(func.sum(part.c["keys"]), 0)
        repeated = cell_keys.summed(part.c.person) - cell_keys.summed_once(part.c.person)
        some = {
            name: cell_keys.ticket(func.coalesce(func.sum(part.c["keys"]).filter(condition), 0))
            for name, condition in inside.items()
        }
        return {"records": cell_keys.ticket(keys), "persons": cell_keys.ticket(keys - repeated), **some}
