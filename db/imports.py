"""Imports of files (导入任务): who, when, what, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Keyed, Model, Term

IMPORT_LOCKS = 0x1447
"""The class of the advisory locks that running imports hold, each on the key of its job: without it a job was broken off."""


class ImportState(Term):
    """State of an import (导入状态)."""

    RUNNING = "Running, or broken off (进行中或已中断)"
    WRITTEN = "Its rows were written (已写入)"
    REHEARSED = "A rehearsal: nothing was to be written (预演)"
    REFUSED = "Rows were refused, so that nothing was written (有行被退回，未写入)"
    UNREADABLE = "The file could not be read (文件无法读取)"
    BROKEN_OFF = "Broken off: nothing was written (已中断，未写入)"


class ImportJob(Keyed, Model):
    """An import of a file (导入任务). It is written before the rows, and ended in their transaction: an import that was broken off is still
    RUNNING until ``unionhub db repair`` marks it, and nothing of it was written.

    ``organization_id`` is the union in whose name it was made, ``report`` what became of the rows (values masked where they are
    personal), ``digest`` the SHA-256 of the file.
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
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    new_rows: Mapped[int] = mapped_column(server_default="0")
    changed_rows: Mapped[int] = mapped_column(server_default="0")
    same_rows: Mapped[int] = mapped_column(server_default="0")
    refused_rows: Mapped[int] = mapped_column(server_default="0")
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    __table_args__ = (Index("ix_import_job_organization_id", "organization_id", "id"),)
