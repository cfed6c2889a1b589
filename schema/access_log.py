"""The audit log (审计日志) in the schema."""

from datetime import datetime

import strawberry

from schema.fields import field
from schema.relay import PAGE, Connection, Node


@strawberry.type(description="Entry of the audit log: who saw or did what, when and for which purpose (审计日志)")
class AccessLog(Node):
    """Entry of the audit log."""

    at: datetime = field("When (时间)")
    principal: str | None = field("The principal; empty without sign-in (访问主体)")
    role: str | None = field("In which role (角色)")
    action: str = field("What was done: docs/audit.md lists the actions (操作)")
    purpose: str | None = field("The purpose (使用目的)")
    case_reference: str | None = field(
        "Case number or ID that justified it; the person sees `TEXT` instead of any other text (案号或业务标识)"
    )
    fields: list[str] = field("Fields concerned; for a refusal or a closed request also its outcome (信息项)")
    operation: str | None = field("Name of the operation, which the caller chose; not shown to the person (操作名称)")


@strawberry.type(description="The audit log at the root (审计日志查询)")
class AccessLogQuery:
    """Root field, mixed into the query root."""

    access_log: Connection[AccessLog] = field(
        "Entries of the audit log about the caller's own record, the oldest first; a worker's right (本人访问记录)",
        **PAGE,
    )
