"""What a resolver slice declares: where the rows of a type are, and how each of its fields is answered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table

from db.model import Dated, Model
from resolvers.engine.declare.columns import Expression, expression
from resolvers.engine.declare.rows import Rows, Walls
from resolvers.engine.declare.statistics import Anchor
from resolvers.engine.declare.validity import Period
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments


class Relation(Protocol):
    """How the rows of a type are reached from a parent: children of a union, members within a subtree, cases of an employer.

    An attribute ``by_place`` that is true says that it chooses the rows that hold on the day itself, by the dated row that leads to
    them (a link, a membership).
    """

    def rows(
        self,
        target: "Source",
        parent: ColumnElement[Any] | None,
        arguments: Arguments,
        binder: Binder,
        walls: Walls,
    ) -> Rows:
        """The rows below ``parent`` (a column of parents' keys), or all rows when there is none."""


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
    """

    target: str
    relation: Relation
    on: Expression | None = None
    expected: int = 10

    @property
    def anchor(self) -> str | None:
        """The type of the row that the argument ``within`` names, if there is such an argument."""
        return getattr(self.relation, "anchor", None)

    @property
    def by_place(self) -> bool:
        """Whether the relation chooses by days of its own: see ``Relation``."""
        return getattr(self.relation, "by_place", False)

    def period(self, target: "Source") -> Period | None:
        """The period by which the rows of the list are chosen, where the relation does not choose them by one of its own."""
        return None if self.by_place else target.validity


@dataclass(frozen=True)
class Computed:
    """A field that SQL cannot say: ``function`` gets the needed columns of all parents at once and returns a value for each.

    Where a value has ``fields``, of Python names, it is a mapping by their names in the schema. A function that ``asks`` gets ``Asks``: it
    has operations of its own answered, and each parent weighs ``weight`` objects for it. Such an operation has no such field itself. With
    ``compared``, the same value as SQL over the parent's table, rows can be filtered by it.
    """

    needs: tuple[Expression, ...]
    function: Callable[[Any, Sequence[tuple[Any, ...]]], Awaitable[Sequence[Any]]]
    fields: tuple[str, ...] = ()
    asks: bool = False
    weight: int = 0
    compared: Callable[[Binder], ColumnElement[Any]] | None = None


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
    """A field that counts records of the kind asked for, below the row of ``target`` that it stands on or that ``within`` names."""

    target: str
    anchor: Anchor


Field = One | AnyOf | Many | Computed | StatisticsField


@dataclass(frozen=True)
class Source:
    """The rows behind a type of the schema.

    Every column of the table answers the field of its name, unless ``hide`` names it or ``columns`` says otherwise.
    ``searchable`` columns have an index on their character pairs, so that ``contains`` finds any substring. ``name`` is the type's in the
    schema where it is not the model's. Whole values that a caller gives for a column of ``written`` are brought into the form in which the
    column has them. A filter's condition of ``reached`` holds where some row of the list does, which is no field. An order by a name of
    ``matched`` puts those first whose column fits best what the filter says of it. ``period`` are the days on which a row holds, of a kind
    that holds and is not dated by ``Dated``; events have none.
    """

    model: type[Model]
    prefix: str
    columns: Mapping[str, Expression] = field(default_factory=dict)
    hide: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    searchable: tuple[str, ...] = ()
    written: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    reached: Mapping[str, Many] = field(default_factory=dict)
    matched: Mapping[str, str] = field(default_factory=dict)
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
