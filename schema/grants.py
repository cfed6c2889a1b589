"""Grants (授权) as who administers access sees them, those who hold them, and the keys of agencies (接口密钥)."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from db.access import PrincipalKind, Role
from db.organizations import Hierarchy
from schema.access import AccessGrant  # noqa: F401 — describes the code lists that both use
from schema.fields import field
from schema.refs import DivisionRef, OrganizationRef
from schema.relay import DATED, PAGE, Connection, Node


@strawberry.type(description="A grant over the caller's own subtree: who has what, and until when (所辖授权)")
class AdministeredGrant(Node):
    """A grant over the caller's own subtree."""

    role: Role = field("What is granted (角色)")
    principal: Annotated["Principal", strawberry.lazy("schema.grants")] | None = field("Who holds it (访问主体)")
    organization: OrganizationRef | None = field("The union whose subtree it is (工会)")
    hierarchy: Hierarchy | None = field("Along which hierarchy (隶属体系)")
    division: DivisionRef | None = field("The division, for agencies and analysts (行政区划)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("The day on which it ends; open if there is none (终止日期)")
    revoked_at: datetime | None = field("When it was ended before its time (撤销时间)")
    granted_by: Annotated["Principal", strawberry.lazy("schema.grants")] | None = field(
        "Who granted it; empty for the operator, and for who is not in sight (授权主体)"
    )


@strawberry.type(
    description="Key of a partner agency: never the key itself, which is shown once and kept nowhere (接口密钥)"
)
class ApiKey(Node):
    """Key of a partner agency."""

    prefix: str = field("What tells keys apart in lists and logs: `uh_<prefix>_…` (前缀)")
    created_at: datetime = field("When it was made (创建时间)")
    expires_at: datetime = field("When it ends (失效时间)")
    revoked_at: datetime | None = field("When it was revoked (撤销时间)")
    last_used_at: datetime | None = field("When it was last used, to the minute (最近使用时间)")
    principal: Annotated["Principal", strawberry.lazy("schema.grants")] | None = field("Whose it is (访问主体)")


@strawberry.type(description="Who may sign in, as who administers access sees them (访问主体)")
class Principal(Node):
    """Who may sign in, as who administers access sees them."""

    name: str = field("Name in commands and in the log (名称)")
    kind: PrincipalKind = field("Person, partner agency or analyst (主体类型)")
    created_at: datetime = field("When it was made (创建时间)")
    disabled_at: datetime | None = field("Since when it may not sign in (停用时间)")
    organization: OrganizationRef | None = field(
        "The union to which it belongs: that union and those above it may grant to it (所属工会)"
    )
    grants: list[AdministeredGrant] = field("What is granted to it, as far as it is in sight (授权)", **DATED)
    api_keys: list[ApiKey] = field(
        "Its keys, the oldest first, as far as they are in sight: those of who belongs to a union of the caller's subtree and holds no"
        " role but over unions of it (接口密钥)"
    )


@strawberry.type(description="Reading of who may what (授权查询)")
class GrantsQuery:
    """Root fields, mixed into the query root."""

    administered_grants: Connection[AdministeredGrant] = field(
        "Grants over the caller's own subtree and those that the caller made, for a federation or industry union (所辖授权列表)",
        **PAGE,
        **DATED,
    )
    api_keys: Connection[ApiKey] = field(
        "Keys: the caller's own, and those of who belongs to a union of the caller's subtree and holds no role but over unions of it"
        " (接口密钥列表)",
        **PAGE,
    )
