"""Records that are recognized by a number of their own, or by their number in another system: agreements and cases."""

from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.writing.batch import Batch, rows_with
from resolvers.writing.scope import below
from resolvers.writing.taken import refuse_half_numbers, refuse_taken, refuse_taken_numbers, taken_numbers

Record = Mapping[str, Any]


async def found_by_number(batch: Batch, table: str, names: Sequence[str]) -> list[Record | None]:
    """For each row the record of ``table`` with its number, else with its number in the source system; locked. ``names`` are the columns
    that are read of it.

    Refuses RECORDED_ELSEWHERE, and MOVES_UNION.
    """
    values = batch.values
    numbers = values["number"]
    taken = {
        row[0]
        for row in await batch.connection.fetch("SELECT * FROM wall.taken_numbers($1, $2)", table, _some(numbers))
    }
    elsewhere = await taken_numbers(batch, table)
    sourced = list(rows_with(values["source_system"], values["source_number"]))
    records = await batch.fetch(
        f"""SELECT t.id, t.version, t.organization_id, {", ".join(f"t.{name}" for name in names)} FROM {table} t
        WHERE {below("t.organization_id")} AND t.id IN (
            SELECT n.id FROM {table} n WHERE n.number = ANY ($5::text[])
            UNION SELECT s.id FROM unnest($6::text[], $7::text[]) AS u(system, number)
                JOIN {table} s ON s.source_number = u.number AND s.source_system = u.system
        ) ORDER BY t.id FOR NO KEY UPDATE OF t""",  # noqa: S608 — declared names
        _some(numbers),
        [values["source_system"][row] for row in sourced],
        [values["source_number"][row] for row in sourced],
    )
    by_number = {each["number"]: each for each in records}
    by_source = {(each["source_system"], each["source_number"]): each for each in records}
    sources = list(zip(values["source_system"], values["source_number"], strict=True))
    found = [
        (by_number.get(number) if number is not None else None)
        or (by_source.get(source) if None not in source else None)
        for number, source in zip(numbers, sources, strict=True)
    ]
    refuse_taken(
        batch,
        [
            None if old is not None and old["number"] == number else number
            for number, old in zip(numbers, found, strict=True)
        ],
        taken,
        "number",
        "number",
    )
    refuse_taken_numbers(batch, found, elsewhere)
    refuse_moved(batch, found)
    return found


def refuse_unnumbered(batch: Batch) -> None:
    """Refuse rows that have no number at all, or half of that in another system: REQUIRED."""
    refuse_half_numbers(batch)
    for row in range(len(batch)):
        if batch.lacks(row, "number", "source_system", "source_number"):
            batch.refuse(
                row,
                "REQUIRED",
                "number",
                "Write the number or, before there is one, the source system and the number there.",
            )


def _some(cells: Sequence[Any]) -> list[Any]:
    return [cell for cell in cells if cell is not None]


def refuse_moved(batch: Batch, found: Sequence[Record | None]) -> None:
    """Refuse rows that name another union than their record has: MOVES_UNION."""
    for row, (old, union) in enumerate(zip(found, batch.keys["union"], strict=True)):
        if old is not None and union is not None and old["organization_id"] != union:
            batch.refuse(
                row, "MOVES_UNION", "union",
                "The record belongs to another union. A move has a day and a reason: it is no correction of a record.",
            )  # fmt: skip
