"""Persons that rows refer to, by the blind index of their resident number."""

from collections.abc import Callable, Iterable, Mapping

from db.encryption.vault import Secret, Vault, blind_index
from db.members import RESIDENT_NUMBER
from resolvers.writing.batch import Batch
from resolvers.writing.scope import below

PERSONS = f"""SELECT m.id, m.resident_number_index FROM member m WHERE m.resident_number_index = ANY ($5::bytea[])
AND EXISTS (SELECT FROM membership s WHERE s.member_id = m.id AND {below("s.organization_id")} OFFSET 0)"""  # noqa: S608 — the scope's condition


def indexer(vault: Vault, secret: Secret) -> Callable[[str | None], list[bytes]]:
    """Computes the blind indexes of values under each version of the keys, the current one first; none of no value."""
    ring, current = vault.keys.ring(), vault.sealer(secret).index
    others = [version for number, version in ring.versions.items() if number != ring.current]

    def indexes(text: str | None) -> list[bytes]:
        if text is None:
            return []
        return [current(text), *(blind_index(version, secret, text) for version in others)]

    return indexes


async def persons_by_number(batch: Batch, numbers: Iterable[str]) -> Mapping[str, int]:
    """The keys of the persons with these resident numbers who are or were members of a union that the caller may write to; one
    statement."""
    index = indexer(batch.context.vault, RESIDENT_NUMBER)
    indexes = {number: index(number) for number in numbers}
    records = await batch.fetch(PERSONS, [each for some in indexes.values() for each in some])
    known = {record["resident_number_index"]: record["id"] for record in records}
    found = {number: next((known[each] for each in some if each in known), None) for number, some in indexes.items()}
    return {number: key for number, key in found.items() if key is not None}
