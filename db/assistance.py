"""Paired assistance (对口协作): agreements between federations and their lines, wishes, donations in kind, aid projects, rosters."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.measurement_units import Unit
from db.model import Dated, Keyed, Model, Money, Sourced, Term, Versioned, dated_check


class CooperationLineKind(Term):
    """Line of a cooperation agreement (“四个一批”)."""

    EXCHANGE = "Learning and exchange (学习交流)"
    TRAINING = "Training support (培训扶持)"
    CARE = "Care and aid (爱心帮扶)"
    VISIT = "Visits (走访慰问)"


class ClaimantKind(Term):
    """Who took on a wish (认领主体)."""

    UNION = "Union (工会)"
    UNIT = "Unit (单位)"
    INDIVIDUAL = "Individual (个人)"


class WishStatus(Term):
    """State of a wish (微心愿状态)."""

    PROPOSED = "Proposed (已征集)"
    VERIFIED = "Verified by the union (已核实)"
    PUBLISHED = "Published (已发布)"
    CLAIMED = "Claimed (已认领)"
    DELIVERED = "Delivered (已送达)"
    CONFIRMED = "Confirmed by the recipient (已确认)"
    LAPSED = "Lapsed (已失效)"


class WishItem(Term):
    """What is wished for (心愿物品)."""

    DAILY_GOODS = "Daily goods (日用品)"
    STUDY_GOODS = "Study goods (学习用品)"


class DonationItem(Term):
    """What is donated (捐赠物资)."""

    AMBULANCE = "Ambulance (救护车)"
    BUSINESS_VAN = "Business van (商务车)"
    HEALTH_PRODUCTS = "Health products (保健品)"
    PRODUCE = "Fruit and vegetables (水果蔬菜)"
    EPIDEMIC_SUPPLIES = "Supplies against an epidemic (抗疫物资)"


class AidProjectKind(Term):
    """Kind of aid project (援建项目类型)."""

    STATION = "Workers' station (职工驿站)"
    RELAY_STATION = "Station of kindness (爱心接力站)"
    READING_ROOM = "Workers' reading room (职工书屋)"


class CooperationAgreement(Keyed, Dated, Sourced, Versioned, Model):
    """Agreement on paired assistance (对口协作协议) between two federations, in term from ``valid_from`` to ``valid_to``.

    ``organization_id`` is the federation that helps, ``partner_id`` the one helped, ``predecessor_id`` the agreement that it renews.
    """

    __tablename__ = "cooperation_agreement"

    title: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("cooperation_agreement.id"))
    signed_on: Mapped[date]

    __table_args__ = (
        dated_check(),
        Index("ix_cooperation_agreement_organization_id_id", "organization_id", "id"),
        Index("ix_cooperation_agreement_partner_id_id", "partner_id", "id"),
    )


class CooperationLine(Keyed, Versioned, Model):
    """Line of work of a cooperation agreement (协作内容)."""

    __tablename__ = "cooperation_line"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("cooperation_agreement.id"))
    kind: Mapped[CooperationLineKind]
    title: Mapped[str]

    __table_args__ = (Index("uq_cooperation_line", "agreement_id", "kind", unique=True),)


class Wish(Keyed, Sourced, Versioned, Model):
    """Micro-wish (微心愿) from proposed to confirmed. ``organization_id`` is the union that verified it; ``claimant_id`` the union
    that took it on, else ``claimant_name`` the unit; individuals are not named. ``standard_value`` in yuan."""

    __tablename__ = "wish"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("cooperation_line.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    is_collective: Mapped[bool]
    item: Mapped[WishItem]
    standard_value: Mapped[Decimal] = mapped_column(Money)
    status: Mapped[WishStatus]
    claimant_kind: Mapped[ClaimantKind | None]
    claimant_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    claimant_name: Mapped[str | None]
    proposed_on: Mapped[date]
    claimed_on: Mapped[date | None]
    delivered_on: Mapped[date | None]
    confirmed_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("claimed_on >= proposed_on AND delivered_on >= claimed_on", name="dated"),
        CheckConstraint("(claimed_on IS NULL) = (claimant_kind IS NULL)", name="claimed"),
        Index("ix_wish_organization_id_id", "organization_id", "id"),
        Index("ix_wish_division_id_id", "division_id", "id"),
        Index("ix_wish_claimant_id_id", "claimant_id", "id"),
        Index("ix_wish_line_id_id", "line_id", "id"),
        Index("ix_wish_member_id", "member_id"),
    )


class Donation(Keyed, Sourced, Versioned, Model):
    """Donation in kind (实物捐赠): ``quantity`` in ``unit``, from the union ``organization_id`` or through it from a named unit.

    ``division_id`` is the place that receives it; ``quantity`` is null if the source gives none.
    """

    __tablename__ = "donation"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("cooperation_line.id"))
    donor_name: Mapped[str | None]
    item: Mapped[DonationItem]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(14, 3))
    unit: Mapped[Unit]
    donated_on: Mapped[date]

    __table_args__ = (
        CheckConstraint("quantity > 0", name="positive"),
        Index("ix_donation_organization_id_id", "organization_id", "id"),
        Index("ix_donation_division_id_id", "division_id", "id"),
    )


class AidProject(Keyed, Sourced, Versioned, Model):
    """Aid project (援建项目) with its ``budget`` and what was spent, in yuan. ``organization_id`` is the federation that pays."""

    __tablename__ = "aid_project"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("cooperation_line.id"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    kind: Mapped[AidProjectKind]
    name: Mapped[str]
    budget: Mapped[Decimal] = mapped_column(Money)
    spent: Mapped[Decimal | None] = mapped_column(Money)
    started_on: Mapped[date]
    completed_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("budget > 0 AND spent >= 0", name="positive"),
        CheckConstraint("completed_on >= started_on", name="dated"),
        Index("ix_aid_project_organization_id_id", "organization_id", "id"),
        Index("ix_aid_project_division_id_id", "division_id", "id"),
    )


class Roster(Keyed, Versioned, Model):
    """Roster (花名册) of the persons that a programme has to reach, e.g. cadres on assignment, as of a day."""

    __tablename__ = "roster"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("cooperation_line.id"))
    name: Mapped[str]
    as_of: Mapped[date]

    __table_args__ = (Index("ix_roster_organization_id_id", "organization_id", "id"),)


class RosterEntry(Keyed, Versioned, Model):
    """Person on a roster (花名册人员). A visit is an attendance."""

    __tablename__ = "roster_entry"

    roster_id: Mapped[int] = mapped_column(ForeignKey("roster.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))

    __table_args__ = (
        Index("uq_roster_entry", "roster_id", "member_id", unique=True),
        Index("ix_roster_entry_organization_id_id", "organization_id", "id"),
        Index("ix_roster_entry_member_id_id", "member_id", "id"),
    )
