"""The caller (当前调用者) in the schema: its principal and its grants."""

from datetime import date

import strawberry

from db.access import PrincipalKind, Role
from db.organizations import Hierarchy
from schema.fields import field


@strawberry.type(description="The caller as a principal of access control (访问主体)")
class AccessPrincipal:
    """The caller as a principal of access control."""

    name: str = field("Name in commands and in the log; `public` without a token (名称)")
    kind: PrincipalKind = field("Person, partner agency or analyst (主体类型)")


@strawberry.type(description="A role over a scope for a period (授权)")
class AccessGrant:
    """A role over a scope for a period."""

    id: strawberry.ID | None = field("Global ID; none for the public analyst (全局标识)")
    role: Role = field("What is granted (角色)")
    organization_id: strawberry.ID | None = field("Global ID of the union whose subtree is the scope (工会标识)")
    organization_name: str | None = field("Name of that union (工会名称)")
    hierarchy: Hierarchy | None = field("Hierarchy of that subtree (隶属体系)")
    division_id: strawberry.ID | None = field("Global ID of the division, for agencies and analysts (行政区划标识)")
    division_name: str | None = field("Name of that division, from the province down (行政区划名称)")
    valid_from: date | None = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ends; empty if it has no end (终止日期)")


@strawberry.type(description="The caller (当前调用者)")
class Viewer:
    """The caller."""

    persona: str | None = field("The persona whose token came with the request (身份)")
    principal: AccessPrincipal = field("The caller's principal (访问主体)")
    grants: list[AccessGrant] = field("Grants to the caller that hold today (授权)")


@strawberry.type(description="The caller at the root (当前调用者查询)")
class ViewerQuery:
    """Root field, mixed into the query root."""

    viewer: Viewer = field("The caller (当前调用者)")
