"""Insurance enrolments (参保): who is insured against work injury, under which scheme, by which participant, and when."""

from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Dated, Keyed, Model, Money, Term, Versioned, dated_check


class InsuranceScheme(Term):
    """Insurance scheme (参保险种)."""

    STANDARD_WORK_INJURY = "Work-injury insurance of employees (工伤保险)"
    COURIER_PRIORITY_WORK_INJURY = "Priority work-injury insurance of couriers (快递员优先参加工伤保险)"
    CONSTRUCTION_PROJECT = "Work-injury insurance by construction project (按项目参保)"
    PLATFORM_OCCUPATIONAL_INJURY = "Occupational-injury protection of platform workers (职业伤害保障)"


class InsuranceEnrolment(Keyed, Dated, Versioned, Model):
    """Enrolment of a worker in a scheme (参保记录), reported by the social-security agency: Regulation on Work-Injury Insurance.

    ``participant_id`` is the insuring employer; ``base_amount`` monthly in yuan; ``rate`` a fraction of it; ``cohort`` numbers a batch.
    """

    __tablename__ = "insurance_enrolment"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    scheme: Mapped[InsuranceScheme]
    cohort: Mapped[int | None]
    base_amount: Mapped[Decimal | None] = mapped_column(Money)
    rate: Mapped[Decimal | None] = mapped_column(Numeric(6, 5))
    source_system: Mapped[str | None]
    source_number: Mapped[str | None]

    __table_args__ = (
        dated_check(),
        UniqueConstraint("source_number", "source_system"),
        Index("ix_insurance_enrolment_organization_id_id", "organization_id", "id"),
        Index(
            "ix_insurance_enrolment_organization_id_valid_from",
            "organization_id",
            "valid_from",
            postgresql_include=["valid_to"],
        ),
        Index(
            "ix_insurance_enrolment_organization_id_valid_to",
            "organization_id",
            "valid_to",
            postgresql_where=text("valid_to IS NOT NULL"),
        ),
        Index("ix_insurance_enrolment_member_id_id", "member_id", "id"),
        Index("ix_insurance_enrolment_participant_id_id", "participant_id", "id"),
    )
