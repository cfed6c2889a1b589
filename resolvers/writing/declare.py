"""What a kind of record takes, declared once in its slice.

The template, the parser of files, the checks, the inputs of mutations and the documentation of imports all derive from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.model import Model
from resolvers.writing.values import CountType, ValueType


@dataclass(frozen=True)
class Heading:
    """How a column is headed in a file: in English, in Chinese, and the other names that offices use for it."""

    english: str
    chinese: str
    aliases: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Every name by which the column is recognized."""
        return (self.english, self.chinese, *self.aliases)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The record that a column refers to: a value equals one of ``keys``, columns of ``table``, and an earlier key goes before a later
    one. ``description`` says so in English (Chinese)."""

    table: str
    keys: tuple[str, ...]
    description: str = ""
    words: str = "record"
    """What the record is called in messages."""

    union: str | None = "t.organization_id"
    """SQL: the union to which a record ``t`` belongs, and which the caller must be allowed to write to; None if anybody may refer to it."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A value that a record takes. ``name`` is its name in rows and mapping files and, in camelCase, in the API."""

    name: str
    heading: Heading
    type: ValueType
    required: bool = False
    refers_to: Reference | None = None
    """The record that the value names; the value is then a natural key, and the key of the record is stored."""

    personal: bool = False
    """Whether the value is personal data, which reports show masked."""

    example: str = ""
    """A synthetic value, as in the example row of the template."""

    note: str = ""
    """What the heading does not say, in English (Chinese), e.g. the value that an empty cell stands for."""

    stored: str | None = ""
    """The column of the kind's table that has the value (``records``); by default ``name``, of a reference ``name`` with ``_id``; None if
    another table has it."""

    fixed: bool = False
    """Whether a record keeps the value with which it was written first."""

    default: Any = None
    """The value of a new record whose row has none."""

    same_as: str = ""
    """The column whose value a new record has where its row has none here."""

    past: bool = False
    """Whether a day must have come."""

    empty_is_value: bool = False
    """Whether no value is a value of its own in natural keys, e.g. no type of worker for all workers."""

    def stored_in(self) -> str:
        """The column of the table that has the value."""
        return self.stored or (f"{self.name}_id" if self.refers_to is not None else self.name)


EXPECTED_VERSION = Column(
    name="expected_version",
    heading=Heading("Expected version", "预期版本号", ("预期版本",)),
    type=CountType(least=1, most=2**31 - 1, units=()),
    stored=None,
    note="The version of the record that the change was made from: a record that has another one by now is not changed"
    " (修改所依据的版本号；记录已有新版本的，不予更新)",
)
"""The column that every kind of record has, its last."""


@dataclass(frozen=True, kw_only=True)
class WritableKind:
    """A kind of record that is written in batches. ``natural_keys`` are sets of columns by which a record is recognized when it comes
    again, in the order in which they are tried: the first whose columns a row has all of.

    An empty value of a row leaves what is recorded as it is. ``columns`` end with ``EXPECTED_VERSION``, which no slice declares.
    """

    name: str
    """The kind in commands, addresses and the API, e.g. ``employers``."""

    record: str
    """The type of its records in the schema, e.g. ``Employer``; their IDs are made by it."""

    singular: str = ""
    """How inputs of one record are named, by default as the type."""

    heading: Heading
    columns: tuple[Column, ...]
    natural_keys: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if EXPECTED_VERSION not in self.columns:
            object.__setattr__(self, "columns", (*self.columns, EXPECTED_VERSION))

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)

    def required(self) -> Sequence[Column]:
        """The columns that every record must have."""
        return [column for column in self.columns if column.required]


@dataclass(frozen=True, kw_only=True)
class Order:
    """Two days of a record: the second comes after the first or, if ``equal``, on the same day at the earliest."""

    first: str
    last: str
    message: str
    equal: bool = False


@dataclass(frozen=True, kw_only=True)
class RowRule:
    """What the values of a record must not be together. ``broken`` takes the record as it will be, by columns of the kind (keys of what
    the row refers to, values of all others), and says whether it is refused with ``code``."""

    code: str
    column: str
    broken: Callable[[Mapping[str, Any]], bool]
    message: str


@dataclass(frozen=True, kw_only=True)
class TableKind(WritableKind):
    """A kind whose records are rows of one table: what is written of them follows from this declaration (``records``)."""

    model: type[Model]
    owner: str = "union"
    """The column that says to which union a record belongs: the union, or a record that it is a part of."""

    orders: tuple[Order, ...] = ()
    rules: tuple[RowRule, ...] = ()

    def stored(self) -> Sequence[Column]:
        """The columns that its table has."""
        return [column for column in self.columns if column.stored is not None]

    def is_fixed(self, column: Column) -> bool:
        """Whether records keep the value with which they were written first: also if every natural key has it."""
        return column.fixed or all(column.name in key for key in self.natural_keys)

    def has(self, *names: str) -> bool:
        """Whether it takes these columns."""
        return set(names) <= {column.name for column in self.columns}
