"""Collective agreements (集体合同): parties, covered employers, term, state, and dated steps."""

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.industries import INDUSTRY
from db.model import Dated, Keyed, Model, Sourced, Term, Versioned, dated_check


class AgreementKind(Term):
    """Kind of collective agreement (集体合同类型): Labour Contract Law art. 51–53."""

    COMPREHENSIVE = "Comprehensive (综合集体合同)"
    WAGE = "Wages (工资专项集体合同)"
    WOMEN = "Women workers' rights (女职工权益保护专项)"
    SAFETY = "Occupational safety and health (劳动安全卫生专项)"
    INDUSTRY = "Industry-wide (行业性集体合同)"
    REGIONAL = "Regional (区域性集体合同)"


class AgreementStatus(Term):
    """State of a collective agreement (集体合同状态)."""

    REQUESTED = "Bargaining requested (已提出要约)"
    REPLIED = "Request answered (已回应)"
    BARGAINING = "In bargaining (协商中)"
    SUSPENDED = "Bargaining suspended (中止协商)"
    DRAFTED = "Drafted (形成草案)"
    CONGRESS_PASSED = "Passed by the workers' congress (职代会通过)"
    SIGNED = "Signed (已签订)"
    SUBMITTED = "Submitted to the human-resources bureau (已报送)"
    UNDER_REVIEW = "Under review (审查中)"
    OBJECTED = "Objected to (有异议)"
    EFFECTIVE = "In force (生效)"
    EXPIRED = "Expired (期满)"
    TERMINATED = "Terminated (终止)"


class PartySide(Term):
    """Side of a party to an agreement (协商方)."""

    UNION = "Workers' side (职工方)"
    EMPLOYER = "Employers' side (用人单位方)"


class ActorRole(Term):
    """Who took a step (办理主体)."""

    UNION = "Union (工会)"
    EMPLOYER = "Employer (用人单位)"
    WORKERS_CONGRESS = "Workers' congress (职工代表大会)"
    HR_BUREAU = "Human-resources and social-security bureau (人社部门)"
    MEDIATION_BODY = "Mediation body (调解组织)"
    ARBITRATION_COMMISSION = "Labour arbitration commission (劳动人事争议仲裁委员会)"
    COURT = "People's court (人民法院)"
    WORKER = "Worker (劳动者)"


class CollectiveAgreement(Keyed, Sourced, Versioned, Model):
    """Collective agreement (集体合同): Labour Contract Law art. 51–56; term 1–3 years (Provisions on Collective Contracts art. 38).

    It is in force in ``[term_from, term_to)``. ``received_on`` starts the bureau's review: 15 days of silence make it effective
    (Labour Contract Law art. 54). ``worker_count`` in persons covered, ``employer_id`` null for industry-wide and regional agreements.
    """

    __tablename__ = "collective_agreement"

    number: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str]
    kind: Mapped[AgreementKind]
    status: Mapped[AgreementStatus]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"), index=True)
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"), index=True)
    industry: Mapped[str | None] = mapped_column(INDUSTRY)
    worker_count: Mapped[int]
    requested_on: Mapped[date]
    signed_on: Mapped[date | None]
    submitted_on: Mapped[date | None]
    received_on: Mapped[date | None]
    effective_on: Mapped[date | None]
    published_on: Mapped[date | None]
    term_from: Mapped[date | None]
    term_to: Mapped[date | None]

    __table_args__ = (Index("ix_collective_agreement_organization_id_id", "organization_id", "id"),)


class AgreementParty(Keyed, Versioned, Model):
    """Party to a collective agreement (协商主体): a union on the workers' side, an employer or an employers' body on the other."""

    __tablename__ = "agreement_party"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("collective_agreement.id"), index=True)
    side: Mapped[PartySide]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    name: Mapped[str]
    chief_representative: Mapped[str | None]


class AgreementCoverage(Keyed, Dated, Versioned, Model):
    """An employer whose workers an agreement covers (覆盖单位), ``worker_count`` in persons."""

    __tablename__ = "agreement_coverage"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("collective_agreement.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"), index=True)
    worker_count: Mapped[int]

    __table_args__ = (dated_check(), Index("ix_agreement_coverage_agreement_id_id", "agreement_id", "id"))


class AgreementStep(Keyed, Versioned, Model):
    """Dated step in the life of an agreement (办理环节): the state reached, who took it, and for the congress the roster and votes."""

    __tablename__ = "agreement_step"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("collective_agreement.id"), index=True)
    status: Mapped[AgreementStatus]
    actor: Mapped[ActorRole]
    occurred_on: Mapped[date]
    document_number: Mapped[str | None]
    roster_count: Mapped[int | None]
    present_count: Mapped[int | None]
    votes_for: Mapped[int | None]
    note: Mapped[str | None]
