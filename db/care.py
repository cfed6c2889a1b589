"""Care of the seriously ill (大病帮扶) and mutual medical aid (职工医疗互助). Only the handling union reads health data (PIPL art. 28)."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Dated, Keyed, Model, Money, Sourced, Term, Versioned, dated_check


class CareStepKind(Term):
    """Step of a care case (帮扶环节)."""

    VISIT = "Visit (探望)"
    REFERRAL = "Referral (转诊)"
    REMOTE_FILING = "Filing of treatment in another province (异地就医备案)"
    TRANSFER = "Transfer to another hospital (转院)"
    ESCORT = "Escort vehicle (护送)"
    CONDOLENCE_APPLIED = "Condolence money applied for (申请慰问金)"
    CLAIM_FILED = "Claim of mutual medical aid filed (办理互助保险)"
    DISCHARGE = "Discharge (出院)"


class ClaimStatus(Term):
    """State of a claim of mutual medical aid (互助金申请状态)."""

    FILED = "Filed (已申请)"
    DOCUMENTS_COMPLETE = "Documents complete (材料齐全)"
    APPROVED = "Approved (已批准)"
    PAID = "Paid (已给付)"
    REFUSED = "Refused (未批准)"


class CareCase(Keyed, Sourced, Versioned, Model):
    """Care case (帮扶个案) of a seriously ill member. ``organization_id`` is the union that handles it; it alone reads ``diagnosis``."""

    __tablename__ = "care_case"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    diagnosis: Mapped[str | None]
    onset_on: Mapped[date | None]
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("closed_on >= opened_on", name="dated"),
        Index("ix_care_case_organization_id_id", "organization_id", "id"),
        Index("ix_care_case_member_id_id", "member_id", "id"),
    )


class CareStep(Keyed, Versioned, Model):
    """Dated step of a care case (帮扶记录), from one division to another in a transfer. ``note`` is for the handling union alone."""

    __tablename__ = "care_step"

    case_id: Mapped[int] = mapped_column(ForeignKey("care_case.id"))
    kind: Mapped[CareStepKind]
    occurred_on: Mapped[date]
    from_division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"))
    to_division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"))
    note: Mapped[str | None]

    __table_args__ = (Index("ix_care_step_case_id_id", "case_id", "id"),)


class CareShift(Keyed, Versioned, Model):
    """Day on which somebody attended the patient (陪护班次): one row is one person-day. ``member_id`` is the carer."""

    __tablename__ = "care_shift"

    case_id: Mapped[int] = mapped_column(ForeignKey("care_case.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    served_on: Mapped[date]

    __table_args__ = (
        Index("uq_care_shift", "case_id", "member_id", "served_on", unique=True),
        Index("ix_care_shift_member_id_id", "member_id", "id"),
    )


class MutualAidEnrolment(Keyed, Dated, Sourced, Versioned, Model):
    """Enrolment in mutual medical aid (职工医疗互助参保), one to three years from ``valid_from``."""

    __tablename__ = "mutual_aid_enrolment"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    premium: Mapped[Decimal | None] = mapped_column(Money)

    __table_args__ = (
        dated_check(),
        Index("ix_mutual_aid_enrolment_organization_id_id", "organization_id", "id"),
        Index("ix_mutual_aid_enrolment_member_id_id", "member_id", "id"),
    )


class MutualAidClaim(Keyed, Sourced, Versioned, Model):
    """Claim of mutual medical aid (互助金申请), ``amount`` in yuan once approved."""

    __tablename__ = "mutual_aid_claim"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("mutual_aid_enrolment.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("care_case.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    status: Mapped[ClaimStatus]
    filed_on: Mapped[date]
    approved_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    amount: Mapped[Decimal | None] = mapped_column(Money)

    __table_args__ = (
        CheckConstraint("approved_on >= filed_on AND paid_on >= approved_on", name="dated"),
        Index("ix_mutual_aid_claim_enrolment_id_id", "enrolment_id", "id"),
        Index("ix_mutual_aid_claim_organization_id_id", "organization_id", "id"),
        Index("ix_mutual_aid_claim_member_id_id", "member_id", "id"),
        Index("ix_mutual_aid_claim_case_id", "case_id"),
    )
