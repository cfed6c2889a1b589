"""Reports, marked workbooks and templates, over a writer that keeps records in memory."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from db.imports import ImportStage
from hub.imports.marked_workbook import HEADINGS as FAULT_HEADINGS
from hub.imports.marked_workbook import write_marked
from hub.imports.report import ImportOptions, ImportReport
from hub.imports.run import BATCH, Import
from hub.imports.table import Table
from hub.imports.template import options_of, write_template
from resolvers.writing.declare import WritableKind
from resolvers.writing.kinds import KINDS
from resolvers.writing.outcomes import BatchResult, Finding, Outcome, RawRow, RowResult
from resolvers.writing.values import BadValue
from tests.hub.imports.kinds import HEADINGS, UNITS, person, unit, write_csv, write_xlsx


class Memory:
    """Writes units into memory, with checks of values, of required columns and of numbers in a batch."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}

    async def __call__(self, kind: WritableKind, rows: Sequence[RawRow]) -> BatchResult:
        numbers = [row.values.get("number") for row in rows]
        return BatchResult([self.row(kind, row, numbers) for row in rows], True)

    def row(self, kind: WritableKind, row: RawRow, numbers: Sequence[Any]) -> RowResult:
        values, findings = {}, []
        for column in kind.columns:
            if column.name in row.values:
                raw = row.values[column.name]
                try:
                    values[column.name] = column.type.read(raw)
                except BadValue as bad:
                    shown = f"{str(raw)[:3]}***" if column.personal else str(raw)
                    findings.append(Finding(bad.code, column.name, bad.message, shown))
            elif column.required:
                findings.append(Finding("REQUIRED", column.name, "A value is needed here."))
        if numbers.count(row.values.get("number")) > 1:
            findings.append(Finding("DUPLICATE", "number", "Two rows have this number."))
        parent = values.get("manager", "")
        if parent.startswith("of ") and parent[3:] not in self.records:
            findings.append(Finding("NOT_FOUND", "manager", "There is no such unit."))
        if findings:
            return RowResult(row.number, Outcome.REFUSED, tuple(findings))
        old = self.records.get(values["number"])
        self.records[values["number"]] = {**(old or {}), **values}
        same = old == self.records[values["number"]]
        return RowResult(row.number, Outcome.NEW if old is None else Outcome.SAME if same else Outcome.CHANGED)


AS_USUAL = ImportOptions()


def imported(path: Path, memory: Memory | None = None, options: ImportOptions = AS_USUAL) -> Import:
    job = Import(UNITS, path, options)
    job.read()
    if job.table is not None:
        asyncio.run(job.write(memory or Memory()))
    return job


def places(report: ImportReport) -> list[tuple[str, str]]:
    return [(fault.place, fault.code) for fault in report.faults]


ROUNDED = person(3)[:15] + "000"
FAULTY = [
    ["单位情况表"],
    HEADINGS,
    unit(1),
    ["U2", None, "国企业", "3万元", "-1", "也许", "2023-02-30", "火星", ROUNDED, "甲"],
    unit(3),
    ["U000001", "与第一行编号相同"],
]  # fmt: skip
FAULTS = [
    ("A3", "DUPLICATE"), ("B4", "REQUIRED"), ("C4", "UNKNOWN_CODE"), ("D4", "WRONG_UNIT"), ("E4", "NUMBER_OUT_OF_RANGE"),
    ("F4", "BAD_YES_NO"), ("G4", "BAD_DATE"), ("I4", "ROUNDED_NUMBER"), ("A6", "DUPLICATE"),
]  # fmt: skip


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_faults_are_reported_with_their_cells(tmp_path: Path, write: Any) -> None:
    report = imported(write(tmp_path / "单位.csv", FAULTY)).report
    assert places(report) == FAULTS
    assert (report.counts[Outcome.NEW], report.counts[Outcome.REFUSED], report.rows) == (1, 3, 4)
    assert not report.is_good
    assert not report.keeps_rows


def test_a_report_is_in_english_or_chinese_and_masks_what_is_personal(tmp_path: Path) -> None:
    report = imported(write_csv(tmp_path / "单位.csv", FAULTY, "gb18030")).report
    english, chinese = report.as_text(chinese=False), report.as_text(chinese=True)
    assert english.startswith("单位.csv: CSV in GB18030, separated by commas; headings in row 2; 4 rows.")
    assert "Nothing was written, since rows have errors: 1 new, 0 changed, 0 the same, 3 refused." in english
    assert "D4 (注册资本): The unit behind this number" in english
    assert chinese.startswith("单位.csv：CSV，编码 GB18030，分隔符 逗号；列名在第 2 行；共 4 行。")
    assert "D4（注册资本）：计量单位与该列不符" in chinese
    data = report.as_json(chinese=True, shown=3)
    assert (data["counts"]["REFUSED"], data["faultCount"], len(data["faults"])) == (3, 9, 3)
    assert data["format"] == {"name": "CSV", "encoding": "GB18030", "delimiter": "comma"}
    assert {"A 编号": "number", "I 负责人身份证号": "manager_number"}.items() <= data["columns"].items()
    for text in (english, chinese, str(report.as_json(chinese=False))):
        assert ROUNDED not in text
        assert ROUNDED[:3] in text
    assert "… and 7 more." in report.as_text(chinese=False, shown=2)
    assert "另有 7 处" in report.as_text(chinese=True, shown=2)


def test_a_fault_of_a_column_that_the_file_lacks_names_its_heading(tmp_path: Path) -> None:
    report = imported(write_csv(tmp_path / "a.csv", [["编号", "名称", "负责人"], ["1", "x", "of 9"]])).report
    finding = Finding("REQUIRED", "capital", "Say how much.")
    table = Table(tmp_path / "a.csv", UNITS)
    report.add(table, RowResult(2, Outcome.REFUSED, (finding,)))
    assert "row 2 (Capital / 注册资本): Say how much. (REQUIRED)" in report.as_text(chinese=False)
    assert "第 2 行（Capital / 注册资本）：" in report.as_text(chinese=True)


def test_a_file_that_cannot_be_read_has_a_report_too(tmp_path: Path) -> None:
    report = imported(write_csv(tmp_path / "a.csv", [["x"]])).report
    assert report.as_json(chinese=False)["problem"]["code"] == "NO_HEADINGS"
    assert "a.csv cannot be read, and nothing was written (NO_HEADINGS)." in report.as_text(chinese=False)
    assert "未找到列名所在的行" in report.as_text(chinese=True)


def mended(path: Path) -> list[list[Any]]:
    """The rows of a marked workbook with its faulty cells corrected, as a clerk would."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    good = unit(2)
    for place, _ in FAULTS:
        letter, number = place[0], int(place[1:]) - 1
        rows[number][ord(letter) - 65] = f"M{number}" if letter == "A" else good[ord(letter) - 65]
    rows[3][7] = "330106"
    return rows


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
@pytest.mark.parametrize("chinese", [True, False])
def test_the_sent_file_comes_back_with_its_faults_marked_and_goes_in_when_they_are_mended(
    tmp_path: Path, write: Any, chinese: bool
) -> None:
    job = imported(write(tmp_path / "a", FAULTY))
    assert job.table is not None
    write_marked(job.table, job.report, tmp_path / "marked.xlsx", chinese=chinese)
    rows = CalamineWorkbook.from_path(tmp_path / "marked.xlsx").get_sheet_by_index(0).to_python()
    assert [row[:2] for row in rows[:3]] == [["单位情况表", ""], HEADINGS[:2], unit(1)[:2]]
    assert rows[1][len(HEADINGS)] == FAULT_HEADINGS[0 if chinese else 1]
    assert "注册资本" in rows[3][len(HEADINGS)]
    assert ("计量单位" in rows[3][len(HEADINGS)]) is chinese
    assert rows[4][len(HEADINGS)] == ""
    again = imported(write_xlsx(tmp_path / "mended.xlsx", mended(tmp_path / "marked.xlsx")))
    assert again.report.faults == []
    assert again.report.counts[Outcome.NEW] == 4
    assert again.table is not None
    write_marked(again.table, again.report, tmp_path / "twice.xlsx", chinese=chinese)
    heads = CalamineWorkbook.from_path(tmp_path / "twice.xlsx").get_sheet_by_index(0).to_python()[1]
    assert sum(head in FAULT_HEADINGS for head in heads) == 1


def test_the_workbook_of_bad_rows_has_the_refused_ones_alone(tmp_path: Path) -> None:
    job = imported(write_csv(tmp_path / "a", FAULTY), options=ImportOptions(good_rows_only=True))
    assert job.report.keeps_rows
    assert job.table is not None
    write_marked(job.table, job.report, tmp_path / "bad.xlsx", chinese=True, bad_rows_only=True)
    assert [row.number for row in Table(tmp_path / "bad.xlsx", UNITS).rows()] == [3, 4, 5]


def test_a_marked_workbook_has_no_formulas(tmp_path: Path) -> None:
    job = imported(write_csv(tmp_path / "a", [HEADINGS, ["1", '=HYPERLINK("http://x","甲")', "@x"]]))
    assert job.table is not None
    write_marked(job.table, job.report, tmp_path / "m.xlsx", chinese=True)
    (row,) = Table(tmp_path / "m.xlsx", UNITS).rows()
    assert row.values["name"] == '=HYPERLINK("http://x","甲")'


def test_the_same_file_twice_changes_nothing_and_says_so(tmp_path: Path) -> None:
    memory, path = Memory(), write_csv(tmp_path / "a", [HEADINGS, *(unit(number) for number in range(1, 9))])
    assert imported(path, memory).report.counts[Outcome.NEW] == 8
    again = imported(path, memory).report
    assert again.counts == {Outcome.NEW: 0, Outcome.CHANGED: 0, Outcome.SAME: 8, Outcome.REFUSED: 0}
    assert again.changes_nothing
    assert "Every row is in the hub already" in again.as_text(chinese=False)
    assert "无须写入" in again.as_text(chinese=True)


def test_rows_far_apart_with_the_same_key_are_both_refused(tmp_path: Path) -> None:
    rows = [["编号", "名称"], *([f"N{number}", "x"] for number in range(2 * BATCH))]
    rows[-1][0] = "N7"
    report = imported(write_csv(tmp_path / "a", rows)).report
    assert places(report) == [("A9", "DUPLICATE"), (f"A{2 * BATCH + 1}", "DUPLICATE")]
    assert report.counts[Outcome.NEW] == 2 * BATCH - 2


def test_a_row_may_refer_to_one_further_down(tmp_path: Path) -> None:
    rows = [["编号", "名称", "负责人"], ["1", "x", "of 2"], ["2", "x", "of 3"], ["3", "x", ""], ["4", "x", "of 9"]]
    report = imported(write_csv(tmp_path / "a", rows)).report
    assert places(report) == [("C5", "NOT_FOUND")]
    assert report.counts[Outcome.NEW] == 3


def test_progress_is_shown(tmp_path: Path) -> None:
    job = Import(UNITS, write_csv(tmp_path / "a", [HEADINGS, *(unit(number) for number in range(1, 9))]))
    shown: list[tuple[ImportStage, int, int | None]] = []

    def show(stage: ImportStage, done: int, total: int | None) -> None:
        shown.append((stage, done, total))

    job.read(show)
    asyncio.run(job.write(Memory(), show))
    assert shown == [
        (ImportStage.READING, 0, None),
        (ImportStage.WRITING, 8, 8),
        (ImportStage.ENDING, 8, 8),
    ]


@pytest.mark.parametrize("chinese", [True, False])
@pytest.mark.parametrize("kind", [UNITS, *KINDS.values()], ids=lambda kind: kind.name)
def test_a_template_has_every_column_and_is_read_again(tmp_path: Path, kind: WritableKind, chinese: bool) -> None:
    write_template(kind, tmp_path / "t.xlsx", chinese=chinese)
    table = Table(tmp_path / "t.xlsx", kind)
    assert [each.column.name for each in table.headings.columns] == [column.name for column in kind.columns]
    assert table.headings.ignored == ()
    assert list(table.rows()) == []
    assert table.examples == 1


@pytest.mark.parametrize("chinese", [True, False])
@pytest.mark.parametrize("kind", [UNITS, *KINDS.values()], ids=lambda kind: kind.name)
def test_every_choice_and_every_example_of_a_template_is_read(kind: WritableKind, chinese: bool) -> None:
    for column in kind.columns:
        shown = options_of(column.type, chinese=chinese)
        assert len({str(column.type.read(each)) for each in shown}) == len(shown), column.name
        if column.example:
            column.type.read(column.example)
        assert column.example or not column.required, column.name


def test_cells_of_a_template_keep_long_numbers_as_text(tmp_path: Path) -> None:
    write_template(UNITS, tmp_path / "t.xlsx", chinese=True)
    rows = CalamineWorkbook.from_path(tmp_path / "t.xlsx").get_sheet_by_index(0).to_python()
    assert rows[1][8] == "110101199003070011"
