"""Deadline rules (期限规则): the law's periods as data, by procedure, step and division."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Dated, Keyed, Model, Term, dated_check


class DeadlineUnit(Term):
    """Unit of a period (期限单位)."""

    CALENDAR_DAY = "Calendar day (自然日)"
    WORKING_DAY = "Working day (工作日)"
    MONTH = "Month (月)"
    YEAR = "Year (年)"


class DeadlineRule(Keyed, Dated, Model):
    """Period that the law sets for a step (法定期限). The rule of the nearest division above a record applies; null is national."""

    __tablename__ = "deadline_rule"

    procedure: Mapped[str]
    step: Mapped[str]
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"))
    length: Mapped[int]
    unit: Mapped[DeadlineUnit]
    starts_on: Mapped[str]
    article: Mapped[str]

    __table_args__ = (dated_check(), Index("ix_deadline_rule_procedure_step", "procedure", "step"))
