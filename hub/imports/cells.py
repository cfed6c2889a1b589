"""Cells of the workbooks that are written: formats by the type of a column, and no text ever becomes a formula."""

from datetime import date, datetime, time
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from resolvers.writing.declare import Column
from resolvers.writing.values import CountType, DayType, DecimalType

DAY = "yyyy-mm-dd"
TEXT = "@"
"""The format of text: what is typed into such a cell keeps all its digits."""


def number_format(column: Column) -> str:
    """The format of the cells of a column."""
    if isinstance(column.type, DayType):
        return DAY
    if isinstance(column.type, CountType):
        return "0"
    return "General" if isinstance(column.type, DecimalType) else TEXT


def write_cell(sheet: Worksheet, row: int, place: int, value: Any, format_: Format | None) -> None:
    """Write a value as what it is."""
    if value is None or value == "":
        sheet.write_blank(row, place, None, format_)
    elif isinstance(value, bool):
        sheet.write_boolean(row, place, value, format_)
    elif isinstance(value, int | float):
        sheet.write_number(row, place, value, format_)
    elif isinstance(value, date | datetime):
        sheet.write_datetime(row, place, value, format_)
    else:
        sheet.write_string(row, place, value.isoformat() if isinstance(value, time) else str(value), format_)


class Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def get(self, **properties: Any) -> Format:
        """The format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._workbook.add_format(properties)
        return self._made[key]
