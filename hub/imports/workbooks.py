"""Rows of cells from XLSX and XLS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from hub.imports import archive
from hub.imports.bad_file import BadFile

ZIP = b"PK\x03\x04"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
MAX_XLS = 32 * 2**20
"""Bytes of an XLS file, which has at most 65,536 rows."""

Cells = list[Any]


class Workbook:
    """A workbook. Its sheets are those that are visible."""

    def __init__(self, path: Path, magic: bytes) -> None:
        """Open the workbook.

        Raises:
            BadFile: CUT_OFF, UNREADABLE_FILE, FILE_TOO_LARGE, TOO_MANY_COLUMNS.
        """
        self.format = "XLSX" if magic == ZIP else "XLS"
        if magic == ZIP:
            archive.require_sound(path)
        elif path.stat().st_size > MAX_XLS:
            raise BadFile("FILE_TOO_LARGE", "An XLS file of this size is not read. Save it as XLSX or CSV.")
        try:
            self._workbook = CalamineWorkbook.from_path(path)
        except PasswordError:
            raise BadFile("UNREADABLE_FILE", "The workbook is protected by a password. Save it without one.") from None
        except CalamineError:
            raise archive.cut_off() from None
        self.sheets = [
            sheet.name
            for sheet in self._workbook.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
        self._read: dict[str, CalamineSheet] = {}

    def rows(self, sheet: str) -> Iterator[Cells]:
        """The rows of a sheet from its first on, each from column A on.

        Raises:
            BadFile: CUT_OFF.
        """
        found = self._read.get(sheet)
        if found is None:
            try:
                found = self._workbook.get_sheet_by_name(sheet)
            except CalamineError:
                raise archive.cut_off() from None
            self._read = {sheet: found}
        before: Cells = [""] * (found.start or (0, 0))[1]
        for row in found.iter_rows():
            yield before + row
