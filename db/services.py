"""Services (服务): distributed material, and transactions at a window, timed to the second."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.measurement_units import Unit
from db.model import Keyed, Model, Sourced, Term, Versioned


class MaterialKind(Term):
    """Kind of material (宣传品、物品类型)."""

    BOOK = "Book or booklet (书册)"
    LEAFLET = "Leaflet (宣传单)"
    GIFT_PARCEL = "Gift parcel (慰问品)"


class MaterialDistribution(Keyed, Sourced, Versioned, Model):
    """Distribution of material (宣传品发放): ``quantity`` in ``unit`` to an employer or at an activity."""

    __tablename__ = "material_distribution"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    kind: Mapped[MaterialKind]
    title: Mapped[str]
    quantity: Mapped[int]
    unit: Mapped[Unit]
    distributed_on: Mapped[date]

    __table_args__ = (
        CheckConstraint("quantity > 0", name="positive"),
        Index("ix_material_distribution_organization_id_id", "organization_id", "id"),
        Index("ix_material_distribution_division_id_id", "division_id", "id"),
        Index("ix_material_distribution_activity_id_id", "activity_id", "id"),
        Index("ix_material_distribution_employer_id_id", "employer_id", "id"),
    )


class ServiceTransaction(Keyed, Sourced, Versioned, Model):
    """Transaction at a window (窗口办理): begun and ended to the second, in UTC. ``venue_id`` is the window."""

    __tablename__ = "service_transaction"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("insurance_enrolment.id"))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="dated"),
        Index("ix_service_transaction_organization_id_id", "organization_id", "id"),
        Index("ix_service_transaction_division_id_id", "division_id", "id"),
        Index("ix_service_transaction_venue_id_id", "venue_id", "id"),
        Index("ix_service_transaction_member_id_id", "member_id", "id"),
    )
