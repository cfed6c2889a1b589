"""Policy documents (政策文件): their issuers, and their measures in groups, by which activity is counted."""

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Dated, Keyed, Model, Sourced, Term, Versioned, dated_check


class DocumentKind(Term):
    """Kind of policy document (文件类型)."""

    IMPLEMENTING_OPINION = "Implementing opinion (实施意见)"
    WORK_PLAN = "Work plan (工作方案)"
    IMPLEMENTATION_PLAN = "Implementation plan (实施方案)"
    MANAGEMENT_RULES = "Management rules (管理制度)"
    PROCEDURE = "Procedure (办法)"
    CAMPAIGN = "Campaign (行动方案)"


class IssuerKind(Term):
    """Kind of issuing body (发文单位类型)."""

    UNION = "Union (工会)"
    HR_BUREAU = "Human-resources and social-security bureau (人社部门)"
    EMPLOYERS_BODY = "Employers' body or federation of industry and commerce (工商联、企联、协会)"
    GOVERNMENT_BODY = "Other government body (其他政府部门)"


class PolicyDocument(Keyed, Dated, Sourced, Versioned, Model):
    """Policy document (政策文件), in force from ``valid_from``. ``organization_id`` is the union that took part in issuing it."""

    __tablename__ = "policy_document"

    title: Mapped[str]
    number: Mapped[str | None]
    kind: Mapped[DocumentKind]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    issued_on: Mapped[date]

    __table_args__ = (
        dated_check(),
        Index("ix_policy_document_organization_id_id", "organization_id", "id"),
        Index("ix_policy_document_division_id_id", "division_id", "id"),
    )


class PolicyIssuer(Keyed, Versioned, Model):
    """Body that issued a document, alone or jointly (发文单位); ``organization_id`` if it is a union in the database."""

    __tablename__ = "policy_issuer"

    document_id: Mapped[int] = mapped_column(ForeignKey("policy_document.id"))
    position: Mapped[int]
    name: Mapped[str]
    kind: Mapped[IssuerKind]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))

    __table_args__ = (Index("uq_policy_issuer", "document_id", "position", unique=True),)


class PolicyMeasure(Keyed, Versioned, Model):
    """Measure of a document (政策措施), numbered throughout; ``area`` is its group."""

    __tablename__ = "policy_measure"

    document_id: Mapped[int] = mapped_column(ForeignKey("policy_document.id"))
    position: Mapped[int]
    area: Mapped[str | None]
    title: Mapped[str]

    __table_args__ = (Index("uq_policy_measure", "document_id", "position", unique=True),)
