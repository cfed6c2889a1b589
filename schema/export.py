"""The command that gives a worker a copy of their own data (本人信息复制)."""

from typing import Annotated

import strawberry

from resolvers.commands.export import export_own_data
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional


@strawberry.input(description="A copy of one's own data (本人信息复制请求)")
class ExportMyDataInput:
    """A copy of one's own data."""

    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="All that the hub holds on the caller (本人信息副本)")
class ExportMyDataPayload:
    """All that the hub holds on the caller."""

    document: str | None = field("JSON document in clear, with the caller's access log; keep it safe (信息副本)")
    errors: list[UserError] = field("Why it is not returned (错误)")


async def _export_my_data(
    info: Info, input: Annotated[ExportMyDataInput, argument("The request (请求内容)")]
) -> ExportMyDataPayload | None:
    document, errors = await outcome(export_own_data(info.context, given(input.idempotency_key)))
    return ExportMyDataPayload(document=document, errors=errors)


@strawberry.type(description="A copy of one's own data (本人信息复制操作)")
class ExportMutation:
    """A copy of one's own data."""

    export_my_data = strawberry.mutation(
        _export_my_data,
        description="Get a copy of all that the hub holds on you as a worker; logged before it is returned (本人信息复制)",
    )
