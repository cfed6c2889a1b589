"""The cells of a question from roll-ups: one row for the whole and one for each group, as ``from_records`` has them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Text, and_, cast, func, null, or_, true

from resolvers.engine.plan.parameters import BIGINT
from resolvers.engine.statistics import cell_keys
from resolvers.engine.statistics.grouping import grouped
from resolvers.engine.statistics.question import Question
from resolvers.engine.statistics.rollup_parts import RollupParts, RollupRequest
from resolvers.engine.statistics.rollup_source import RollupSource
from resolvers.engine.statistics.row_layout import MeasureColumns, not_counted
from resolvers.engine.statistics.time_buckets import TIMES


def cells(question: Question, source: RollupSource, only_if: ColumnElement[bool]) -> Select[Any]:
    """The whole and the groups of each parent, as far as roll-ups have them; nothing at all unless ``only_if`` holds."""
    population, wanted = question.population, request(question, source)
    part = RollupParts(population.statistic, wanted, source.targets, population.binder).all()
    names = {source.drill_down: "child", wanted.time: "bucket"}
    keys = [part.c[names.get(item.name, f"d_{item.name}")] for item in source.cells.grouped_by]
    rows = grouped(question, source.cells, part, keys, _counts(question, part))
    some = func.sum(part.c.n) != 0
    whole = func.grouping(*keys) != 0 if keys else true()
    return population.correlated(rows.where(only_if).having(and_(only_if, or_(whole, some))))


def request(question: Question, source: RollupSource) -> RollupRequest:
    """What is read of the roll-ups for a set of cells."""
    population, wanted = question.population, source.cells
    time = next((item.name for item in wanted.grouped_by if item.name in TIMES), None)
    grouped_by = [item.name for item in wanted.grouped_by if item.name not in (time, source.drill_down)]
    measured = [] if wanted.mark else [dimension for dimension, _ in _values(question).values()]
    names = [*grouped_by, *(item.name for item in wanted.conditions), *measured]
    has_person = population.for_aggregates_only and population.statistic.person is not None
    return RollupRequest(
        dimensions=list(dict.fromkeys(names)),
        conditions=wanted.conditions,
        time=time,
        is_stock=question.is_stock and wanted.time.day is not None,
        of_endings=population.event_name == "ENDED",
        with_persons="persons" in question.measures or has_person,
        with_keys=population.for_aggregates_only,
        period=wanted.time.bounds,
        day=wanted.time.day,
    )


def _counts(question: Question, part: Subquery) -> list[ColumnElement[Any]]:
    """The columns of people and measures."""
    records = cast(func.coalesce(func.sum(part.c.n), 0), BIGINT)
    several = func.count(part.c.person) - func.count(part.c.person.distinct())
    values = {"records": records, "persons": records - several}
    inside = {name: cast(part.c[f"d_{of}"], Text) == value for name, (of, value) in _values(question).items()}
    for name, condition in inside.items():
        values[name] = cast(func.coalesce(func.sum(part.c.n).filter(condition), 0), BIGINT)
    nothing = cast(null(), BIGINT)
    if question.population.for_aggregates_only:
        people, of_cell = values["persons"], cell_keys_of(part, inside)
    else:
        people, of_cell = nothing, dict.fromkeys(values, nothing)
    measures = {name: MeasureColumns(values[name], not_counted().largest, of_cell[name]) for name in question.measures}
    return question.layout.counts(people, of_cell["persons"], measures)


def _values(question: Question) -> dict[str, tuple[str, str]]:
    """The measures that count the records of one value of a dimension."""
    return {
        name: measure.rollup_value for name, measure in question.measures.items() if measure.rollup_value is not None
    }


def cell_keys_of(
    part: Subquery, inside: Mapping[str, ColumnElement[bool]] = MappingProxyType({})
) -> dict[str, ColumnElement[Any]]:
    """The cell keys of records, of persons and of the records that fulfil these conditions; a person with several records adds their key
    once."""
    keys = func.coalesce(func.sum(part.c["keys"]), 0)
    repeated = cell_keys.sum_of_keys(part.c.person) - cell_keys.sum_of_distinct_keys(part.c.person)
    some = {
        name: cell_keys.cell_key(func.coalesce(func.sum(part.c["keys"]).filter(condition), 0))
        for name, condition in inside.items()
    }
    return {"records": cell_keys.cell_key(keys), "persons": cell_keys.cell_key(keys - repeated), **some}
