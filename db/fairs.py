"""Job fairs (招聘会): exhibitors and the posts that they offer. The fair itself is an activity."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Keyed, Model, Money, Versioned


class Exhibitor(Keyed, Versioned, Model):
    """Exhibitor at a job fair (参会企业)."""

    __tablename__ = "exhibitor"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))

    __table_args__ = (
        Index("uq_exhibitor", "activity_id", "employer_id", unique=True),
        Index("ix_exhibitor_organization_id_id", "organization_id", "id"),
        Index("ix_exhibitor_employer_id_id", "employer_id", "id"),
    )


class JobOffer(Keyed, Versioned, Model):
    """Posts of one title that an exhibitor offers (招聘岗位): ``headcount`` offered, ``filled_count`` filled, null while unknown."""

    __tablename__ = "job_offer"

    exhibitor_id: Mapped[int] = mapped_column(ForeignKey("exhibitor.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    title: Mapped[str]
    headcount: Mapped[int]
    filled_count: Mapped[int | None]
    monthly_wage: Mapped[Decimal | None] = mapped_column(Money)
    is_flexible: Mapped[bool]

    __table_args__ = (
        CheckConstraint("headcount > 0 AND filled_count BETWEEN 0 AND headcount", name="counts"),
        Index("ix_job_offer_exhibitor_id_id", "exhibitor_id", "id"),
        Index("ix_job_offer_organization_id_id", "organization_id", "id"),
    )
