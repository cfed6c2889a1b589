"""Imports of files (导入任务) in the schema."""

from datetime import datetime

import strawberry

from db.imports import ImportStage, ImportState
from db.model import Term
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import BooleanFilter, Choice, IdFilter, IntFilter, Order, StringFilter, conditions
from schema.refs import OrganizationFilterRef, OrganizationRef
from schema.relay import BY_ID, SUBTREE, WITHIN, Connection, Node, page


class ImportJobField(Term):
    """Columns that imports can be ordered by (导入任务排序字段)."""

    STARTED_AT = "When it began (开始时间)"
    ENDED_AT = "When it ended (结束时间)"
    KIND = "Kind of record (记录种类)"
    FILE_NAME = "File name (文件名)"
    STATE = "State (状态)"
    REFUSED_ROWS = "Refused rows (退回行数)"


for kind in (ImportJobField, ImportStage, ImportState):
    describe(kind)


@conditions("Which imports (导入任务筛选)")
class ImportJobFilter:
    """Which imports (导入任务筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: StringFilter | None = optional("Kind of record, such as `employers` (记录种类)")
    state: Choice[ImportState] | None = optional("State (状态)")
    principal: StringFilter | None = optional("Who imported (导入人)")
    file_name: StringFilter | None = optional("File name (文件名)")
    digest: StringFilter | None = optional("SHA-256 of the file, in hexadecimal (文件摘要)")
    is_dry_run: BooleanFilter | None = optional("Whether it is a rehearsal (是否预演)")
    refused_rows: IntFilter | None = optional("Refused rows (退回行数)")
    organization: OrganizationFilterRef | None = optional("The union in whose name it was made (导入工会)")


@strawberry.type(description="Import of a file: who, when, which file, and what became of its rows (导入任务)")
class ImportJob(Node):
    """Import of a file (导入任务)."""

    kind: str = field("Kind of record, such as `employers` (记录种类)")
    file_name: str = field("File name (文件名)")
    digest: str = field("SHA-256 of the file, in hexadecimal (文件摘要)")
    principal: str = field("Who imported (导入人)")
    is_dry_run: bool = field("Whether it is a rehearsal, which writes nothing (是否预演)")
    good_rows_only: bool = field(
        "Whether the rows without errors are written also when others are refused (是否只导入正确的行)"
    )
    refuses_changes: bool = field("Whether rows that would change a record are refused (是否拒绝变更)")
    state: ImportState = field("State (状态)")
    stage: ImportStage | None = field("What it does, or did last (阶段)")
    done_rows: int = field("Rows that are done of this stage (已处理行数)")
    total_rows: int | None = field("Rows of the file; empty while it is read (总行数)")
    new_rows: int = field("New records (新增行数)")
    changed_rows: int = field("Changed records (变更行数)")
    same_rows: int = field("Rows whose record is there with the same values (无变化行数)")
    refused_rows: int = field("Refused rows (退回行数)")
    warnings: int = field("Warnings, which refuse nothing (提示数)")
    started_at: datetime = field("When it began (开始时间)")
    ended_at: datetime | None = field("When it ended; empty while it runs (结束时间)")
    cancelled_by: str | None = field("Who has cancelled it (取消人)")
    report_address: str | None = field(
        "Path of its report on this hub; empty when the report is no longer kept (报告地址)"
    )
    organization: OrganizationRef | None = field("The union in whose name it was made (导入工会)")


@strawberry.type(description="Imports of files at the root (导入任务查询)")
class ImportsQuery:
    """Root fields, mixed into the query root."""

    import_job: ImportJob | None = field("An import by its ID (导入任务)", **BY_ID)
    import_jobs: Connection[ImportJob] | None = page(
        "Imports of files, of all unions in sight or within one (导入任务列表)",
        ImportJobFilter,
        Order[ImportJobField],
        WITHIN,
        SUBTREE,
    )
