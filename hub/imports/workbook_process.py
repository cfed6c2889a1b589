"""Reads a workbook, in a process of its own: ``python workbook_process.py PATH [SHEET]``.

The library that reads workbooks reserves the rectangle around all values, and ends its process if there is not enough memory: an XLS file
of 6 KB can ask for 128 GB. Here it ends nobody else, and the system's limits hold for it.

Without SHEET it prints the first rows of each visible sheet, as one JSON object by name; with SHEET all rows of it, a JSON array on each
line. A day is ``{"day": "2023-02-09"}``. It imports nothing of the hub.
"""

import datetime
import errno
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

MEMORY = 2 * 2**30
"""Bytes of memory."""

SECONDS = 300
"""Seconds of processor time."""

OUTPUT = 2 * 2**30
"""Bytes that are printed: a long text may be in a million cells."""

HEAD = 30
MAX_SHEETS = 20
PASSWORD, DAMAGED, NO_SPACE = 3, 4, 5
"""The statuses for a workbook with a password, for one that cannot be read, and for a full disk."""


def limit() -> None:
    """Set the limits, as far as the system has them."""
    limits = (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in limits:
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def plain(value: Any) -> Any:
    """What JSON has not: days and times."""
    if isinstance(value, datetime.date):
        return {"day": value.isoformat()[:10]}
    return value.isoformat() if isinstance(value, datetime.time) else str(value)


def rows_of(sheet: Any) -> Iterator[list[Any]]:
    """The rows of a sheet, each from column A on."""
    before = [""] * (sheet.start or (0, 0))[1]
    for row in sheet.iter_rows():
        yield before + row


def main(path: str, wanted: str | None) -> int:
    """Print what is wanted; the result is the status of the process."""
    limit()
    import orjson
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    def printed(value: Any) -> None:
        sys.stdout.buffer.write(orjson.dumps(value, plain, orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_APPEND_NEWLINE))

    try:
        workbook = CalamineWorkbook.from_path(path)
        if wanted is not None:
            for row in rows_of(workbook.get_sheet_by_name(wanted)):
                printed(row)
            sys.stdout.buffer.flush()
            return 0
        visible = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
        printed({name: list(islice(rows_of(workbook.get_sheet_by_name(name)), HEAD)) for name in visible[:MAX_SHEETS]})
        sys.stdout.buffer.flush()
    except OSError as error:
        return NO_SPACE if error.errno == errno.ENOSPC else 1
    except PasswordError:
        return PASSWORD
    except CalamineError:
        return DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
