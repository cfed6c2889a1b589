"""How PostgreSQL writes columns as JSON, as orjson would; the response has it as it is.

Fetching, building and encoding a row costs the hub more than writing it costs PostgreSQL; the benchmark in ADR 0048 has the figures.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, Boolean, ColumnElement, Date, Integer, Numeric, Text, cast, func, literal_column
from sqlalchemy import Enum as EnumType

from resolvers.engine.plan.parameters import TEXT

MARK = "\\t"
"""A tab, as a literal writes it. The JSON has one for each object that it brings, which is white space to those who read it; within a text
a tab is always escaped. So the hub counts the objects without reading the JSON."""


class JsonText:
    """A JSON text while it is put together, of constant parts and values. A value that is null ends up as an empty text."""

    def __init__(self, *parts: ColumnElement[Any]) -> None:
        self._parts = list(parts)
        self._constant = ""

    def constant(self, text: str) -> None:
        """Add a text of GraphQL names, punctuation and marks."""
        self._constant += text

    def value(self, value: ColumnElement[Any]) -> None:
        """Add a value that SQL computes."""
        if self._constant:
            self._parts.append(literal(self._constant))
            self._constant = ""
        self._parts.append(value)

    def text(self, other: "JsonText") -> None:
        """Add another text, part by part: PostgreSQL copies what it has concatenated once more for each concatenation."""
        for part in other._parts:
            self.value(part)
        self.constant(other._constant)

    def column(self, column: ColumnElement[Any], *, nullable: bool) -> None:
        """Add the value of a column."""
        kind = column.type
        quote, value = '"' * (isinstance(kind, EnumType | Date | Numeric)), column
        if not quote and isinstance(kind, Text):
            value = func.to_json(column)
        elif isinstance(kind, Boolean):
            value = cast(column, TEXT)
        if nullable:
            text = cast(value, TEXT)
            quoted = literal(quote).concat(text).concat(literal(quote)) if quote else text
            self.value(func.coalesce(quoted, literal("null")))
        else:
            self.constant(quote)
            self.value(value)
            self.constant(quote)

    def whole(self) -> ColumnElement[str]:
        """All of it."""
        parts = [*self._parts, *([literal(self._constant)] if self._constant else [])]
        return concat(parts)


def is_written(column: ColumnElement[Any] | None) -> bool:
    """Whether PostgreSQL writes the values of a column as the hub would."""
    if column is None:
        return False
    return isinstance(column.type, EnumType | Date | Numeric | BigInteger | Integer | Boolean | Text)


def literal(text: str) -> ColumnElement[str]:
    """A constant text: nothing in it but marks needs an escape."""
    return literal_column(f"E'{text}'" if "\\" in text else f"'{text}'", TEXT)


def concat(parts: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """The parts one after the other."""
    return cast(parts[0], TEXT) if len(parts) == 1 else func.concat(*parts, type_=TEXT)


def as_bytes(json: ColumnElement[str]) -> ColumnElement[bytes]:
    """A text in UTF-8, which the hub passes on without decoding it."""
    return func.convert_to(json, literal_column("'UTF8'", TEXT))


def fragment(json: bytes) -> orjson.Fragment:
    """JSON that PostgreSQL wrote, for orjson."""
    return orjson.Fragment(json)
