"""An empty workbook of a kind of record: headings with what they take, drop-downs of codes, and an example row."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from hub.imports.cells import Formats, number_format, write_cell
from resolvers.unknown_codes import chinese as chinese_part
from resolvers.writing.declare import Column, WritableKind
from resolvers.writing.values import BadValue, DayType, DecimalType, ValueType

ROWS = 10_000
"""Rows with drop-downs."""

ENGLISH = {
    "codes": "Codes",
    "notes": "Notes",
    "required": "required",
    "optional": "optional",
    "e.g.": "e.g. ",
    "table": ("Column", "Required", "What it takes", "Remarks", "Example"),
    "example": "The grey row is an example. It is left out if it stays as it is.",
}
CHINESE = {
    "codes": "代码",
    "notes": "填表说明",
    "required": "必填",
    "optional": "选填",
    "e.g.": "例如：",
    "table": ("列", "是否必填", "填写要求", "备注", "示例"),
    "example": "灰色的一行是示例，原样保留时不会导入。",
}


def write_template(kind: WritableKind, path: Path, *, chinese: bool) -> None:
    """Write the template."""
    words = CHINESE if chinese else ENGLISH
    workbook = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    formats = Formats(workbook)
    sheet = workbook.add_worksheet(heading_of(kind.heading.english, kind.heading.chinese, chinese=chinese)[:31])
    lists = [(place, options_of(column.type, chinese=chinese)) for place, column in enumerate(kind.columns)]
    codes = workbook.add_worksheet(str(words["codes"]))
    for place, column in enumerate(kind.columns):
        form = number_format(column)
        sheet.set_column(place, place, 20, formats.get(num_format=form))
        heading = heading_of(column.heading.english, column.heading.chinese, chinese=chinese)
        star = "*" if column.required else ""
        color = "#DDEBF7" if column.required else "#F2F2F2"
        sheet.write_string(0, place, heading + star, formats.get(bold=True, bg_color=color, border=1))
        sheet.write_comment(0, place, "\n".join(_remarks(column, chinese=chinese)), {"x_scale": 2.5, "y_scale": 1.5})
        _write_example(sheet, place, column, formats)
    for target, (place, options) in enumerate((place, options) for place, options in lists if options):
        heading = heading_of(kind.columns[place].heading.english, kind.columns[place].heading.chinese, chinese=chinese)
        codes.write_string(0, target, heading, formats.get(bold=True))
        codes.write_column(1, target, options)
        codes.set_column(target, target, 28)
        letter = chr(65 + target)
        source = f"='{words['codes']}'!${letter}$2:${letter}${len(options) + 1}"
        sheet.data_validation(1, place, ROWS, place, {"validate": "list", "source": source, "error_type": "warning"})
    sheet.freeze_panes(1, 0)
    notes = workbook.add_worksheet(str(words["notes"]))
    for row, cells in enumerate(_notes(kind, chinese=chinese)):
        notes.write_row(
            row, 0, cells, formats.get(bold=True) if row == 1 else formats.get(text_wrap=True, valign="top")
        )
    notes.set_column(0, 0, 24)
    notes.set_column(2, 4, 48)
    workbook.close()


def heading_of(english: str, chinese_: str, *, chinese: bool) -> str:
    """A heading in a language."""
    return chinese_ if chinese else english


def in_language(text: str, *, chinese: bool) -> str:
    """The part of a text, written English (中文), in a language."""
    word = chinese_part(text)
    return word if chinese else text.removesuffix(f"({word})").strip() or text


def options_of(type_: ValueType, *, chinese: bool) -> list[str]:
    """The values of a column to choose from, each as it is read again."""
    found = []
    for code, label in type_.options.items():
        shown = in_language(label, chinese=chinese)
        try:
            same = str(type_.read(shown)).casefold() == code.casefold()
        except BadValue:
            same = False
        found.append(shown if same else code)
    return found


def _write_example(sheet: Worksheet, place: int, column: Column, formats: Formats) -> None:
    grey = formats.get(italic=True, font_color="#808080", num_format=number_format(column))
    example: object = column.example
    if example and isinstance(column.type, DayType):
        example = date.fromisoformat(column.example)
    elif example and isinstance(column.type, DecimalType):
        example = float(column.example)
    write_cell(sheet, 1, place, example, grey)


def accepted(column: Column, *, chinese: bool) -> str:
    """What a column takes."""
    if column.refers_to is not None and column.refers_to.description:
        return in_language(column.refers_to.description, chinese=chinese)
    return column.type.chinese if chinese else column.type.english


def _remarks(column: Column, *, chinese: bool) -> Iterator[str]:
    words = CHINESE if chinese else ENGLISH
    yield str(words["required"] if column.required else words["optional"])
    yield accepted(column, chinese=chinese)
    if column.note:
        yield in_language(column.note, chinese=chinese)
    if column.example:
        yield f"{words['e.g.']}{column.example}"


def _notes(kind: WritableKind, *, chinese: bool) -> Iterator[Sequence[str]]:
    words = CHINESE if chinese else ENGLISH
    yield [str(words["example"])]
    yield list(words["table"])
    for column in kind.columns:
        yield [
            heading_of(column.heading.english, column.heading.chinese, chinese=chinese),
            str(words["required"] if column.required else words["optional"]),
            accepted(column, chinese=chinese),
            in_language(column.note, chinese=chinese) if column.note else "",
            column.example,
        ]
