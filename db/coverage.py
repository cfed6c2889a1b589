"""Coverage (覆盖): census rounds, population estimates, targets, designations and construction projects."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.measurement_units import Unit
from db.members import WorkerType
from db.model import Dated, Keyed, Model, Sourced, Term, Versioned, dated_check


class CensusObstacle(Term):
    """Why a unit has no union, or a worker is no member (未建会原因)."""

    EMPLOYER_UNWILLING = "The employer is unwilling (单位不愿建)"
    WORKERS_UNAWARE = "Workers do not know of it (职工不了解)"
    TOO_FEW = "Fewer than twenty-five workers (人数不足)"
    HIGH_TURNOVER = "Workers come and go (流动性大)"
    NO_FIXED_PLACE = "No fixed place of work (无固定场所)"
    OTHER = "Other (其他)"


class DesignationKind(Term):
    """What a division is designated as (区划标识)."""

    NEW_FORM_CONCENTRATED = "Many workers in new forms of employment (新就业形态劳动者集中)"


class TargetMetric(Term):
    """What a target is set for (目标指标)."""

    NEW_FORM_JOINS = "Workers in new forms of employment who join in the period (新就业形态劳动者入会数)"
    NEW_FORM_COVERAGE = "Members among the estimated workers in new forms of employment (新就业形态劳动者入会率)"
    NEW_FORM_UNIONS = "Unions of workers in new forms of employment at county level (县级新业态工会数)"
    REGIONAL_FEDERATIONS = "Concentrated townships with a regional union of new forms (区域性新业态工会覆盖率)"
    LOGISTICS_PARKS = "Logistics parks covered by a union (物流园区建会率)"
    RESPONSE_CENTRES = "Townships with a full-response centre (全响应中心覆盖率)"


class TargetOperator(Term):
    """How the value is held against the target (比较方式)."""

    GE = "At least (不低于)"
    LE = "At most (不高于)"


class CensusRound(Keyed, Versioned, Model):
    """Census round (摸排轮次): a federation counts the unorganised units and the non-members below it, in ``[starts_on, ends_on)``."""

    __tablename__ = "census_round"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="dated"),
        Index("ix_census_round_organization_id_id", "organization_id", "id"),
    )


class CensusRecord(Keyed, Sourced, Versioned, Model):
    """Census record (摸排记录) of one unit on one day, kept for every round. ``organization_id`` is the union that surveyed it.

    ``has_union`` and the counts in persons are the findings of that day; ``EmployerCoverage`` says whether it was organised later.
    """

    __tablename__ = "census_record"

    round_id: Mapped[int] = mapped_column(ForeignKey("census_round.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    surveyed_on: Mapped[date]
    has_union: Mapped[bool]
    headcount: Mapped[int]
    migrant_count: Mapped[int]
    non_member_count: Mapped[int]
    obstacle: Mapped[CensusObstacle | None]
    follow_up_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("migrant_count <= headcount AND non_member_count <= headcount", name="within_headcount"),
        Index("ix_census_record_round_id_id", "round_id", "id"),
        Index("ix_census_record_organization_id_id", "organization_id", "id"),
        Index("ix_census_record_division_id_id", "division_id", "id"),
        Index("ix_census_record_employer_id_id", "employer_id", "id"),
    )


class PopulationEstimate(Keyed, Versioned, Model):
    """Population estimate (劳动者基数): how many workers of a type a division has, in persons: the denominator of coverage.

    ``worker_type`` is null for all workers. ``organization_id`` is the federation responsible for the estimate.
    """

    __tablename__ = "population_estimate"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    worker_type: Mapped[WorkerType | None]
    as_of: Mapped[date]
    value: Mapped[int]
    source: Mapped[str]

    __table_args__ = (
        CheckConstraint("value >= 0", name="not_negative"),
        Index("uq_population_estimate", "division_id", "worker_type", "as_of", unique=True),
        Index("ix_population_estimate_organization_id_id", "organization_id", "id"),
    )


class Target(Keyed, Versioned, Model):
    """Target (工作目标) of a federation for a division by the end of ``[starts_on, ends_on)``; progress is computed, never stored.

    ``value`` is in ``unit``: persons, units, or a fraction of one.
    """

    __tablename__ = "target"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("policy_document.id"))
    metric: Mapped[TargetMetric]
    operator: Mapped[TargetOperator]
    value: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    unit: Mapped[Unit]
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="dated"),
        Index("ix_target_organization_id_id", "organization_id", "id"),
        Index("ix_target_division_id_id", "division_id", "id"),
        Index("ix_target_document_id_id", "document_id", "id"),
    )


class Designation(Keyed, Dated, Versioned, Model):
    """Designation of a division (区划标识), e.g. as one where workers in new forms of employment concentrate."""

    __tablename__ = "designation"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    kind: Mapped[DesignationKind]

    __table_args__ = (
        dated_check(),
        Index("ix_designation_organization_id_id", "organization_id", "id"),
        Index("ix_designation_division_id_id", "division_id", "id"),
    )


class ConstructionProject(Keyed, Sourced, Versioned, Model):
    """Construction project (工程项目): its works begin and end, and so does its project union, whose members still count.

    ``organization_id`` is the responsible federation, ``union_id`` the project union once there is one.
    """

    __tablename__ = "construction_project"

    name: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    union_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    started_on: Mapped[date]
    completed_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("completed_on > started_on", name="dated"),
        Index("ix_construction_project_organization_id_id", "organization_id", "id"),
        Index("ix_construction_project_division_id_id", "division_id", "id"),
        Index("ix_construction_project_union_id", "union_id"),
    )
