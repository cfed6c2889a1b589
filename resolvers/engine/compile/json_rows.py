"""Rows that PostgreSQL writes as JSON: those of a page that selects plain columns only; the response has them as they are.

Fetching, building and encoding a row costs the hub more than writing it costs PostgreSQL; the benchmark in ADR 0014 has the figures.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import orjson
from sqlalchemy import BigInteger, Boolean, ColumnElement, Date, Integer, Numeric, Text, cast, func, literal_column
from sqlalchemy import Enum as EnumType

from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import TEXT

Selected = Mapping[str, str | None]
"""Names of columns by response key; None stands for ``__typename``."""


class Fields(Protocol):
    """Finds what answers a field that is a column."""

    def field(self, source: Source, name: str) -> ColumnElement[Any] | None:
        """The column, or what masks it."""


def can_write(source: Source, selected: Selected, fields: Fields) -> bool:
    """Whether PostgreSQL can write all of these."""
    return all(name in (None, "id") or _quoted(fields.field(source, name)) is not None for name in selected.values())


def json_of_row(source: Source, selected: Selected, fields: Fields) -> ColumnElement[str]:
    """The JSON of a row."""
    parts: list[ColumnElement[Any]] = []
    text = "{"
    for place, (key, name) in enumerate(selected.items()):
        text += f'{"," if place else ""}"{key}":'
        if name is None:
            text += f'"{source.typename}"'
            continue
        if name == "id":
            parts += [_literal(f'{text}"{source.prefix}_'), func.to_hex(source.key)]
            text = '"'
            continue
        column = fields.field(source, name)
        assert column is not None
        quote = _quoted(column)
        if getattr(column, "nullable", True):
            value = _value(column)
            whole = _literal('"').concat(value).concat(_literal('"')) if quote else value
            parts += [_literal(text), func.coalesce(whole, _literal("null"))]
            text = ""
        else:
            parts += [_literal(text + '"' * bool(quote)), _value(column)]
            text = '"' * bool(quote)
    parts.append(_literal(text + "}"))
    json = parts[0]
    for part in parts[1:]:
        json = json.concat(part)
    return json


def fragment(json: str | None) -> orjson.Fragment:
    """The list of the rows that PostgreSQL wrote, for orjson."""
    return orjson.Fragment(f"[{json or ''}]")


def _literal(text: str) -> ColumnElement[str]:
    """A text of GraphQL names and punctuation: nothing in it needs an escape."""
    return literal_column(f"'{text}'", TEXT)


def _value(column: ColumnElement[Any]) -> ColumnElement[str]:
    if isinstance(column.type, EnumType) or not isinstance(column.type, Text):
        return cast(column, TEXT)
    return cast(func.to_json(column), TEXT)


def _quoted(column: ColumnElement[Any] | None) -> bool | None:
    """Whether the value needs quotes (a text has them already); None for a column that PostgreSQL cannot write."""
    if column is None:
        return None
    kind = column.type
    if isinstance(kind, EnumType | Date | Numeric):
        return True
    return False if isinstance(kind, BigInteger | Integer | Boolean | Text) else None
