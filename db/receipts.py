"""Receipts of commands (命令回执): a command sent twice with the same idempotency key is done once."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Index, LargeBinary, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Model


class CommandReceipt(Model):
    """A command that was done for a principal under an idempotency key, with the digest of its input and its answer.

    ``payload`` is null if the answer has personal data; a repeated command then computes it again.
    """

    __tablename__ = "command_receipt"

    principal: Mapped[str] = mapped_column(primary_key=True)
    command: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    input_digest: Mapped[bytes] = mapped_column(LargeBinary)
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (Index("ix_command_receipt_at", "at"),)
