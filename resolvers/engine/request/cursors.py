"""Cursors: the place of a row in an order, sealed, and taken by the list alone that made it (docs/adr/0036).

A cursor is ``form (1 byte) · key version (2) · AES-SIV of the place``, in base64 for URLs. The place is JSON, filled up with blanks so that
its length does not tell how long a value is. Each list has a key of its own, so that the cursor of another one cannot be opened.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from db.encryption.keys import FixedKeys, KeySource, KeyVersion, new_ring
from resolvers.engine.request.arguments import Arguments, Leaf
from resolvers.engine.request.global_ids import KEY_MAX
from resolvers.errors import HubError

FORM = 1
HEADER, TAG = 3, 16
KEY_BYTES = 64
BLOCK = 16
MAX_LENGTH = 4096
PAGE = frozenset({"first", "last", "after", "before", "filter"})
"""Arguments that may differ from page to page of one list."""

Kinds = tuple[tuple[type, bool], ...]
"""The types of an order's columns, each with whether it can be null."""

Place = tuple[int | None, tuple[Any, ...]]
"""The key of the row that the list is below, if any, and the values of the order's columns."""


class CursorSealer:
    """Seals and opens the cursors of one list in one run."""

    def __init__(self, keys: "CursorKeys", list_id: bytes) -> None:
        self._keys = keys
        self._list_id = list_id
        self._newest: tuple[bytes, Callable[[bytes, None], bytes]] | None = None

    def __call__(self, parent: int | None, values: Sequence[Any]) -> str:
        """The cursor of a row, whose order columns have these values."""
        if self._newest is None:
            self._newest = self._keys.newest(self._list_id)
        header, encrypt = self._newest
        place = orjson.dumps(values if parent is None else [parent, *values], default=str)
        place = place.ljust(-(-len(place) // BLOCK) * BLOCK)
        return base64.urlsafe_b64encode(header + encrypt(place, None)).decode().rstrip("=")

    def open(self, text: str, kinds: Kinds) -> Place:
        """The place in a cursor. Raises BAD_CURSOR for what is no cursor, or one of another list, or one whose key is no longer kept."""
        try:
            if len(text) > MAX_LENGTH:
                raise ValueError
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            if len(sealed) < HEADER + TAG + BLOCK or sealed[0] != FORM:
                raise ValueError
            values = orjson.loads(self._opened(sealed))
            parent = values.pop(0) if len(values) > len(kinds) else None
            return parent, tuple(
                None if value is None and nullable else _READ[kind](value)
                for (kind, nullable), value in zip(kinds, values, strict=True)
            )
        except (ValueError, TypeError, binascii.Error, InvalidOperation):
            raise HubError(
                "BAD_CURSOR",
                "This is not a cursor of this service. Send an `endCursor` or `cursor` that an earlier page gave.",
            ) from None

    def _opened(self, sealed: bytes) -> bytes:
        cipher = self._keys.of(int.from_bytes(sealed[1:HEADER], "big"), self._list_id)
        if cipher is None:
            raise HubError(
                "BAD_CURSOR", "This cursor was sealed with a key that is used no more. Ask for the first page again."
            )
        try:
            return cipher.decrypt(sealed[HEADER:], None)
        except InvalidTag:
            raise HubError(
                "BAD_CURSOR",
                "This cursor was made by another list: another field, another order, or other arguments than the page's and `filter`. Send"
                " one that this very list gave, or ask for its first page.",
            ) from None


class CursorKeys:
    """The keys of cursors, one for each list, derived from a version of the key ring: old cursors are valid as long as it is kept."""

    def __init__(self, source: KeySource) -> None:
        self._source = source

    def newest(self, list_id: bytes) -> tuple[bytes, Callable[[bytes, None], bytes]]:
        """The header of a list's cursors and the function that encrypts them, with the newest version."""
        version = self._source.ring().newest
        return bytes((FORM,)) + version.number.to_bytes(2, "big"), _cipher(version, list_id).encrypt

    def of(self, number: int, list_id: bytes) -> AESSIV | None:
        """The cipher of a list's cursors of one version; None when the ring no longer has it."""
        version = self._source.ring().versions.get(number)
        return None if version is None else _cipher(version, list_id)


@lru_cache(maxsize=1024)
def _cipher(version: KeyVersion, list_id: bytes) -> AESSIV:
    return AESSIV(HKDF(SHA256(), KEY_BYTES, None, b"unionhub cursor\0" + list_id).derive(version.key))


@lru_cache(maxsize=1)
def process_keys() -> CursorKeys:
    """Keys that end with the process, for an engine without a key source, as in tests and measurements."""
    return CursorKeys(FixedKeys(new_ring()))


def cursor_sealer(place: str, order: str, arguments: Arguments) -> Callable[[Any], CursorSealer]:
    """A function that makes the sealer of a list's cursors in a run.

    A list is identified by its type and field (``place``), the columns of its ``order``, and its arguments but those that may differ from
    page to page.
    """
    given = sorted((name, value) for name, value in arguments.items() if name not in PAGE and value is not None)

    def sealer(inputs: Any) -> CursorSealer:
        values = [(name, _plain(value, inputs.variables)) for name, value in given]
        return CursorSealer(inputs.cursors, f"{place} {order} {values}".encode(errors="replace"))

    return sealer


def _plain(value: Any, variables: Any) -> Any:
    """An argument's value in this run, in a form of which different values have different texts."""
    match value:
        case Leaf():
            return str(value.get(variables))
        case Enum():
            return value.name
        case list():
            return [_plain(item, variables) for item in value]
        case dict():
            return sorted((name, _plain(item, variables)) for name, item in value.items())
    return value


def _integer(value: object) -> int:
    if type(value) is not int or not -KEY_MAX <= value <= KEY_MAX:
        raise ValueError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _decimal(value: object) -> Decimal:
    number = Decimal(_text(value))
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise ValueError
    return number


_READ: dict[type, Callable[[Any], Any]] = {
    int: _integer,
    str: _text,
    bool: _boolean,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    Decimal: _decimal,
}
