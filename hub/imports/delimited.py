"""Rows of cells from text: CSV in UTF-8 with or without a mark, UTF-16 and GB18030, separated by commas, tabs or semicolons.

The encoding is found by decoding the whole file, in the order in which a wrong guess is impossible: a mark decides; UTF-8 next, which text
in GB18030 is not by chance; then GB18030, which has GBK and GB2312 inside. Nothing is guessed from frequencies of letters.
"""

import codecs
import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from hub.imports.archive import MAX_COLUMNS
from hub.imports.bad_file import BadFile

PIECE = 2**20
DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon"}
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
NAMES = {
    "utf-8-sig": "UTF-8 with a mark",
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "gb18030": "GB18030",
}
HEAD = 50
"""Rows by which the delimiter is found."""

MAX_CELL = 100_000
"""Characters of a cell. One that is longer has begun with a quotation mark that does not end."""


class DelimitedText:
    """A text file with a row a line. ``encoding`` and ``delimiter`` are found, or those that were declared."""

    format = "CSV"

    def __init__(self, path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> None:
        """Find out the encoding.

        Raises:
            BadFile: WRONG_ENCODING, CUT_OFF, UNREADABLE_FILE.
        """
        self.path = path
        self.encoding = encoding_of(path) if encoding is None else declared(path, encoding)
        self.delimiter = delimiter

    @property
    def encoding_name(self) -> str:
        """The encoding as people call it."""
        return NAMES.get(self.encoding, self.encoding)

    def choose_delimiter(self, fitness: Callable[[list[list[str]]], int]) -> None:
        """Take the delimiter with which the first rows fit best, unless one was declared; the comma if none does."""
        if self.delimiter is None:
            self.delimiter = max(DELIMITERS, key=lambda each: fitness(self._head(each)))

    def _head(self, delimiter: str) -> list[list[str]]:
        try:
            return list(islice(self._rows(delimiter), HEAD))
        except (csv.Error, BadFile):
            return []

    def rows(self) -> Iterator[list[str]]:
        """All rows from the first on. A cell in quotation marks may have several lines; its row counts as one, as in a spreadsheet.

        Raises:
            BadFile: CUT_OFF, UNREADABLE_FILE, TOO_MANY_COLUMNS.
        """
        return self._rows(self.delimiter or ",")

    def _rows(self, delimiter: str) -> Iterator[list[str]]:
        csv.field_size_limit(MAX_CELL)
        number = 0
        with self.path.open(encoding=self.encoding, newline="") as text:
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            while True:
                number += 1
                try:
                    row = next(reader, None)
                except csv.Error as error:
                    raise unreadable(number, str(error)) from None
                if row is None:
                    return
                if len(row) > MAX_COLUMNS:
                    raise BadFile(
                        "TOO_MANY_COLUMNS",
                        f"Row {number} has {len(row):,} columns, and {MAX_COLUMNS} are read. Send the table alone.",
                    )
                yield row

    def ends_with_a_line_end(self) -> bool:
        """Whether the last row is followed by a line end, as programs write it."""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 4))
            return file.read().rstrip(b"\0").endswith((b"\n", b"\r"))


def unreadable(row: int, reason: str) -> BadFile:
    """The error of quotation marks that do not close."""
    if "unexpected end of data" in reason:
        return BadFile(
            "CUT_OFF",
            f"The file ends within the quotation marks that begin in row {row}: it was cut off, or a quotation mark is missing. Save it"
            " again, and send the whole file.",
        )
    return BadFile(
        "UNREADABLE_FILE",
        f"Row {row} cannot be read: a quotation mark stands inside of a cell, or does not end. Double it, or save the table as XLSX.",
    )


def encoding_of(path: Path) -> str:
    """The encoding of a text file.

    Raises:
        BadFile: WRONG_ENCODING, CUT_OFF, UNREADABLE_FILE.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    marked = next((name for mark, name in MARKS if start.startswith(mark)), None)
    if marked is None and b"\0" in start:
        marked = utf16_of(start)
    if marked is not None:
        return require_text(path, marked)
    problem = decoding_problem(path, "utf-8")
    if problem is None:
        return require_text(path, "utf-8")
    if problem.end_only and any(byte > 0x7F for byte in start):
        raise cut_in_a_character()
    problem = decoding_problem(path, "gb18030")
    if problem is None:
        return require_text(path, "gb18030")
    if problem.end_only:
        raise cut_in_a_character()
    raise BadFile(
        "WRONG_ENCODING",
        f"The text is none of UTF-8, UTF-16 and GB18030 (byte {problem.at:,}). Save it as CSV UTF-8, or as XLSX.",
    )


def declared(path: Path, encoding: str) -> str:
    """The declared encoding, if the file is in it.

    Raises:
        BadFile: WRONG_ENCODING, which says in which encoding the file is.
    """
    try:
        name = codecs.lookup({"gbk": "gb18030", "gb2312": "gb18030"}.get(encoding.lower(), encoding)).name
    except LookupError:
        raise BadFile(
            "WRONG_ENCODING", "There is no encoding of the declared name. Declare utf-8, utf-16 or gb18030, or none."
        ) from None
    if name not in NAMES:
        raise BadFile("WRONG_ENCODING", "The declared encoding is not read. Save the file as UTF-8, UTF-16 or GB18030.")
    found = encoding_of(path)
    if NAMES[found].split()[0] == NAMES[name].split()[0]:
        return found
    if found == "utf-8" and decoding_problem(path, "ascii") is None and name == "gb18030":
        return name
    raise BadFile(
        "WRONG_ENCODING",
        f"The file was declared as {NAMES[name]}, and is {NAMES[found]}. Declare that, or leave the declaration out.",
    )


def utf16_of(start: bytes) -> str:
    """The order of bytes of UTF-16 without a mark: the zeros of its ASCII letters stand at odd or even places.

    Raises:
        BadFile: UNREADABLE_FILE: the zeros are those of another kind of file.
    """
    odd, even = start[1::2].count(0), start[0::2].count(0)
    if min(odd, even) * 20 > max(odd, even) or max(odd, even) * 100 < len(start):
        raise other_kind()
    return "utf-16-le" if odd > even else "utf-16-be"


class Problem:
    """Where a file stops being of an encoding; ``end_only`` is whether it is only that the last character is cut."""

    def __init__(self, at: int, *, end_only: bool = False) -> None:
        self.at = at
        self.end_only = end_only


def decoding_problem(path: Path, encoding: str) -> Problem | None:
    """Decode a whole file in pieces."""
    decoder = codecs.getincrementaldecoder(encoding)()
    at = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                return Problem(at + error.start)
            at += len(piece)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return Problem(at, end_only=True)
    return None


def require_text(path: Path, encoding: str) -> str:
    """The encoding, if the file is text in it.

    Raises:
        BadFile: UNREADABLE_FILE: it has control characters, so it is another kind of file; CUT_OFF.
    """
    problem = decoding_problem(path, encoding)
    if problem is not None and problem.end_only:
        raise cut_in_a_character()
    if problem is not None:
        raise BadFile(
            "WRONG_ENCODING",
            f"The text is not {NAMES[encoding]}, as its mark says (byte {problem.at:,}). Save it as CSV UTF-8.",
        )
    with path.open(encoding=encoding, newline="") as text:
        while piece := text.read(PIECE):
            if any(letter in piece for letter in ("\0", "\x01", "\x02", "\x03", "\x04", "\x1a")):
                raise other_kind()
    return encoding


def other_kind() -> BadFile:
    """The error of a file that is no table."""
    return BadFile(
        "UNREADABLE_FILE", "This is neither a workbook (XLSX, XLS) nor text (CSV). Send the table in one of these."
    )


def cut_in_a_character() -> BadFile:
    """The error of a file that ends in the middle of a character."""
    return BadFile("CUT_OFF", "The file ends in the middle of a character: it was cut off. Send the whole file.")
