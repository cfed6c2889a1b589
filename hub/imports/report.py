"""What became of the rows of a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.imports.bad_file import BadFile
from hub.imports.table import FileFormat, Table
from hub.messages import in_chinese, of_row_in_chinese
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
        return of_row_in_chinese(self.code, self.message) if chinese else self.message


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
    warnings: int = 0
    """Faults that refuse nothing."""

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
            self.warnings += finding.severity is Severity.WARNING
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
            "warnings": self.warnings,
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
        return "\n".join(_lines(self, CHINESE if chinese else ENGLISH, shown, chinese=chinese))


def fault_of(table: Table, row: int, finding: Finding) -> Fault:
    """A finding with its cell; of a column that the file does not have only with our heading of it."""
    letter = heading = None
    if finding.column is not None:
        headed = next((each for each in table.headings.columns if each.column.name == finding.column), None)
        letter = None if headed is None else table.letter(finding.column)
        ours = table.kind.column(finding.column).heading
        heading = f"{ours.english} / {ours.chinese}" if headed is None else headed.heading
    return Fault(row, finding.code, finding.message, finding.column, letter, heading, finding.value, finding.severity)


@dataclass(frozen=True)
class Words:
    """The sentences of a report in one language."""

    outcomes: Mapping[Outcome, str]
    delimiters: Mapping[str, str]
    unreadable: str
    text_file: str
    workbook: str
    read: str
    left_out: str
    ignored: str
    count: str
    comma: str
    nothing_to_write: str
    rehearsed: str
    written: str
    refused: str
    warning: str
    row: str
    headed: str
    fault: str
    more: str


ENGLISH = Words(
    outcomes={Outcome.NEW: "new", Outcome.CHANGED: "changed", Outcome.SAME: "the same", Outcome.REFUSED: "refused"},
    delimiters={},
    unreadable="{file} cannot be read, and nothing was written ({code}).",
    text_file=" in {encoding}, separated by {delimiter}s",
    workbook=", sheet {sheet}",
    read="{file}: {name}{how}; headings in row {heading_row}; {rows:,} rows.",
    left_out="Left out: {empty:,} empty rows, {examples:,} rows like the template's example.",
    ignored="Columns that are not taken: {headings}",
    count="{count:,} {outcome}",
    comma=", ",
    nothing_to_write="Every row is in the hub already as it is in this file: nothing is to be written.",
    rehearsed="Rehearsal, nothing was written: {counts}.",
    written="Written: {counts}.",
    refused="Nothing was written, since rows have errors: {counts}. Correct them, or import the good rows only.",
    warning="warning: ",
    row="row {row}",
    headed="{place} ({heading})",
    fault="{place}: {warning}{message} ({code}){value}",
    more="… and {left:,} more.",
)
CHINESE = Words(
    outcomes={Outcome.NEW: "新增", Outcome.CHANGED: "变更", Outcome.SAME: "无变化", Outcome.REFUSED: "退回"},
    delimiters={"comma": "逗号", "tab": "制表符", "semicolon": "分号"},
    unreadable="{file} 无法读取，未写入任何数据（{code}）。",
    text_file="，编码 {encoding}，分隔符 {delimiter}",
    workbook="，工作表“{sheet}”",
    read="{file}：{name}{how}；列名在第 {heading_row} 行；共 {rows:,} 行。",
    left_out="已略过：空行 {empty:,} 行，与模板示例相同的 {examples:,} 行。",
    ignored="未导入的列：{headings}",
    count="{outcome} {count:,} 行",
    comma="，",
    nothing_to_write="文件中各行与系统中已有的记录完全一致，无须写入。",
    rehearsed="预演，未写入任何数据：{counts}。",
    written="已写入：{counts}。",
    refused="有错误，未写入任何数据：{counts}。请更正，或选择只导入正确的行。",
    warning="提示：",
    row="第 {row} 行",
    headed="{place}（{heading}）",
    fault="{place}：{warning}{message}{value}",
    more="……另有 {left:,} 处。",
)


def _lines(report: ImportReport, words: Words, shown: int, *, chinese: bool) -> Iterator[str]:
    if report.problem is not None:
        code, message = report.problem.code, report.problem.message
        yield words.unreadable.format(file=report.file, code=code)
        yield in_chinese(code, message) if chinese else message
        return
    yield words.read.format(
        file=report.file,
        name=_format(report).name,
        how=_how(report, words),
        heading_row=report.heading_row,
        rows=report.rows,
    )
    if report.empty or report.examples:
        yield words.left_out.format(empty=report.empty, examples=report.examples)
    if report.ignored:
        yield words.ignored.format(headings=("、" if chinese else ", ").join(report.ignored))
    yield _outcome(report, words)
    for fault in report.faults[:shown]:
        place = fault.place if fault.letter else words.row.format(row=fault.row)
        yield words.fault.format(
            place=place if fault.heading is None else words.headed.format(place=place, heading=fault.heading),
            warning=words.warning if fault.severity is Severity.WARNING else "",
            message=fault.text(chinese=chinese),
            code=fault.code,
            value="" if fault.value is None else f" [{fault.value}]",
        )
    left = len(report.faults) + report.more_faults - shown
    if left > 0:
        yield words.more.format(left=left)


def _format(report: ImportReport) -> FileFormat:
    assert report.format is not None
    return report.format


def _how(report: ImportReport, words: Words) -> str:
    """How the file was read."""
    form = _format(report)
    if not form.encoding:
        return words.workbook.format(sheet=form.sheet)
    delimiter = form.delimiter or ""
    return words.text_file.format(encoding=form.encoding, delimiter=words.delimiters.get(delimiter, delimiter))


def _outcome(report: ImportReport, words: Words) -> str:
    """What became of the rows."""
    counts = words.comma.join(
        words.count.format(count=report.counts[outcome], outcome=word) for outcome, word in words.outcomes.items()
    )
    if report.changes_nothing:
        return words.nothing_to_write
    if report.options.dry_run:
        return words.rehearsed.format(counts=counts)
    return (words.written if report.written else words.refused).format(counts=counts)
