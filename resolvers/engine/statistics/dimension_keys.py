"""Keys of groups that name rows: given where the caller sees the row; all rows out of sight have one key, so that groups add up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Subquery, any_, case, exists, func, literal_column, null, select

from resolvers.access.callers import Lens
from resolvers.engine.declare.columns import alias, expression
from resolvers.engine.declare.statistics import Children, Ref
from resolvers.engine.declare.visibility import StatementAccess
from resolvers.engine.plan.parameters import BIGINT, BIGINTS

HIDDEN = -1
"""The key of all rows that a dimension names and the caller does not see."""

OUT_OF_SIGHT = "OUT_OF_SIGHT"
"""The same in an answer and in ``where``."""

_HIDDEN = literal_column(str(HIDDEN), BIGINT)
Joins = Sequence[tuple[FromClause, ColumnElement[bool]]]
"""Outer joins to the records: tables, each with its condition."""


@dataclass(frozen=True)
class DimensionKeys:
    """The keys of the dimensions of one statistic; ``parent`` as in ``Population``."""

    access: StatementAccess
    parent: FromClause | None

    def of_row(self, key: ColumnElement[Any], target: str) -> tuple[ColumnElement[Any], Joins]:
        """The key of a row of ``target`` as the caller gets it, and the outer joins that it takes."""
        source = self.access.registry.sources[target]
        if not self._hides(target):
            return key, ()
        there = select(source.key).where(*self.access.rows(target, source.table)).subquery()
        return case((key.is_(None), null()), else_=func.coalesce(there.c.id, _HIDDEN)), [(there, there.c.id == key)]

    def of_child(self, key: ColumnElement[Any], children: Children) -> ColumnElement[Any]:
        """The key of a child of the parent as the caller gets it. Children are few, and looked up once for each parent."""
        target = children.target
        if not self._hides(target):
            return key
        few = replace(self.access, binder=self.access.binder.for_few_rows())
        rows = children.possible.where(*few.rows(target, self.access.registry.sources[target].table))
        rows = rows.correlate(None) if self.parent is None else rows.correlate(self.parent)
        there = func.array(rows.scalar_subquery(), type_=BIGINTS)
        return case((key.is_(None), null()), (key == any_(there), key), else_=_HIDDEN)

    def of_targets(self, targets: Subquery, children: Children) -> Subquery:
        """Places in roll-ups, each with the key of the child that it stands for, as the caller gets it."""
        if not self._hides(children.target):
            return targets
        child = self.of_child(targets.c.child, children).label("child")
        return select(targets.c.anchor, child, targets.c.drill).subquery("visible")

    def _hides(self, target: str) -> bool:
        """Whether rows of a type may be out of sight; without the first wall the second says which."""
        conditions = self.access.rows(target, self.access.registry.sources[target].table)
        return bool(conditions) or Lens.UNWALLED in self.access.lenses

    def visible_rows(self, ref: Ref) -> list[ColumnElement[bool]]:
        """The condition that the row which a dimension names is in sight; none where all are."""
        if not self._hides(ref.target):
            return []
        other = alias(self.access.registry.sources[ref.target].table)
        conditions = self.access.rows(ref.target, other)
        return [exists(other.c.id).where(other.c.id == expression(ref.key), *conditions).correlate_except(other)]
