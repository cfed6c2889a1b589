"""The columns that one statement selects, and where each stands in a row."""

from typing import Any

from sqlalchemy import ColumnElement, Label

from resolvers.access.callers import Lens
from resolvers.engine.declare.columns import output
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import Binder

FIELDS_PER_OBJECT = 10
"""So many fields of a row weigh as one object more."""


def weight_of(fields: int) -> int:
    """The objects that a row weighs with so many selected fields."""
    return 1 + fields // FIELDS_PER_OBJECT


class SelectedColumns:
    """The columns that one statement selects for a caller, each once; a row's first item is the parent's key.

    Grows while the selection set is read, until the statement is written.
    """

    def __init__(self, registry: Registry, lenses: tuple[Lens, ...], binder: Binder) -> None:
        self._registry = registry
        self._lenses = lenses
        self._binder = binder
        self._fields: dict[tuple[str, str], ColumnElement[Any] | None] = {}
        self._columns: dict[tuple[int, bool], tuple[int, ColumnElement[Any]]] = {}
        self._weight = 0

    def field(self, source: Source, name: str) -> ColumnElement[Any] | None:
        """What answers a field of a source that is a column: its mask for this caller, or the column itself."""
        key = (source.typename, name)
        if key not in self._fields:
            mask = self._registry.access.mask(source, name, self._lenses, self._binder)
            self._fields[key] = source.column(name) if mask is None else mask
        return self._fields[key]

    def index(self, column: ColumnElement[Any], *, raw: bool = False) -> int:
        """Where in a row the column stands: as the response has it, or ``raw``, as cursors and keys need it."""
        selected = column if raw else output(column)
        key = (id(column), selected is column)
        if key not in self._columns:
            self._columns[key] = (len(self._columns) + 1, selected)
        return self._columns[key][0]

    def labelled(self) -> list[Label[Any]]:
        """The columns with the labels ``c1, c2, …``."""
        return [column.label(f"c{index}") for index, column in self._columns.values()]

    def names(self) -> tuple[str, ...]:
        """The columns' names, for explaining."""
        return tuple(str(getattr(column, "key", None) or column) for _, column in self._columns.values())

    def add_place(self, fields: int) -> None:
        """Let a row weigh for one more place where it is selected, with so many fields."""
        self._weight += weight_of(fields)

    @property
    def weight(self) -> int:
        """How many objects a row becomes, at least one."""
        return max(1, self._weight)
