"""A row for each group and one for the whole: the same GROUPING SETS and marks over records and over roll-ups."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, case, cast, func, literal_column, null, select, text

from resolvers.engine.statistics import row_marks
from resolvers.engine.statistics.group_limits import MAX_GROUPS, MAX_ROWS
from resolvers.engine.statistics.question import CellSet, Question


def grouped(
    question: Question,
    cells: CellSet,
    from_: FromClause,
    keys: Sequence[ColumnElement[Any]],
    counts: Sequence[ColumnElement[Any]],
) -> Select[Any]:
    """A row for each group by these keys, and one for the whole, which is there even of nothing. ``counts`` are those of the layout."""
    every = [*keys, *(cast(null(), item.key.type) for item in cells.dimensions[len(keys) :])]
    rows = select(*question.layout.columns(_mark(cells, keys), every, counts)).select_from(from_)
    if not keys:
        return rows
    sets = [f"({', '.join(str(keys[place]) for place in each)})" for each in cells.grouping_sets()]
    most = MAX_ROWS if question.population.for_aggregates_only else MAX_GROUPS
    return rows.group_by(text(f"GROUPING SETS ({', '.join(sets)})")).limit(most * len(sets) + 2)


def _mark(cells: CellSet, keys: Sequence[ColumnElement[Any]]) -> ColumnElement[int]:
    """The mark of a row: see ``row_marks``."""
    every = row_marks.without_all(len(cells.dimensions))
    if not keys:
        return _number(cells.mark - every if cells.mark else row_marks.WHOLE)
    without = func.grouping(*keys)
    if cells.mark:
        return cast(_number(cells.mark) - without, Integer())
    if not cells.also_without:
        return cast(-func.least(without, 1), Integer())
    zero, some = _number(0), _number(row_marks.PARTIAL) - without
    found = case((without == zero, zero), (without == _number(every), _number(row_marks.WHOLE)), else_=some)
    return cast(found, Integer())


def _number(number: int) -> ColumnElement[int]:
    return literal_column(str(number), Integer())
