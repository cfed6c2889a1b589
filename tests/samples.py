"""The sample files of ``docs/samples``: synthetic, with the usual faults of offices' spreadsheets; ``mended/`` has the same without these.

``UPDATE_DOCS=1 pytest tests/hub/imports/test_samples.py`` writes them again.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from db.generate.codes import credit_code
from db.input_values import resident_check

FOLDER = Path(__file__).parent.parent / "docs" / "samples"
WEST_LAKE = "杭州市西湖区总工会"


@dataclass(frozen=True)
class Fault:
    """A cell as it was sent, and as it should be."""

    sent: Any
    right: Any


@dataclass(frozen=True)
class Sample:
    """A file: lines above the headings, headings, and rows whose cells may be faults. ``faults`` are the codes of the report, by cell."""

    kind: str
    name: str
    titles: Sequence[str]
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    faults: Mapping[str, str]

    def cells(self, *, mended: bool) -> list[list[Any]]:
        """All lines of the file."""
        rows = [
            [(cell.right if mended else cell.sent) if isinstance(cell, Fault) else cell for cell in row]
            for row in self.rows
        ]
        return [*([title] for title in self.titles), list(self.headings), *rows]


def union_code(serial: int) -> str:
    """A credit code of a union that does not exist."""
    return credit_code("81", "330106", 700 + serial)


def employer_code(serial: int) -> str:
    """A credit code of an employer that does not exist."""
    return credit_code("91", "330106", 700 + serial)


def person(born: str, sequence: int) -> str:
    """A resident number of a person who does not exist."""
    first = f"330106{born}{sequence:03}"
    return first + resident_check(first)


def wide(text: str) -> str:
    """A text with full-width digits."""
    return "".join(chr(ord(letter) + 0xFEE0) if letter.isdigit() else letter for letter in text)


def other_check(code: str) -> str:
    """A credit code whose last character is another one."""
    return code[:-1] + ("8" if code[-1] != "8" else "6")


LOGISTICS, FOODS, PARK, SOFTWARE = "西湖示例物流有限公司", "西湖示例食品厂", "北山示例商圈", "西湖示例软件股份有限公司"

UNIONS = Sample(
    "unions",
    "unions.xlsx",
    ("西湖区工会组织台账", "填报单位：杭州市西湖区总工会　　填报日期：2026年6月30日"),
    ("序号", "工会全称", "层级", "类型", "建会形式", "统一社会信用代码", "上级工会", "所在区划", "建会日期", "第几届", "换届日期", "主席", "联系人"),
    (
        (1, "杭州市总工会", "市级", "地方总工会", "总工会", None, "浙江省总工会", "330100", "1949年9月1日", None, None, None, "略"),
        (2, WEST_LAKE, "县级", "地方总工会", "总工会", None, "杭州市总工会", 330106, "1950.5.1", 12, "2022年6月8日", "示例甲", "略"),
        (3, "北山街道总工会", "乡镇街道", "地方总工会", "总工会", None, WEST_LAKE, "330106002", "2003/11/20", "第5届", date(2023, 3, 15), "示例·乙", "略"),
        (4, f"{LOGISTICS}工会", "基层", "基层工会", "单独基层工会", f"'{union_code(1)}", "北山街道总工会", "330106002", "2019年3月4日", 2,
         "2024-03-20", "示例丙", "略"),
        (5, f"{FOODS}工会", "基层", "基层工会", "单独基层工会", Fault(other_check(union_code(2)), union_code(2)), WEST_LAKE,
         "浙江省杭州市西湖区", "20180901", wide("2"), "2023年9月1日", "示例𠮷", "略"),
        (6, f"{PARK}联合工会", "基层", "基层工会", "联合基层工会", union_code(3), Fault("北山街道总公会", "北山街道总工会"), "330106002",
         "二〇二一年六月一日", 1, "2021年6月1日", "示例丁", "略"),
        (7, f"{SOFTWARE}工会", "基层", "基层工会", "单独基层工会", union_code(4).lower(), WEST_LAKE, "330106", 43466, 2, "2024年1月1日", "示例戊", "略"),
    ),
    {"F8": "BAD_VALUE", "G9": "NOT_FOUND"},
)  # fmt: skip

EMPLOYERS = Sample(
    "employers",
    "employers.csv",
    ("企业建会情况表（GB18030）", ""),
    ("企业名称", "统一社会信用代码", "单位性质", "所属行业", "所属区县", "工会名称", "职工人数", "注册日期", "建会日期", "备注"),
    (
        (LOGISTICS, f"'{employer_code(1)}", "民营企业", "G60", "330106", f"{LOGISTICS}工会", wide("126人"), "2017年8月9日", "2019年3月4日", ""),
        (FOODS, employer_code(2), "民营企业", "C14", "浙江省杭州市西湖区", f"{FOODS}工会", "1,260 人", "2009.3.2", "2018/9/1", "老厂"),
        (f"{PARK}便利店", Fault(other_check(employer_code(3)), employer_code(3)), "个体工商户", "F52", "330106", f"{PARK}联合工会", "6", "2020/5/1",
         "2021年6月1日", ""),
        (f"{PARK}茶馆", employer_code(4), "个体工商户", "H62", Fault("330199", "330106"), f"{PARK}联合工会", "9", "20200701", "2021年6月1日", ""),
        (SOFTWARE, employer_code(5), "民营企业", "I65", "330106", f"{SOFTWARE}工会", Fault("约三百", "312"), "2015年1月1日", "2019年1月1日", ""),
    ),
    {"B6": "BAD_VALUE", "E7": "NOT_FOUND", "G8": "BAD_NUMBER"},
)  # fmt: skip

PEOPLE = (
    person("19900307", 11), person("19851126", 24), person("19920814", 37), person("19861009", 42), person("20000229", 55),
    person("19950618", 68), person("19881231", 71), person("19830423", 86),
)  # fmt: skip

PERSONS = Sample(
    "persons",
    "persons.xlsx",
    ("西湖区会员名册", "（示例数据，均为虚构）"),
    ("姓名", "身份证号", "手机号", "就业群体", "所在工会", "工作单位", "用工类型", "岗位", "入会时间", "入职日期"),
    (
        ("张示例", PEOPLE[0], "13800000001", "快递员", f"{LOGISTICS}工会", LOGISTICS, "劳动合同", "分拣员", "2023年2月9日", "2022.12.1"),
        ("李示例", f"'{PEOPLE[1]}", wide("13800000002"), "货车司机", f"{LOGISTICS}工会", LOGISTICS, "劳动合同", "司机", "2023.2.9", "2021/3/1"),
        ("阿依古丽·示例", wide(PEOPLE[2][:17]) + PEOPLE[2][17], "138 0000 0003", "快递员", f"{LOGISTICS}工会", LOGISTICS, "劳务派遣", "快递员",
         "2023/02/09", "20230101"),
        ("𠮷示例", PEOPLE[3], None, None, f"{FOODS}工会", FOODS, "劳动合同", "质检员", date(2018, 9, 1), date(2010, 5, 4)),
        ("王示例", Fault(float(PEOPLE[4][:15] + "000"), PEOPLE[4]), "13800000005", None, f"{FOODS}工会", FOODS, "劳动合同", "操作工", "2024年7月1日",
         "2024年6月3日"),
        ("赵示例", PEOPLE[5], "13800000006", "外卖配送员", f"{PARK}联合工会", None, None, None, Fault("2023年2月30日", "2023年2月28日"), None),
        ("钱示例", PEOPLE[6], "13800000007", None, f"{SOFTWARE}工会", SOFTWARE, "劳动合同", "工程师", "20190101", "2018年4月2日"),
        ("孙示例", PEOPLE[7], Fault("1380000008", "13800000008"), None, f"{SOFTWARE}工会", SOFTWARE, "劳动合同", "经理", 44927, "2016年9月1日"),
    ),
    {"B8": "ROUNDED_NUMBER", "I9": "BAD_DATE", "C11": "BAD_VALUE"},
)  # fmt: skip

ENROLMENTS = Sample(
    "insurance-enrolments",
    "insurance-enrolments.csv",
    (),
    ("来源系统", "参保编号", "工会", "身份证号", "参保单位", "险种", "缴费基数", "费率", "参保日期", "终止日期"),
    (
        ("社保", "GS2023000001", f"{LOGISTICS}工会", PEOPLE[0], LOGISTICS, "工伤保险", "6,200.00", "0.009", "2023年2月9日", ""),
        ("社保", "GS2023000002", f"{LOGISTICS}工会", PEOPLE[1], LOGISTICS, "工伤保险", "7400", "0.009", "2021.3.1", ""),
        ("社保", "GS2023000003", f"{LOGISTICS}工会", PEOPLE[2], Fault("西湖示例物流公司", LOGISTICS), "工伤保险", "5800", "0.009", "20230101", ""),
        ("社保", "GS2023000004", f"{FOODS}工会", PEOPLE[3], FOODS, "工伤保险", "6100", "0.004", "2010/5/4", "2025年12月31日"),
        ("社保", "GS2023000005", f"{SOFTWARE}工会", PEOPLE[6], SOFTWARE, "工伤保险", "15000", Fault("千分之二", "0.002"), "2018年4月2日", ""),
    ),
    {"E4": "NOT_FOUND", "H6": "BAD_NUMBER"},
)  # fmt: skip

SAMPLES = (UNIONS, EMPLOYERS, PERSONS, ENROLMENTS)
"""In the order in which they are imported."""


def content(sample: Sample, *, mended: bool) -> bytes:
    """The bytes of a file; the same for the same libraries."""
    lines = sample.cells(mended=mended)
    if sample.name.endswith(".xlsx"):
        return workbook(lines)
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("gb18030" if sample is EMPLOYERS else "utf-8-sig")


def workbook(lines: Sequence[Sequence[Any]]) -> bytes:
    """A workbook in which numbers are numbers and days are days, as spreadsheets keep them."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy/m/d"}) as made:
        made.set_properties({"created": datetime(2026, 6, 30), "author": "Union Hub"})
        sheet = made.add_worksheet("Sheet1")
        sheet.set_column(0, 20, 20)
        for row, cells in enumerate(lines):
            for place, value in enumerate(cells):
                if isinstance(value, str):
                    sheet.write_string(row, place, value)
                elif value is not None:
                    sheet.write(row, place, value)
    return file.getvalue()
