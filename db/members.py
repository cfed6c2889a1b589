"""Members (会员): persons, their dated memberships, and their engagements with employers."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.text_search import grams_index
from db.encryption.vault import Secret
from db.model import Dated, Keyed, Model, Sourced, Term, Versioned, dated_check


class Sex(Term):
    """Sex (性别): GB/T 2261.1."""

    UNKNOWN = "Unknown (未知)"
    MALE = "Male (男)"
    FEMALE = "Female (女)"
    UNSTATED = "Not stated (未说明)"


class WorkerType(Term):
    """Occupation group of a worker (职工类别). Being a migrant or a model worker is apart from it."""

    EMPLOYEE = "Employee of an ordinary unit (普通职工)"
    TRUCK_DRIVER = "Truck driver (货车司机)"
    RIDE_HAILING_DRIVER = "Ride-hailing driver (网约车司机)"
    COURIER = "Courier (快递员)"
    FOOD_DELIVERY = "Food delivery rider (外卖配送员)"
    DOMESTIC_WORKER = "Domestic worker (家政服务员)"
    CARE_WORKER = "Care worker (护工护理员)"
    MALL_INFORMATION = "Shopping-mall information clerk (商场信息员)"
    REAL_ESTATE_AGENT = "Real-estate agent (房产中介员)"
    SECURITY_GUARD = "Security guard (保安员)"
    FLEXIBLE = "Other flexible employment (灵活就业人员)"


class MembershipStatus(Term):
    """State of a membership (会籍状态)."""

    APPLIED = "Applied (已申请)"
    UNDER_REVIEW = "Under review (审核中)"
    ACTIVE = "Active (正常)"
    RETAINED = "Retained without dues: retired, unemployed, in service (保留会籍)"
    TRANSFERRED_OUT = "Transferred to another union (转出)"
    WITHDRAWN = "Withdrawn (退会)"
    AUTO_WITHDRAWN = "Withdrawn by six months without dues and activity (自动退会)"
    EXPELLED = "Expelled (开除会籍)"
    DECEASED = "Deceased (死亡)"


class MembershipChannel(Term):
    """How a member joined (入会渠道)."""

    PAPER = "On paper (线下)"
    QR = "By QR code (扫码)"
    APP = "By app (职工之家等)"
    COLLECTIVE = "Collectively (集中入会)"
    PROJECT = "Through a project union (项目工会)"
    FALLBACK = "Through an online home of members (兜底)"


class MembershipEntry(Term):
    """How a membership began (入会方式): a transfer is no joining."""

    FIRST = "First membership of that person (首次入会)"
    RETURNED = "Joined again after having left (重新入会)"
    TRANSFERRED_IN = "Transferred from another union (转入)"


class MembershipExit(Term):
    """How a membership ended (离会方式): a transfer is no leaving."""

    LEFT = "Left for good: withdrawn, expelled, deceased (离会)"
    TRANSFERRED_OUT = "Transferred to another union (转出)"


class EngagementKind(Term):
    """Relation of a worker with an employer (用工形式)."""

    LABOUR_CONTRACT = "Labour contract (劳动合同)"
    DE_FACTO = "De facto labour relation (事实劳动关系)"
    DISPATCH = "Labour dispatch (劳务派遣)"
    OUTSOURCED = "Outsourced work (劳务外包)"
    PLATFORM = "Platform work (平台用工)"
    SELF_EMPLOYED = "Self-employed (个体)"


class Member(Keyed, Sourced, Versioned, Model):
    """Member (会员): a person who is or was in a union. Resident number (GB 11643, 18 characters), day of birth, mobile number and bank
    card are sealed (``db.encryption.vault``). Other columns hold in clear what masks show, and no more: the region, the first three digits
    of the phone, and ``birth_year_from``, the first of the five years in one of which the person was born (1985 for 1985 to 1989). Who
    reads the table without the keys is left with at least 10⁴ candidates for a sealed value (docs/masks.md).

    ``bank_card_changed_on`` and its like are the day on which a correction changed the value last, written by a trigger.

    ``organization_id`` is the union of the active membership, kept by triggers on ``membership``; null while there is none."""

    __tablename__ = "member"

    name: Mapped[str]
    sex: Mapped[Sex]
    birth_year_from: Mapped[int | None]
    birth_date: Mapped[bytes | None] = mapped_column(LargeBinary)
    resident_number: Mapped[bytes | None] = mapped_column(LargeBinary)
    resident_number_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    resident_number_region: Mapped[str | None]
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    phone_head: Mapped[str | None]
    bank_card: Mapped[bytes | None] = mapped_column(LargeBinary)
    worker_type: Mapped[WorkerType]
    is_migrant_worker: Mapped[bool]
    is_model_worker: Mapped[bool]
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    bank_card_changed_on: Mapped[date | None]
    resident_number_changed_on: Mapped[date | None]
    phone_changed_on: Mapped[date | None]

    __table_args__ = (
        Index("ix_member_organization_id_id", "organization_id", "id"),
        Index(
            "ix_member_organization_id_name_unnumbered",
            "organization_id",
            "name",
            postgresql_where=text("resident_number_index IS NULL"),
        ),
        CheckConstraint(
            "num_nonnulls(resident_number, resident_number_index, resident_number_region) IN (0, 3)",
            name="resident_number_whole",
        ),
        CheckConstraint("num_nonnulls(phone, phone_index, phone_head) IN (0, 3)", name="phone_whole"),
        CheckConstraint("mod(birth_year_from, 5) = 0", name="birth_year_from_band"),
        grams_index("member", "name"),
    )


RESIDENT_NUMBER = Secret("member", "resident_number", "resident_number_index")
PHONE = Secret("member", "phone", "phone_index")
BANK_CARD = Secret("member", "bank_card")
BIRTH_DATE = Secret("member", "birth_date")
SECRETS = (RESIDENT_NUMBER, PHONE, BANK_CARD, BIRTH_DATE)
"""The sealed columns."""


class Membership(Keyed, Versioned, Model):
    """Membership of a person in a union (会籍), ``[valid_from, valid_to)``, one active a person: a worker is a member where they are
    employed (Measures on Members' Registration, 2016, art. 3).

    ``valid_from`` is null while the membership is applied for. Memberships of a person do not overlap: commands check that, because an
    exclusion constraint would need an extension.

    Triggers compute ``entry`` and ``exit`` from the person's memberships before and after: a transfer if the membership before ended by
    transfer, or no earlier than this one begins. ``exit`` is null until the end is known, ``entry`` while the membership is applied for.
    """

    __tablename__ = "membership"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    status: Mapped[MembershipStatus]
    channel: Mapped[MembershipChannel]
    applied_on: Mapped[date]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    end_reason: Mapped[str | None]
    entry: Mapped[MembershipEntry | None] = mapped_column(server_default="FIRST")
    exit: Mapped[MembershipExit | None]

    __table_args__ = (
        dated_check(),
        CheckConstraint("valid_from IS NOT NULL OR status IN ('APPLIED', 'UNDER_REVIEW')", name="begun"),
        Index("ix_membership_organization_id_id", "organization_id", "id"),
        Index(
            "ix_membership_organization_id_valid_from", "organization_id", "valid_from", postgresql_include=["valid_to"]
        ),
        Index(
            "ix_membership_organization_id_valid_to",
            "organization_id",
            "valid_to",
            postgresql_where=text("valid_to IS NOT NULL"),
        ),
        Index("ix_membership_member_id_id", "member_id", "id"),
        Index(
            "ix_membership_organization_id_member_id_applied",
            "organization_id",
            "member_id",
            postgresql_where=text("valid_from IS NULL AND valid_to IS NULL"),
        ),
        Index(
            "uq_membership_active",
            "member_id",
            unique=True,
            postgresql_where=text("valid_to IS NULL AND valid_from IS NOT NULL"),
        ),
    )


class Engagement(Keyed, Dated, Versioned, Model):
    """Engagement of a worker by an employer (用工关系); ``organization_id`` is the union responsible for the employer."""

    __tablename__ = "engagement"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    kind: Mapped[EngagementKind]
    job_title: Mapped[str | None]

    __table_args__ = (
        dated_check(),
        Index("ix_engagement_member_id_id", "member_id", "id"),
        Index("ix_engagement_employer_id_id", "employer_id", "id"),
    )
