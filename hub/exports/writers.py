"""Writers: the rows of an export become the bytes of a file, some rows at a time."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import xlsxwriter

from db.clock import SHANGHAI
from hub.exports.columns import SEPARATOR, Column
from hub.exports.forms import Format

MARK = "\ufeff"
"""By which Excel knows that a CSV is in UTF-8."""

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet may take for the beginning of a formula, in full width too."""

MAX_ROWS, MAX_TEXT = 1_048_576, 32_767
"""Rows of a sheet, headings included, and characters of a cell, at most."""

MAX_EXACT = 10**15
"""Numbers below it are exact in a workbook."""


class Writer(ABC):
    """Writes one file. What it returns are the file's next bytes, which may be none."""

    file: Path | None = None
    """Where the whole file is after ``end``, if it cannot be sent before."""

    def begin(self) -> bytes:
        """The beginning of the file."""
        return b""

    @abstractmethod
    def rows(self, rows: Sequence[dict[str, Any]]) -> bytes:
        """Further rows."""

    def end(self) -> bytes:
        """The end of the file."""
        return b""


class NdjsonWriter(Writer):
    """Each row is a line of JSON, as it is in the response of the query."""

    def rows(self, rows: Sequence[dict[str, Any]]) -> bytes:
        """Further rows."""
        return b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows])


class CsvWriter(Writer):
    """CSV by RFC 4180 in UTF-8, with a mark for Excel, and without formulas."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.buffer = io.StringIO(newline="")
        self.lines = csv.writer(self.buffer)
        self.cells = [cell_of(column) for column in columns]

    def begin(self) -> bytes:
        """The mark and the headings."""
        self.buffer.write(MARK)
        self.lines.writerow([defused(column.heading) for column in self.columns])
        return self._taken()

    def rows(self, rows: Sequence[dict[str, Any]]) -> bytes:
        """Further rows."""
        cells = self.cells
        self.lines.writerows([[cell(row) for cell in cells] for row in rows])
        return self._taken()

    def _taken(self) -> bytes:
        """What was written since the last call. Half of a surrogate pair, which no text of the database has, becomes a question mark."""
        text = self.buffer.getvalue()
        self.buffer.seek(0)
        self.buffer.truncate()
        return text.encode(errors="replace")


def cell_of(column: Column) -> Callable[[dict[str, Any]], str]:
    """A function that makes the cell of a column from a row."""
    value, labels, is_text = column.value, column.labels, column.is_text

    def cell(row: dict[str, Any]) -> str:
        found = value(row)
        if found is None:
            return ""
        text = shown(found, labels)
        return defused(text) if is_text or isinstance(found, list) else text

    return cell


def shown(value: Any, labels: dict[str, str] | None) -> str:
    """A value as text: days and times by ISO 8601, ``true`` and ``false``, the values of a list behind each other."""
    if isinstance(value, list):
        return SEPARATOR.join(shown(each, labels) for each in value if each is not None)
    if isinstance(value, str):
        return value if labels is None else labels.get(value, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def defused(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what looks like one."""
    return f"'{text}" if text.startswith(FORMULA) else text


class XlsxWriter(Writer):
    """A workbook: numbers, days and truth values as such, everything else as text, so that nothing is a formula.

    It is written to a file; memory does not grow with the rows. Rows over what a sheet takes go to further sheets.
    """

    def __init__(self, columns: Sequence[Column], path: Path, title: str) -> None:
        self.columns = columns
        self.file = path
        self.title = title[:25]
        options = {"constant_memory": True, "nan_inf_to_errors": True, "tmpdir": str(path.parent)}
        self.book = xlsxwriter.Workbook(str(path), options)
        self.bold = self.book.add_format({"bold": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.sheets = 0
        self._add_sheet()

    def _add_sheet(self) -> None:
        self.sheets += 1
        self.sheet = self.book.add_worksheet(self.title if self.sheets == 1 else f"{self.title} {self.sheets}")
        self.sheet.set_column(0, len(self.columns) - 1, 18)
        self.sheet.freeze_panes(1, 0)
        for place, column in enumerate(self.columns):
            self.sheet.write_string(0, place, fitting(column.heading), self.bold)
        self.next = 1

    def rows(self, rows: Sequence[dict[str, Any]]) -> bytes:
        """Further rows."""
        for row in rows:
            if self.next == MAX_ROWS:
                self._add_sheet()
            for place, column in enumerate(self.columns):
                value = column.value(row)
                if value is not None:
                    self._write(place, column, value)
            self.next += 1
        return b""

    def _write(self, place: int, column: Column, value: Any) -> None:
        row, sheet = self.next, self.sheet
        if isinstance(value, bool):
            sheet.write_boolean(row, place, value)
        elif isinstance(value, int | float) and abs(value) < MAX_EXACT:
            sheet.write_number(row, place, value)
        elif column.type_name == "Decimal" and isinstance(value, str) and abs(float(value)) < MAX_EXACT:
            sheet.write_number(row, place, float(value))
        elif isinstance(value, datetime):
            sheet.write_datetime(row, place, value.astimezone(SHANGHAI).replace(tzinfo=None), self.moment)
        elif isinstance(value, date) and value.year > 1900:
            sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), self.day)
        else:
            text = fitting(shown(value, column.labels))
            if text:
                sheet.write_string(row, place, text)

    def end(self) -> bytes:
        """Write the rest of the file."""
        self.book.close()
        return b""


def fitting(text: str) -> str:
    """A text that a cell can hold, in which characters outside of the basic plane count twice: a longer one is cut, and ends with an
    ellipsis."""
    if len(text) <= MAX_TEXT // 2:
        return text
    units = text.encode("utf-16-le")
    return text if len(units) <= 2 * MAX_TEXT else f"{units[: 2 * MAX_TEXT - 2].decode('utf-16-le', 'ignore')}…"


def writer_of(format_: Format, columns: Sequence[Column], path: Path, title: str) -> Writer:
    """The writer of a format; a workbook is written to ``path``."""
    match format_:
        case Format.CSV:
            return CsvWriter(columns)
        case Format.XLSX:
            return XlsxWriter(columns, path, title)
    return NdjsonWriter()
