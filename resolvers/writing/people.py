"""Persons that rows refer to: by resident number, or by their number in another system; of the unions where the caller writes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.members import RESIDENT_NUMBER
from resolvers.writing import columns as shared
from resolvers.writing.batch import Batch
from resolvers.writing.columns import column
from resolvers.writing.declare import Column
from resolvers.writing.members import indexer
from resolvers.writing.scope import below
from resolvers.writing.values import TextType

_JOINED = f"EXISTS (SELECT FROM membership s WHERE s.member_id = m.id AND {below('s.organization_id')} OFFSET 0)"
PERSONS = f"""SELECT m.id, m.name, m.resident_number_index, m.source_number FROM member m
WHERE m.resident_number_index = ANY ($5::bytea[]) AND {_JOINED}
UNION ALL SELECT m.id, m.name, NULL, m.source_number FROM member m
WHERE m.source_number = ANY ($6::text[]) AND {_JOINED}"""  # noqa: S608 — the scope's condition


@dataclass(frozen=True)
class Person:
    """A person on record."""

    id: int
    name: str


def by_resident_number(
    *aliases: str, prefix: str = "", english: str = "", chinese: str = "", required: bool = False
) -> Column:
    """The column that names a person by resident number."""
    return column(
        f"{prefix}resident_number", f"{english}{'resident number' if english else 'Resident number'}", f"{chinese}身份证号",
        shared.RESIDENT_NUMBER, *aliases, required=required, personal=True, example="110101199003070636",
    )  # fmt: skip


def by_source_number(*aliases: str, prefix: str = "", english: str = "", chinese: str = "") -> Column:
    """The column that names a person without a resident number, by the number in the system that they came from."""
    return column(
        f"{prefix}person_number", f"{english}{'number' if english else 'Number'} of the person in the source system",
        f"{chinese}人员来源编号", TextType(60), *aliases,
        note="Of a person without a resident number (没有居民身份证号的人员填写)",
    )  # fmt: skip


async def persons_named(batch: Batch, resident_number: str, person_number: str) -> Sequence[Person | None]:
    """The persons that rows name in these columns, of those who are or were members of a union of the caller's: refuses NOT_FOUND,
    AMBIGUOUS, and OTHER_PERSON where the columns name two."""
    indexes = list(map(indexer(batch.context.vault, RESIDENT_NUMBER), batch.values[resident_number]))
    numbers = batch.values[person_number]
    records = await batch.fetch(
        PERSONS, [each for row in indexes for each in row], [each for each in numbers if each is not None]
    )
    by_index = {each["resident_number_index"]: Person(each["id"], each["name"]) for each in records}
    by_number: Mapping[str, set[Person]] = defaultdict(set)
    for each in records:
        by_number[each["source_number"]].add(Person(each["id"], each["name"]))
    found: list[Person | None] = []
    for row, (index, number) in enumerate(zip(indexes, numbers, strict=True)):
        person = next((by_index[each] for each in index if each in by_index), None)
        if index and person is None:
            batch.refuse(
                row,
                "NOT_FOUND",
                resident_number,
                "There is no member with this number in a union of yours. Send persons first.",
            )
        if number is not None:
            other = _only(batch, row, person_number, by_number.get(number, set()))
            if person is not None and other is not None and other != person:
                batch.refuse(
                    row, "OTHER_PERSON", person_number, "This is the number of another person. Compare both numbers."
                )
            person = person or other
        found.append(person)
    return found


def _only(batch: Batch, row: int, column_name: str, persons: set[Person]) -> Person | None:
    if len(persons) == 1:
        return next(iter(persons))
    if persons:
        batch.refuse(
            row,
            "AMBIGUOUS",
            column_name,
            "Several persons have this number, in different systems. Write the resident number.",
        )
    else:
        batch.refuse(
            row,
            "NOT_FOUND",
            column_name,
            "There is no member with this number in a union of yours. Send persons first.",
        )
    return None


def refuse_other_names(batch: Batch, persons: Sequence[Person | None], name: str) -> None:
    """Refuse rows that name a person on record otherwise: OTHER_NAME."""
    for row, (person, given) in enumerate(zip(persons, batch.values[name], strict=True)):
        if person is not None and given is not None and given != person.name:
            batch.refuse(
                row, "OTHER_NAME", name, "The person with this number is recorded under another name. Compare both."
            )
