"""What a resolver slice declares: where the rows of a type are, and how each of its fields is answered."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table

from db.model import Dated, Model
from resolvers.engine.declare.columns import Expression, expression
from resolvers.engine.declare.rows import AccessConditions, Rows
from resolvers.engine.declare.statistics import Anchor
from resolvers.engine.declare.validity import Period
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments


class Relation(ABC):
    """How the rows of a type are found from a parent: children of a union, members within a subtree, cases of an employer.

    ``anchor`` is the type of the row that the argument ``within`` names, if there is such an argument. ``checks_days`` says that the
    relation itself chooses the rows that hold on the day, by the dated row that leads to them (a link, a membership). ``own_rows`` says
    that each row is below one parent alone; ``reads_page``, that one index has a parent's rows in order, so that a page costs what it has;
    ``few``, that a parent has few rows, so that a page costs little even where all of them are read for it. ``period`` are the days of
    the dated row, where roll-ups may count by them.
    """

    anchor: str | None = None
    checks_days: bool = False
    own_rows: bool = False
    reads_page: bool = False
    few: bool = False
    period: Period | None = None

    @abstractmethod
    def rows(
        self,
        target: "Source",
        parent: ColumnElement[Any] | None,
        arguments: Arguments,
        binder: Binder,
        access: AccessConditions,
    ) -> Rows:
        """The rows below ``parent`` (a column of parents' keys), or all rows when there is none; ``access`` makes the conditions on rows
        that lead to them."""


@dataclass(frozen=True)
class One:
    """A field that leads to one row: the target's key is in a column of the parent. Null when the column is null."""

    target: str
    key: Expression


@dataclass(frozen=True)
class AnyOf:
    """A field of a union type: the first of several keys of the parent that is not null says which row of which type."""

    choices: tuple[One, ...]


@dataclass(frozen=True)
class Many:
    """A field that leads to many rows: a connection or a short list, as the schema's type says.

    ``on`` is the parent's column that ``relation`` starts from (its key unless named); ``expected`` rows a parent, for the cost of a list.
    ``counted_by`` is the kind of record whose statistic counts the same rows, with roll-ups that answer ``totalCount`` (docs/adr/0049).
    """

    target: str
    relation: Relation
    on: Expression | None = None
    expected: int = 10
    counted_by: str | None = None

    @property
    def anchor(self) -> str | None:
        """The type of the row that the argument ``within`` names, if there is such an argument."""
        return self.relation.anchor

    @property
    def checks_days(self) -> bool:
        """Whether the relation chooses the rows that hold on the day; see ``Relation``."""
        return self.relation.checks_days

    def period(self, target: "Source") -> Period | None:
        """The period by which the rows of the list are chosen, where the relation does not do it."""
        return None if self.checks_days else target.validity


@dataclass(frozen=True)
class Computed:
    """A field that SQL cannot compute: ``function`` gets the needed columns of all parents at once and returns a value for each.

    A value with ``fields``, their Python names, is a mapping by their names in the schema. A function that ``runs_queries`` gets a
    ``QueryConnection``, and each parent weighs ``weight`` objects for its queries, which have no such field themselves. ``as_sql`` is the
    same value as an expression over the parent's table, where rows can be filtered and ordered by it.
    """

    needs: tuple[Expression, ...]
    function: Callable[[Any, Sequence[tuple[Any, ...]]], Awaitable[Sequence[Any]]]
    fields: tuple[str, ...] = ()
    runs_queries: bool = False
    weight: int = 0
    as_sql: Callable[[Binder], ColumnElement[Any]] | None = None


@dataclass(frozen=True)
class Lookup:
    """A root field that finds one row by exactly one of several arguments, e.g. ``id`` or ``code``.

    ``latest`` is the column that tells the row in force from closed ones of the same code: null, or else the latest, comes first.
    """

    target: str
    by: Mapping[str, Expression]
    latest: Expression | None = None


@dataclass(frozen=True)
class StatisticsField:
    """A field that counts records of the kind that its argument names, below its parent of type ``target`` or the row that ``within``
    names."""

    target: str
    anchor: Anchor


Field = One | AnyOf | Many | Computed | StatisticsField


@dataclass(frozen=True)
class Source:
    """The rows behind a type of the schema.

    Every column of the table answers the field of its name, unless ``hide`` names it or ``columns`` says otherwise.
    ``name`` is the type's in the schema where it is not the model's. ``period`` has the days on which a row holds, for a kind that holds
    and is not dated by ``Dated``; events have none.

    For filters and orders: ``searchable`` columns have an index on their character pairs, so that ``contains`` finds any substring.
    ``normalizers`` bring whole values that a caller gives for a column into the form that the column has. A condition named in
    ``filter_lists`` holds where some row of that list fulfils it; the list is no field. An order named in ``match_orders`` puts those rows
    first whose column fits best what the filter says of it.
    """

    model: type[Model]
    prefix: str
    columns: Mapping[str, Expression] = field(default_factory=dict)
    hide: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    searchable: tuple[str, ...] = ()
    normalizers: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    filter_lists: Mapping[str, Many] = field(default_factory=dict)
    match_orders: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    period: Period | None = None

    @property
    def validity(self) -> Period | None:
        """The days on which a row holds, for a kind that holds: ``period``, or those of a dated row."""
        return Period.of(self.model) if self.period is None and issubclass(self.model, Dated) else self.period

    @property
    def typename(self) -> str:
        """The type's name in the schema: the model's unless it has one of its own."""
        return self.name or self.model.__name__

    @property
    def table(self) -> Table:
        """The table of the rows."""
        table = self.model.__table__
        assert isinstance(table, Table)
        return table

    @property
    def key(self) -> ColumnElement[int]:
        """The column that tells rows apart."""
        return self.table.c.id

    def column(self, name: str) -> ColumnElement[Any] | None:
        """The expression that answers a field, or null when the field is no column."""
        if name in self.columns:
            return expression(self.columns[name])
        if name in self.hide:
            return None
        return self.table.c.get(name)
