"""Records that others are parts of: an agreement with its parties, coverage and steps; a case with its parties, claims, steps and
recoveries.

A part comes as a row of its own, which names the whole. The wholes of a batch are locked, so that of two batches with parts of one whole
the second sees what the first has written.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

from resolvers.writing.batch import Batch, refuse_same_record
from resolvers.writing.declare import EXPECTED_VERSION
from resolvers.writing.parts import Part
from resolvers.writing.scope import below

Record = Mapping[str, Any]


async def wholes_of(batch: Batch, column: str, table: str, names: Sequence[str]) -> Mapping[int, Record]:
    """The records that the rows' ``column`` names, by key, with the columns ``names``; locked."""
    keys = sorted({key for key in batch.keys[column] if key is not None})
    records = await batch.fetch(
        f"SELECT {', '.join(f't.{name}' for name in ('id', 'version', *names))} FROM {table} t WHERE t.id = ANY ($5::bigint[])"  # noqa: S608 — declared names
        f" AND {below('t.organization_id')} ORDER BY t.id FOR NO KEY UPDATE OF t",
        keys,
    )
    return {record["id"]: record for record in records}


async def parts_of(batch: Batch, query: str, wholes: Collection[int], column: str) -> Mapping[int, list[Record]]:
    """The parts that are on record of wholes with these keys, by the key, which stands in ``column``. ``query`` takes the keys as $1."""
    found: dict[int, list[Record]] = defaultdict(list)
    for record in await batch.connection.fetch(query, list(wholes)):
        found[record[column]].append(record)
    return found


def refuse_same(batch: Batch, column: str, identities: Sequence[Hashable | None]) -> None:
    """Refuse rows that are about the same part of the same whole, however they name it: DUPLICATE."""
    rows_of: dict[Hashable, list[int]] = defaultdict(list)
    for row, identity in enumerate(identities):
        if identity is not None:
            rows_of[identity].append(row)
    for rows in rows_of.values():
        if len(rows) > 1:
            refuse_same_record(batch, rows, column)


def recorded_parts(
    batch: Batch, whole: str, key: Sequence[str], there: Mapping[int, Sequence[Record]]
) -> list[Record | None]:
    """For each row the part on record that it is about: that of its ``whole`` with the same values in the columns ``key``, of which the
    last one has the errors. Refuses DUPLICATE."""
    identities = [
        None if None in each else each
        for each in zip(batch.keys[whole], *(batch.values[name] for name in key), strict=True)
    ]
    refuse_same(batch, key[-1], identities)
    recorded = {(of, *(each[name] for name in key)): each for of, records in there.items() for each in records}
    return [None if identity is None else recorded.get(identity) for identity in identities]


def new_rows(batch: Batch, part: Part, wholes: Sequence[int | None]) -> Mapping[int, list[int]]:
    """The rows that add a part and are not refused, by the key of their whole. A new part has no version that could be expected."""
    found: dict[int, list[int]] = defaultdict(list)
    for row, (whole, expected) in enumerate(zip(wholes, batch.values[EXPECTED_VERSION.name], strict=True)):
        if whole is not None and expected is None and part.existing[row] is None and row not in batch.refused:
            found[whole].append(row)
    return found
