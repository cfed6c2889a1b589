"""Commands that write records in batches; their inputs are made from what each kind of record takes (``resolvers/writing``)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

import schema.query  # noqa: F401 — the slices describe the code lists
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import camel
from resolvers.errors import localized
from resolvers.slices import registry
from resolvers.writing.command import MOST, Written, write_records
from resolvers.writing.declare import Column, WritableKind
from resolvers.writing.kinds import KINDS
from resolvers.writing.outcomes import BatchOptions, Finding, OnConflict, OnError, Outcome, RowResult, Severity
from resolvers.writing.values import CodeType, CountType, DayType, DecimalType, YesNoType
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional


def plural(kind: WritableKind) -> str:
    """The kind in names of the schema, e.g. ``InsuranceEnrolments``."""
    return "".join(word.capitalize() for word in kind.name.split("-"))


def command_name(kind: WritableKind) -> str:
    """The command that writes records of a kind, as it is called here, e.g. ``write_insurance_enrolments``."""
    return f"write_{kind.name.replace('-', '_')}"


def record_name(kind: WritableKind) -> str:
    """The input of one record of a kind, e.g. ``InsuranceEnrolmentRecord``."""
    return f"{kind.singular or kind.record}Record"


@strawberry.type(description="What is wrong with a record, or should be looked at (问题)")
class WriteFinding:
    """What is wrong with a record."""

    code: str = field("Stable code, listed in docs/errors.md (代码)")
    column: str | None = field("The field of the record that it is about, if it is one (字段)")
    message: str = field("What is wrong and what to do (说明)")
    value: str | None = field("The value that was sent; personal values are masked (原值)")
    is_warning: bool = field("Whether the record is written all the same (是否仅为提示)")


@strawberry.type(description="What became of one record (单条结果)")
class WriteResult:
    """What became of one record."""

    index: int = field("Its place in the list that was sent, from 0 (序号)")
    outcome: Outcome = field("What became of it; of a batch that was not written, what would have (结果)")
    id: strawberry.ID | None = field("Global ID of the record, if there is one (标识)")
    version: int | None = field(
        "Version of the record now; of one that was changed before this came (`VERSION_CONFLICT`), that which it has (当前版本号)"
    )
    findings: list[WriteFinding] = field("Errors of a refused record, and warnings (问题)")


@strawberry.type(description="What became of the records of a command, or why it was not done (写入结果)")
class WritePayload:
    """What became of the records of a command."""

    written: bool | None = field(
        "Whether anything could be written: in no rehearsal, and in no batch that is refused whole (是否已写入)"
    )
    new_count: int | None = field("How many are new (新增条数)")
    changed_count: int | None = field("How many have changed (变更条数)")
    same_count: int | None = field("How many were the same already (无变化条数)")
    refused_count: int | None = field("How many are refused (退回条数)")
    results: list[WriteResult] | None = field("One result for each record, in their order (逐条结果)")
    errors: list[UserError] = field("Why the command was not done (错误)")


def type_of(column: Column) -> Any:
    """The type of a column's values in the schema."""
    for kind, type_ in ((DayType, date), (CountType, int), (DecimalType, Decimal), (YesNoType, bool)):
        if isinstance(column.type, kind):
            return type_
    terms = column.type.terms if isinstance(column.type, CodeType) else None
    return str if terms is None else terms


def description_of(column: Column) -> str:
    """What a field of an input is: English (中文)."""
    english, _, chinese = column.note.rpartition(" (")
    required = ("; required", "，必填") if column.required else ("", "")
    more = f". {english}" if english else ""
    return f"{column.heading.english}{required[0]}{more} ({column.heading.chinese}{required[1]}{f'：{chinese[:-1]}' if english else ''})"


def record_input(kind: WritableKind) -> type:
    """The input of one record of a kind. Every field may be left out, so that what is missing is said record by record."""
    fields: dict[str, Any] = {column.name: optional(description_of(column)) for column in kind.columns}
    annotations = {column.name: type_of(column) | None for column in kind.columns}
    made = type(
        record_name(kind),
        (),
        {**fields, "__annotations__": annotations, "__module__": __name__, "__doc__": f"One record of {kind.name}."},
    )
    return strawberry.input(
        made, description=f"{kind.heading.english}: one record to write ({kind.heading.chinese}：一条记录)"
    )


def command_input(kind: WritableKind, record: type) -> type:
    """The input of the command that writes records of a kind."""
    fields: dict[str, Any] = {
        "records": strawberry.field(description=f"The records, at most {MOST:,} (记录)"),
        "on_conflict": optional(
            "What happens to records that are there with other values; `CHANGE` by default (已有记录的处理，默认更新)"
        ),
        "on_error": optional(
            "What happens to the others if a record is refused; `ALL_OR_NOTHING` by default (有错误时的处理，默认全部不写入)"
        ),
        "dry_run": optional("Whether all is taken back at the end: a rehearsal; no by default (是否仅预演，默认否)"),
        "idempotency_key": optional(KEY),
    }
    annotations = {
        "records": list[record],  # type: ignore[valid-type]
        "on_conflict": OnConflict | None,
        "on_error": OnError | None,
        "dry_run": bool | None,
        "idempotency_key": str | None,
    }
    made = type(
        f"Write{plural(kind)}Input",
        (),
        {**fields, "__annotations__": annotations, "__module__": __name__, "__doc__": f"Records of {kind.name}."},
    )
    return strawberry.input(made, description=f"{kind.heading.english} to write ({kind.heading.chinese}写入内容)")


def mutation_of(kind: WritableKind) -> Any:
    """The command that writes records of a kind."""
    input_type = command_input(kind, record_input(kind))

    async def write(info: Info, input: Any) -> WritePayload | None:
        options = BatchOptions(
            given(input.on_conflict) or OnConflict.CHANGE,
            given(input.on_error) or OnError.ALL_OR_NOTHING,
            bool(given(input.dry_run)),
        )
        records = [values_of(kind, record) for record in input.records]
        done, errors = await outcome(write_records(info.context, kind, records, options, given(input.idempotency_key)))
        return payload_of(kind, done, errors)

    write.__annotations__["input"] = Annotated[input_type, argument(f"The records ({kind.heading.chinese})")]
    return strawberry.mutation(
        write,
        description=f"Write {kind.heading.english.lower()} of your union and those below it: new ones, and changes of those that are there"
        f" (写入{kind.heading.chinese})",
    )


def values_of(kind: WritableKind, record: Any) -> Mapping[str, Any]:
    """The values of a record by column."""
    values = {column.name: getattr(record, column.name) for column in kind.columns}
    return {name: value for name, value in values.items() if value is not UNSET and value is not None}


def payload_of(kind: WritableKind, done: Written | None, errors: list[UserError]) -> WritePayload:
    """The payload of a command that was done, or was not."""
    if done is None:
        return WritePayload(
            written=None,
            new_count=None,
            changed_count=None,
            same_count=None,
            refused_count=None,
            results=None,
            errors=errors,
        )
    prefix = registry.sources[kind.record].prefix
    return WritePayload(
        written=done.written,
        new_count=done.count(Outcome.NEW),
        changed_count=done.count(Outcome.CHANGED),
        same_count=done.count(Outcome.SAME),
        refused_count=done.count(Outcome.REFUSED),
        results=[_result(prefix, row) for row in done.rows],
        errors=errors,
    )


def _result(prefix: str, row: RowResult) -> WriteResult:
    key = None if row.id is None else strawberry.ID(global_ids.encode(prefix, row.id))
    findings = list(map(_finding, row.findings))
    return WriteResult(index=row.number, outcome=row.outcome, id=key, version=row.version, findings=findings)


def _finding(each: Finding) -> WriteFinding:
    return WriteFinding(
        code=each.code,
        column=None if each.column is None else camel(each.column),
        message=localized(each.code, each.message),
        value=each.value,
        is_warning=each.severity is Severity.WARNING,
    )


class WritingMutation:
    """Commands that write records."""


for _kind in KINDS.values():
    setattr(WritingMutation, command_name(_kind), mutation_of(_kind))
strawberry.type(WritingMutation, description="Commands that write records (写入操作)")
