"""What a statement for callers with aggregates only finds out once for each place: seeds, the place above, what may be used.

Each part reads it as a column. Written out in every part, it would be planned and looked up as often.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, literal_column, select, true
from sqlalchemy.types import TypeEngine

from resolvers.engine.plan.parameters import BIGINT
from resolvers.engine.statistics.cell_keys import SEED


class Head:
    """The columns of one row beside the key of a place; ``above`` is the key of the place above, if it is wanted."""

    def __init__(self) -> None:
        self._columns: list[ColumnElement[Any]] = []
        self._known: dict[Any, ColumnElement[Any]] = {}
        self._above: ColumnElement[Any] | None = None

    def column(self, found: ColumnElement[Any], kind: TypeEngine[Any], key: Any = None) -> ColumnElement[Any]:
        """The column that has this value; one for all with the same ``key``, where one is given."""
        if key is not None and key in self._known:
            return self._known[key]
        name = f"h{len(self._columns)}"
        self._columns.append(found.label(name))
        made: ColumnElement[Any] = literal_column(f"head.{name}", kind)
        if key is not None:
            self._known[key] = made
        return made

    def above(self, found: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column that has the key of the place above, by which other columns may look."""
        self._above = found.label("key")
        return literal_column("above.key", BIGINT)

    def beside(self, parent: Any, table: FromClause) -> FromClause:
        """The row of each place with a table beside it; with an offset, or PostgreSQL would find each value wherever it is read."""
        rows = [(select(SEED.c.first, SEED.c.second, SEED.c.third, *self._columns), "head")]
        if self._above is not None:
            rows.append((select(self._above), "above"))
        found = table
        for row, name in rows:
            kept = row.offset(literal_column("0"))
            found = (kept if parent is None else kept.correlate(parent)).lateral(name).join(found, true())
        return found
