"""The row of headings: below titles, in any order, by any of their names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from hub.imports.bad_file import BadFile, cell
from resolvers.writing.declare import Column, WritableKind
from resolvers.writing.values import BadValue, ValueType, text_of

SEARCHED = 30
"""Rows at the top in which the headings are looked for."""

_BRACKETS = re.compile(r"[(\[{【〔〈《「]([^)\]}】〕〉》」]*)[)\]}】〕〉》」]")


@dataclass(frozen=True)
class HeadedColumn:
    """A column of a file: its place, counted from 0, its heading as written, our column, and its type in the unit of the heading."""

    place: int
    heading: str
    column: Column
    type: ValueType


@dataclass(frozen=True)
class Headings:
    """The headings of a file, found in ``row``, counted from 1. ``ignored`` are those of columns that are not taken."""

    row: int
    columns: tuple[HeadedColumn, ...]
    ignored: tuple[str, ...]


def normal(heading: str) -> str:
    """A heading as it is compared: letters and digits, without what stands in brackets, and differences of width and case."""
    return letters_of(_BRACKETS.sub("", normalize("NFKC", heading))) or letters_of(heading)


def letters_of(text: str) -> str:
    """The letters and digits of a text, without differences of width and case."""
    return "".join(letter for letter in normalize("NFKC", text).casefold() if letter.isalnum())


@lru_cache(maxsize=64)
def named(kind: WritableKind) -> Mapping[str, Column]:
    """The columns of a kind by each of their names, as compared, with and without what stands in brackets. A name without its brackets
    that two columns share is none."""
    whole: dict[str, Column] = {}
    bare: dict[str, set[str]] = {}
    for column in kind.columns:
        for name in (*column.heading.names(), column.name):
            whole.setdefault(letters_of(name), column)
            bare.setdefault(normal(name), set()).add(column.name)
    return {name: kind.column(next(iter(each))) for name, each in bare.items() if len(each) == 1} | whole


def unit_of(heading: str) -> str:
    """What stands in the last brackets of a heading, such as 万元."""
    found = _BRACKETS.findall(normalize("NFKC", heading))
    return found[-1].removeprefix("单位").lstrip(":").strip() if found else ""


def column_of(kind: WritableKind, columns: Mapping[str, str], heading: str) -> Column | str | None:
    """Our column of a heading; "" if the mapping leaves it out, None if the heading is not known."""
    mapped = columns.get(normal(heading))
    if mapped is not None:
        return kind.column(mapped) if mapped else ""
    names = named(kind)
    return names.get(letters_of(heading)) or names.get(normal(heading))


def known(kind: WritableKind, columns: Mapping[str, str], row: Iterable[Any]) -> int:
    """How many columns of the kind a row has as headings."""
    found = (column_of(kind, columns, text_of(value)) for value in row if isinstance(value, str) and value.strip())
    return len({column.name for column in found if isinstance(column, Column)})


def find_headings(
    kind: WritableKind, columns: Mapping[str, str], rows: Sequence[Sequence[Any]], heading_row: int | None = None
) -> Headings:
    """The headings among the first rows of a file: the first of the rows that have the most headings of the kind.

    Raises:
        BadFile: NO_HEADINGS, DUPLICATE_HEADING, MISSING_HEADING, WRONG_UNIT.
    """
    if heading_row is not None:
        number = heading_row
    else:
        fitness = [known(kind, columns, row) for row in rows[:SEARCHED]]
        number = fitness.index(max(fitness)) + 1 if any(fitness) else 0
    if not 1 <= number <= len(rows) or not known(kind, columns, rows[number - 1]):
        raise no_headings(kind)
    return headings_of(kind, columns, rows[number - 1], number)


def headings_of(kind: WritableKind, columns: Mapping[str, str], row: Sequence[Any], number: int) -> Headings:
    """The headings of a row. Raises BadFile: see ``find_headings``."""
    found: dict[str, HeadedColumn] = {}
    ignored = []
    for place, value in enumerate(row):
        heading = text_of(value).strip()
        column = column_of(kind, columns, heading) if heading else None
        if not isinstance(column, Column):
            ignored += [heading] if heading else []
        elif column.name in found:
            other = found[column.name]
            raise BadFile(
                "DUPLICATE_HEADING",
                f"Two columns are both {column.heading.english} ({column.heading.chinese}): {cell(number, other.place)} and"
                f" {cell(number, place)}. Rename or delete one of them.",
            )
        else:
            try:
                type_ = column.type.in_unit(unit_of(heading))
            except BadValue as error:
                raise BadFile(error.code, f"{cell(number, place)}: {error.message}") from None
            found[column.name] = HeadedColumn(place, heading, column, type_)
    missing = [column.heading for column in kind.required() if column.name not in found]
    if missing:
        raise BadFile(
            "MISSING_HEADING",
            f"There is no column {', '.join(f'{each.english} ({each.chinese})' for each in missing)}. Row {number} was taken for the row of"
            " headings. Add the column, or name it in a mapping file.",
        )
    return Headings(number, tuple(found.values()), tuple(ignored))


def no_headings(kind: WritableKind) -> BadFile:
    """The error of a table without headings."""
    wanted = [column.heading for column in (kind.required() or kind.columns)]
    return BadFile(
        "NO_HEADINGS",
        f"No row of headings was found in the first {SEARCHED} rows. The table needs one with"
        f" {', '.join(f'{each.english} ({each.chinese})' for each in wanted)}. Begin with the template.",
    )
