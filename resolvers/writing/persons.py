"""Persons that rows refer to: by resident number or, of persons without one, by their number in the system that they come from."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.encryption.vault import Secret, Vault, blind_index
from db.members import RESIDENT_NUMBER
from resolvers.writing.batch import Batch
from resolvers.writing.scope import below

PERSONS = f"""SELECT p.resident_number_index, p.source_number, p.source_system, p.id, p.name
FROM wall.named_persons($5::bytea[], $6::text[]) p
WHERE EXISTS (SELECT FROM membership s WHERE s.member_id = p.id AND {below("s.organization_id")} OFFSET 0)"""  # noqa: S608 — the scope's condition
"""Persons who have left are out of sight, but the records about them go on: a function of the owner knows their keys and names."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person on record, with the system that they come from if they were found by their number there."""

    id: int
    name: str
    system: str | None = None


def indexer(vault: Vault, secret: Secret) -> Callable[[str | None], list[bytes]]:
    """Computes the blind indexes of values under each version of the keys, the current one first; none of no value."""
    ring, current = vault.keys.ring(), vault.sealer(secret).index
    others = [version for number, version in ring.versions.items() if number != ring.current]

    def indexes(text: str | None) -> list[bytes]:
        if text is None:
            return []
        return [current(text), *(blind_index(version, secret, text) for version in others)]

    return indexes


def is_resident_number(text: str) -> bool:
    """Whether a text that was read as a person's number is a resident number, and not one of another system."""
    return len(text) == 18 and text[:17].isdigit()


async def persons_by_number(batch: Batch, numbers: Iterable[str]) -> Mapping[str, Sequence[Person]]:
    """The persons with these numbers who are or were members of a union that the caller may write to; one statement. Several systems may
    have persons with the same number."""
    index = indexer(batch.context.vault, RESIDENT_NUMBER)
    wanted = list(numbers)
    indexes = {number: index(number) for number in wanted if is_resident_number(number)}
    others = [number for number in wanted if number not in indexes]
    found: dict[str | bytes, list[Person]] = defaultdict(list)
    for each in await batch.fetch(PERSONS, [each for some in indexes.values() for each in some], others):
        found[each["resident_number_index"]].append(Person(each["id"], each["name"]))
        found[each["source_number"]].append(Person(each["id"], each["name"], each["source_system"]))
    persons = {number: found[number] for number in others if number in found}
    for number, some in indexes.items():
        known = next((found[each] for each in some if each in found), None)
        if known is not None:
            persons[number] = known[:1]
    return persons
