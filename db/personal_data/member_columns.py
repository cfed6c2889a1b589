"""The columns written for a member's personal data: each sealed value, its blind index, and the part that masks show."""

from collections.abc import Callable, Mapping

from db.encryption.vault import Vault
from db.input_values import normal_bank_card as normal_bank_card
from db.input_values import normal_birth_date as normal_birth_date
from db.input_values import normal_phone as normal_phone
from db.input_values import normal_resident_number as normal_resident_number
from db.members import BANK_CARD, BIRTH_DATE, PHONE, RESIDENT_NUMBER

BAND = 5
"""How many years of birth are stored in clear, shown and filtered as one."""

Columns = dict[str, bytes | str | int | None]


def birth_year_from(year: int) -> int:
    """The first of the five years that stand for a year of birth: 1985 for 1985 to 1989."""
    return year - year % BAND


NO_RESIDENT_NUMBER: Mapping[str, None] = dict.fromkeys(
    ("resident_number", "resident_number_index", "resident_number_region")
)
NO_PHONE: Mapping[str, None] = dict.fromkeys(("phone", "phone_index", "phone_head"))
NO_BANK_CARD: Mapping[str, None] = dict.fromkeys(("bank_card",))
NO_BIRTH_DATE: Mapping[str, None] = dict.fromkeys(("birth_date",))
"""Columns that are emptied together. Erasure empties all four sets; the band of years of birth stays, for statistics."""


def resident_number_columns(vault: Vault, member: int, text: str | None) -> Columns:
    """The columns of a member's resident number; None empties them."""
    if text is None:
        return dict(NO_RESIDENT_NUMBER)
    number, sealer = normal_resident_number(text), vault.sealer(RESIDENT_NUMBER)
    return {
        "resident_number": sealer.seal(member, number),
        "resident_number_index": sealer.index(number),
        "resident_number_region": number[:6],
    }


def phone_columns(vault: Vault, member: int, text: str | None) -> Columns:
    """The columns of a member's mobile number; None empties them."""
    if text is None:
        return dict(NO_PHONE)
    number, sealer = normal_phone(text), vault.sealer(PHONE)
    return {
        "phone": sealer.seal(member, number),
        "phone_index": sealer.index(number),
        "phone_head": number[:3],
    }


def bank_card_columns(vault: Vault, member: int, text: str | None) -> Columns:
    """The columns of a member's bank card; None empties them."""
    if text is None:
        return dict(NO_BANK_CARD)
    return {"bank_card": vault.seal(BANK_CARD, member, normal_bank_card(text))}


def birth_date_columns(vault: Vault, member: int, text: str | None) -> Columns:
    """The columns of a member's day of birth (YYYY-MM-DD); None empties the day and leaves the band of years.

    Raises:
        DataError: it is not a day of birth.
    """
    if text is None:
        return dict(NO_BIRTH_DATE)
    day = normal_birth_date(text)
    return {"birth_date": vault.seal(BIRTH_DATE, member, day), "birth_year_from": birth_year_from(int(day[:4]))}


WRITERS: Mapping[str, Callable[[Vault, int, str | None], Columns]] = {
    "resident_number": resident_number_columns,
    "phone": phone_columns,
    "bank_card": bank_card_columns,
    "birth_date": birth_date_columns,
}
"""For each sealed column of ``member``, the function that returns the columns written with it."""


def personal_columns(vault: Vault, member: int, **values: str | None) -> Columns:
    """The columns to write for personal values of a member in clear, e.g. ``phone="…", bank_card=None``.

    Raises:
        DataError: a value is not valid for its column.
    """
    columns: Columns = {}
    for name, text in values.items():
        columns |= WRITERS[name](vault, member, text)
    return columns
