"""Grants (授权) in the schema, as administrators of access see them: grants, principals, keys of agencies (接口密钥), and the commands."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from db.access import PrincipalKind, Role
from db.organizations import Hierarchy
from resolvers.commands.grants import grant_access, revoke_access
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional
from schema.refs import DivisionRef, OrganizationRef
from schema.relay import DATED, PAGE, Connection, Node


@strawberry.type(description="Grant over the caller's own subtree: principal, role, scope and period (所辖授权)")
class AdministeredGrant(Node):
    """A grant over the caller's own subtree."""

    role: Role = field("What is granted (角色)")
    principal: Annotated["Principal", strawberry.lazy("schema.grants")] | None = field("Who holds it (访问主体)")
    organization: OrganizationRef | None = field("The union whose subtree is the scope (工会)")
    hierarchy: Hierarchy | None = field("Hierarchy of that subtree (隶属体系)")
    division: DivisionRef | None = field("The division, for agencies and analysts (行政区划)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ends; empty if it has no end (终止日期)")
    revoked_at: datetime | None = field("When it was revoked, if it was (撤销时间)")
    granted_by: Annotated["Principal", strawberry.lazy("schema.grants")] | None = field(
        "Who granted it; empty for the operator and for a principal that you do not see (授权主体)"
    )


@strawberry.type(description="Key of a partner agency; the key itself is shown once and not stored (接口密钥)")
class ApiKey(Node):
    """Key of a partner agency."""

    prefix: str = field("Identifies the key in lists and logs: `uh_<prefix>_…` (前缀)")
    created_at: datetime = field("When it was created (创建时间)")
    expires_at: datetime = field("When it expires (失效时间)")
    revoked_at: datetime | None = field("When it was revoked (撤销时间)")
    last_used_at: datetime | None = field("When it was last used, to the minute (最近使用时间)")
    principal: Annotated["Principal", strawberry.lazy("schema.grants")] | None = field("Whose key it is (访问主体)")


@strawberry.type(description="Principal that may sign in, as administrators of access see it (访问主体)")
class Principal(Node):
    """Principal that may sign in, as administrators of access see it."""

    name: str = field("Name in commands and in the log (名称)")
    kind: PrincipalKind = field("Person, partner agency or analyst (主体类型)")
    created_at: datetime = field("When it was created (创建时间)")
    disabled_at: datetime | None = field("When it was disabled (停用时间)")
    organization: OrganizationRef | None = field(
        "The union to which it belongs; that union and those above it may grant it access (所属工会)"
    )
    grants: list[AdministeredGrant] = field("Grants to it that you see (授权)", **DATED)
    api_keys: list[ApiKey] = field(
        "Its keys that you see, the oldest first: keys of principals who belong to a union of your subtree and whose roles are all over"
        " unions of it (接口密钥)"
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
        "Keys: the caller's own, and those of principals who belong to a union of the caller's subtree and whose roles are all over unions"
        " of it (接口密钥列表)",
        **PAGE,
    )


@strawberry.input(description="Grant to make: principal, role, scope and period (授权请求)")
class GrantAccessInput:
    """Grant to make: principal, role, scope and period."""

    principal: str = strawberry.field(
        description="Name of the principal, who must belong to a union of your subtree (被授权主体)"
    )
    role: Role = strawberry.field(description="The role: your own, a grassroots union's, or one without a scope (角色)")
    organization_id: strawberry.ID | None = optional("ID of a union in your subtree (工会标识)")
    hierarchy: Hierarchy | None = optional("Hierarchy of that subtree; required with a union (隶属体系)")
    division_id: strawberry.ID | None = optional("ID of the division of an agency or an analyst (行政区划标识)")
    valid_from: date | None = optional("First day; today by default (起始日期，默认今日)")
    valid_to: date | None = optional("Day on which it ends; no later than your own grant (终止日期)")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Grant to end (撤销授权请求)")
class RevokeAccessInput:
    """Grant to end."""

    id: strawberry.ID = strawberry.field(description="ID of the grant (授权标识)")
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="The grant that was made or ended, or why it was not done (授权结果)")
class AccessPayload:
    """The grant that was made or ended, or why it was not done."""

    id: strawberry.ID | None = field("Global ID of the grant (授权标识)")
    errors: list[UserError] = field("Why it was not done (错误)")


async def _grant_access(
    info: Info, input: Annotated[GrantAccessInput, argument("The grant (授权内容)")]
) -> AccessPayload | None:
    grant_id, errors = await outcome(
        grant_access(
            info.context,
            input.principal,
            input.role,
            organization_id=given(input.organization_id),
            hierarchy=given(input.hierarchy),
            division_id=given(input.division_id),
            valid_from=given(input.valid_from),
            valid_to=given(input.valid_to),
            key=given(input.idempotency_key),
        )
    )
    return AccessPayload(id=None if grant_id is None else strawberry.ID(grant_id), errors=errors)


async def _revoke_access(
    info: Info, input: Annotated[RevokeAccessInput, argument("Which grant to end (撤销内容)")]
) -> AccessPayload | None:
    grant_id, errors = await outcome(revoke_access(info.context, input.id, key=given(input.idempotency_key)))
    return AccessPayload(id=None if grant_id is None else strawberry.ID(grant_id), errors=errors)


@strawberry.type(description="Commands on access (授权操作)")
class GrantsMutation:
    """Commands on access."""

    grant_access = strawberry.mutation(
        _grant_access,
        description="Grant access within your own subtree, and no more than you hold (授权)",
    )
    revoke_access = strawberry.mutation(
        _revoke_access,
        description="End a grant at once: one that you made, or one whose scope yours strictly contains (撤销授权)",
    )
