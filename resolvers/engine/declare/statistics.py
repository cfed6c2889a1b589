"""What a slice declares so that its records can be counted: the table, the days that place a record in time, dimensions, measures.

A kind of record is declared beside its source, and that is all there is to write; the engine does the rest::

    registry.statistic(
        Statistic(
            "RECOVERIES",
            Recovery,
            organization=DisputeCase.organization_id,
            division=DisputeCase.division_id,
            begins=Recovery.received_on,
            joins=(Join(DisputeCase, Recovery.case_id), Join(Employer, DisputeCase.employer_id)),
            dimensions={"KIND": Recovery.kind, "CAUSE": DisputeCase.cause, "INDUSTRY": Employer.industry},
            measures={"persons": distinct(Recovery.member_id), "amount": total(Recovery.amount)},
            person=Recovery.member_id,
        )
    )

``"RECOVERIES"`` is a member of ``RecordKind``, the dimensions are members of ``Dimension`` (both in ``resolvers.code_lists``), and the
measures are fields of ``StatisticsGroup`` (in ``schema.statistics``); a name that is none is found when the hub starts. ``records``, the
number of rows, every kind has. ``rates`` are quotients of two of the measures, and fields as they are. A dimension is a column, or a
``Ref`` where its values are rows. ``joins`` are added where a dimension, a measure, a condition or the scope needs their table, in the
order given; a join must find one row at most.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Float,
    FromClause,
    Select,
    Subquery,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy import distinct as distinct_

from db.model import Model
from resolvers.engine.declare.columns import Expression, expression
from resolvers.engine.declare.rows import AccessConditions
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments


@dataclass(frozen=True)
class Join:
    """A table with a row for some or all records: ``key`` is the column that has its key, of the records' table or a table before it."""

    model: type[Model] | FromClause
    key: Expression

    @property
    def table(self) -> FromClause:
        """The table, of a model or a view."""
        return self.model if isinstance(self.model, FromClause) else self.model.__table__


@dataclass(frozen=True)
class Ref:
    """A dimension whose values are rows of a source: given as global IDs, and labelled by a column of these rows."""

    target: str
    key: Expression
    label: Expression


@dataclass(frozen=True)
class Rollup:
    """The roll-ups of a kind (db/migrations/rollup.py): the table of its records, and by dimension the column of its classes.

    They hold ``records`` and ``persons``; a question for more, or by another dimension, is answered from records.
    """

    table: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Statistic:
    """How the records of one kind are counted.

    ``organization`` and ``division`` are the columns that say whose record it is, and where. ``begins`` is the day on which it began or
    happened, ``ends`` the day from which it held no more, for a kind that holds; ``known`` is false where an empty beginning means
    that nobody wrote it down. ``events`` are its other days, by ``RecordEvent``; ``ENDED`` is there by itself when ``ends`` is.
    ``where`` is a condition on what counts as a record at all; of records alike in ``newest`` only the last counts when a day is asked
    about. ``person`` names whom the records are of, else they are of
    none; ``personal`` says that they are about persons whom no column names. Callers with aggregates only count such kinds down to the
    county, others down to the township. ``widespread`` are kinds of which most unions
    and divisions have records; an index of each of the two columns finds them.
    """

    kind: str
    model: type[Model]
    organization: Expression
    division: Expression
    begins: Expression
    ends: Expression | None = None
    known: bool = True
    events: Mapping[str, Expression] = field(default_factory=dict)
    joins: tuple[Join, ...] = ()
    dimensions: Mapping[str, Expression | Ref] = field(default_factory=dict)
    measures: Mapping[str, "Measure"] = field(default_factory=dict)
    rates: Mapping[str, "Rate"] = field(default_factory=dict)
    where: ColumnElement[bool] | None = None
    newest: tuple[Expression, ...] = ()
    person: Expression | None = None
    rollup: Rollup | None = None
    widespread: bool = False
    personal: bool = False

    @property
    def is_personal(self) -> bool:
        """Whether the records are about persons."""
        return self.personal or self.person is not None

    def is_of_people(self, measure: "Measure") -> bool:
        """Whether a measure counts the persons whom the records are of; of a kind without them, the records."""
        if self.person is None or measure.distinct is None:
            return measure.is_count and not measure.is_named and self.person is None
        return bool(expression(measure.distinct).compare(expression(self.person)))

    def measure(self, name: str) -> "Measure | None":
        """A measure by the Python name of its field."""
        return RECORDS if name == "records" else self.measures.get(name)

    def event(self, name: str | None) -> ColumnElement[Any] | None:
        """The day of an event of a record, its beginning when none is named; None when the kind has no such event."""
        if name in (None, "BEGAN"):
            return expression(self.begins)
        found = self.ends if name == "ENDED" and name not in self.events else self.events.get(name or "")
        return None if found is None else expression(found)


Aggregate = ColumnElement[Any] | Callable[[ColumnElement[Any]], ColumnElement[Any]]
"""An aggregate over records, or a function that makes one of what was looked up for each."""

RecordLookup = Callable[[ColumnElement[Any], Binder], ColumnElement[Any]]
"""Makes the expression that looks something up for a record, as of the day that the statistic is about. Equal ones look up the same."""


@dataclass(frozen=True)
class Measure:
    """An aggregate over records.

    ``zero`` is its value where there is no record: None for a median, which then is not defined. For callers with aggregates only:
    ``largest`` is the largest part that one record has in a sum; ``distinct`` is the column whose distinct values are counted, ``part`` the
    condition of the records that are, where that is not each record. ``rollup_value`` says the same for roll-ups: a dimension and its
    value.
    ``event`` is one by which records may be counted for it, for a kind of which those that hold today are not meant. ``lookup`` is costly,
    and made once for each record: aggregates that are functions get its column.
    """

    value: Aggregate
    zero: int | None = 0
    largest: ColumnElement[Any] | None = None
    distinct: Expression | None = None
    part: Aggregate | None = None
    event: str | None = None
    lookup: RecordLookup | None = None
    rollup_value: tuple[str, str] | None = None

    @property
    def is_count(self) -> bool:
        """Whether it counts, and is no sum or median."""
        return self.zero == 0 and self.largest is None

    @property
    def is_named(self) -> bool:
        """Whether it is more than the number of records."""
        return not self.is_count or self.distinct is not None or self.part is not None


RECORDS = Measure(func.count())
"""The number of records."""


def distinct(key: Expression) -> Measure:
    """How many different rows a column names: persons, households, employers, cases."""
    return Measure(func.count(distinct_(expression(key))), distinct=key)


def where(
    condition: ColumnElement[bool], *, event: str | None = None, rollup_value: tuple[str, str] | None = None
) -> Measure:
    """How many records fulfil a condition; ``event`` and ``rollup_value`` as in ``Measure``."""
    return Measure(func.count().filter(condition), part=condition, event=event, rollup_value=rollup_value)


def total(column: Expression, unit: Expression | None = None) -> Measure:
    """The sum of a column: an amount in yuan, or a quantity in the ``unit`` of its row; null where units differ."""
    found = expression(column)
    value: ColumnElement[Any] = func.coalesce(func.sum(found), literal_column("0"))
    if unit is not None:
        value = case((func.count(distinct_(expression(unit))) <= literal_column("1"), value))
    return Measure(value, largest=func.max(func.abs(found)))


def median(value: ColumnElement[Any]) -> Measure:
    """The median of a number, over the records that have it."""
    return Measure(func.percentile_cont(0.5).within_group(cast(value, Float())), zero=None)


@dataclass(frozen=True)
class Rate:
    """A measure that is one measure of the kind over another, ``part`` over ``whole``, in the whole and in each group: a ratio of sums.

    ``is_part`` says that every record in ``part`` is in ``whole`` as well. It is made of the two as the caller is given them, after any
    noise, and shows no more of the records than they do.
    """

    part: str
    whole: str
    is_part: bool = True

    def of(self, part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
        """The rate, rounded half up to four places; None where one of the two is not given, and of nothing."""
        if part is None or not whole:
            return None
        found = (Decimal(part) / Decimal(whole)).quantize(PLACES, ROUND_HALF_UP)
        return min(found, ONE) if self.is_part else found


PLACES, ONE = Decimal("0.0001"), Decimal("1.0000")


@dataclass(frozen=True)
class Children:
    """A drill-down: which child of the anchor a record belongs to, and all children that there are.

    ``joins`` are outer joins to the records; ``key`` is the child's key, null for what no child has; ``domain`` selects the key of
    every child from the table of ``target``, ``possible`` that of every row whose key a group may have, and ``label`` is a column of that
    table.
    """

    target: str
    joins: tuple[tuple[FromClause, ColumnElement[bool]], ...]
    key: ColumnElement[Any]
    domain: Select[Any]
    possible: Select[Any]
    label: ColumnElement[Any]


class Place(Protocol):
    """Which records of a kind are counted: inner joins to the records, and conditions."""

    joins: list[tuple[FromClause, ColumnElement[bool]]]
    where: list[ColumnElement[bool]]

    @property
    def rollup_anchor(self) -> tuple[str, ColumnElement[Any]]:
        """Kind and key of the place in the roll-ups."""

    def too_fine(self) -> ColumnElement[bool] | None:
        """Where callers with aggregates only may not count: the place, or a child of it that is grouped by, is finer than the counts that
        are published; None where they may count anyway."""

    def rollup_targets(self, dimension: str | None) -> Subquery | None:
        """The places in the roll-ups to be read, each with the child that it stands for; None when there are none for this drill-down."""

    def children(self, dimension: str) -> Children | None:
        """The drill-down by a dimension of the place's own; None when it has none of that name."""


class Anchor(Protocol):
    """Where records are counted: below a union, within a division, or everywhere."""

    def place(
        self,
        statistic: Statistic,
        parent: ColumnElement[Any] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> Place:
        """The place below ``parent``, a column of anchors' keys; everywhere when there is none."""
