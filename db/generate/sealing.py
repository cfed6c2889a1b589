"""The sealed cells of generated members. Nonces are random, as they must be: two runs of one seed differ in these cells and in
no others."""

import os

from db.encryption.keys import KeyRing
from db.encryption.vault import NONCE, Sealer
from db.input_values import luhn
from db.members import BANK_CARD, BIRTH_DATE, PHONE, RESIDENT_NUMBER

ISSUER = "620000"
"""The issuer's digits of made-up cards: those of test cards, which no bank gives to a person."""

CARD_STRIDE = 618_033_988_749
"""Without a common factor with 10¹²: no two members have the same card."""

NO_CARD = "\t\\N"
START = "\\\\x"
"""How a ``bytea`` begins in COPY's text format."""

POOL = 500
"""So many members' nonces are drawn at a time."""


class Seals:
    """Makes the cells with the keys of a ring; one for a process."""

    def __init__(self, ring: KeyRing) -> None:
        version = ring.newest
        birth, number, phone, self._card = (
            Sealer(version, secret) for secret in (BIRTH_DATE, RESIDENT_NUMBER, PHONE, BANK_CARD)
        )
        self._encrypt = birth.encrypt
        self._places = (birth.place, number.place, phone.place)
        self._indexes = (number.index, phone.index)
        self._start = START + birth.header.hex()
        self._nonces = b""
        self._used = 0

    def cells(self, member: int, birth: str, number: str, phone: str) -> str:
        """From ``birth_date`` to ``phone_head``: seven cells of a member's row and the tabs between them."""
        used = self._used
        if used == len(self._nonces):
            self._nonces, used = os.urandom(3 * NONCE * POOL), 0
        self._used = used + 3 * NONCE
        nonces, row, encrypt, start = self._nonces, b"%d" % member, self._encrypt, self._start
        one, two, three = nonces[used : used + 12], nonces[used + 12 : used + 24], nonces[used + 24 : used + 36]
        of_birth, of_number, of_phone = self._places
        number_index, phone_index = self._indexes
        sealed_birth = one + encrypt(one, birth.encode(), of_birth + row)
        sealed_number = two + encrypt(two, number.encode(), of_number + row)
        sealed_phone = three + encrypt(three, phone.encode(), of_phone + row)
        return (
            f"{start}{sealed_birth.hex()}\t{start}{sealed_number.hex()}\t{START}{number_index(number).hex()}"
            f"\t{number[:6]}\t{start}{sealed_phone.hex()}\t{START}{phone_index(phone).hex()}\t{phone[:3]}"
        )

    def card(self, member: int) -> str:
        """The cell of a bank card with its tab before it. The number is made up from the member's key, and shows no digits of it: other
        columns are made from the key as well."""
        digits = f"{ISSUER}{member * CARD_STRIDE % 10**12:012d}"
        return f"\t{START}{self._card.seal(member, digits + luhn(digits)).hex()}"
