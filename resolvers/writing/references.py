"""What rows refer to, by natural keys: one statement for each kind of record that columns of a batch refer to."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from resolvers.writing.batch import Batch
from resolvers.writing.declare import Column, Reference
from resolvers.writing.scope import below

CONDITIONS: Mapping[str, str] = {
    "organization": below("t.id"),
    "employer": below("t.organization_id"),
    "collective_agreement": below("t.organization_id"),
    "dispute_case": below("t.organization_id"),
    "division": "t.valid_to IS NULL AND $1::boolean IS NOT NULL AND $2::bigint[] IS NOT NULL AND $3::bigint[] IS NOT NULL"
    " AND $4::date IS NOT NULL",
}
"""Which records may be referred to, by table. The territory is everybody's, and uses none of the scope's values."""

POSSIBLE: Mapping[str, Callable[[str], bool]] = {
    "code": str.isdigit,
    "full_name": lambda text: not text.isdigit(),
    "credit_code": lambda text: len(text) == 18 and text.isascii() and text.isalnum(),
}
"""Which values can be a key at all; others are not looked for."""

WORDS: Mapping[str, str] = {
    "organization": "union that you may write to",
    "employer": "employer",
    "collective_agreement": "agreement of a union that you may write to",
    "dispute_case": "case of a union that you may write to",
    "division": "division",
}


async def resolve(batch: Batch, *, later: Collection[str] = ()) -> None:
    """Find the records that rows refer to, and refuse NOT_FOUND, which is also said of what the caller may not see, and AMBIGUOUS.

    A record of the columns ``later`` may come in the same batch: of these NOT_FOUND is left to the kind.
    """
    columns_of: dict[Reference, list[Column]] = defaultdict(list)
    for column in batch.kind.columns:
        if column.refers_to is not None and column.refers_to.table in CONDITIONS:
            columns_of[column.refers_to].append(column)
    for reference, columns in columns_of.items():
        names = [column.name for column in columns]
        known = await look_up(
            batch, reference, {each for name in names for each in batch.values[name] if each is not None}
        )
        for name in names:
            batch.keys[name] = [None if value is None else _key(known.get(value)) for value in batch.values[name]]
            for row, value in enumerate(batch.values[name]):
                if value is None or batch.keys[name][row] is not None:
                    continue
                if known.get(value):
                    batch.refuse(
                        row, "AMBIGUOUS", name, f"Several records are meant by this. Write {_key_names(reference)}."
                    )
                elif name not in later:
                    refuse_unknown(batch, row, name, reference)


def refuse_unknown(batch: Batch, row: int, column: str, reference: Reference) -> None:
    """Refuse a row that refers to what is not there: NOT_FOUND."""
    batch.refuse(row, "NOT_FOUND", column, f"There is no such {WORDS[reference.table]}. Write {_key_names(reference)}.")


def _key_names(reference: Reference) -> str:
    """The natural keys by which a record may be named, for a message."""
    keys = [key.replace("_", " ") for key in reference.keys]
    return "its " + ", or its ".join(keys)


def _key(keys: Sequence[int] | None) -> int | None:
    return keys[0] if keys is not None and len(keys) == 1 else None


async def look_up(batch: Batch, reference: Reference, values: Iterable[str]) -> Mapping[str, Sequence[int]]:
    """The keys of the records that each value names, by the first natural key by which there are any; one statement."""
    wanted = sorted(values)
    parts, lists = [], []
    for place, key in enumerate(reference.keys):
        possible = POSSIBLE.get(key)
        lists.append([each for each in wanted if possible is None or possible(each)])
        parts.append(
            f"SELECT v.value, t.id, {place} AS place FROM unnest(${place + 5}::text[]) AS v(value)"  # noqa: S608 — declared names
            f" JOIN {reference.table} t ON t.{key} = v.value WHERE {CONDITIONS[reference.table]}"
        )
    best: dict[str, tuple[int, list[int]]] = {}
    for record in await batch.fetch(" UNION ALL ".join(parts), *lists):
        value, key, place = record
        if value not in best or place < best[value][0]:
            best[value] = (place, [key])
        elif place == best[value][0]:
            best[value][1].append(key)
    return {value: keys for value, (_, keys) in best.items()}
