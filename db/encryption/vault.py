"""Encryption of single columns: sealed values, which open in their own row only, and blind indexes for exact search.

A sealed value is ``cipher (1 byte) · key version (2) · nonce (12) · ciphertext · tag (16)``. The tag also authenticates the first three
bytes, the table, the column and the row's ID.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from db.encryption.keys import CipherKind, DigestKind, KeyRing, KeySource, KeyVersion
from db.errors import DataError

HEADER, NONCE, TAG = 3, 12, 16
INDEX = 16
"""Bytes of a blind index: HMAC cut to 128 bits; among a billion values two are equal by chance in one of 10²⁰ hubs."""

MARKS = {CipherKind.AES_256_GCM: 1, CipherKind.SM4_GCM: 2}
BLOCK = 64
"""Bytes of a block of SHA-256 and of SM3."""

INNER_PAD, OUTER_PAD = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
HASHES = {DigestKind.SHA_256: "sha256", DigestKind.SM3: "sm3"}


class SealError(DataError):
    """A sealed value cannot be opened. The message names table, column and row, and nothing of the value."""


@dataclass(frozen=True, slots=True)
class Secret:
    """An encrypted column; ``index`` is the column of its blind index, if it can be searched."""

    table: str
    column: str
    index: str | None = None

    @property
    def place(self) -> bytes:
        """The name that binds a value to this column."""
        return f"{self.table}.{self.column}".encode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value read from ``table``.``column`` of the row with the ID ``row``."""

    table: str
    column: str
    row: int
    value: bytes


class Aead(Protocol):
    """Authenticated encryption with the interface of ``cryptography``: the tag follows the ciphertext."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The ciphertext and the tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The clear data; ``InvalidTag`` if anything was changed."""


class SM4GCM:
    """SM4 (GB/T 32907) in GCM with the interface of ``AESGCM``; the key has 16 bytes."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The ciphertext and the tag."""
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The clear data; ``InvalidTag`` if anything was changed."""
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-TAG:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-TAG]) + decryptor.finalize()


def aead(kind: CipherKind, key: bytes) -> Aead:
    """The cipher of a key."""
    return AESGCM(key) if kind is CipherKind.AES_256_GCM else SM4GCM(key)


def blind_index(version: KeyVersion, secret: Secret, text: str) -> bytes:
    """The blind index of a value: a keyed hash, equal for equal values of one column and different between columns."""
    keyed = version.index_key
    return hmac.digest(keyed, secret.place + b"\x1f" + text.encode(), HASHES[version.digest])[:INDEX]


class Sealer:
    """Seals values of one column with one key version; one object for many rows."""

    def __init__(self, version: KeyVersion, secret: Secret) -> None:
        self.header = header(version)
        self.place = self.header + secret.place + b"\x1f"
        self.encrypt = aead(version.cipher, version.key).encrypt
        key, name = version.index_key.ljust(BLOCK, b"\0"), HASHES[version.digest]
        # HMAC by its definition, from two hash states computed once: half the time of hmac.new
        self._inner = hashlib.new(name, key.translate(INNER_PAD) + secret.place + b"\x1f")
        self._outer = hashlib.new(name, key.translate(OUTER_PAD))

    def seal(self, row: int, text: str) -> bytes:
        """The sealed value of a row."""
        nonce = os.urandom(NONCE)
        return self.header + nonce + self.encrypt(nonce, text.encode(), b"%b%d" % (self.place, row))

    def index(self, text: str) -> bytes:
        """The blind index of a value; the same as ``blind_index``."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.digest()[:INDEX]


def header(version: KeyVersion) -> bytes:
    """The first three bytes of values sealed with this version."""
    return bytes((MARKS[version.cipher],)) + version.number.to_bytes(2, "big")


def version_of(value: bytes) -> int:
    """The key version of a sealed value."""
    return int.from_bytes(value[1:HEADER], "big")


class Vault:
    """Seals and opens values, and computes blind indexes, with the keys of a source; one object for all threads and tasks."""

    def __init__(self, keys: KeySource) -> None:
        self.keys = keys

    def sealer(self, secret: Secret) -> Sealer:
        """The sealer of a column with the current version."""
        return _sealer(self.keys.ring().newest, secret)

    def seal(self, secret: Secret, row: int, text: str) -> bytes:
        """The sealed value of a row."""
        return self.sealer(secret).seal(row, text)

    def indexes(self, secret: Secret, text: str) -> list[bytes]:
        """The blind indexes of a value under every key version, the current one first: write the first, search with ``= ANY`` of all."""
        ring = self.keys.ring()
        versions = [ring.newest, *(version for number, version in ring.versions.items() if number != ring.current)]
        return [blind_index(version, secret, text) for version in versions]

    def open(self, values: Iterable[Sealed]) -> list[str]:
        """The clear values, in order.

        Raises:
            SealError: one was changed, moved here from another row or column, or its key version is not in the ring.
        """
        return decrypt(self.keys.ring(), values)


def decrypt(ring: KeyRing, values: Iterable[Sealed]) -> list[str]:
    """The clear values, in order.

    Raises:
        SealError: as ``Vault.open`` does.
    """
    return [_open(ring, each) for each in values]


def _open(ring: KeyRing, sealed: Sealed) -> str:
    value = sealed.value
    version = ring.versions.get(version_of(value))
    where = f"{sealed.table}.{sealed.column} of row {sealed.row}"
    if len(value) < HEADER + NONCE + TAG:
        raise SealError(f"{where} is not a sealed value: it is cut off.")
    if version is None:
        raise SealError(
            f"{where} was written with key version {version_of(value)}, which is not in the key ring (it has"
            f" {', '.join(map(str, sorted(ring.versions)))}). Put that version back from the copy of the key file."
        )
    if value[:HEADER] != header(version):
        raise SealError(f"{where} names another cipher than key version {version.number} has.")
    bound = b"%b%b.%b\x1f%d" % (value[:HEADER], sealed.table.encode(), sealed.column.encode(), sealed.row)
    try:
        clear = _aead(version).decrypt(value[HEADER : HEADER + NONCE], value[HEADER + NONCE :], bound)
    except InvalidTag:
        raise SealError(
            f"{where} cannot be opened: it was changed, comes from another row or column, or was written with another"
            f" key under the number {version.number}. Compare the key file with its copy, and the row with a backup."
        ) from None
    return clear.decode()


@lru_cache(maxsize=64)
def _aead(version: KeyVersion) -> Aead:
    return aead(version.cipher, version.key)


@lru_cache(maxsize=256)
def _sealer(version: KeyVersion, secret: Secret) -> Sealer:
    return Sealer(version, secret)
