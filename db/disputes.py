"""Dispute cases (劳动争议案件): cause, phase, handling body, parties, claims, dated steps, and money recovered."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.agreements import ActorRole
from db.model import Keyed, Model, Money, Sourced, Term, Versioned


class DisputeCause(Term):
    """Cause of a dispute (案由): Labour Dispute Mediation and Arbitration Law art. 2, with its commonest sub-causes."""

    CONFIRM_RELATION = "Confirmation of a labour relation (确认劳动关系)"
    CONTRACT = "Contract: conclusion, performance, change, end (劳动合同)"
    DISMISSAL = "Dismissal or resignation (除名辞退离职)"
    HOURS_INSURANCE_WELFARE = "Hours, leave, insurance, welfare, training, protection (工时休假社保福利)"
    UNPAID_WAGES = "Unpaid wages (拖欠工资)"
    OVERTIME = "Overtime pay (加班费)"
    WORK_INJURY = "Work-injury benefits (工伤待遇)"
    SEVERANCE = "Severance pay (经济补偿金)"
    COLLECTIVE_CONTRACT = "Performance of a collective agreement (履行集体合同)"
    OTHER = "Other (其他)"


class DisputePhase(Term):
    """Phase of a dispute (办理阶段)."""

    COUNSELLING = "Legal counselling (法律咨询)"
    DAILY_MEDIATION = "Daily mediation (日常调解)"
    PRE_ARBITRATION = "Mediation before arbitration (裁前调解)"
    ARBITRATION = "Arbitration (仲裁)"
    PRE_TRIAL = "Mediation before trial (诉前调解)"
    FIRST_TRIAL = "First trial (一审)"
    SECOND_TRIAL = "Second trial (二审)"
    ENFORCEMENT = "Enforcement (执行)"


class DisputeStatus(Term):
    """State of a dispute case (案件状态)."""

    RECEIVED = "Received (已接收)"
    ACCEPTED = "Accepted (已受理)"
    IN_PROGRESS = "In progress (办理中)"
    SETTLED = "Settled by agreement (达成调解)"
    DECIDED = "Decided by award or judgment (裁决判决)"
    WITHDRAWN = "Withdrawn (撤回)"
    CLOSED = "Closed without agreement (调解不成结案)"


class DisputeBody(Term):
    """Body that handles a case (处理机构)."""

    ENTERPRISE = "Enterprise mediation committee (企业劳动争议调解委员会)"
    PEOPLES = "People's mediation committee (人民调解委员会)"
    TOWNSHIP = "Township mediation body (乡镇街道调解组织)"
    INDUSTRY_REGIONAL = "Industry or regional mediation body (行业性区域性调解组织)"
    JOINT_TRIPARTITE = "Joint tripartite mediation centre (三方联合调解中心)"
    COURT_INVITED = "Mediator invited by the court (特邀调解)"
    ARBITRATION_COMMISSION = "Labour arbitration commission (劳动人事争议仲裁委员会)"
    COURT = "People's court (人民法院)"


class PartyRole(Term):
    """Role of a party to a case (当事人地位)."""

    CLAIMANT = "Claimant (申请人)"
    RESPONDENT = "Respondent (被申请人)"
    THIRD_PARTY = "Third party (第三人)"


class ClaimKind(Term):
    """What is claimed or recovered (请求事项)."""

    WAGE = "Wages (工资)"
    COMPENSATION = "Compensation (补偿赔偿)"
    INJURY = "Work-injury benefits (工伤待遇)"
    OTHER = "Other (其他)"


class DisputeCase(Keyed, Sourced, Versioned, Model):
    """Dispute case (劳动争议案件): Labour Dispute Mediation and Arbitration Law; collective if ten workers or more claim the same (art.
    7).

    ``organization_id`` is the handling union, ``amount_claimed`` in yuan.
    """

    __tablename__ = "dispute_case"

    number: Mapped[str] = mapped_column(unique=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"), index=True)
    cause: Mapped[DisputeCause]
    phase: Mapped[DisputePhase]
    status: Mapped[DisputeStatus]
    body: Mapped[DisputeBody]
    received_on: Mapped[date]
    accepted_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    claimant_count: Mapped[int]
    is_collective: Mapped[bool]
    amount_claimed: Mapped[Decimal | None] = mapped_column(Money)

    __table_args__ = (
        CheckConstraint("closed_on >= received_on", name="dated"),
        Index("ix_dispute_case_organization_id_id", "organization_id", "id"),
        Index("ix_dispute_case_employer_id_id", "employer_id", "id"),
    )


class DisputeParty(Keyed, Versioned, Model):
    """Party to a case (当事人): a member, an employer or a union in the database, or else a name alone."""

    __tablename__ = "dispute_party"

    case_id: Mapped[int] = mapped_column(ForeignKey("dispute_case.id"))
    role: Mapped[PartyRole]
    name: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))

    __table_args__ = (
        CheckConstraint("num_nonnulls(member_id, employer_id, organization_id) <= 1", name="one_subject"),
        Index("ix_dispute_party_case_id_id", "case_id", "id"),
        Index("ix_dispute_party_member_id_case_id", "member_id", "case_id"),
    )


class DisputeClaim(Keyed, Versioned, Model):
    """Claim in a case (仲裁请求), in yuan."""

    __tablename__ = "dispute_claim"

    case_id: Mapped[int] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    kind: Mapped[ClaimKind]
    amount: Mapped[Decimal | None] = mapped_column(Money)


class DisputeStep(Keyed, Versioned, Model):
    """Dated step of a case (办案环节)."""

    __tablename__ = "dispute_step"

    case_id: Mapped[int] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    phase: Mapped[DisputePhase]
    status: Mapped[DisputeStatus]
    actor: Mapped[ActorRole]
    occurred_on: Mapped[date]
    document_number: Mapped[str | None]
    note: Mapped[str | None]


class Recovery(Keyed, Sourced, Versioned, Model):
    """Money that reached a worker through a case (追回金额), in yuan."""

    __tablename__ = "recovery"

    case_id: Mapped[int] = mapped_column(ForeignKey("dispute_case.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[ClaimKind]
    amount: Mapped[Decimal] = mapped_column(Money)
    received_on: Mapped[date]

    __table_args__ = (Index("ix_recovery_case_id_id", "case_id", "id"),)
