"""Warnings of a batch: which rules of data quality the records break that it has written, found by one statement for all of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from sqlalchemy import ColumnElement, Text, any_, literal_column, select, union_all

from db.model import Model
from resolvers.engine.plan.parameters import NOTHING, Binder
from resolvers.engine.plan.statement import Statement, compiled, keys_parameter
from resolvers.quality import RULES, RecordRule
from resolvers.writing.batch import Batch
from resolvers.writing.outcomes import Outcome
from resolvers.writing.parts import Part
from resolvers.writing.scope import below

TABLES: Mapping[str, str] = {each.class_.__tablename__: each.class_.__name__ for each in Model.registry.mappers}
"""The type of the records of each table."""

SAME_UNION = "o.organization_id = m.organization_id AND o.id <> m.id AND o.name = m.name AND o.birth_year_from = m.birth_year_from"
IN_SIGHT: Mapping[str, str] = {
    "MEMBER_RECORDED_TWICE": f"""SELECT m.id FROM member m WHERE m.id = ANY ($5::bigint[]) AND (EXISTS (
            SELECT FROM member o WHERE o.phone_index = m.phone_index AND o.id <> m.id AND o.name = m.name AND {below("o.organization_id")}
        ) OR EXISTS (
            SELECT FROM member o WHERE {SAME_UNION} AND o.resident_number_index IS NULL AND {below("o.organization_id")}
        ) OR m.resident_number_index IS NULL AND EXISTS (
            SELECT FROM member o WHERE {SAME_UNION} AND {below("o.organization_id")}
        ))""",  # noqa: S608 — the scope's condition
}
"""Rules that compare a record with those of others: a row is warned of what the caller sees alone. Else a rehearsal with invented persons
would tell who in the federation has which name and phone."""


async def warn_of_quality(batch: Batch, parts: Sequence[Part], outcomes: Sequence[Outcome]) -> None:
    """Warn of each row whose record, as it is now, breaks a rule. A rule of a part of it is about the row too."""
    main = parts[0]
    if main.ids is None:
        return
    row_of = {main.ids[row]: row for row, outcome in enumerate(outcomes) if outcome in (Outcome.NEW, Outcome.CHANGED)}
    places = tuple(
        (part.table.name, key) for part in parts if (key := _key(part, main)) is not None and any(part.present)
    )
    statement, rules = _statement(places)
    if statement is None or not row_of:
        return
    broken: dict[int, set[str]] = defaultdict(set)
    for code, key in await batch.connection.fetch(
        statement.sql, *statement.arguments(statement.bind(NOTHING), list(row_of))
    ):
        broken[row_of[key]].add(code)
    await _leave_out_of_sight(batch, row_of, broken, rules)
    columns = batch.values.keys()
    for row, codes in broken.items():
        for code in sorted(codes):
            column = rules[code].column
            english, _, _ = rules[code].name.label.rpartition(" (")
            batch.warn(row, code, column if column in columns else None, f"{english}.")


async def _leave_out_of_sight(
    batch: Batch, row_of: Mapping[int, int], broken: Mapping[int, set[str]], rules: Mapping[str, RecordRule]
) -> None:
    """Take away what is about records out of the caller's sight (``IN_SIGHT``), by one statement, whatever was found."""
    for code in IN_SIGHT.keys() & rules.keys():
        keys = [key for key, row in row_of.items() if code in broken.get(row, ())]
        seen = {record["id"] for record in await batch.fetch(IN_SIGHT[code], keys)}
        for key in keys:
            if key not in seen:
                broken[row_of[key]].discard(code)


def _key(part: Part, main: Part) -> str | None:
    """The column of a part's table that has the keys of the batch's records."""
    if part is main:
        return "id"
    return next((name for name, cells in part.fixed.items() if cells is main.ids), None)


@lru_cache(maxsize=64)
def _statement(places: tuple[tuple[str, str], ...]) -> tuple[Statement | None, Mapping[str, RecordRule]]:
    """The statement that finds which rules the records of some tables break, by the columns that have their keys; None without a rule."""
    selects, rules = [], {}
    for name, key in places:
        for rule in RULES.get(TABLES[name], ()):
            table = Model.metadata.tables[name]
            column: ColumnElement[int] = table.c[key]
            code = literal_column(f"'{rule.code}'", Text()).label("code")
            selects.append(select(code, column.label("key")).where(column == any_(keys_parameter()), rule.condition))
            rules[rule.code] = rule
    return (compiled(union_all(*selects), Binder()), rules) if selects else (None, rules)
