"""Keys that are on record where the caller may not write: nothing can be written under them."""

from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.writing.batch import Batch

Existing = Sequence[Mapping[str, Any] | None]


async def refuse_taken_codes(batch: Batch, found: Existing, table: str) -> None:
    """Refuse the credit codes that are on record and were not found in the caller's sight: RECORDED_ELSEWHERE."""
    codes = [
        code if old is None or old["credit_code"] != code else None
        for code, old in zip(batch.values["credit_code"], found, strict=True)
    ]
    wanted = [code for code in codes if code is not None]
    rows = await batch.connection.fetch("SELECT * FROM wall.taken_credit_codes($1, $2)", table, wanted)
    _refuse(batch, codes, {row[0] for row in rows}, "credit_code", "credit code")


async def refuse_taken_numbers(batch: Batch, found: Existing, table: str) -> None:
    """Refuse the numbers of source systems that are on record and were not found in the caller's sight: RECORDED_ELSEWHERE."""
    pairs = zip(batch.values["source_system"], batch.values["source_number"], strict=True)
    numbers = [
        None if None in pair or (old is not None and (old["source_system"], old["source_number"]) == pair) else pair
        for pair, old in zip(pairs, found, strict=True)
    ]
    wanted = [pair for pair in numbers if pair is not None]
    rows = await batch.connection.fetch(
        "SELECT * FROM wall.taken_source_numbers($1, $2, $3)",
        table,
        [pair[0] for pair in wanted],
        [pair[1] for pair in wanted],
    )
    _refuse(
        batch, numbers, {(row["source_system"], row["source_number"]) for row in rows}, "source_number", "source number"
    )


def _refuse(batch: Batch, keys: Sequence[Any], taken: set[Any], column: str, words: str) -> None:
    for row, key in enumerate(keys):
        if key is not None and key in taken:
            batch.refuse(
                row,
                "RECORDED_ELSEWHERE",
                column,
                f"A record with this {words} belongs to a union that you may not write to. Ask the federation above both unions.",
            )
