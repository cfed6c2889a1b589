"""Access (访问权限) in the schema: who the caller is and what is granted to them, and grants made and ended."""

from datetime import date
from typing import Annotated

import strawberry

from db.access import PrincipalKind, Role
from db.organizations import Hierarchy
from resolvers.commands.grants import grant_access, revoke_access
from schema.code_lists import describe
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional

for kind in (PrincipalKind, Role):
    describe(kind)


@strawberry.type(description="Who is asking, as access control knows them (访问主体)")
class AccessPrincipal:
    """Who is asking, as access control knows them."""

    name: str = field("Name in commands and in the log; `public` without a token (名称)")
    kind: PrincipalKind = field("Person, partner agency or analyst (主体类型)")


@strawberry.type(description="A role over a scope for a time (授权)")
class AccessGrant:
    """A role over a scope for a time."""

    id: strawberry.ID | None = field("Global ID; none for the public analyst (全局标识)")
    role: Role = field("What is granted (角色)")
    organization_id: strawberry.ID | None = field("Global ID of the union whose subtree it is (工会标识)")
    organization_name: str | None = field("Name of that union (工会名称)")
    hierarchy: Hierarchy | None = field("Along which hierarchy (隶属体系)")
    division_id: strawberry.ID | None = field("Global ID of the division, for agencies and analysts (行政区划标识)")
    division_name: str | None = field("Name of that division, from the province down (行政区划名称)")
    valid_from: date | None = field("First day (起始日期)")
    valid_to: date | None = field("The day on which it ends; open if there is none (终止日期)")


@strawberry.input(description="Who is granted what, over which scope and until when (授权请求)")
class GrantAccessInput:
    """Who is granted what, over which scope and until when."""

    principal: str = strawberry.field(
        description="Name of the principal who gets it, who belongs to a union of your subtree (被授权主体)"
    )
    role: Role = strawberry.field(description="Your own role, a grassroots union's, or one without a scope (角色)")
    organization_id: strawberry.ID | None = optional("ID of a union in your subtree (工会标识)")
    hierarchy: Hierarchy | None = optional("Along which hierarchy; needed with a union (隶属体系)")
    division_id: strawberry.ID | None = optional("ID of the division of an agency or an analyst (行政区划标识)")
    valid_from: date | None = optional("First day; today without it (起始日期)")
    valid_to: date | None = optional("The day on which it ends; no later than your own grant does (终止日期)")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Which grant is ended (撤销授权请求)")
class RevokeAccessInput:
    """Which grant is ended."""

    id: strawberry.ID = strawberry.field(description="ID of the grant (授权标识)")
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="The grant that was made or ended, or why it was not (授权结果)")
class AccessPayload:
    """The grant that was made or ended, or why it was not."""

    id: strawberry.ID | None = field("Global ID of the grant (授权标识)")
    errors: list[UserError] = field("Why it was not done (错误)")


async def _grant_access(
    info: Info, input: Annotated[GrantAccessInput, argument("Who is granted what (授权内容)")]
) -> AccessPayload | None:
    made, errors = await outcome(
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
    return AccessPayload(id=None if made is None else strawberry.ID(made), errors=errors)


async def _revoke_access(
    info: Info, input: Annotated[RevokeAccessInput, argument("Which grant (撤销内容)")]
) -> AccessPayload | None:
    ended, errors = await outcome(revoke_access(info.context, input.id, key=given(input.idempotency_key)))
    return AccessPayload(id=None if ended is None else strawberry.ID(ended), errors=errors)


@strawberry.type(description="Commands on access (授权操作)")
class AccessMutation:
    """Commands on access."""

    grant_access = strawberry.mutation(
        _grant_access,
        description="Grant access within your own subtree, and no more than you hold (授权)",
    )
    revoke_access = strawberry.mutation(
        _revoke_access,
        description="End a grant at once: one that you made, or one whose scope yours strictly contains (撤销授权)",
    )
