"""Imports of files (导入任务): who, when, what, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Keyed, Model, Term

IMPORT_LOCKS = 0x1447
"""The class of the advisory locks that running imports hold, each on the key of its job: without it a job was broken off."""


class ImportState(Term):
    """State of an import (导入状态)."""

    RUNNING = "Running (进行中)"
    WRITTEN = "Its rows were written (已写入)"
    REHEARSED = "A rehearsal: nothing was to be written (预演)"
    REFUSED = "Rows were refused, so that nothing was written (有行被退回，未写入)"
    UNREADABLE = "The file could not be read (文件无法读取)"
    CANCELLED = "Cancelled; nothing was written (已取消，未写入)"
    BROKEN_OFF = "Broken off by a fault or a stop of the hub; nothing was written (已中断，未写入)"


class ImportStage(Term):
    """What a running import does (导入阶段)."""

    WAITING = "Waits for other imports (等待)"
    READING = "Reads the file (读取文件)"
    WRITING = "Checks and writes the rows (检查并写入)"
    ENDING = "Keeps the rows or takes them back (完成)"


class ImportJob(Keyed, Model):
    """An import of a file (导入任务). It is written before the rows, and ended in their transaction. Of an import that was cancelled or
    broken off nothing was written; one whose process has died is RUNNING until a hub looks for it (``mark_broken_imports`` of the
    database).

    ``organization_id`` is the union in whose name it was made, ``report`` what became of the rows (values masked where they are
    personal), ``digest`` the SHA-256 of the file. ``done_rows`` of ``total_rows`` are done of the present ``stage``; the total is null
    while the file is read for the first time.
    """

    __tablename__ = "import_job"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    principal: Mapped[str]
    kind: Mapped[str]
    file_name: Mapped[str]
    digest: Mapped[str]
    is_dry_run: Mapped[bool]
    good_rows_only: Mapped[bool]
    refuses_changes: Mapped[bool]
    state: Mapped[ImportState]
    stage: Mapped[ImportStage | None]
    done_rows: Mapped[int] = mapped_column(server_default="0")
    total_rows: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    new_rows: Mapped[int] = mapped_column(server_default="0")
    changed_rows: Mapped[int] = mapped_column(server_default="0")
    same_rows: Mapped[int] = mapped_column(server_default="0")
    refused_rows: Mapped[int] = mapped_column(server_default="0")
    warnings: Mapped[int] = mapped_column(server_default="0")
    cancelled_by: Mapped[str | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    __table_args__ = (
        Index("ix_import_job_organization_id", "organization_id", "id"),
        Index("ix_import_job_running", "digest", postgresql_where=text("state = 'RUNNING'")),
        Index("ix_import_job_reported", "started_at", postgresql_where=text("report IS NOT NULL")),
    )
