"""What a statement must have in the caller's sight beside its rows: the row that it is anchored at, and that by which rows are reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Subquery, or_, select

from resolvers.access.callers import Lens
from resolvers.engine.declare.registry import Registry
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import Binder
from resolvers.engine.request.arguments import Leaf


@dataclass(frozen=True)
class Sighted:
    """The ``Walls`` of one statement for a caller with these lenses."""

    registry: Registry
    lenses: tuple[Lens, ...]
    binder: Binder

    def rows(self, typename: str, table: FromClause | Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """See ``Walls``."""
        source = self.registry.sources[typename]
        seen = self.registry.access.visible(source, self.lenses, self.binder, _standing(table))
        return [] if seen is None else [seen]

    def pairs(
        self, closure: FromClause | Mapping[str, ColumnElement[Any]], typename: str, column: ColumnElement[Any]
    ) -> list[ColumnElement[bool]]:
        """See ``Walls``."""
        seen = self.registry.access.pairs(
            _standing(closure), self.lenses, self.binder, self.registry.sources[typename], column
        )
        return [] if seen is None else [seen]


class Columns(dict[str, ColumnElement[Any]]):
    """Columns by name, as a table has them."""

    __getattr__ = dict.__getitem__


class Standing:
    """What stands for a table."""

    def __init__(self, columns: Mapping[str, ColumnElement[Any]]) -> None:
        self.c = Columns(columns)


def _standing(table: FromClause | Mapping[str, ColumnElement[Any]]) -> Any:
    """A table, or what stands for it: rules look at columns alone, by name."""
    return Standing(table) if isinstance(table, Mapping) else table


def anchor(registry: Registry, typename: str, named: Leaf, lenses: tuple[Lens, ...], binder: Binder) -> Subquery:
    """The key of the row that an argument names, in FROM: no row unless it is there, and in the caller's sight or where they count.

    So a statement with it tells by having no row at all that there is nothing to be asked about.
    """
    source = registry.sources[typename]
    found = select(source.key.label("key")).where(source.key == binder.key(named, source.prefix))
    conditions = [
        wall(source, lenses, binder.of_few(), None) for wall in (registry.access.visible, registry.access.countable)
    ]
    if all(condition is not None for condition in conditions):
        found = found.where(or_(*(condition for condition in conditions if condition is not None)))
    return found.subquery("anchor")


def in_sight(registry: Registry, source: Source, lenses: tuple[Lens, ...], binder: Binder) -> list[ColumnElement[bool]]:
    """The condition that the caller sees a row, if there is any."""
    seen = registry.access.visible(source, lenses, binder, None)
    return [] if seen is None else [seen]
