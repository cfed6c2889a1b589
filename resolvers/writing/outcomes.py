"""What goes into a batch and comes out of it: rows, options, and one outcome for each row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from db.model import Term


class Outcome(Term):
    """What became of a row (结果)."""

    NEW = "New record (新增)"
    CHANGED = "Changed record (变更)"
    SAME = "Record was the same already (无变化)"
    REFUSED = "Refused (退回)"


class OnConflict(Term):
    """What happens to a record that is there already with other values (已有记录的处理)."""

    CHANGE = "Change it (更新)"
    REFUSE = "Refuse the row (退回)"


class OnError(Term):
    """What happens to a batch with rows that are refused (有错误时的处理)."""

    ALL_OR_NOTHING = "Nothing is written (全部不写入)"
    SKIP = "The good rows are written (只写入正确的行)"


class Severity(Enum):
    """Whether a finding refuses its row."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it came: ``number`` is its number in the input, ``values`` are by the names of the kind's columns. A value is text, or has
    the type of its column already; None and blank text are no value."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a row: a stable code, the column if it is about one, what to do (in English; other languages go by the code), and
    the value as a report may show it (personal values are masked)."""

    code: str
    column: str | None
    message: str
    value: str | None = None
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class RowResult:
    """The outcome of a row. ``findings`` are errors of a refused row, and warnings of any; ``id`` is the key of the record, if there is
    one. In a batch that was not written, NEW and CHANGED say what would have been.

    ``version`` is the version of the record now; of a row that came too late (VERSION_CONFLICT) that of the record that it did not change.
    None where there is no record, or the caller's union does not keep it.
    """

    number: int
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    id: int | None = None
    version: int | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which the row is refused."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How a batch is written. A ``dry_run`` does everything and takes it back."""

    on_conflict: OnConflict = OnConflict.CHANGE
    on_error: OnError = OnError.ALL_OR_NOTHING
    dry_run: bool = False


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch: one result a row, in their order. ``written`` is whether anything could be written: not in a dry run, and
    not if a row was refused and all or nothing was asked for. ``digest`` is a keyed digest of the rows, for the audit log."""

    rows: Sequence[RowResult]
    written: bool
    digest: bytes = field(default=b"", repr=False)

    @cached_property
    def counts(self) -> Mapping[Outcome, int]:
        """How many rows have each outcome."""
        counted = Counter(row.outcome for row in self.rows)
        return {outcome: counted[outcome] for outcome in Outcome}
