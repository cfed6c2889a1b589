"""Personal data of members: the columns that hold them, and their decrypted values."""

from collections.abc import Iterable, Mapping, Sequence

from asyncpg import Record

from db.encryption.vault import Sealed, Vault
from db.members import BANK_CARD, BIRTH_DATE, PHONE, RESIDENT_NUMBER, Member
from resolvers.commands.purposes import PersonalField
from resolvers.engine.declare.columns import Expression

SEALED = {
    PersonalField.BIRTH_DATE: BIRTH_DATE,
    PersonalField.RESIDENT_NUMBER: RESIDENT_NUMBER,
    PersonalField.PHONE: PHONE,
    PersonalField.BANK_CARD: BANK_CARD,
}


def columns(fields: Iterable[PersonalField]) -> list[Expression]:
    """The columns of ``member`` that hold these fields."""
    return [getattr(Member, field.name.lower()) for field in fields]


def decrypted(
    rows: Mapping[int, Record], fields: Sequence[PersonalField], vault: Vault
) -> dict[int, dict[PersonalField, str | None]]:
    """The decrypted values of rows with those columns, by key; None where nothing is stored.

    Raises:
        SealError: a value was changed, or was sealed for another row.
    """
    clear: dict[int, dict[PersonalField, str | None]] = {key: {} for key in rows}
    sealed: list[tuple[int, PersonalField, Sealed]] = []
    for key, row in rows.items():
        for field in fields:
            value = row[field.name.lower()]
            secret = SEALED.get(field)
            if secret is None or value is None:
                clear[key][field] = value
            else:
                sealed.append((key, field, Sealed(secret.table, secret.column, key, value)))
    for (key, field, _), text in zip(sealed, vault.open(each for *_, each in sealed), strict=True):
        clear[key][field] = text
    return clear
