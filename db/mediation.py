"""Mediation (调解): mediation bodies and their seats, lawyers and mediators, and legal service link by link."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.disputes import DisputeBody
from db.model import Dated, Keyed, Model, Sourced, Term, Versioned, dated_check


class BodySide(Term):
    """Side that a party sits for on a mediation body (三方)."""

    GOVERNMENT = "Government (政府方)"
    UNION = "Union (工会方)"
    EMPLOYER = "Employers (企业方)"


class MediatorKind(Term):
    """Kind of mediator (调解人员类型)."""

    PANEL_LAWYER = "Lawyer of the union's panel (工会律师团律师)"
    STATIONED_LAWYER = "Lawyer stationed at the body (驻点工会律师)"
    MEDIATOR = "Mediator (调解员)"


class LegalServiceLink(Term):
    """Link in the chain of legal service (法律服务环节)."""

    OUTREACH = "Legal outreach (普法宣传)"
    CONSULTATION = "Legal counselling (法律咨询)"
    DAILY_MEDIATION = "Daily mediation (日常调解)"
    PRE_ARBITRATION = "Mediation before arbitration (裁前调解)"
    PRE_TRIAL = "Mediation before trial (诉前调解)"
    LEGAL_AID = "Legal aid (法律援助)"


class LegalServiceOutcome(Term):
    """How a link of legal service ended (服务结果)."""

    SETTLED = "Settled (已解决)"
    PASSED_ON = "Passed to the next link (转入下一环节)"
    WITHDRAWN = "Withdrawn (撤回)"
    CLOSED = "Closed without settlement (未解决办结)"


class MediationBody(Keyed, Dated, Sourced, Versioned, Model):
    """Mediation body (调解组织), open from ``valid_from``. ``organization_id`` is the union that takes part, ``host`` the place of its
    office."""

    __tablename__ = "mediation_body"

    name: Mapped[str]
    kind: Mapped[DisputeBody]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("policy_document.id"))
    host: Mapped[str | None]

    __table_args__ = (
        dated_check(),
        Index("ix_mediation_body_organization_id_id", "organization_id", "id"),
        Index("ix_mediation_body_division_id_id", "division_id", "id"),
    )


class MediationSeat(Keyed, Dated, Versioned, Model):
    """Seat of a body on a mediation body (三方席位), for one side."""

    __tablename__ = "mediation_seat"

    body_id: Mapped[int] = mapped_column(ForeignKey("mediation_body.id"))
    side: Mapped[BodySide]
    name: Mapped[str]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))

    __table_args__ = (dated_check(), Index("ix_mediation_seat_body_id_id", "body_id", "id"))


class Mediator(Keyed, Dated, Sourced, Versioned, Model):
    """Lawyer or mediator at work for a union (律师、调解员), from ``valid_from`` to ``valid_to``; with a body if stationed there.

    ``principal_id`` is their account, if they have one; they see the cases assigned to it.
    """

    __tablename__ = "mediator"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    body_id: Mapped[int | None] = mapped_column(ForeignKey("mediation_body.id"))
    principal_id: Mapped[int | None] = mapped_column(ForeignKey("principal.id"))
    kind: Mapped[MediatorKind]
    name: Mapped[str]
    firm: Mapped[str | None]

    __table_args__ = (
        dated_check(),
        Index("ix_mediator_organization_id_id", "organization_id", "id"),
        Index("ix_mediator_body_id_id", "body_id", "id"),
    )


class LegalService(Keyed, Sourced, Versioned, Model):
    """Legal service at one link of the chain (法律服务记录), from ``opened_on`` to ``closed_on``, and the link that follows.

    ``previous_id`` is the service that handed it over: a hand-over is a chain of rows. ``case_id`` is set once there is a case.
    """

    __tablename__ = "legal_service"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    link: Mapped[LegalServiceLink]
    outcome: Mapped[LegalServiceOutcome | None]
    body_id: Mapped[int | None] = mapped_column(ForeignKey("mediation_body.id"))
    mediator_id: Mapped[int | None] = mapped_column(ForeignKey("mediator.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("dispute_case.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("legal_service.id"))
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("closed_on >= opened_on", name="dated"),
        CheckConstraint("(closed_on IS NULL) = (outcome IS NULL)", name="closed"),
        Index("ix_legal_service_organization_id_id", "organization_id", "id"),
        Index("ix_legal_service_division_id_id", "division_id", "id"),
        Index("ix_legal_service_body_id_id", "body_id", "id"),
        Index("ix_legal_service_mediator_id_id", "mediator_id", "id"),
        Index("ix_legal_service_case_id_id", "case_id", "id"),
        Index("ix_legal_service_member_id_id", "member_id", "id"),
        Index("ix_legal_service_previous_id", "previous_id"),
    )
