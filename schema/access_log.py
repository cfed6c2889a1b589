"""Requests of data subjects (个人信息主体请求) and the audit log (审计日志) in the schema."""

from datetime import date, datetime
from operator import methodcaller

import strawberry

from db.access import DocumentType, SubjectRequestKind
from schema.fields import field
from schema.personal import SubjectRequestPayload  # noqa: F401 — describes the code list that both use
from schema.refs import MemberRef
from schema.relay import PAGE, Connection, Node

DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="Moment with its offset from UTC, ISO 8601 (时刻)",
    serialize=methodcaller("isoformat"),
    parse_value=datetime.fromisoformat,
)


@strawberry.type(description="Entry of the audit log: who saw or did what, when and for what (审计日志)")
class AccessLog(Node):
    """Entry of the audit log."""

    at: datetime = field("When (时间)")
    principal: str | None = field("Who; empty when they did not sign in (访问主体)")
    role: str | None = field("In which role (角色)")
    action: str = field("What was done: docs/audit.md lists the actions (操作)")
    purpose: str | None = field("For what purpose (使用目的)")
    case_reference: str | None = field(
        "Case or ID that was the ground; to the person `TEXT` stands for anything else (案号或业务标识)"
    )
    fields: list[str] = field("Which fields, and how a refused or closed thing ended (信息项)")
    operation: str | None = field("Name of the operation; not shown to the person, for a caller wrote it (操作名称)")


@strawberry.type(description="Request of a data subject: a copy, a correction or erasure (个人信息主体请求)")
class SubjectRequest(Node):
    """Request of a data subject."""

    kind: SubjectRequestKind = field("What is asked for (请求类型)")
    detail: str | None = field("What is wrong and what is right, or why (请求内容)")
    opened_on: date = field("Day on which it was opened (提出日期)")
    due_on: date = field("Day by which it is answered (办理期限)")
    due_provisional: bool | None = field(
        "Whether that day was counted without the notice on its year's days off, which is not out yet (办理期限是否暂定)"
    )
    closed_on: date | None = field("Day on which it was answered; empty while it is open (办结日期)")
    outcome: str | None = field("How it was answered (办理结果)")
    document_number: str | None = field("Number of the paper that it came on; empty when the person asked (收文号)")
    document_received_on: date | None = field("Day on which the paper was received (收文日期)")
    document_type: DocumentType | None = field("What the scan is, which `readRequestDocument` shows (扫描件格式)")
    proposed_fields: str | None = field(
        "Codes of the fields of a correction that a second official decided on or is to decide on, with commas (复核信息项)"
    )
    proposed_on: date | None = field("Day on which it was proposed (提请复核日期)")
    is_pending: bool = field("Whether it awaits the second official (是否待复核)")
    rejected_on: date | None = field("Day on which the second official rejected it last (复核不同意日期)")
    rejection: str | None = field("Why (复核不同意理由)")
    member: MemberRef | None = field("The member (会员)")


@strawberry.type(description="Reading of requests and of the audit log (个人信息权利查询)")
class AccessLogQuery:
    """Root fields, mixed into the query root."""

    access_log: Connection[AccessLog] = field(
        "Entries of the audit log about the caller's own record, the oldest first; a worker's right (本人访问记录)",
        **PAGE,
    )
    subject_requests: Connection[SubjectRequest] = field(
        "Requests of data subjects: one's own, or those of members in sight, the oldest first (个人信息主体请求列表)",
        **PAGE,
    )
