"""What is written when a member's personal data are: each value sealed, its blind index, and what masks show of it."""

from collections.abc import Callable, Mapping
from datetime import date

from db.crypto import Vault
from db.errors import DataError
from db.members import BANK_CARD, BIRTH_DATE, PHONE, RESIDENT_NUMBER

BAND = 5
"""Years of birth that are shown, filtered and kept in clear as one."""

Columns = dict[str, bytes | str | int | None]


def normal_resident_number(text: str) -> str:
    """A resident number as it is sealed and searched: 18 characters, the last a digit or X.

    Raises:
        DataError: it is not one by its form; the message does not repeat it.
    """
    number = text.strip().upper()
    if len(number) != 18 or not (
        number.isascii() and number[:17].isdigit() and (number[17].isdigit() or number[17] == "X")
    ):
        raise DataError("A resident number has 17 digits and then a digit or X.")
    return number


def normal_phone(text: str) -> str:
    """A mobile number as it is sealed and searched: 11 digits, without +86, spaces and hyphens.

    Raises:
        DataError: it is not one by its form; the message does not repeat it.
    """
    number = text.strip().removeprefix("+86").replace(" ", "").replace("-", "")
    if len(number) != 11 or not (number.isascii() and number.isdigit()):
        raise DataError("A mobile number has 11 digits.")
    return number


def normal_bank_card(text: str) -> str:
    """A bank card's number as it is sealed: 12 to 19 digits whose check digit (Luhn) fits.

    Raises:
        DataError: it is not one; the message does not repeat it.
    """
    number = text.replace(" ", "").replace("-", "")
    if not (12 <= len(number) <= 19 and number.isascii() and number.isdigit() and luhn(number[:-1]) == number[-1]):
        raise DataError("A bank card's number has 12 to 19 digits, the last of which checks the others.")
    return number


def normal_birth_date(text: str) -> str:
    """A day of birth as it is sealed: YYYY-MM-DD.

    Raises:
        DataError: it is no date; the message does not repeat it.
    """
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise DataError("A day of birth is written YYYY-MM-DD.") from None


def birth_year_from(year: int) -> int:
    """The first of the five years that stand for a year of birth: 1985 for 1985 to 1989."""
    return year - year % BAND


def luhn(digits: str) -> str:
    """The check digit behind ``digits`` (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)


NO_RESIDENT_NUMBER: Mapping[str, None] = dict.fromkeys(
    ("resident_number", "resident_number_index", "resident_number_region")
)
NO_PHONE: Mapping[str, None] = dict.fromkeys(("phone", "phone_index", "phone_head"))
NO_BANK_CARD: Mapping[str, None] = dict.fromkeys(("bank_card",))
NO_BIRTH_DATE: Mapping[str, None] = dict.fromkeys(("birth_date",))
"""The columns that are emptied together; erasure empties all four sets (the band of years of birth stays: statistics)."""


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
        DataError: it is no date.
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
"""For each sealed column of ``member`` what is written with it."""


def personal_columns(vault: Vault, member: int, **values: str | None) -> Columns:
    """The columns to write for some personal values of a member, given in clear: ``phone="…", bank_card=None``.

    Raises:
        DataError: a value has not the form of its kind.
    """
    columns: Columns = {}
    for name, text in values.items():
        columns |= WRITERS[name](vault, member, text)
    return columns
