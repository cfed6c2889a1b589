"""What a statement for callers with aggregates only finds out once for each place: seeds, the place above, which parts may count.

Each part reads it as a column. Written out in every part, it would be planned and looked up as often.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, FromClause, Select, literal_column, not_, select, true

from db.divisions import Division
from resolvers.engine.declare.columns import alias
from resolvers.engine.plan.parameters import BIGINT
from resolvers.engine.statistics.cell_keys import SEED
from resolvers.engine.statistics.question import Question
from resolvers.engine.statistics.rollup_source import RollupSource

ABOVE: ColumnElement[int] = literal_column("above.key", BIGINT)
"""The key of the division above the place, null if there is none."""


@dataclass(frozen=True)
class Head:
    """The conditions on which parts of a statement count, and a row for each place that has their values. For callers who see rows there is
    no such row, and a part has its condition written out.

    ``values`` are what the row has, by the names of its columns; None without a row. ``has_above`` says that the division above is
    joined as well.
    """

    parent: FromClause | None
    values: Mapping[str, ColumnElement[bool]] | None
    has_above: bool
    unpublished: ColumnElement[bool] | None
    """Whether the place is too fine for the caller; None where it never is."""
    usable: Mapping[Hashable, ColumnElement[bool]]
    """Whether roll-ups may be read, by ``RollupSource.place``."""

    @classmethod
    def of(cls, question: Question, sources: Sequence[RollupSource]) -> "Head":
        """The head of a question's statement, which may read these roll-ups."""
        population = question.population
        usable: dict[Hashable, ColumnElement[bool]] = {}
        for source in sources:
            usable.setdefault(source.place, source.is_usable)
        if not population.for_aggregates_only:
            return cls(population.parent, None, False, None, usable)
        values: dict[str, ColumnElement[bool]] = {}

        def column(value: ColumnElement[bool]) -> ColumnElement[bool]:
            name = f"h{len(values)}"
            values[name] = value
            return literal_column(f"head.{name}", Boolean())

        unpublished = population.place.too_fine()
        return cls(
            population.parent,
            values,
            population.protects_persons and population.parent is not None,
            None if unpublished is None else column(unpublished),
            {place: column(value) for place, value in usable.items()},
        )

    def published(self) -> list[ColumnElement[bool]]:
        """The condition that the place is not too fine for the caller."""
        return [] if self.unpublished is None else [not_(self.unpublished)]

    def joined(self, table: FromClause) -> FromClause:
        """The row of each place joined to a table; with an offset, or PostgreSQL would find each value wherever it is read."""
        if self.values is None:
            return table
        columns = [value.label(name) for name, value in self.values.items()]
        rows: list[tuple[Select[Any], str]] = [(select(*SEED.c.values(), *columns), "head")]
        if self.has_above:
            rows.append((self._above(), "above"))
        joined = table
        for row, name in rows:
            kept = row.offset(literal_column("0"))
            joined = (kept if self.parent is None else kept.correlate(self.parent)).lateral(name).join(joined, true())
        return joined

    def _above(self) -> Select[Any]:
        """The division above the place."""
        assert self.parent is not None
        division = alias(Division)
        above = select(division.c.parent_id).where(division.c.id == self.parent.c.key).correlate_except(division)
        return select(above.scalar_subquery().label("key"))
