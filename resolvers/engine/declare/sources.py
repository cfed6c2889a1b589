"""What a resolver slice declares: where the rows of a type are, and how each of its fields is answered."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, FromClause, Table, Text, cast, or_, true
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import Numeric, TypeEngine

from db.model import Dated, Model, Term
from resolvers.access import Caller, Lens
from resolvers.engine.declare.validity import Period
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Arguments
from resolvers.errors import HubError

if TYPE_CHECKING:
    from resolvers.engine.declare.statistics import Anchor, Statistic

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass
class Rows:
    """The rows of one list: FROM, WHERE, and the columns that order them when the caller names no order (the last is unique).

    ``via`` is set when FROM has not the target's table but a column with its key: the target is then joined, after the page is cut
    where nothing else needs it before. ``below`` is set where the rows are all of unions at or below a key today, by a column of their own:
    the hierarchy, and the key. ``seen`` are the conditions that what leads to the rows is in the caller's sight.
    """

    from_: FromClause
    where: list[ColumnElement[bool]]
    order: Sequence[Expression]
    via: ColumnElement[int] | None = None
    below: tuple[str, ColumnElement[int]] | None = None
    seen: Sequence[ColumnElement[bool]] = ()


class Walls(Protocol):
    """What a caller sees of that by which rows are reached: rows of other types, and pairs of a union and one below it."""

    def rows(self, typename: str, table: FromClause | Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """The conditions that rows of another type are in sight; ``table`` may be columns that stand for such a row, by name."""

    def pairs(
        self, closure: FromClause | Mapping[str, ColumnElement[Any]], typename: str, column: ColumnElement[Any]
    ) -> list[ColumnElement[bool]]:
        """The conditions that the pairs of a closure are in sight, whose lower union ``column`` names, of rows of this type that are in
        sight; ``closure`` may be columns that stand for such a pair, by name."""


class Reach(Protocol):
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

    ``on`` is the parent's column that ``reach`` starts from (its key unless named); ``expected`` rows a parent, for the cost of a list.
    """

    target: str
    reach: Reach
    on: Expression | None = None
    expected: int = 10

    @property
    def anchor(self) -> str | None:
        """The type of the row that the argument ``within`` names, if there is such an argument."""
        return getattr(self.reach, "anchor", None)

    @property
    def by_place(self) -> bool:
        """Whether the reach chooses by days of its own: see ``Reach``."""
        return getattr(self.reach, "by_place", False)

    def period(self, target: "Source") -> Period | None:
        """The period by which the rows of the list are chosen, where the reach does not choose them by one of its own."""
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
class Tally:
    """A field that counts records of the kind asked for, below the row of ``target`` that it stands on or that ``within`` names."""

    target: str
    anchor: "Anchor"


Field = One | AnyOf | Many | Computed | Tally


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


def expression(column: Expression) -> ColumnElement[Any]:
    """A column of a table, also when it is named by the model's attribute."""
    if isinstance(column, InstrumentedAttribute):
        found = column.property.columns[0]
        return found  # type: ignore[no-any-return]
    return column


def one_of(column: Expression, codes: Iterable[Term]) -> ColumnElement[bool]:
    """The column has one of these codes."""
    found = expression(column)
    return or_(*(found == code for code in codes))


def output(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as it goes into the answer: amounts as text, exact; everything else as it is."""
    kind: TypeEngine[Any] = column.type
    if isinstance(kind, Numeric):
        return cast(column, Text)
    return column


SightOf = Callable[["Source", tuple[Lens, ...], Binder, FromClause | None], ColumnElement[bool] | None]
"""Which rows of a source (under an alias, perhaps) a caller with these lenses sees; None for all."""


MaskOf = Callable[["Source", str, tuple[Lens, ...], Binder], ColumnElement[Any] | None]
"""What answers a column of a source for a caller with these lenses, when that is not the column itself."""

IsMasked = Callable[[str, str, tuple[Lens, ...]], bool]
"""Whether a caller with these lenses sees less of a type's column than the rows hold."""


def unmasked(source: "Source", name: str, lenses: tuple[Lens, ...], binder: Binder) -> ColumnElement[Any] | None:
    """No mask."""
    return None


def never(typename: str, name: str, lenses: tuple[Lens, ...]) -> bool:
    """No column is masked."""
    return False


def named(caller: Caller) -> Mapping[str, Any]:
    """The fields of ``viewer`` where nothing more is known."""
    return {"__typename": "Viewer", "persona": caller.name}


def everything(
    source: "Source", lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
) -> ColumnElement[bool] | None:
    """No wall."""
    return None


PairsOf = Callable[[FromClause, tuple[Lens, ...], Binder, "Source", ColumnElement[Any]], ColumnElement[bool] | None]
"""Which pairs of a closure a caller with these lenses sees; None for all. See ``Walls.pairs``."""


def every_pair(
    closure: FromClause, lenses: tuple[Lens, ...], binder: Binder, source: "Source", column: ColumnElement[Any]
) -> ColumnElement[bool] | None:
    """No wall."""
    return None


Covers = Callable[[str, ColumnElement[Any], tuple[Lens, ...], Binder], ColumnElement[bool] | None]
"""Where a caller may have all records counted of the place of a kind (a hierarchy, divisions, everything) and key; None for nowhere. What
belongs to a union below such a place today is in sight."""


def whole(kind: str, key: ColumnElement[Any], lenses: tuple[Lens, ...], binder: Binder) -> ColumnElement[bool] | None:
    """Everywhere."""
    return true()


class Registry:
    """All sources by type and prefix, and the root fields: put together once, when the schema is."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.prefixes: dict[str, Source] = {}
        self.roots: dict[str, Many | Lookup | Tally] = {}
        self.statistics: dict[str, Statistic] = {}
        self.sight: SightOf = everything
        self.countable: SightOf = everything
        self.pairs: PairsOf = every_pair
        self.covers: Covers = whole
        self.mask: MaskOf = unmasked
        self.is_masked: IsMasked = never
        self.viewer: Callable[[Caller], Mapping[str, Any]] = named

    def require_rows(self, source: Source, lenses: tuple[Lens, ...]) -> None:
        """Let a list of a source's rows through, or a filter by them. Raises AGGREGATES_ONLY to callers who see none of any."""
        if lenses == (Lens.AGGREGATES,) and self.sight(source, lenses, Binder(), None) is not None:
            raise HubError(
                "AGGREGATES_ONLY",
                f"Callers with aggregates only have no list of {source.typename} and no filter by it. Ask `statistics`, or sign in with a"
                " role that sees rows.",
            )

    def add(self, source: Source) -> Source:
        """Register a source under its type's name and its ID prefix."""
        if source.typename in self.sources or source.prefix in self.prefixes:
            raise ValueError(f"{source.typename} or its prefix {source.prefix} is registered already")
        self.sources[source.typename] = source
        self.prefixes[source.prefix] = source
        return source

    def statistic(self, statistic: "Statistic") -> None:
        """Register how the records of a kind are counted."""
        if statistic.kind in self.statistics:
            raise ValueError(f"statistics of {statistic.kind} are registered already")
        self.statistics[statistic.kind] = statistic

    def root(self, name: str, answer: Many | Lookup | Tally) -> None:
        """Register how a field of the query root is answered."""
        if name in self.roots:
            raise ValueError(f"root field {name} is registered already")
        self.roots[name] = answer
