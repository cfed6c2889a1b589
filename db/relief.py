"""Relief (困难帮扶): households in hardship, their children, and grants in money or in kind."""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Dated, Keyed, Model, Money, Sourced, Term, Versioned, dated_check


class HardshipKind(Term):
    """Category of hardship (困难类别)."""

    LOW_INCOME = "Minimum living allowance (低保)"
    LOW_INCOME_EDGE = "Edge of the minimum living allowance (低保边缘)"
    ACCIDENT = "Illness or accident (意外致困)"
    RELATIVE = "Relative hardship (相对困难)"


class GrantKind(Term):
    """What a grant is for (帮扶类型)."""

    RELIEF = "Relief (困难救助)"
    TUITION = "Tuition aid (金秋助学)"
    CONDOLENCE = "Condolence (慰问)"
    GIFT_IN_KIND = "Gift in kind (实物慰问)"


class GrantStatus(Term):
    """State of a grant (帮扶状态)."""

    APPLIED = "Applied (已申请)"
    APPROVED = "Approved (已批准)"
    PAID = "Paid or handed over (已发放)"
    REFUSED = "Refused (未批准)"


class SchoolStage(Term):
    """School stage of a child (学段)."""

    PRESCHOOL = "Preschool (学前)"
    PRIMARY = "Primary school (小学)"
    JUNIOR_SECONDARY = "Junior secondary school (初中)"
    SENIOR_SECONDARY = "Senior secondary or vocational school (高中、中职)"
    TERTIARY = "College or university (大学)"


class Household(Keyed, Dated, Sourced, Versioned, Model):
    """Household in hardship (困难职工家庭), on file from ``valid_from`` until it leaves hardship; ``member_id`` is its worker."""

    __tablename__ = "household"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    hardship: Mapped[HardshipKind]
    size: Mapped[int]

    __table_args__ = (
        dated_check(),
        CheckConstraint("size > 0", name="positive"),
        Index("ix_household_organization_id_id", "organization_id", "id"),
        Index("ix_household_division_id_id", "division_id", "id"),
        Index("ix_household_member_id_id", "member_id", "id"),
    )


class Dependant(Keyed, Versioned, Model):
    """Child of a household (困难职工子女). Only a number, the year of birth and the school stage are stored: PIPL art. 28 and 31."""

    __tablename__ = "dependant"

    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    birth_year: Mapped[int]
    school_stage: Mapped[SchoolStage | None]

    __table_args__ = (
        Index("ix_dependant_household_id_id", "household_id", "id"),
        Index("ix_dependant_organization_id_id", "organization_id", "id"),
    )


class AidGrant(Keyed, Sourced, Versioned, Model):
    """Grant to a household, a child or a member (帮扶资金、物品发放); ``amount`` in yuan, null when in kind. Paid on ``paid_on``.

    ``written_by`` are the principals who have written it in batches, kept by a trigger: it is no ground for them to see a bank card.
    """

    __tablename__ = "aid_grant"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    kind: Mapped[GrantKind]
    status: Mapped[GrantStatus]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    dependant_id: Mapped[int | None] = mapped_column(ForeignKey("dependant.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    amount: Mapped[Decimal | None] = mapped_column(Money)
    item: Mapped[str | None]
    applied_on: Mapped[date]
    approved_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    written_by: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")

    __table_args__ = (
        CheckConstraint("num_nonnulls(household_id, dependant_id, member_id) >= 1", name="recipient"),
        CheckConstraint("num_nonnulls(amount, item) >= 1", name="given"),
        CheckConstraint("amount > 0", name="positive"),
        CheckConstraint("approved_on >= applied_on AND paid_on >= approved_on", name="dated"),
        Index("ix_aid_grant_organization_id_id", "organization_id", "id"),
        Index("ix_aid_grant_division_id_id", "division_id", "id"),
        Index("ix_aid_grant_household_id_id", "household_id", "id"),
        Index("ix_aid_grant_dependant_id_id", "dependant_id", "id"),
        Index("ix_aid_grant_member_id_id", "member_id", "id"),
    )
