"""What a statement must have in the caller's sight beside its rows: the row that it is anchored at, and that by which rows are reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Subquery, or_, select

from resolvers.access import Lens
from resolvers.engine.arguments import Leaf
from resolvers.engine.binder import Binder
from resolvers.engine.source import Registry


@dataclass(frozen=True)
class Sighted:
    """The ``Walls`` of one statement for a caller with these lenses."""

    registry: Registry
    lenses: tuple[Lens, ...]
    binder: Binder

    def rows(self, typename: str, table: FromClause | Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """See ``Walls``."""
        source = self.registry.sources[typename]
        # a rule looks at columns alone, by name
        rows: Any = SimpleNamespace(c=table) if isinstance(table, Mapping) else table
        seen = self.registry.sight(source, self.lenses, self.binder, rows)
        return [] if seen is None else [seen]

    def pairs(self, closure: FromClause, typename: str, column: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """See ``Walls``."""
        seen = self.registry.pairs(closure, self.lenses, self.binder, self.registry.sources[typename], column)
        return [] if seen is None else [seen]


def anchor(registry: Registry, typename: str, named: Leaf, lenses: tuple[Lens, ...], binder: Binder) -> Subquery:
    """The key of the row that an argument names, in FROM: no row unless it is there, and in the caller's sight or where they count.

    So a statement with it tells by having no row at all that there is nothing to be asked about.
    """
    source = registry.sources[typename]
    found = select(source.key.label("key")).where(source.key == binder.key(named, source.prefix))
    conditions = [wall(source, lenses, binder, None) for wall in (registry.sight, registry.countable)]
    if all(condition is not None for condition in conditions):
        found = found.where(or_(*(condition for condition in conditions if condition is not None)))
    return found.subquery("anchor")
