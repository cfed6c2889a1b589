"""A file with its headings, and its rows by the names of the kind's columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from hub.imports.bad_file import BadFile, letters
from hub.imports.delimited import DELIMITERS, DelimitedText
from hub.imports.headings import SEARCHED, Headings, find_headings, known
from hub.imports.mapping import FileMapping
from hub.imports.workbooks import OLE, ZIP, Workbook
from resolvers.writing.declare import WritableKind
from resolvers.writing.outcomes import RawRow
from resolvers.writing.values import text_of

PLAIN = FileMapping()


@dataclass(frozen=True)
class FileFormat:
    """How a file was read: ``CSV``, ``XLSX`` or ``XLS``; the encoding and delimiter of text; the sheet of a workbook."""

    name: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


class Table:
    """A table of records of one kind in a file. ``kind`` is the kind with the types in the units of the headings."""

    def __init__(self, path: Path, kind: WritableKind, mapping: FileMapping = PLAIN) -> None:
        """Read the top of the file.

        Raises:
            BadFile: the file cannot be read, or its headings are missing or double.
        """
        self.path = path
        self.mapping = mapping
        self._source = opened(path, mapping)
        columns = mapping.columns
        if isinstance(self._source, DelimitedText):
            text = self._source
            text.choose_delimiter(lambda rows: max((known(kind, columns, row) for row in rows), default=0))
            self.format = FileFormat(
                text.format, text.encoding_name, DELIMITERS.get(text.delimiter or ",", text.delimiter or ",")
            )
        else:
            self.format = FileFormat(self._source.format, sheet=self._choose_sheet(self._source, kind))
        head = list(islice(self.cells(), max(SEARCHED, mapping.heading_row or 0)))
        self.headings: Headings = find_headings(kind, columns, head, mapping.heading_row)
        types = {each.column.name: each.type for each in self.headings.columns}
        self.kind = replace(
            kind, columns=tuple(replace(each, type=types.get(each.name, each.type)) for each in kind.columns)
        )
        self.empty = 0
        """Empty rows that ``rows`` has left out."""

        self.examples = 0
        """Rows like the template's example that ``rows`` has left out."""

        self._example = {column.name: column.example for column in kind.columns if column.example}

    def _choose_sheet(self, workbook: Workbook, kind: WritableKind) -> str:
        """The declared sheet, or the first of those whose first rows have the most headings."""
        heads = workbook.heads
        if self.mapping.sheet is not None:
            if self.mapping.sheet not in heads:
                raise BadFile("NO_HEADINGS", f"There is no sheet of the declared name. There are: {', '.join(heads)}.")
            return self.mapping.sheet
        if not heads:
            raise BadFile("NO_HEADINGS", "The workbook has no visible sheet.")

        def fitness(sheet: str) -> int:
            return max((known(kind, self.mapping.columns, row) for row in heads[sheet]), default=0)

        return max(heads, key=fitness)

    def cells(self) -> Iterator[list[Any]]:
        """All rows of the file from the first on, as they stand there. Raises BadFile."""
        if isinstance(self._source, DelimitedText):
            yield from self._source.rows()
        else:
            assert self.format.sheet is not None
            yield from self._source.rows(self.format.sheet)

    def rows(self) -> Iterator[RawRow]:
        """The rows below the headings that have values, numbered as in a spreadsheet.

        Raises:
            BadFile: the file ends in the middle of a row, or a row cannot be read.
        """
        places = [(each.place, each.column.name) for each in self.headings.columns]
        values = self.mapping.values
        width = max(place for place, _ in places) + 1
        self.empty = self.examples = 0
        row: list[Any] = []
        gap = 0
        for number, row in enumerate(self.cells(), 1):
            if number <= self.headings.row:
                continue
            found: dict[str, Any] = {}
            for place, name in places:
                value = row[place] if place < len(row) else None
                if value is not None and value != "" and not (isinstance(value, str) and not value.strip()):
                    found[name] = value
            if not found:
                gap += 1
                continue
            self.empty, gap = self.empty + gap, 0
            if self._is_example(found):
                self.examples += 1
                continue
            yield RawRow(number, translated(found, values) if values else found)
        if isinstance(self._source, DelimitedText):
            self._require_end(row, width)

    def _require_end(self, last: list[Any], width: int) -> None:
        """Raises BadFile CUT_OFF: the last row has fewer cells than the headings, and no line end."""
        assert isinstance(self._source, DelimitedText)
        if 0 < len(last) < width and not self._source.ends_with_a_line_end():
            raise BadFile(
                "CUT_OFF",
                "The last row has fewer cells than there are headings, and no line end: the file was cut off. Send the whole file.",
            )

    def _is_example(self, found: Mapping[str, Any]) -> bool:
        """Whether a row is the template's example, as it was or with dates that a spreadsheet has rewritten."""
        return (
            bool(self._example)
            and all(name in self._example and same(value, self._example[name]) for name, value in found.items())
            and len(found) == len(self._example.keys() & {each.column.name for each in self.headings.columns})
        )

    def letter(self, column: str) -> str | None:
        """The letter of one of our columns in the file."""
        return next((letters(each.place) for each in self.headings.columns if each.column.name == column), None)


def same(value: Any, example: str) -> bool:
    """Whether a value of a file is that of the example."""
    return text_of(value).strip() == example or (isinstance(value, date) and value.isoformat()[:10] == example)


def translated(found: dict[str, Any], values: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The values of a row, with those that the mapping names replaced by ours."""
    return {
        name: values[name].get(text_of(value).strip(), value) if name in values else value
        for name, value in found.items()
    }


def opened(path: Path, mapping: FileMapping) -> DelimitedText | Workbook:
    """A file by its first bytes; its name says nothing.

    Raises:
        BadFile: EMPTY_FILE, and those of the readers.
    """
    with path.open("rb") as file:
        magic = file.read(8)
    if not magic:
        raise BadFile("EMPTY_FILE", "The file is empty. Send the table.")
    if magic.startswith(ZIP):
        return Workbook(path, ZIP)
    if magic == OLE:
        return Workbook(path, OLE)
    return DelimitedText(path, encoding=mapping.encoding, delimiter=mapping.delimiter)
