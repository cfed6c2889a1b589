"""The statement of a question: its cells, their neighbours, children without records and refusals, of all parents at once.

Every part of it has rows of the question's layout. Where roll-ups can count cells, records and roll-ups are both in the statement, each
under the condition that the other is not used: which it is depends on the place, and on what happens to the roll-ups meanwhile.
"""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    cast,
    literal_column,
    not_,
    null,
    select,
    true,
    union_all,
)

from db.security.row_security import AGGREGATES
from resolvers.engine.plan.statement import Statement, compiled
from resolvers.engine.statistics import from_records, from_rollups, neighbours_from_rollups, row_marks
from resolvers.engine.statistics.head import Head
from resolvers.engine.statistics.question import CellSet, Question
from resolvers.engine.statistics.rollup_source import RollupSource, rollup_source

COUNTED = "counted"
"""The name of the table that all parts make."""


def counted(name: str) -> ColumnElement[Any]:
    """A column of the table that all parts make, by its name. SQLAlchemy would make a column of each column of each part for it, which
    took a tenth of what it takes to compile a statistic."""
    return literal_column(f"{COUNTED}.{name}")


def statement(question: Question, *, rollups: bool = True) -> Statement:
    """The statement for all parents; without ``rollups`` it counts records and nothing else.

    PostgreSQL keeps the plan of one that roll-ups can answer: it has many parts, and reads cells by key whatever the values.
    """
    every = (question.cells, *question.neighbours)
    sources = [rollup_source(question, each) if rollups else None for each in every]
    population, head = question.population, Head.of(question, [each for each in sources if each is not None])
    parts = [*_cells(question, head, sources[0]), *_neighbours(question, head, sources[1:])]
    parts += [_children(question, place) for place, item in enumerate(question.dimensions) if item.children is not None]
    parts += _refusal(question, head)
    rows: Any = union_all(*parts) if len(parts) > 1 else parts[0]
    is_alone = population.parent is None and head.values is None
    table = rows.subquery(COUNTED) if is_alone else rows.lateral(COUNTED)
    labels = [_label(question, place, counted(f"k{place}")) for place in range(len(question.dimensions))]
    key: ColumnElement[Any] = null() if population.parent is None or population.is_within else population.parent.c.key
    from_: FromClause = head.joined(table)
    from_ = from_ if population.parent is None else population.parent.join(from_, true())
    whole = select(*question.layout.row(key, counted, labels)).select_from(from_)
    if not population.for_aggregates_only:
        return compiled(whole, population.binder, kept=sources[0] is not None)
    return compiled(whole, population.binder, AGGREGATES, kept=population.statistic.rollup is not None)


def _cells(question: Question, head: Head, source: RollupSource | None) -> list[Select[Any]]:
    """The cells of the question, from records and from roll-ups."""
    parts = [_from_records(question, head, question.cells, source)]
    if source is not None:
        parts.append(from_rollups.cells(question, source, _in_use(head, source)))
    return parts


def _neighbours(question: Question, head: Head, sources: list[RollupSource | None]) -> list[Select[Any]]:
    """What cells are compared with: from roll-ups all in one part, from records one each."""
    parts = [
        _from_records(question, head, each, source) for each, source in zip(question.neighbours, sources, strict=True)
    ]
    rolled = [source for source in sources if source is not None]
    if rolled:
        conditions: dict[Hashable, ColumnElement[bool]] = {}
        for source in rolled:  # cells of a period without a longer one are not compared with it
            only_if = () if source.cells.is_longer_period else source.cells.only_if
            conditions.setdefault(source.place, and_(head.usable[source.place], *head.published(), *only_if))
        parts.append(neighbours_from_rollups.cells(question, rolled, conditions))
    return parts


def _from_records(question: Question, head: Head, cells: CellSet, source: RollupSource | None) -> Select[Any]:
    """Cells from records, where no roll-ups are in use for them."""
    unused = [] if source is None else [not_(_in_use(head, source))]
    conditions = [*unused, *head.published(), *cells.only_if]
    return from_records.cells(question, cells, and_(*conditions) if conditions else None)


def _in_use(head: Head, source: RollupSource) -> ColumnElement[bool]:
    """Whether cells are counted from roll-ups."""
    return and_(head.usable[source.place], *head.published(), *source.cells.only_if)


def _children(question: Question, place: int) -> Select[Any]:
    """A row for each child of a dimension."""
    population, children = question.population, question.dimensions[place].children
    assert children is not None
    registry, key = population.registry, next(iter(children.domain.selected_columns))
    columns = question.layout.without_counts(literal_column(str(place + 1), Integer()), {place: key})
    visible = registry.access.visible(registry.sources[children.target], population.lenses, population.binder, None)
    domain = children.domain if visible is None else children.domain.where(visible)
    return population.correlated(domain.with_only_columns(*columns))


def _refusal(question: Question, head: Head) -> list[Select[Any]]:
    """A row for a parent where the caller may not count."""
    if head.unpublished is None:
        return []
    columns = question.layout.without_counts(literal_column(str(row_marks.REFUSED), Integer()), {})
    return [question.population.correlated(select(*columns).where(head.unpublished))]


def _label(question: Question, place: int, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """The label of a key that names a row."""
    item = question.dimensions[place]
    if item.target is None or item.label is None:
        return cast(null(), Text)
    source = question.population.registry.sources[item.target]
    return select(item.label).where(source.key == key).scalar_subquery()
