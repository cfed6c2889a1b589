"""The sealed cells of generated members. Nonces are random, as they must be: two runs of one seed differ in these cells and in
no others."""

import os

from db.crypto import NONCE, Sealer
from db.keys import KeyRing
from db.members import BANK_CARD, BIRTH_DATE, PHONE, RESIDENT_NUMBER
from db.personal import luhn

ISSUER = "620000"
"""The issuer's digits of made-up cards: those of test cards, which no bank gives to a person."""

NO_CARD = "\t\\N\t\\N"
START = "\\\\x"
"""How a ``bytea`` begins in COPY's text format."""


class Seals:
    """Makes the cells with the keys of a ring; one for a process."""

    def __init__(self, ring: KeyRing) -> None:
        version = ring.newest
        self._birth, self._number, self._phone, self._card = (
            Sealer(version, secret) for secret in (BIRTH_DATE, RESIDENT_NUMBER, PHONE, BANK_CARD)
        )
        self._start = START + self._birth.header.hex()

    def cells(self, member: int, birth: str, number: str, phone: str) -> str:
        """From ``birth_date`` to ``phone_tail``: seven cells of a member's row and the tabs between them."""
        row, start, random = b"%d" % member, self._start, os.urandom(3 * NONCE)
        one, two, three = random[:NONCE], random[NONCE : 2 * NONCE], random[2 * NONCE :]
        by_birth, by_number, by_phone = self._birth, self._number, self._phone
        sealed_birth = one + by_birth.encrypt(one, birth.encode(), by_birth.place + row)
        sealed_number = two + by_number.encrypt(two, number.encode(), by_number.place + row)
        sealed_phone = three + by_phone.encrypt(three, phone.encode(), by_phone.place + row)
        return (
            f"{start}{sealed_birth.hex()}\t{start}{sealed_number.hex()}\t{START}{by_number.index(number).hex()}"
            f"\t{number[:6]}\t{number[-4:]}\t{start}{sealed_phone.hex()}\t{START}{by_phone.index(phone).hex()}"
            f"\t{phone[:3]}\t{phone[-4:]}"
        )

    def card(self, member: int) -> str:
        """The cells of a bank card, made up from the member's key, each with its tab before it."""
        digits = f"{ISSUER}{member:012d}"
        number = digits + luhn(digits)
        return f"\t{START}{self._card.seal(member, number).hex()}\t{number[-4:]}"
