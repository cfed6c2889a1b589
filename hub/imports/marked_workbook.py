"""The sent file again as a workbook, with the faulty cells marked and explained, to be mended and sent back."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import xlsxwriter

from hub.imports.bad_file import place_of
from hub.imports.cells import DAY, Formats, number_format, write_cell
from hub.imports.report import Fault, ImportReport
from hub.imports.table import Table
from resolvers.writing.outcomes import Severity

HEADINGS = ("问题（更正后可保留本列）", "Faults (may stay when they are corrected)")
"""The heading of the column with the explanations, in Chinese and English: no column of any kind, so that it is not taken when the
workbook is sent back."""

MAX_COMMENTS = 10_000
"""Cells with a comment: with more, spreadsheet programs take minutes to open a workbook. The last column explains them all."""

RED, YELLOW = "#FFC7CE", "#FFEB9C"


def write_marked(table: Table, report: ImportReport, path: Path, *, chinese: bool, bad_rows_only: bool = False) -> None:
    """Write the workbook. ``bad_rows_only`` leaves out the rows that were written."""
    faults: dict[int, list[Fault]] = defaultdict(list)
    for fault in report.faults:
        faults[fault.row].append(fault)
    refused = {fault.row for fault in report.faults if fault.severity is Severity.ERROR}
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True, "nan_inf_to_errors": True})
    formats = Formats(workbook)
    sheet = workbook.add_worksheet((table.format.sheet or "Sheet1")[:31])
    types = {each.place: number_format(each.column) for each in table.headings.columns}
    width, last = _place_of_faults(table)
    for place in range(last + 1):
        sheet.set_column(place, place, 18, formats.get(num_format=types.get(place, "General")))
    sheet.set_column(width, width, 80)
    sheet.freeze_panes(table.headings.row, 0)
    comments = target = 0
    for number, cells in enumerate(table.cells(), 1):
        if bad_rows_only and number > table.headings.row and number not in refused:
            continue
        found = _by_place(faults.get(number, ()))
        for place in range(max(len(cells), *(place + 1 for place in found), 0) if found else len(cells)):
            if place == width:
                continue
            value = cells[place] if place < len(cells) else None
            properties = {"num_format": DAY if isinstance(value, date) else types.get(place, "General")}
            if place in found:
                color = RED if any(each.severity is Severity.ERROR for each in found[place]) else YELLOW
                write_cell(sheet, target, place, value, formats.get(**properties, bg_color=color))
                if comments < MAX_COMMENTS:
                    comments += 1
                    text = "\n".join(each.text(chinese=chinese) for each in found[place])
                    sheet.write_comment(target, place, text, {"x_scale": 2.5})
            else:
                write_cell(sheet, target, place, value, formats.get(**properties))
        if number == table.headings.row:
            sheet.write_string(target, width, HEADINGS[0 if chinese else 1], formats.get(bold=True))
        elif faults.get(number):
            sheet.write_string(target, width, "\n".join(_explanations(faults[number], chinese=chinese)))
        target += 1
    workbook.close()


def _place_of_faults(table: Table) -> tuple[int, int]:
    """The place of the column with explanations, and of the last column before it: that of a marked workbook that was sent back, else
    the first behind the headings."""
    row = next(cells for number, cells in enumerate(table.cells(), 1) if number == table.headings.row)
    for place, heading in enumerate(row):
        if heading in HEADINGS:
            return place, place - 1
    filled = max((place for place, heading in enumerate(row) if heading not in (None, "")), default=0)
    return filled + 1, filled


def _by_place(faults: Sequence[Fault]) -> dict[int, list[Fault]]:
    """The faults of a row by the places of their cells."""
    found: dict[int, list[Fault]] = defaultdict(list)
    for fault in faults:
        if fault.letter is not None:
            found[place_of(fault.letter)].append(fault)
    return found


def _explanations(faults: Sequence[Fault], *, chinese: bool) -> Iterator[str]:
    for fault in faults:
        text = fault.text(chinese=chinese)
        yield text if fault.heading is None else f"{fault.heading}{'：' if chinese else ': '}{text}"
