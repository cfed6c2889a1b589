"""The sealed values of generated members. Their nonces must be random, so that only these values differ between two runs with one seed."""

import os

from db.encryption.keys import KeyRing
from db.encryption.vault import NONCE, Sealer
from db.input_values import luhn
from db.members import BANK_CARD, BIRTH_DATE, PHONE, RESIDENT_NUMBER

ISSUER = "620000"
"""The first digits of the synthetic cards: those of test cards, which no bank issues."""

CARD_STRIDE = 618_033_988_749
"""It has no common factor with 10¹², so that no two members have the same card."""

NO_CARD = "\t\\N"
START = "\\\\x"
"""How a ``bytea`` begins in COPY's text format."""

POOL = 500
"""For how many members nonces are drawn at a time."""


class MemberSealer:
    """Seals values with the keys of a ring; one object for a process."""

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
        """Seven cells of a member's row, from ``birth_date`` to ``phone_head``, with the tabs between them."""
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
        """The cell of a bank card, after a tab. The number is computed from the member's ID but shows none of its digits: other columns
        are computed from the ID too."""
        digits = f"{ISSUER}{member * CARD_STRIDE % 10**12:012d}"
        return f"\t{START}{self._card.seal(member, digits + luhn(digits)).hex()}"
