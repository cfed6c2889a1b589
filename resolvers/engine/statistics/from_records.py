"""The cells of a question from records: one row for the whole and one for each group, of each parent."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    cast,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.sql.util import find_tables

from resolvers.engine.declare.columns import Expression, alias, expression
from resolvers.engine.declare.statistics import Aggregate, Measure, RecordLookup
from resolvers.engine.plan.parameters import BIGINT
from resolvers.engine.statistics import cell_keys
from resolvers.engine.statistics.grouping import grouped
from resolvers.engine.statistics.question import CellSet, Population, Question
from resolvers.engine.statistics.row_layout import MeasureColumns, not_counted
from resolvers.engine.statistics.times import Time


def cells(question: Question, cell_set: CellSet, only_if: ColumnElement[bool] | None) -> Select[Any]:
    """The whole and the groups of each parent; nothing at all unless ``only_if`` holds, if it is given."""
    population, dimensions = question.population, cell_set.grouped_by
    looked_up = _looked_up(question, cell_set)
    counts = _counts(question, cell_set, looked_up)
    where = _conditions(population, cell_set, only_if)
    from_ = _from(population, cell_set, [*counts, *where])
    if looked_up is not None:
        from_ = from_.join(looked_up, true())
    keys: Sequence[ColumnElement[Any]] = ()
    if dimensions:
        tables = find_tables(from_, include_aliases=True)
        keyed = select(*(item.key.label(f"k{place}") for place, item in enumerate(dimensions)))
        row = keyed.correlate(*tables, *([] if population.parent is None else [population.parent])).lateral("g")
        from_, keys = from_.join(row, true()), list(row.c)
    rows = grouped(question, cell_set, from_, keys, counts).where(*cell_set.place.where, *where)
    return population.correlated(rows if only_if is None else rows.having(only_if))


def _conditions(
    population: Population, cell_set: CellSet, only_if: ColumnElement[bool] | None
) -> list[ColumnElement[bool]]:
    """The conditions on a record, but for its place."""
    where = [*_dated(population, cell_set.time), *(item.holds for item in cell_set.conditions)]
    where += [condition for condition in (only_if, population.statistic.where) if condition is not None]
    return [*where, *population.countable()]


def _from(population: Population, cell_set: CellSet, needed: Sequence[ColumnElement[Any]]) -> FromClause:
    """The records with the tables that their place, their keys and conditions are in."""
    dimensions, inner = cell_set.grouped_by, cell_set.place.joins
    joins = [join for item in dimensions for join in item.joins]
    joins += [join for item in cell_set.conditions for join in item.joins]
    outer = list({id(other): (other, on) for other, on in joins}.values())
    ons = [on for _, on in (*inner, *outer)]
    from_ = _joined(population, *(item.key for item in dimensions), *needed, *cell_set.place.where, *ons)
    for other, on in inner:
        from_ = from_.join(other, on)
    for other, on in outer:
        from_ = from_.outerjoin(other, on)
    return from_


def _joined(population: Population, *parts: ColumnElement[Any]) -> FromClause:
    """The records' table with the tables that these expressions need."""
    wanted = {table for part in parts for table in find_tables(part, check_columns=True)}
    joins = population.statistic.joins
    for join in reversed(joins):
        if join.table in wanted:
            wanted.update(find_tables(expression(join.key), check_columns=True))
    from_: FromClause = population.source.table
    for join in joins:
        table = join.table
        if table in wanted:
            from_ = from_.outerjoin(table, table.c.id == expression(join.key))
    return from_


def _lookups(question: Question) -> list[RecordLookup]:
    """What measures look up for each record."""
    return list(dict.fromkeys(measure.lookup for measure in question.measures.values() if measure.lookup is not None))


def _looked_up(question: Question, cell_set: CellSet) -> FromClause | None:
    """What is looked up for a record, as a row beside it: with an offset, or PostgreSQL would look it up wherever it is named."""
    population = question.population
    day = population.binder.day(None) if cell_set.time.day is None else cell_set.time.day
    columns = [lookup(day, population.binder).label(f"f{place}") for place, lookup in enumerate(_lookups(question))]
    if not columns:
        return None
    tables = (population.source.table, *(join.table for join in population.statistic.joins))
    return select(*columns).offset(literal_column("0")).correlate(*tables).lateral("once")


def _counts(question: Question, cell_set: CellSet, looked_up: FromClause | None) -> list[ColumnElement[Any]]:
    """The columns of people and measures; of neighbours only people, and measures that have a condition of their own."""
    population = question.population
    for_aggregates_only, person = population.for_aggregates_only, population.statistic.person
    people = func.count() if person is None else func.count(expression(person).distinct())
    measures = {
        name: _measured(population, measure, _aggregates(question, measure, looked_up))
        for name, measure in question.measures.items()
        if not cell_set.mark or measure.part is not None
    }
    return question.layout.counts(
        people if for_aggregates_only else cast(null(), BIGINT), _cell_key(population, None, person), measures
    )


def _aggregates(
    question: Question, measure: Measure, looked_up: FromClause | None
) -> tuple[ColumnElement[Any], ColumnElement[bool] | None]:
    """The value of a measure and its condition, with what is looked up for them."""
    lookups = _lookups(question)

    def made(aggregate: Aggregate) -> ColumnElement[Any]:
        if isinstance(aggregate, ColumnElement):
            return aggregate
        assert looked_up is not None
        assert measure.lookup is not None
        return aggregate(looked_up.c[f"f{lookups.index(measure.lookup)}"])

    return made(measure.value), None if measure.part is None else made(measure.part)


def _measured(
    population: Population, measure: Measure, aggregates: tuple[ColumnElement[Any], ColumnElement[bool] | None]
) -> MeasureColumns:
    """A measure with what says whether it may be given."""
    value, part = aggregates
    largest = measure.largest if population.for_aggregates_only else None
    return MeasureColumns(
        value, not_counted().largest if largest is None else largest, _cell_key(population, part, measure.distinct)
    )


def _cell_key(
    population: Population, part: ColumnElement[bool] | None, distinct: Expression | None
) -> ColumnElement[Any]:
    """The cell key of the records of a cell that fulfil ``part``, or of the ``distinct`` values of a column."""
    if not population.for_aggregates_only:
        return cast(null(), BIGINT)
    if distinct is not None:
        return cell_keys.cell_key(cell_keys.sum_of_distinct_keys(expression(distinct)))
    number, person = population.source.table.c.id, population.statistic.person
    return cell_keys.cell_key(
        cell_keys.sum_of_keys(number if person is None else func.coalesce(expression(person), -number), part)
    )


def _dated(population: Population, time: Time) -> list[ColumnElement[bool]]:
    """The condition on the day or the period that is asked about."""
    if time.day is None:
        return [
            *([population.event >= time.since] if time.since is not None else []),
            *([population.event < time.until] if time.until is not None else []),
        ]
    if time.before is None:
        return _holding(population, time.day)
    return [or_(and_(*_holding(population, time.day)), and_(*_holding(population, time.before)))]


def _holding(population: Population, day: ColumnElement[date]) -> list[ColumnElement[bool]]:
    """The condition that a record holds on a day, or has happened by it."""
    statistic, event = population.statistic, population.event
    if statistic.ends is None or population.event_name is not None:
        return [event <= day, *_newest(population, day)]
    ends = expression(statistic.ends)
    begun = event <= day
    return [
        begun if statistic.known else or_(event.is_(None), begun),
        or_(ends.is_(None), ends > day),
    ]


def _newest(population: Population, day: ColumnElement[date]) -> list[ColumnElement[bool]]:
    """No later record by that day that the caller sees is alike."""
    newest, event = population.statistic.newest, population.event
    if not newest:
        return []
    later = alias(population.source.table)
    alike = [later.c[str(column.key)].is_not_distinct_from(column) for column in map(expression, newest)]
    newer = select(later.c.id).where(*alike, later.c[str(event.key)] > event, later.c[str(event.key)] <= day)
    newer = newer.where(*population.countable(later))
    return [not_(newer.correlate_except(later).exists())]
