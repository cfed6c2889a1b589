"""Codes with check digits: GB 32100 credit codes with their GB 11714 body, and the parts of GB 11643 resident
numbers."""

from datetime import date, timedelta

from db.input_values import RESIDENT_WEIGHTS

BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
BODY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_VALUE = {character: value for value, character in enumerate(CREDIT_ALPHABET)}
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

SEQUENCES = 999
"""Sequence numbers of one county and day of birth, 001–999, odd for men."""


def credit_code(prefix: str, county: str, serial: int) -> str:
    """The GB 32100 code of ``prefix`` (81 a grassroots union …), the six digits of a county, and a serial number below
    31⁶."""
    digits = ""
    for _ in range(6):
        serial, digit = divmod(serial, 31)
        digits = CREDIT_ALPHABET[digit] + digits
    if serial:
        raise ValueError("no credit codes are left")
    body = "MC" + digits
    check = (
        11
        - sum(BODY_ALPHABET.index(character) * weight for character, weight in zip(body, BODY_WEIGHTS, strict=True))
        % 11
    )
    body += "X" if check == 10 else "0" if check == 11 else str(check)
    head = prefix + county + body
    total = sum(CREDIT_VALUE[character] * weight for character, weight in zip(head, CREDIT_WEIGHTS, strict=True))
    return head + CREDIT_ALPHABET[-total % 31]


def weighted(digits: str, start: int) -> int:
    """The weighted sum of digits that begin at position ``start`` of a resident number."""
    return sum(int(digit) * weight for digit, weight in zip(digits, RESIDENT_WEIGHTS[start:], strict=False))


def births(first: date, last: date) -> list[tuple[str, str, int, int]]:
    """For each day from ``first`` to ``last``: ISO date, eight digits, their weighted sum, the day's ordinal."""
    made = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        digits = day.strftime("%Y%m%d")
        made.append((day.isoformat(), digits, weighted(digits, 6), day.toordinal()))
    return made


SEQUENCE_PARTS = [(f"{number:03d}", weighted(f"{number:03d}", 14), number % 2) for number in range(SEQUENCES + 1)]
"""For each sequence number: three digits, their weighted sum, 1 for a man and 0 for a woman."""
