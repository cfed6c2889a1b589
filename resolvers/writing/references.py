"""What rows refer to, by natural keys: one statement for each kind of record that columns of a batch refer to."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from resolvers.writing.batch import Batch
from resolvers.writing.columns import DIVISION, PERSON
from resolvers.writing.declare import Column, Reference
from resolvers.writing.persons import persons_by_number
from resolvers.writing.scope import below

USES_SCOPE = (
    "$1::boolean IS NOT NULL AND $2::bigint[] IS NOT NULL AND $3::bigint[] IS NOT NULL AND $4::date IS NOT NULL"
)
"""The condition on records that anybody may refer to: it uses the values of the scope, which every statement has."""

POSSIBLE: Mapping[str, Callable[[str], bool]] = {
    "code": str.isdigit,
    "full_name": lambda text: not text.isdigit(),
    "credit_code": lambda text: len(text) == 18 and text.isascii() and text.isalnum(),
}
"""Which values can be a key at all; others are not looked for."""


@dataclass(frozen=True, slots=True)
class Match:
    """A record that a value names, with the system that it comes from if it is named by its number there, and its union."""

    id: int
    system: str | None = None
    union: int | None = None
    name: str | None = None
    """Of a person."""


async def resolve(batch: Batch, *, later: Collection[str] = ()) -> None:
    """Find the records that rows refer to, and refuse NOT_FOUND, which is also said of what the caller may not see, and AMBIGUOUS.

    A record of the columns ``later`` may come in the same batch: of these NOT_FOUND is left to the kind.
    """
    columns_of: dict[Reference, list[Column]] = defaultdict(list)
    for column in batch.kind.columns:
        if column.refers_to is not None:
            columns_of[column.refers_to].append(column)
    systems = batch.values.get("source_system", [None] * len(batch))
    for reference, columns in columns_of.items():
        names = [column.name for column in columns]
        known = await look_up(
            batch, reference, {each for name in names for each in batch.values[name] if each is not None}
        )
        for name in names:
            matches = [
                _chosen(known.get(value, ()), system) if value is not None else ()
                for value, system in zip(batch.values[name], systems, strict=True)
            ]
            batch.keys[name] = [each[0].id if len(each) == 1 else None for each in matches]
            batch.unions[name] = [each[0].union if len(each) == 1 else None for each in matches]
            batch.names[name] = [each[0].name if len(each) == 1 else None for each in matches]
            for row, (value, found) in enumerate(zip(batch.values[name], matches, strict=True)):
                if len(found) > 1:
                    batch.refuse(
                        row, "AMBIGUOUS", name, f"Several records are meant by this. Write {_key_names(reference)}."
                    )
                elif value is not None and not found and name not in later:
                    refuse_unknown(batch, row, name, reference)


def refuse_unknown(batch: Batch, row: int, column: str, reference: Reference) -> None:
    """Refuse a row that refers to what is not there: NOT_FOUND."""
    if reference is PERSON:
        message = "There is no member with this number in a union of yours. Send persons first."
    else:
        message = f"There is no such {reference.words}. Write {_key_names(reference)}."
    batch.refuse(row, "NOT_FOUND", column, message)


def _key_names(reference: Reference) -> str:
    """The natural keys by which a record may be named, for a message."""
    keys = [key.replace("_", " ") for key in reference.keys]
    return "its " + ", or its ".join(keys)


def _chosen(matches: Sequence[Match], system: str | None) -> Sequence[Match]:
    """Of several records with a number the one that comes from the same system as the row, if there is one."""
    same = [each for each in matches if system is not None and each.system == system] if len(matches) > 1 else []
    return same or matches


async def look_up(batch: Batch, reference: Reference, values: Iterable[str]) -> Mapping[str, Sequence[Match]]:
    """The records that each value names, by the first natural key by which there are any; one statement."""
    wanted = sorted(values)
    if reference is PERSON:
        persons = await persons_by_number(batch, wanted)
        return {
            number: [Match(each.id, each.system, name=each.name) for each in some] for number, some in persons.items()
        }
    parts, lists = [], []
    condition = USES_SCOPE if reference.union is None else below(reference.union)
    if reference is DIVISION:
        condition += " AND t.valid_to IS NULL"
    for place, key in enumerate(reference.keys):
        possible = POSSIBLE.get(key)
        lists.append([each for each in wanted if possible is None or possible(each)])
        system = "t.source_system" if key == "source_number" else "NULL"
        parts.append(
            f"SELECT v.value, {place} AS place, t.id, {system} AS system, {reference.union or 'NULL::bigint'} AS union_id"  # noqa: S608
            f" FROM unnest(${place + 5}::text[]) AS v(value) JOIN {reference.table} t ON t.{key} = v.value WHERE {condition}"
        )
    best: dict[str, tuple[int, list[Match]]] = {}
    for value, place, *found in await batch.fetch(" UNION ALL ".join(parts), *lists):
        if value not in best or place < best[value][0]:
            best[value] = (place, [])
        if place == best[value][0]:
            best[value][1].append(Match(*found))
    return {value: matches for value, (_, matches) in best.items()}
