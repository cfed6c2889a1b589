"""Checks of input values (输入值): one set of checks, which every command calls before it reads or writes.

Each check returns a value in the form that is stored and compared, or raises ``DataError``, whose message never repeats the value.
"""

import re
import unicodedata
from datetime import date
from operator import mul

from stdnum.cn import uscc

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
BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CREDIT = re.compile(r"[1-9ANY][1-9A-HJ-NP-RTUWXY][0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}")
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


def normal_credit_code(text: str) -> str:
    """A unified social credit code (GB 32100) as it is stored: 18 capital letters and digits.

    Beyond ``stdnum.cn.uscc`` it takes the codes of the army, of rural collectives and of others (A, N, Y), and it checks the ninth
    character of the organization's own code (GB 11714) at position 17.

    Raises:
        DataError: its form or one of its check characters is wrong.
    """
    code = canonical_credit_code(text)
    if not _CREDIT.fullmatch(code):
        raise DataError(
            "A credit code has 18 characters: the registering department and the class, six digits of the division, and ten digits or"
            " capital letters without I, O, S, V and Z."
        )
    if uscc.calc_check_digit(code) != code[17]:
        raise DataError("The last character of this credit code does not fit the 17 before it.")
    if body_check(code[8:16]) != code[16]:
        raise DataError("The seventeenth character of this credit code does not fit the eight before it.")
    return code


def body_check(body: str) -> str:
    """The check character for the eight characters of an organization's code (GB 11714)."""
    total = sum(int(letter, 36) * weight for letter, weight in zip(body, BODY_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def resident_check(digits: str) -> str:
    """The check character for the first 17 digits of a resident number (GB 11643)."""
    return RESIDENT_CHECK[sum(map(mul, map(int, digits), RESIDENT_WEIGHTS)) % 11]


def luhn(digits: str) -> str:
    """The check digit for ``digits`` (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)
