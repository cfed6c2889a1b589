"""The statement behind a ``statistics`` field: one row for the whole, one for each group, one for each child, of all parents at once."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
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
from sqlalchemy.sql.util import find_tables

from db.model import Term
from db.row_security import AGGREGATES
from resolvers.access.callers import Lens
from resolvers.engine.declare.columns import Expression, alias, expression
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sight import Sighted, anchor
from resolvers.engine.declare.sources import StatisticsField
from resolvers.engine.declare.statistics import Aggregate, Children, Found, Measure, Place, Ref, Statistic
from resolvers.engine.plan.parameters import BIGINT, Binder, Getter
from resolvers.engine.plan.statement import Statement, compiled, parents
from resolvers.engine.request.arguments import Arguments, camel
from resolvers.engine.statistics import cell_keys, periods, published, row_marks, time_buckets
from resolvers.engine.statistics.conditions import condition
from resolvers.engine.statistics.dimension_keys import Keys
from resolvers.engine.statistics.from_rollups import Rolled
from resolvers.engine.statistics.head import Head
from resolvers.engine.statistics.neighbours import neighbours
from resolvers.engine.statistics.neighbours_from_rollups import RolledNeighbours
from resolvers.engine.statistics.parts import Look, Time, nothing
from resolvers.engine.statistics.periods import MAX_GROUPS, MAX_ROWS
from resolvers.engine.statistics.question import Dimension
from resolvers.errors import HubError
from resolvers.unknown_codes import list_of

MAX_DIMENSIONS = 3
SLOTS = 3
"""What a row has for each measure: its value, and for callers with aggregates only the largest part and the ticket."""
TICKET = SLOTS - 1
"""Which of these the ticket is."""


class Counting:
    """What one ``statistics`` field asks, compiled. A row is mark, keys, labels, people with their ticket, then the measures: value,
    largest part, ticket.

    The mark is 0 for a group, -1 for the whole, n + 1 where the row has nothing but a child of dimension n, and -2 where it says that a
    caller with aggregates only may not count in this place.
    """

    def __init__(
        self, registry: Registry, tally: StatisticsField, arguments: Arguments, lenses: tuple[Lens, ...], *, root: bool
    ) -> None:
        self.registry = registry
        self.tally = tally
        self.arguments = arguments
        self.kind = arguments["kind"].name
        self.statistic: Statistic = registry.statistics[self.kind]
        self.binder = Binder()
        self.source = registry.sources[self.statistic.model.__name__]
        walled = registry.access.visible(self.source, lenses, Binder(), None) is not None
        self.coarse = lenses == (Lens.AGGREGATES,) and walled
        self.lenses = (Lens.EVERYTHING,) if self.coarse else lenses
        self.asker = lenses
        self.within = arguments.get("within") if root else None
        self.parent = self._parent(root)
        above = None if self.parent is None else self.parent.c.key
        self.walls = Sighted(registry, self.lenses, self.binder)
        self.place = self.placed(above)
        self.keys = Keys(self.walls, self.parent)
        self._children: dict[str, Children | None] = {}
        self.head = Head() if self.coarse else None
        self.unpublished = self._unpublished()
        self.is_guarded = self.coarse and self.statistic.is_personal
        self.event = self._event()
        self.dimensions = [self._dimension(item) for item in self._grouped_by()]
        self.where = [condition(self, item) for item in arguments.get("where") or ()]
        if self.coarse:
            published.require_dimensions([item.name for item in self.dimensions] + [item.name for item in self.where])
        if self.is_guarded:
            published.require_period(self.event_name, self.time_dimension, flow=self.is_flow)
        self.look = self._look()
        self.neighbours = neighbours(self)
        self.measures: dict[str, Measure] = {}

    def index(self, name: str) -> int:
        """Where in a row the value of a measure is, behind the parent's key. Raises MEASURE_NOT_OF_KIND."""
        measure = self.statistic.measure(name)
        if measure is None:
            known = ", ".join(map(camel, ("records", *self.statistic.measures, *self.statistic.rates)))
            raise HubError("MEASURE_NOT_OF_KIND", f"{self.kind} has no measure {camel(name)}. It has {known}.")
        if measure.event is not None and self.event_name is None:
            raise HubError(
                "BAD_ARGUMENT",
                f"{camel(name)} of {self.kind} is of records whose steps run, most of which do not hold yet. Count them by one of their"
                f" days, e.g. `event: {measure.event}`.",
            )
        self.measures.setdefault(name, measure)
        return self.first_measure + SLOTS * list(self.measures).index(name)

    @property
    def first_measure(self) -> int:
        """Where in a row the measures begin, each with as many slots as ``SLOTS`` says."""
        return 4 + 2 * len(self.dimensions)

    def placed(self, anchor: ColumnElement[Any] | None) -> Place:
        """The place below an anchor's key; everywhere without one."""
        return self.tally.anchor.place(self.statistic, anchor, self.arguments, self.binder, self.walls)

    @property
    def time_dimension(self) -> str | None:
        """The dimension of time that it is grouped by."""
        return next((item.name for item in self._grouped_by() if item.name in time_buckets.TIMES), None)

    def _look(self) -> Look:
        """The look of the question itself; for callers with aggregates only of persons and cases also the groups without each key."""
        without = [place for place, item in enumerate(self.dimensions) if item.name not in time_buckets.TIMES]
        partial = tuple(without) if self.is_guarded else ()
        return Look(self.place, periods.time(self), tuple(self.where), tuple(self.dimensions), partial=partial)

    def frame(self) -> Getter:
        """Finds what a run asks about: see ``frames.frame`` for what running it raises."""
        return partial(periods.frame, self)

    def statement(self) -> Statement:
        """The statement for all parents."""
        places = range(len(self.dimensions))
        parts = [*self._parts(self.look), *self._neighbours()]
        parts += [self._domain(place) for place in places if self.dimensions[place].children is not None]
        parts += self._refusal()
        rows: Any = union_all(*parts) if len(parts) > 1 else parts[0]
        is_alone = self.parent is None and self.head is None
        table = rows.subquery("counted") if is_alone else rows.lateral("counted")
        labels = [self._label(place, table.c[f"k{place}"]) for place in places]
        shown = [table.c.mark, *(table.c[f"k{place}"] for place in places), *labels]
        measured = [column for column in table.c if column.name.startswith(("people", "m"))][1:]
        key: ColumnElement[Any] = null() if self.parent is None or self.within is not None else self.parent.c.key
        from_: FromClause = table if self.head is None else self.head.beside(self.parent, table)
        from_ = from_ if self.parent is None else self.parent.join(from_, true())
        whole = select(key.label("key"), *shown, *measured).select_from(from_)
        if not self.coarse:
            return compiled(whole, self.binder)
        return compiled(whole, self.binder, AGGREGATES, kept=self.statistic.rollup is not None)

    def _parts(self, look: Look) -> list[Select[Any]]:
        """What one look counts, from records or from roll-ups."""
        rolled = Rolled.of(self, look)
        parts = [self._recorded(look, rolled)]
        if rolled is not None:
            parts.append(self.correlated(rolled.cells(partial(self._grouped, look))))
        return parts

    def _neighbours(self) -> list[Select[Any]]:
        """What cells are compared with: from roll-ups all in one part, from records one each."""
        found = [(look, Rolled.of(self, look)) for look in self.neighbours]
        rolled = [each for _, each in found if each is not None]
        parts = [self._recorded(look, each) for look, each in found]
        if rolled:
            parts.append(self.correlated(RolledNeighbours(rolled, self.dimensions).cells()))
        return parts

    def _recorded(self, look: Look, rolled: Rolled | None) -> Select[Any]:
        """What one look counts from records, where no roll-ups are in use for it."""
        alone = [*([] if rolled is None else [not_(rolled.in_use)]), *self.published(), *look.only]
        return self._cells(look, and_(*alone) if alone else None)

    def _unpublished(self) -> ColumnElement[bool] | None:
        """Whether the place is too fine for the caller; None where it never is."""
        found = None if self.head is None else self.place.unpublished()
        return None if found is None or self.head is None else self.head.column(found, Boolean())

    def published(self) -> list[ColumnElement[bool]]:
        """The condition that the place is not too fine for the caller."""
        return [] if self.unpublished is None else [not_(self.unpublished)]

    def _refusal(self) -> list[Select[Any]]:
        """A row for a parent where the caller may not count."""
        if self.unpublished is None:
            return []
        nothing = [null()] * (len(self.dimensions) + 2 + SLOTS * len(self.measures))
        refused = select(literal_column("-2", Integer()), *nothing)
        return [self.correlated(refused.where(self.unpublished))]

    @property
    def event_name(self) -> str | None:
        """The event that the arguments name."""
        asked = self.arguments.get("event")
        return None if asked is None else str(asked.name)

    @property
    def is_stock(self) -> bool:
        """Whether it counts what holds on a day, and not what began or ended by then."""
        return not self.is_flow and self.statistic.ends is not None and self.event_name is None

    @property
    def is_bounded(self) -> bool:
        """Whether a period with both ends is asked about."""
        return self.arguments.get("from") is not None and self.arguments.get("until") is not None

    @property
    def is_flow(self) -> bool:
        """Whether a period is asked about; else a day."""
        given = [name for name in ("from", "until") if self.arguments.get(name) is not None]
        if given and self.arguments.get("as_of") is not None:
            raise HubError("BAD_PERIOD", "Ask `asOf` a day, or `from` and `until`, not both.")
        return bool(given)

    def _grouped_by(self) -> Sequence[Any]:
        asked = self.arguments.get("group_by") or ()
        if len(asked) > MAX_DIMENSIONS:
            raise HubError("TOO_MANY_DIMENSIONS", f"`groupBy` takes at most {MAX_DIMENSIONS} dimensions.")
        if len({item.name for item in asked}) < len(asked):
            raise HubError("BAD_ARGUMENT", "`groupBy` takes each dimension once.")
        if sum(item.name in time_buckets.TIMES for item in asked) > 1:
            raise HubError("BAD_ARGUMENT", "`groupBy` takes one dimension of time: the finest that you need.")
        found: Sequence[Any] = asked
        return found

    def _event(self) -> ColumnElement[Any]:
        name = self.event_name
        found = self.statistic.event(name)
        if found is None:
            known = ", ".join(
                ["BEGAN", *(["ENDED"] if self.statistic.ends is not None else []), *self.statistic.events]
            )
            raise HubError("EVENT_NOT_OF_KIND", f"{self.kind} has no event {name}. It has {known}.")
        return found

    def children(self, name: str) -> Children | None:
        """The drill-down of a dimension, made once."""
        if name not in self._children:
            self._children[name] = self.place.children(name)
        return self._children[name]

    def _dimension(self, term: Term) -> Dimension:
        name = term.name
        if name in time_buckets.TIMES:
            return Dimension(term, time_buckets.bucket(name, self.event, self.binder))
        children = self.children(name)
        if children is not None:
            self.require_given(name, children.target)
            key = self.keys.child(children.key, children)
            return Dimension(term, key, children.target, children.label, children, joins=children.joins)
        found = self.declared(name)
        if isinstance(found, Ref):
            self.require_given(name, found.target)
            key, joins = self.keys.named(expression(found.key), found.target)
            return Dimension(term, key, found.target, expression(found.label), joins=joins)
        column = expression(found)
        return Dimension(term, column, codes=list_of(column.type))

    def require_given(self, name: str, target: str) -> None:
        """Raises DIMENSION_WITHHELD for a dimension whose values are rows that a caller with aggregates only does not see."""
        source = self.registry.sources[target]
        if self.coarse and self.registry.access.visible(source, self.asker, Binder(), None) is not None:
            raise published.withheld(name)

    def declared(self, name: str) -> Any:
        """A dimension as its kind declares it. Raises DIMENSION_WITHHELD and DIMENSION_NOT_OF_KIND."""
        if self.coarse and name in published.NAMING:
            raise published.withheld(name)
        found = self.statistic.dimensions.get(name)
        if found is None:
            if name == "CHILD_ORGANIZATION":
                raise HubError(
                    "DIMENSION_NOT_OF_KIND",
                    f"{name} groups what is below a union: name one by `within`, or ask it there.",
                )
            known = ", ".join(
                [*self.statistic.dimensions, *time_buckets.TIMES, "CHILD_DIVISION", "CHILD_ORGANIZATION of a union"]
            )
            raise HubError("DIMENSION_NOT_OF_KIND", f"{self.kind} has no dimension {name}. It has {known}.")
        return found

    def _parent(self, root: bool) -> Any:
        """The anchors: the parents' keys, or at the root the row that ``within`` names, if they may ask there; None for everywhere."""
        if not root:
            return parents()
        if self.within is None:
            return None
        return anchor(self.registry, self.tally.target, self.within, self.asker, self.binder)

    def _cells(self, look: Look, alone: ColumnElement[bool] | None) -> Select[Any]:
        """The groups of one parent, and the whole; nothing at all unless ``alone`` holds, if it is given."""
        dimensions = look.keyed
        keys = select(*(item.key.label(f"k{place}") for place, item in enumerate(dimensions))) if dimensions else None
        once = self._found(look)
        measured = self._measured(look, once)
        where = [*self._dated(look.time), *(item.holds for item in look.where), *([] if alone is None else [alone])]
        if self.statistic.where is not None:
            where.append(self.statistic.where)
        seen = self.registry.access.countable(self.source, self.lenses, self.binder, None)
        if seen is not None:
            where.append(seen)
        inner, scope = look.place.joins, look.place.where
        needed = [*(item.key for item in dimensions), *measured, *where, *scope, *(on for _, on in inner)]
        joins = [join for item in dimensions for join in item.joins]
        joins += [join for item in look.where for join in item.joins]
        outer = list({id(other): (other, on) for other, on in joins}.values())
        from_ = self._joined(*needed, *(on for _, on in outer))
        for other, on in inner:
            from_ = from_.join(other, on)
        for other, on in outer:
            from_ = from_.outerjoin(other, on)
        if once is not None:
            from_ = from_.join(once, true())
        if keys is None:
            cells = self._grouped(look, from_, [], measured).where(*scope, *where)
            return self.correlated(cells if alone is None else cells.having(alone))
        tables = find_tables(from_, include_aliases=True)
        grouped = keys.correlate(*tables, *([] if self.parent is None else [self.parent])).lateral("g")
        cells = self._grouped(look, from_.join(grouped, true()), list(grouped.c), measured).where(*scope, *where)
        return self.correlated(cells if alone is None else cells.having(alone))

    def _grouped(
        self,
        look: Look,
        from_: FromClause,
        keys: Sequence[ColumnElement[Any]],
        measured: Sequence[ColumnElement[Any]],
    ) -> Select[Any]:
        """A row for each group, and one for the whole, which is there even of nothing."""
        shown = [*keys, *(cast(null(), item.key.type) for item in look.dimensions[len(keys) :])]
        labelled = [key.label(f"k{place}") for place, key in enumerate(shown)]
        cells = select(self._mark(look, keys).label("mark"), *labelled, *measured).select_from(from_)
        if not keys:
            return cells
        sets = [f"({', '.join(str(keys[place]) for place in each)})" for each in look.sets()]
        return cells.group_by(text(f"GROUPING SETS ({', '.join(sets)})")).limit(
            (MAX_ROWS if self.coarse else MAX_GROUPS) * len(sets) + 2
        )

    def _mark(self, look: Look, keys: Sequence[ColumnElement[Any]]) -> ColumnElement[int]:
        """Which kind of row it is."""
        every = row_marks.without_all(len(look.dimensions))
        if not keys:
            return literal_column(str(look.base - every if look.base else -1), Integer())
        without = func.grouping(*keys)
        if look.base:
            return cast(literal_column(str(look.base), Integer()) - without, Integer())
        if not look.partial:
            return cast(-func.least(without, 1), Integer())
        some = literal_column(str(row_marks.PARTIAL), Integer()) - without
        zero, whole = (literal_column(str(number), Integer()) for number in (0, every))
        return cast(
            case((without == zero, zero), (without == whole, literal_column("-1", Integer())), else_=some), Integer()
        )

    def correlated(self, cells: Any) -> Select[Any]:
        """The select with the parent as its surroundings have it."""
        found: Select[Any] = cells if self.parent is None else cells.correlate(self.parent)
        return found

    def _finders(self) -> list[Found]:
        """What measures have found out about each record."""
        return list(dict.fromkeys(measure.found for measure in self.measures.values() if measure.found is not None))

    def _found(self, look: Look) -> FromClause | None:
        """What is found out about a record, as a row beside it: with an offset, or PostgreSQL would find it wherever it is named."""
        day = self.binder.day(None) if look.time.day is None else look.time.day
        found = [finder(day, self.binder).label(f"f{place}") for place, finder in enumerate(self._finders())]
        if not found:
            return None
        tables = (self.source.table, *(join.table for join in self.statistic.joins))
        return select(*found).offset(literal_column("0")).correlate(*tables).lateral("once")

    def _measured(self, look: Look, once: FromClause | None) -> list[ColumnElement[Any]]:
        """How many people stand behind a cell, and the measures, each with what says whether it may be given; of neighbours people, and
        measures that have a condition of their own."""
        columns: list[ColumnElement[Any]] = []
        finders = self._finders()

        def made(aggregate: Aggregate, measure: Measure) -> ColumnElement[Any]:
            if isinstance(aggregate, ColumnElement):
                return aggregate
            assert once is not None
            assert measure.found is not None
            return aggregate(once.c[f"f{finders.index(measure.found)}"])

        person = self.statistic.person
        people = func.count() if person is None else func.count(expression(person).distinct())
        columns.append((people if self.coarse else cast(null(), BIGINT)).label("people"))
        columns.append(self._ticket(None, person).label("people_t"))
        for place, measure in enumerate(self.measures.values()):
            if look.base and measure.part is None:
                columns += nothing(place)
                continue
            part = None if measure.part is None else made(measure.part, measure)
            columns.append(made(measure.value, measure).label(f"m{place}"))
            largest = measure.largest if self.coarse and measure.largest is not None else cast(null(), Integer())
            columns.append(largest.label(f"m{place}l"))
            columns.append(self._ticket(part, measure.once).label(f"m{place}t"))
        return columns

    def _ticket(self, part: ColumnElement[bool] | None, once: Expression | None) -> ColumnElement[Any]:
        """The ticket of the records of a cell that fulfil ``part``, or of the distinct values of ``once``."""
        if not self.coarse:
            return cast(null(), BIGINT)
        if once is not None:
            return cell_keys.ticket(cell_keys.summed_once(expression(once)))
        number, person = self.source.table.c.id, self.statistic.person
        return cell_keys.ticket(
            cell_keys.summed(number if person is None else func.coalesce(expression(person), -number), part)
        )

    def _dated(self, time: Time) -> list[ColumnElement[bool]]:
        """The condition on the day or the period that is asked about."""
        day = time.day
        if day is None:
            return [
                *([self.event >= time.since] if time.since is not None else []),
                *([self.event < time.until] if time.until is not None else []),
            ]
        if time.before is None:
            return self._holding(day)
        return [or_(and_(*self._holding(day)), and_(*self._holding(time.before)))]

    def _holding(self, day: ColumnElement[date]) -> list[ColumnElement[bool]]:
        """The condition that a record holds on a day, or has happened by it."""
        if self.statistic.ends is None or self.arguments.get("event") is not None:
            return [self.event <= day, *self._newest(day)]
        ends = expression(self.statistic.ends)
        begun = self.event <= day
        return [
            begun if self.statistic.known else or_(self.event.is_(None), begun),
            or_(ends.is_(None), ends > day),
        ]

    def _newest(self, day: ColumnElement[date]) -> list[ColumnElement[bool]]:
        """No later record by that day that the caller sees is alike."""
        if not self.statistic.newest:
            return []
        later, event = alias(self.source.table), self.event
        alike = [
            later.c[str(column.key)].is_not_distinct_from(column) for column in map(expression, self.statistic.newest)
        ]
        newer = select(later.c.id).where(*alike, later.c[str(event.key)] > event, later.c[str(event.key)] <= day)
        seen = self.registry.access.countable(self.source, self.lenses, self.binder, later)
        return [not_((newer if seen is None else newer.where(seen)).correlate_except(later).exists())]

    def _joined(self, *parts: ColumnElement[Any]) -> FromClause:
        """The records' table with the tables that these expressions need."""
        wanted = {table for part in parts for table in find_tables(part, check_columns=True)}
        joins = self.statistic.joins
        for join in reversed(joins):
            if join.table in wanted:
                wanted.update(find_tables(expression(join.key), check_columns=True))
        from_: FromClause = self.source.table
        for join in joins:
            table = join.table
            if table in wanted:
                from_ = from_.outerjoin(table, table.c.id == expression(join.key))
        return from_

    def _domain(self, place: int) -> Select[Any]:
        """A row for each child of a dimension."""
        children = self.dimensions[place].children
        assert children is not None
        key = next(iter(children.domain.selected_columns))
        keys = [key if other == place else null() for other in range(len(self.dimensions))]
        nothing = [null()] * (2 + SLOTS * len(self.measures))
        mark = literal_column(str(place + 1), Integer())
        seen = self.registry.access.visible(self.registry.sources[children.target], self.lenses, self.binder, None)
        domain = children.domain if seen is None else children.domain.where(seen)
        return self.correlated(domain.with_only_columns(mark, *keys, *nothing))

    def _label(self, place: int, key: ColumnElement[Any]) -> ColumnElement[Any]:
        """The label of a key that names a row."""
        item = self.dimensions[place]
        if item.target is None or item.label is None:
            return cast(null(), Text).label(f"l{place}")
        source = self.registry.sources[item.target]
        return select(item.label).where(source.key == key).scalar_subquery().label(f"l{place}")
