"""What became of the rows of a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.imports.bad_file import BadFile
from hub.imports.table import FileFormat, Table
from hub.messages import in_chinese
from resolvers.writing.outcomes import Finding, Outcome, RowResult, Severity

SHOWN = 1_000
"""Faults in an answer; all are in the marked workbook."""

MAX_FAULTS = 100_000
"""Faults that are kept. Of more only the number is."""


@dataclass(frozen=True)
class ImportOptions:
    """How a file is imported. A ``dry_run`` does everything and takes it back. Without ``good_rows_only`` a file with a refused row writes
    nothing. ``refuse_changes`` refuses rows that would change a record that is there."""

    dry_run: bool = False
    good_rows_only: bool = False
    refuse_changes: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, or with the cell of it in ``column`` (our name), ``letter`` (of the spreadsheet) and ``heading``."""

    row: int
    code: str
    message: str
    column: str | None = None
    letter: str | None = None
    heading: str | None = None
    value: str | None = None
    severity: Severity = Severity.ERROR

    @property
    def place(self) -> str:
        """The cell, e.g. ``C5``; or the row."""
        return f"{self.letter or ''}{self.row}"

    def text(self, *, chinese: bool) -> str:
        """The message in a language."""
        return in_chinese(self.code, self.message) if chinese else self.message


@dataclass
class ImportReport:
    """What became of a file. ``problem`` is why nothing of it was taken; then all else is empty."""

    kind: str
    file: str
    options: ImportOptions = ImportOptions()
    digest: str = ""
    format: FileFormat | None = None
    heading_row: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our columns by the cells of their headings and the headings, as ``A 编号``."""

    ignored: tuple[str, ...] = ()
    rows: int = 0
    empty: int = 0
    examples: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    faults: list[Fault] = field(default_factory=list)
    more_faults: int = 0
    written: bool = False
    problem: BadFile | None = None
    job: int | None = None
    """The key of the import's row."""

    def describe(self, table: Table) -> None:
        """Note how the file was read."""
        self.format = table.format
        self.heading_row = table.headings.row
        self.columns = {
            f"{table.letter(each.column.name)} {each.heading}": each.column.name for each in table.headings.columns
        }
        self.ignored = table.headings.ignored

    def add(self, table: Table, result: RowResult) -> None:
        """Note what became of a row."""
        self.counts[result.outcome] += 1
        for finding in result.findings:
            if len(self.faults) < MAX_FAULTS:
                self.faults.append(fault_of(table, result.number, finding))
            else:
                self.more_faults += 1

    @property
    def is_good(self) -> bool:
        """Whether the file could be read and no row was refused."""
        return self.problem is None and not self.counts[Outcome.REFUSED]

    @property
    def keeps_rows(self) -> bool:
        """Whether what was written stays: not of a rehearsal, and with refused rows only if the good ones are wanted."""
        if self.problem is not None:
            return False
        return not self.options.dry_run and (self.options.good_rows_only or not self.counts[Outcome.REFUSED])

    @property
    def changes_nothing(self) -> bool:
        """Whether every row was in the database already, as it is in the file."""
        return self.rows > 0 and self.counts[Outcome.SAME] == self.rows

    def as_json(self, *, chinese: bool, shown: int = SHOWN) -> dict[str, Any]:
        """The report for programs: faults with code, row, cell, column, value (masked where it is personal) and what to do."""
        found: dict[str, Any] = {
            "job": self.job,
            "kind": self.kind,
            "file": self.file,
            "sha256": self.digest,
            "dryRun": self.options.dry_run,
            "goodRowsOnly": self.options.good_rows_only,
            "refuseChanges": self.options.refuse_changes,
            "written": self.written,
        }
        if self.problem is not None:
            message = in_chinese(self.problem.code, self.problem.message) if chinese else self.problem.message
            return found | {"problem": {"code": self.problem.code, "message": message}}
        assert self.format is not None
        return found | {
            "format": {name: value for name, value in vars(self.format).items() if value is not None},
            "headingRow": self.heading_row,
            "columns": dict(self.columns),
            "ignoredHeadings": list(self.ignored),
            "rows": self.rows,
            "emptyRows": self.empty,
            "exampleRows": self.examples,
            "counts": {outcome.name: count for outcome, count in self.counts.items()},
            "faultCount": len(self.faults) + self.more_faults,
            "faults": [
                {
                    "row": fault.row,
                    "cell": fault.place if fault.letter else None,
                    "column": fault.column,
                    "heading": fault.heading,
                    "code": fault.code,
                    "severity": fault.severity.name,
                    "value": fault.value,
                    "message": fault.text(chinese=chinese),
                }
                for fault in self.faults[:shown]
            ],
        }

    def as_text(self, *, chinese: bool, shown: int = SHOWN) -> str:
        """The report for people, in lines."""
        return "\n".join(_chinese_lines(self, shown) if chinese else _english_lines(self, shown))


def fault_of(table: Table, row: int, finding: Finding) -> Fault:
    """A finding with its cell; of a column that the file does not have only with our heading of it."""
    letter = heading = None
    if finding.column is not None:
        headed = next((each for each in table.headings.columns if each.column.name == finding.column), None)
        letter = None if headed is None else table.letter(finding.column)
        ours = table.kind.column(finding.column).heading
        heading = f"{ours.english} / {ours.chinese}" if headed is None else headed.heading
    return Fault(row, finding.code, finding.message, finding.column, letter, heading, finding.value, finding.severity)


def _english_lines(report: ImportReport, shown: int) -> Iterator[str]:
    if report.problem is not None:
        yield f"{report.file} cannot be read, and nothing was written ({report.problem.code})."
        yield report.problem.message
        return
    assert report.format is not None
    form = report.format
    how = f" in {form.encoding}, separated by {form.delimiter}s" if form.encoding else f", sheet {form.sheet}"
    yield f"{report.file}: {form.name}{how}; headings in row {report.heading_row}; {report.rows:,} rows."
    if report.empty or report.examples:
        yield f"Left out: {report.empty:,} empty rows, {report.examples:,} rows like the template's example."
    if report.ignored:
        yield f"Columns that are not taken: {', '.join(report.ignored)}"
    counts = ", ".join(f"{report.counts[outcome]:,} {word}" for outcome, word in _ENGLISH.items())
    if report.changes_nothing:
        yield "Every row is in the hub already as it is in this file: nothing is to be written."
    elif report.options.dry_run:
        yield f"Rehearsal, nothing was written: {counts}."
    elif report.written:
        yield f"Written: {counts}."
    else:
        yield f"Nothing was written, since rows have errors: {counts}. Correct them, or import the good rows only."
    for fault in report.faults[:shown]:
        warning = "warning: " if fault.severity is Severity.WARNING else ""
        value = f" [{fault.value}]" if fault.value is not None else ""
        yield f"{_english_place(fault)}: {warning}{fault.message} ({fault.code}){value}"
    left = len(report.faults) + report.more_faults - shown
    if left > 0:
        yield f"… and {left:,} more."


def _chinese_lines(report: ImportReport, shown: int) -> Iterator[str]:
    if report.problem is not None:
        yield f"{report.file} 无法读取，未写入任何数据（{report.problem.code}）。"
        yield in_chinese(report.problem.code, report.problem.message)
        return
    assert report.format is not None
    form = report.format
    how = f"，编码 {form.encoding}，分隔符 {_DELIMITERS.get(form.delimiter or '', form.delimiter)}"
    how = how if form.encoding else f"，工作表“{form.sheet}”"
    yield f"{report.file}：{form.name}{how}；列名在第 {report.heading_row} 行；共 {report.rows:,} 行。"
    if report.empty or report.examples:
        yield f"已略过：空行 {report.empty:,} 行，与模板示例相同的 {report.examples:,} 行。"
    if report.ignored:
        yield f"未导入的列：{'、'.join(report.ignored)}"
    counts = "，".join(f"{word} {report.counts[outcome]:,} 行" for outcome, word in _CHINESE.items())
    if report.changes_nothing:
        yield "文件中各行与系统中已有的记录完全一致，无须写入。"
    elif report.options.dry_run:
        yield f"预演，未写入任何数据：{counts}。"
    elif report.written:
        yield f"已写入：{counts}。"
    else:
        yield f"有错误，未写入任何数据：{counts}。请更正，或选择只导入正确的行。"
    for fault in report.faults[:shown]:
        warning = "提示：" if fault.severity is Severity.WARNING else ""
        value = f" [{fault.value}]" if fault.value is not None else ""
        where = fault.place if fault.letter else f"第 {fault.row} 行"
        where = where if fault.heading is None else f"{where}（{fault.heading}）"
        yield f"{where}：{warning}{fault.text(chinese=True)}{value}"
    left = len(report.faults) + report.more_faults - shown
    if left > 0:
        yield f"……另有 {left:,} 处。"


def _english_place(fault: Fault) -> str:
    where = fault.place if fault.letter else f"row {fault.row}"
    return where if fault.heading is None else f"{where} ({fault.heading})"


_ENGLISH = {Outcome.NEW: "new", Outcome.CHANGED: "changed", Outcome.SAME: "the same", Outcome.REFUSED: "refused"}
_CHINESE = {Outcome.NEW: "新增", Outcome.CHANGED: "变更", Outcome.SAME: "无变化", Outcome.REFUSED: "退回"}
_DELIMITERS = {"comma": "逗号", "tab": "制表符", "semicolon": "分号"}
