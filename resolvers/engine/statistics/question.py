"""The question of a ``statistics`` field: which records are counted, when, under which conditions, by which keys. It is made whole
(``from_arguments``) and never changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select

from db.model import CodeList, Term
from resolvers.access.callers import Lens
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Source
from resolvers.engine.declare.statistics import Children, Measure, Place, Statistic
from resolvers.engine.declare.visibility import StatementAccess
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.statistics.dimension_keys import DimensionKeys, Joins
from resolvers.engine.statistics.frames import FrameArguments
from resolvers.engine.statistics.row_layout import RowLayout
from resolvers.engine.statistics.times import Time


def counting_lenses(caller_lenses: tuple[Lens, ...], *, for_aggregates_only: bool) -> tuple[Lens, ...]:
    """The lenses by which records are counted: for callers with aggregates only all of them are."""
    return (Lens.EVERYTHING,) if for_aggregates_only else caller_lenses


@dataclass(frozen=True, eq=False)
class Population:
    """The records of one kind in one place that may be counted for the caller.

    ``parent`` has the keys of the rows below which records are counted: the parents, or with ``is_within`` the row that the argument
    ``within`` names; None where they are counted everywhere.
    """

    registry: Registry
    statistic: Statistic
    source: Source
    caller_lenses: tuple[Lens, ...]
    for_aggregates_only: bool
    """Whether the caller has aggregates only, and rows of this kind are not open to everybody."""
    binder: Binder
    """Has the parameters of everything in the question, and gets those of its statement."""
    parent: FromClause | None
    is_within: bool
    place_below: Callable[[ColumnElement[Any] | None], Place]
    """Makes the place below a row of this key; everywhere without one."""
    place: Place
    children: Mapping[str, Children]
    """The drill-downs of the place by the dimensions that the question names."""
    event_name: str | None
    event: ColumnElement[Any]
    """The day of a record by which it is counted."""

    @property
    def kind(self) -> str:
        """The code of the kind."""
        return self.statistic.kind

    @property
    def lenses(self) -> tuple[Lens, ...]:
        """The lenses by which records are counted."""
        return counting_lenses(self.caller_lenses, for_aggregates_only=self.for_aggregates_only)

    @property
    def protects_persons(self) -> bool:
        """Whether cells are of persons or cases, for callers with aggregates only: their periods are calendar periods, and each cell is
        compared with its neighbours."""
        return self.for_aggregates_only and self.statistic.is_personal

    @property
    def access(self) -> StatementAccess:
        """The conditions on rows that lead to records, or that keys name."""
        return StatementAccess(self.registry, self.lenses, self.binder)

    @property
    def keys(self) -> DimensionKeys:
        """The keys of groups that name rows."""
        return DimensionKeys(self.access, self.parent)

    def countable(self, records: FromClause | None = None) -> list[ColumnElement[bool]]:
        """The condition that a record counts for the caller, if there is any; of records under an alias if one is given."""
        found = self.registry.access.countable(self.source, self.lenses, self.binder, records)
        return [] if found is None else [found]

    def correlated(self, part: Any) -> Select[Any]:
        """A part of the statement, which reads the parent's key from the statement around it."""
        found: Select[Any] = part if self.parent is None else part.correlate(self.parent)
        return found


@dataclass(frozen=True, eq=False)
class Dimension:
    """A dimension that is grouped by: what its keys are, and how they are written."""

    term: Term
    key: ColumnElement[Any]
    target: str | None = None
    label: ColumnElement[Any] | None = None
    children: Children | None = None
    codes: CodeList | None = None
    joins: Joins = ()
    """Outer joins to the records that the key needs."""

    @cached_property
    def name(self) -> str:
        """Its code."""
        return self.term.name

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The place of each value in the list of codes; empty where there is none."""
        return {} if self.codes is None else {code: place for place, code in enumerate(self.codes.labels)}


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition of ``where`` on a dimension."""

    name: str
    holds: ColumnElement[bool]
    """The condition on a record, which may need outer ``joins``."""
    matches: Callable[[ColumnElement[Any]], ColumnElement[bool]]
    """Makes the condition on the dimension's value in another column, that of a roll-up."""
    joins: Joins = ()


@dataclass(frozen=True, eq=False)
class CellSet:
    """Cells that are counted together, in one part of the statement: those of the question itself, or neighbours of them."""

    place: Place
    time: Time
    conditions: tuple[Condition, ...]
    dimensions: tuple[Dimension, ...]
    mark: int = 0
    """0 for the cells of the question itself. Rows of neighbours have this mark less the bits of GROUPING."""
    has_groups: bool = True
    has_whole: bool = True
    also_without: tuple[int, ...] = ()
    """The dimensions without each of which groups are counted as well, all others being the same."""
    only_if: tuple[ColumnElement[bool], ...] = ()
    """Conditions without which nothing at all is counted."""
    is_longer_period: bool = False
    """Whether these are neighbours of the next longer period, which not every period has."""
    contains_cells: bool = True
    """Whether these neighbours have all records of the cells that are compared with them; else they are of another time."""
    is_either_day: bool = False
    """Whether these neighbours have what holds on the day or a year before; the next set is that of a year before alone."""
    is_compared: bool = True
    """Whether cells are compared with these neighbours by themselves."""

    @property
    def grouped_by(self) -> tuple[Dimension, ...]:
        """The dimensions that are grouped by."""
        return self.dimensions if self.has_groups else ()

    def grouping_sets(self) -> list[list[int]]:
        """The sets of GROUPING SETS, each as the places of its keys."""
        every = list(range(len(self.grouped_by)))
        found = [every] if every else []
        found += [[place for place in every if place != left] for left in self.also_without if len(every) > 1]
        return [*([[]] if self.has_whole or not every else []), *found]


@dataclass(frozen=True, eq=False)
class Question:
    """What one ``statistics`` field asks. Two functions answer it with rows of one ``layout``: ``from_records.cells`` and
    ``from_rollups.cells``; ``statement`` puts them together."""

    population: Population
    frame: FrameArguments
    cells: CellSet
    """The whole and the groups."""
    measures: Mapping[str, Measure]
    neighbours: tuple[CellSet, ...] = ()
    """What cells of persons and cases are compared with before a caller with aggregates only is given them."""

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The dimensions of ``groupBy``."""
        return self.cells.dimensions

    @cached_property
    def layout(self) -> RowLayout:
        """The layout of its rows."""
        return RowLayout(len(self.dimensions), tuple(self.measures))

    @property
    def is_stock(self) -> bool:
        """Whether it counts what holds on a day, and not what began or ended by then."""
        population = self.population
        return not self.frame.is_period and population.statistic.ends is not None and population.event_name is None

    @cached_property
    def counted_event(self) -> str:
        """The event that is counted, the beginning unless another is named; empty for what holds on a day."""
        return self.population.event_name or ("" if self.is_stock else "BEGAN")

    @cached_property
    def people_measures(self) -> frozenset[str]:
        """The measures that count people, by whom a cell is judged."""
        statistic = self.population.statistic
        return frozenset(name for name, measure in self.measures.items() if statistic.is_of_people(measure))
