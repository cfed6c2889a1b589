"""How PostgreSQL writes columns as JSON, as orjson would; the response has it as it is.

Fetching, building and encoding a row costs the hub more than writing it costs PostgreSQL; the benchmark in ADR 0048 has the figures.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import orjson
from sqlalchemy import BigInteger, Boolean, ColumnElement, Date, Integer, Numeric, Text, cast, func, literal_column
from sqlalchemy import Enum as EnumType

from resolvers.engine.plan.parameters import TEXT

MARK = "\\t"
"""A tab, as a literal writes it. The JSON has one for each object that it brings, which is white space to those who read it; within a text
a tab is always escaped. So the hub counts the objects without reading the JSON."""


class JsonText:
    """A JSON text while it is put together, of constant parts and of values, none of which is null."""

    def __init__(self, *parts: str | ColumnElement[str]) -> None:
        self._parts = list(parts)

    def constant(self, text: str) -> None:
        """Add a text of GraphQL names, punctuation and marks."""
        last = self._parts[-1] if self._parts else None
        if isinstance(last, str):
            self._parts[-1] = last + text
        elif text:
            self._parts.append(text)

    def value(self, value: ColumnElement[str]) -> None:
        """Add a value that SQL computes."""
        self._parts.append(value)

    def text(self, other: "JsonText") -> None:
        """Add another text, part by part."""
        for part in other._parts:
            if isinstance(part, str):
                self.constant(part)
            else:
                self.value(part)

    def column(self, column: ColumnElement[Any], *, nullable: bool) -> None:
        """Add the value of a column."""
        kind = column.type
        quote = '"' * isinstance(kind, EnumType | Date | Numeric)
        value = cast(func.to_json(column) if not quote and isinstance(kind, Text) else column, TEXT)
        if nullable:
            quoted = concat([literal(quote), value, literal(quote)]) if quote else value
            self.value(func.coalesce(quoted, literal("null")))
        else:
            self.constant(quote)
            self.value(value)
            self.constant(quote)

    def whole(self) -> ColumnElement[str]:
        """All of it."""
        return concat([literal(part) if isinstance(part, str) else part for part in self._parts])


def is_written(column: ColumnElement[Any] | None) -> bool:
    """Whether PostgreSQL writes the values of a column as the hub would."""
    if column is None:
        return False
    return isinstance(column.type, EnumType | Date | Numeric | BigInteger | Integer | Boolean | Text)


def literal(text: str) -> ColumnElement[str]:
    """A constant text: nothing in it but marks needs an escape."""
    return literal_column(f"E'{text}'" if "\\" in text else f"'{text}'", TEXT)


def concat(parts: Sequence[ColumnElement[str]]) -> ColumnElement[str]:
    """The parts one after the other."""
    return reduce(lambda before, part: before.concat(part), parts)


def as_bytes(json: ColumnElement[str]) -> ColumnElement[bytes]:
    """A text in UTF-8, which the hub passes on without decoding it."""
    return func.convert_to(json, literal_column("'UTF8'", TEXT))


def fragment(json: bytes) -> orjson.Fragment:
    """JSON that PostgreSQL wrote, for orjson."""
    return orjson.Fragment(json)
