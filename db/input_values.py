"""Checks of input values (输入值): one set of checks, which every command calls before it reads or writes.

Each check returns a value in the form that is stored and compared, or raises ``DataError``, whose message never repeats the value.
"""

import re
import unicodedata
from datetime import date

from db.clock import today
from db.errors import DataError

EARLIEST = date(1900, 1, 1)
"""No member was born before."""

BARRED = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"})
"""Unicode categories that no name, number or other short text may have: controls and line breaks, zero-width and direction marks,
surrogates, and unassigned code points."""

IN_LINES = frozenset("\n\r\t\u200c\u200d")
"""Exceptions for texts of several lines: line breaks, tabs, and the joiners of scripts and emoji."""

RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECK = "10X98765432"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9X]")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CARD = re.compile(r"[1-9][0-9]{11,18}")


class TextError(DataError):
    """A text that is too long or has a character that is not allowed."""


def normal_text(text: str, most: int, *, lines: bool = False) -> str:
    """A text without surrounding white space; ``lines`` allows several lines.

    Raises:
        TextError: it is longer than ``most`` characters, or has one of ``BARRED``.
    """
    found = text.strip()
    if len(found) > most:
        raise TextError(f"At most {most} characters are taken here.")
    kept = IN_LINES if lines else frozenset()
    if not found.isprintable():
        for letter in found:
            if letter not in kept and unicodedata.category(letter) in BARRED:
                raise TextError(
                    f"The character U+{ord(letter):04X} is not taken here: a control, a line break, a zero-width or direction mark, or half"
                    " of a character. Leave it out."
                )
    return found


def normal_birth_date(text: str) -> str:
    """A day of birth as it is stored: YYYY-MM-DD.

    Raises:
        DataError: it has another form, is no date, or is not between 1900 and today.
    """
    found = text.strip()
    try:
        day = date.fromisoformat(found) if _DAY.fullmatch(found) else None
    except ValueError:
        day = None
    if day is None:
        raise DataError("A day of birth is written YYYY-MM-DD.")
    if not EARLIEST <= day <= today():
        raise DataError("A day of birth lies between 1900 and today.")
    return found


def normal_resident_number(text: str) -> str:
    """A resident number (GB 11643) as it is stored and searched: 18 characters, the last a digit or X.

    Raises:
        DataError: its form, its day of birth or its check character is wrong.
    """
    number = text.strip().upper()
    if not _RESIDENT.fullmatch(number):
        raise DataError("A resident number has 17 digits and then a digit or X.")
    try:
        day = date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= today():
        raise DataError(
            "A resident number has the day of birth from the seventh digit on, as YYYYMMDD, between 1900 and today."
        )
    if resident_check(number[:17]) != number[17]:
        raise DataError("The last character of this resident number does not fit the 17 digits before it.")
    return number


def normal_phone(text: str) -> str:
    """A mobile number as it is stored and searched: 11 digits, without +86, spaces and hyphens.

    Raises:
        DataError: it is not a mobile number.
    """
    number = text.strip().removeprefix("+86").replace(" ", "").replace("-", "")
    if not _MOBILE.fullmatch(number):
        raise DataError("A mobile number has 11 digits and begins with 13 to 19.")
    return number


def normal_bank_card(text: str) -> str:
    """A bank card's number as it is stored: 12 to 19 digits with the right check digit (Luhn).

    Raises:
        DataError: it is not a card's number.
    """
    number = text.strip().replace(" ", "").replace("-", "")
    if not (_CARD.fullmatch(number) and luhn(number[:-1]) == number[-1]):
        raise DataError("A bank card's number has 12 to 19 digits, the last of which is a check digit.")
    return number


def canonical_credit_code(text: str) -> str:
    """A unified social credit code (GB 32100) as it is stored: capital letters, no surrounding white space. It is not checked."""
    return text.strip().upper()


def resident_check(digits: str) -> str:
    """The check character for the first 17 digits of a resident number (GB 11643)."""
    return RESIDENT_CHECK[sum(int(digit) * weight for digit, weight in zip(digits, RESIDENT_WEIGHTS, strict=True)) % 11]


def luhn(digits: str) -> str:
    """The check digit for ``digits`` (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)
