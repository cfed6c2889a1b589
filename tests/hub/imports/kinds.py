"""A kind of record for tests of files, and files of it."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from db.employers import EmployerKind
from db.input_values import normal_resident_number, resident_check
from resolvers.writing.declare import Column, Heading, WritableKind
from resolvers.writing.values import (
    CodeType,
    CountType,
    DayType,
    DivisionType,
    MoneyType,
    NormalType,
    TextType,
    YesNoType,
)

UNITS = WritableKind(
    name="units",
    record="Unit",
    heading=Heading("Units", "单位"),
    natural_keys=(("number",),),
    columns=(
        Column(name="number", heading=Heading("Number", "编号", ("序列号", "单位编号")), type=TextType(20), required=True, example="A-001"),
        Column(name="name", heading=Heading("Name", "单位名称", ("名称", "单位全称")), type=TextType(), required=True, example="示例公司"),
        Column(name="kind", heading=Heading("Kind", "单位类型"), type=CodeType(EmployerKind), example="民营企业"),
        Column(name="capital", heading=Heading("Capital", "注册资本"), type=MoneyType(), example="100000"),
        Column(name="headcount", heading=Heading("Headcount", "职工人数", ("人数",)), type=CountType(most=1_000_000), example="120"),
        Column(name="is_listed", heading=Heading("Listed", "是否上市"), type=YesNoType(), example="否"),
        Column(name="founded_on", heading=Heading("Founded on", "成立日期"), type=DayType(), example="2020-01-31"),
        Column(name="division", heading=Heading("Division", "行政区划"), type=DivisionType(), example="330106"),
        Column(
            name="manager_number", heading=Heading("Manager's resident number", "负责人身份证号"),
            type=NormalType(normal_resident_number), personal=True, example="110101199003070011",
        ),
        Column(name="manager", heading=Heading("Manager", "负责人"), type=TextType(50), personal=True, example="张示例"),
    ),
)  # fmt: skip

HEADINGS = [column.heading.chinese for column in UNITS.columns]


def person(sequence: int) -> str:
    """A resident number of a person who does not exist."""
    first = f"11010119{50 + sequence % 40:02}{1 + sequence % 12:02}{1 + sequence % 28:02}{sequence % 900 + 11:03}"
    return first + resident_check(first)


def unit(sequence: int) -> list[Any]:
    """A good row."""
    return [
        f"U{sequence:06}", f"第{sequence}分公司（𠮷·）", ("国有企业", "PRIVATE_ENTERPRISE", "Platform enterprise")[sequence % 3],
        f"{sequence},000.50" if 0 < sequence < 1000 else sequence + 0.5, sequence % 500, ("是", "否", "√")[sequence % 3],
        ("2023年2月9日", "2023.2.9", "2023/02/09", "20230209")[sequence % 4], ("330106", "浙江省杭州市西湖区")[sequence % 2],
        person(sequence), "买买提·艾山",
    ]  # fmt: skip


def write_csv(path: Path, rows: Sequence[Sequence[Any]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """A CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[Any]], sheet: str = "Sheet1") -> Path:
    """A workbook."""
    workbook = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False})
    page = workbook.add_worksheet(sheet)
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    workbook.close()
    return path
