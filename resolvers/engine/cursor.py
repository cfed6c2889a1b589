"""Cursors: the place of a row in an order, as an opaque text that says which order it belongs to."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from resolvers.engine.ids import KEY_MAX
from resolvers.errors import HubError

MAX_LENGTH = 2048
MAX_DIGITS = 20

Values = tuple[Any, ...]


def encode(order: str, values: Sequence[Any]) -> str:
    """The cursor of a row whose order columns have ``values`` under the order with this fingerprint."""
    return base64.urlsafe_b64encode(orjson.dumps([order, *values], default=str)).decode().rstrip("=")


def decode(text: str, order: str, kinds: tuple[tuple[type, bool], ...]) -> Values:
    """The values in a cursor, of these types, each with whether it can be null. Raises BAD_CURSOR when it is malformed or of another
    order."""
    try:
        if len(text) > MAX_LENGTH:
            raise ValueError
        stored = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if not isinstance(stored, list) or not stored or not isinstance(stored[0], str):
            raise ValueError
        if stored[0] != order or len(stored) != len(kinds) + 1:
            raise HubError(
                "BAD_CURSOR", "This cursor belongs to a list in another order. Ask for the first page again."
            )
        return tuple(
            None if value is None and nullable else _READ[kind](value)
            for (kind, nullable), value in zip(kinds, stored[1:], strict=True)
        )
    except (ValueError, TypeError, binascii.Error, InvalidOperation):
        raise HubError(
            "BAD_CURSOR",
            "This is not a cursor of this service. Send an `endCursor` or `cursor` that an earlier page gave.",
        ) from None


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
