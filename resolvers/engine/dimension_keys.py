"""Keys of groups that name rows: told where the caller sees the row; all rows out of sight have one key, so that groups add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, case, exists, func, literal_column, null, select

from resolvers.access import Lens
from resolvers.engine.alias import alias
from resolvers.engine.binder import BIGINT
from resolvers.engine.source import expression
from resolvers.engine.statistic import Ref
from resolvers.engine.walls import Sighted

HIDDEN = -1
"""The key of all rows that a dimension names and the caller does not see."""

Joins = Sequence[tuple[FromClause, ColumnElement[bool]]]


@dataclass(frozen=True)
class Keys:
    """The keys of one statistic's groups, below ``parent`` if it is of several anchors."""

    walls: Sighted
    parent: Any

    def told(
        self, key: ColumnElement[Any], target: str, among: Select[Any] | None = None
    ) -> tuple[ColumnElement[Any], Joins]:
        """A key that names a row of ``target`` as the caller is told it, and the outer joins that it takes. ``among`` selects the keys that
        there may be."""
        source, lenses = self.walls.registry.sources[target], self.walls.lenses
        seen = self.walls.rows(target, source.table)
        if not seen and Lens.UNWALLED not in lenses:
            return key, ()
        rows = (select(source.key) if among is None else among).where(*seen)
        there: FromClause = rows.subquery()
        if among is not None and self.parent is not None:
            there = rows.correlate(self.parent).lateral()
        hidden = literal_column(str(HIDDEN), BIGINT)
        found = case((key.is_(None), null()), else_=func.coalesce(there.c.id, hidden))
        return found, [(there, there.c.id == key)]

    def told_of(
        self, part: Subquery, keys: Sequence[ColumnElement[Any]], walled: Sequence[tuple[str, Select[Any]] | None]
    ) -> tuple[Subquery, Sequence[ColumnElement[Any]]]:
        """Counted parts with such keys in the place of theirs, of the dimensions that ``walled`` has type and selection of."""
        from_: FromClause = part
        shown: list[ColumnElement[Any]] = []
        for key, named in zip(keys, walled, strict=True):
            found, joins = (key, ()) if named is None else self.told(key, *named)
            shown.append(found)
            for other, on in joins:
                from_ = from_.outerjoin(other, on)
        if from_ is part:
            return part, keys
        labelled = [key.label(f"t{place}") for place, key in enumerate(shown)]
        counted = [column for column in part.c if column.name in ("n", "keys", "person")]
        whole = select(*labelled, *counted).select_from(from_).subquery("told")
        return whole, [whole.c[f"t{place}"] for place in range(len(shown))]

    def in_sight(self, named: Ref) -> list[ColumnElement[bool]]:
        """The condition that the row which a dimension names is in sight: by one that is not, nothing is found."""
        other = alias(self.walls.registry.sources[named.target].table)
        seen = self.walls.rows(named.target, other)
        if not seen:
            return []
        return [exists(other.c.id).where(other.c.id == expression(named.key), *seen).correlate_except(other)]
