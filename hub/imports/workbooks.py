"""Rows of cells from XLSX and XLS, which a process of its own reads into a temporary file."""

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import IO, Any

import orjson

from hub.imports import archive, workbook_process
from hub.imports.bad_file import BadFile

ZIP = b"PK\x03\x04"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
MAX_XLS = 32 * 2**20
"""Bytes of an XLS file, which has at most 65,536 rows."""

SECONDS = 600.0
"""How long a workbook may be read."""

Cells = list[Any]


class Workbook:
    """A workbook. ``heads`` has the first rows of each visible sheet."""

    def __init__(self, path: Path, magic: bytes) -> None:
        """Measure the workbook, then read its first rows.

        Raises:
            BadFile: CUT_OFF, UNREADABLE_FILE, FILE_TOO_LARGE, TOO_MANY_COLUMNS.
        """
        self.format = "XLSX" if magic == ZIP else "XLS"
        self.path = path
        if magic == ZIP:
            archive.require_sound(path)
        elif path.stat().st_size > MAX_XLS:
            raise BadFile("FILE_TOO_LARGE", "An XLS file of this size is not read. Save it as XLSX or CSV.")
        with read(path) as printed:
            heads: Mapping[str, list[Cells]] = orjson.loads(printed.read())
        self.heads = {name: [*map(cells, rows)] for name, rows in heads.items()}
        self._read: tuple[str, IO[bytes]] | None = None

    def rows(self, sheet: str) -> Iterator[Cells]:
        """The rows of a sheet from its first on, each from column A on. It is read once, however often it is asked for.

        Raises:
            BadFile: CUT_OFF, FILE_TOO_LARGE.
        """
        if self._read is None or self._read[0] != sheet:
            self._read = sheet, read(self.path, sheet)
        with open(self._read[1].fileno(), "rb", closefd=False) as printed:
            printed.seek(0)
            for line in printed:
                yield cells(orjson.loads(line))


def cells(row: Cells) -> Cells:
    """A row with its days as days."""
    return [date.fromisoformat(cell["day"]) if type(cell) is dict else "" if cell is None else cell for cell in row]


def read(path: Path, *sheet: str) -> IO[bytes]:
    """What the process that reads workbooks prints, in a temporary file.

    Raises:
        BadFile: CUT_OFF, UNREADABLE_FILE, FILE_TOO_LARGE.
        OSError: the disk is full.
    """
    printed = tempfile.TemporaryFile()  # noqa: SIM115 — it is closed with the workbook
    words = [sys.executable, "-P", workbook_process.__file__, str(path.absolute()), *sheet]
    try:
        status = subprocess.run(  # noqa: S603 — a program of the hub's, without a shell
            words, stdout=printed, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        raise archive.too_large() from None
    if status == workbook_process.PASSWORD:
        raise BadFile("UNREADABLE_FILE", "The workbook is protected by a password. Save it without one.")
    if status == workbook_process.DAMAGED:
        raise archive.cut_off()
    if status == workbook_process.NO_SPACE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), tempfile.gettempdir())
    if status:
        raise archive.too_large()
    printed.seek(0)
    return printed
