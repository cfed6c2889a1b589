"""Access (访问权限): principals, their grants and keys, requests of data subjects, and the audit log."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.encryption.vault import Secret
from db.model import Dated, Keyed, Model, Term, dated_check
from db.organizations import Hierarchy


class PrincipalKind(Term):
    """Kind of principal (主体类型)."""

    PERSON = "Person (个人)"
    AGENCY = "Partner agency (协作机构)"
    ANALYST = "Analyst (分析人员)"


class Role(Term):
    """Role of a grant (角色): domain facts §6."""

    GRASSROOTS_UNION = "Grassroots union: its own members and records (基层工会)"
    FEDERATION = "Federation: its territorial subtree (地方总工会)"
    INDUSTRY_UNION = "Industry union: its industrial subtree (产业工会)"
    HR_BUREAU = "Human-resources bureau: agreements submitted in its division (人社部门)"
    SOCIAL_SECURITY_AGENCY = "Social-security agency: enrolments in its division (社保经办机构)"
    TRIBUNAL = "Arbitration commission or court: the cases referred to it (仲裁委、法院)"
    EMPLOYERS_BODY = "Federation of industry and commerce, employers' body: agreements of its area (工商联、企联)"
    CASE_WORKER = "Mediator or lawyer: the cases assigned (调解员、律师)"
    WORKER = "Worker: what the hub holds on them alone (劳动者)"
    ANALYST = "Analyst: aggregates only (公众分析)"


class SubjectRequestKind(Term):
    """What a data subject asks for (个人信息主体请求): Personal Information Protection Law art. 45–47."""

    EXPORT = "A copy of what is held (查阅复制)"
    CORRECTION = "Correction (更正补充)"
    ERASURE = "Erasure (删除)"


class DocumentType(Term):
    """What a scan is (扫描件格式)."""

    PDF = "PDF (PDF 文件)"
    JPEG = "JPEG (JPEG 图像)"
    PNG = "PNG (PNG 图像)"


class Principal(Keyed, Model):
    """Principal (访问主体): a person, agency or analyst who may sign in. ``subject`` is ``issuer|sub`` of an OpenID Connect provider,
    ``member_id`` the member that the person is. ``organization_id`` is the union to which it belongs: only that union, those above it, the
    operator and the national federation may grant to it."""

    __tablename__ = "principal"

    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[PrincipalKind]
    subject: Mapped[str | None] = mapped_column(unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


SCOPE_OF_ROLE = (
    "CASE WHEN role = 'FEDERATION' THEN organization_id IS NOT NULL AND hierarchy = 'TERRITORIAL'"
    " WHEN role = 'INDUSTRY_UNION' THEN organization_id IS NOT NULL AND hierarchy = 'INDUSTRIAL'"
    " WHEN role = 'GRASSROOTS_UNION' THEN organization_id IS NOT NULL"
    " WHEN role IN ('HR_BUREAU', 'SOCIAL_SECURITY_AGENCY', 'EMPLOYERS_BODY') THEN division_id IS NOT NULL"
    " WHEN role = 'ANALYST' THEN organization_id IS NULL"
    " ELSE organization_id IS NULL AND division_id IS NULL END"
)
"""The scope of a grant by its role: ``db.security.grant_rules`` in SQL."""


class AccessGrant(Keyed, Dated, Model):
    """Grant (授权): a principal has a role over a union with a hierarchy, or over a division. ``WORKER``, ``CASE_WORKER`` and ``TRIBUNAL``
    have no scope, ``ANALYST`` may have a division. ``revoked_at`` ends it at once; ``granted_by`` is null for a grant of the operator."""

    __tablename__ = "access_grant"

    principal_id: Mapped[int] = mapped_column(ForeignKey("principal.id"), index=True)
    role: Mapped[Role]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    hierarchy: Mapped[Hierarchy | None]
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"))
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("principal.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        dated_check(),
        CheckConstraint("num_nonnulls(organization_id, division_id) <= 1", name="one_scope"),
        CheckConstraint("(organization_id IS NULL) = (hierarchy IS NULL)", name="hierarchy_of_organization"),
        CheckConstraint(SCOPE_OF_ROLE, name="scope_of_role"),
    )


class CaseAssignment(Keyed, Dated, Model):
    """Assignment of a case to a principal (案件指派) for a time; ``revoked_at`` ends it at once."""

    __tablename__ = "case_assignment"

    principal_id: Mapped[int] = mapped_column(ForeignKey("principal.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (dated_check(),)


class ApiKey(Keyed, Model):
    """API key of a partner agency (接口密钥): shown once, stored as a hash. ``prefix`` identifies it in lists and logs."""

    __tablename__ = "api_key"

    principal_id: Mapped[int] = mapped_column(ForeignKey("principal.id"), index=True)
    prefix: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AccessVersion(Model):
    """One row that counts changes of principals, grants, assignments and keys (访问版本). Triggers raise ``version``; every process that
    caches callers reads it."""

    __tablename__ = "access_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class AccessLog(Model):
    """Entry of the audit log (审计日志): append-only; ``digest`` chains each entry to the one before."""

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    principal: Mapped[str | None]
    role: Mapped[str | None]
    action: Mapped[str]
    purpose: Mapped[str | None]
    case_reference: Mapped[str | None]
    records: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    fields: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    operation: Mapped[str | None]
    source: Mapped[str | None]
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_access_log_records", "records", postgresql_using="gin"),
        Index("ix_access_log_at", "at"),
        Index("ix_access_log_principal_at", "principal", "at"),
    )


class SubjectRequest(Keyed, Model):
    """Request of a data subject (个人信息主体请求) with the day by which it must be answered.

    Triggers require that ``opened_by``, ``proposed_by`` and ``closed_by`` are three principals. A request on paper has the document's
    number, day of receipt, type, SHA-256 and sealed scan. ``proposal`` is a sealed correction that a second official has to approve: JSON
    of the values and the outcome. ``proposed_fields`` has the codes of its fields, separated by commas; ``approved_at`` is the time of
    approval.
    """

    __tablename__ = "subject_request"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[SubjectRequestKind]
    detail: Mapped[str | None]
    opened_on: Mapped[date]
    due_on: Mapped[date]
    closed_on: Mapped[date | None]
    outcome: Mapped[str | None]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("principal.id"))
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("principal.id"))
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("principal.id"))
    document_number: Mapped[str | None]
    document_received_on: Mapped[date | None]
    document_type: Mapped[DocumentType | None]
    document_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    proposal: Mapped[bytes | None] = mapped_column(LargeBinary)
    proposed_fields: Mapped[str | None]
    proposed_on: Mapped[date | None]
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    rejected_on: Mapped[date | None]
    rejection: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("opened_by <> closed_by AND opened_by <> proposed_by", name="independent"),
        CheckConstraint("approved_at IS NULL OR closed_by <> proposed_by", name="approved"),
        CheckConstraint(
            "num_nonnulls(document_number, document_received_on, document_type, document_digest) IN (0, 4)"
            " AND (document IS NULL OR document_number IS NOT NULL)",
            name="document_whole",
        ),
    )


DOCUMENT = Secret("subject_request", "document")
PROPOSAL = Secret("subject_request", "proposal")
REQUEST_SECRETS = (DOCUMENT, PROPOSAL)
"""The sealed columns: the scan as base64, and the proposed values."""
