"""Keys that are on record where the caller may not write: nothing can be written under them."""

from collections.abc import Sequence
from typing import Any

from resolvers.writing.batch import Batch, Existing


async def taken_codes(batch: Batch, table: str) -> set[Any]:
    """The credit codes of a batch that are on record anywhere. Ask before the records in sight are read: a record that another batch writes
    in between is then found in sight."""
    codes = [code for code in batch.values["credit_code"] if code is not None]
    return {
        row[0] for row in await batch.connection.fetch("SELECT * FROM wall.taken_credit_codes($1, $2)", table, codes)
    }


def refuse_taken_codes(batch: Batch, found: Existing, taken: set[Any]) -> None:
    """Refuse the credit codes that are on record and were not found in the caller's sight: RECORDED_ELSEWHERE."""
    codes = [
        code if old is None or old["credit_code"] != code else None
        for code, old in zip(batch.values["credit_code"], found, strict=True)
    ]
    refuse_taken(batch, codes, taken, "credit_code", "credit code")


async def taken_numbers(batch: Batch, table: str) -> set[Any]:
    """The numbers of source systems of a batch that are on record anywhere. Ask before the records in sight are read."""
    pairs = [pair for pair in _numbers(batch) if None not in pair]
    rows = await batch.connection.fetch(
        "SELECT * FROM wall.taken_source_numbers($1, $2, $3)",
        table,
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
    )
    return {(row["source_system"], row["source_number"]) for row in rows}


def refuse_taken_numbers(batch: Batch, found: Existing, taken: set[Any]) -> None:
    """Refuse the numbers of source systems that are on record and were not found in the caller's sight: RECORDED_ELSEWHERE."""
    numbers = [
        None if None in pair or (old is not None and (old["source_system"], old["source_number"]) == pair) else pair
        for pair, old in zip(_numbers(batch), found, strict=True)
    ]
    refuse_taken(batch, numbers, taken, "source_number", "source number")


def _numbers(batch: Batch) -> list[tuple[Any, Any]]:
    return list(zip(batch.values["source_system"], batch.values["source_number"], strict=True))


def refuse_taken(batch: Batch, keys: Sequence[Any], taken: set[Any], column: str, words: str) -> None:
    """Refuse the rows whose key is on record and was not found in the caller's sight: RECORDED_ELSEWHERE."""
    for row, key in enumerate(keys):
        if key is not None and key in taken:
            refuse_elsewhere(batch, row, column, words)


def refuse_elsewhere(batch: Batch, row: int, column: str, words: str) -> None:
    """Refuse a row under whose key a union has a record that the caller may not write to: RECORDED_ELSEWHERE."""
    batch.refuse(
        row,
        "RECORDED_ELSEWHERE",
        column,
        f"A record with this {words} belongs to a union that you may not write to. Ask the federation above both unions.",
    )


def refuse_half_numbers(batch: Batch) -> None:
    """Refuse rows with a source system and no number there, or the other way round: REQUIRED."""
    for row in range(len(batch)):
        if batch.lacks(row, "source_system") != batch.lacks(row, "source_number"):
            batch.refuse(row, "REQUIRED", "source_number", "A source system and the number there are written together.")
