"""The command that compares values from a member's papers with the stored ones (信息核对)."""

from typing import Annotated

import strawberry

from resolvers.commands.purposes import PersonalField, RevealPurpose
from resolvers.commands.verify import verify
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional


@strawberry.input(description="Values from the person's papers (待核对信息)")
class VerifyValuesInput:
    """Values from the person's papers."""

    name: str | None = optional("Name (姓名)")
    birth_date: str | None = optional("Day of birth, as YYYY-MM-DD (出生日期)")
    resident_number: str | None = optional("Resident number, GB 11643 (公民身份号码)")
    phone: str | None = optional("Mobile number (手机号码)")
    bank_card: str | None = optional("Number of the bank card (银行卡号)")


@strawberry.input(description="Comparison of personal data: member, values and purpose (信息核对请求)")
class VerifyInput:
    """Comparison of personal data: member, values and purpose."""

    member_id: strawberry.ID | None = optional(
        "ID of the member; if left out, the member that you see who has the resident number and name sent (会员标识)"
    )
    values: VerifyValuesInput = strawberry.field(
        description="Values to compare; no more than the purpose needs (待核对信息)"
    )
    purpose: RevealPurpose = strawberry.field(description="Purpose of the use (使用目的)")
    case_reference: str | None = optional(
        "Number of the document, case or request, where the purpose needs one (案号或文号)"
    )
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="Whether a value equals the stored one (核对结果)")
class VerifiedValue:
    """Whether a value equals the stored one."""

    matches: bool = field("Whether it equals the stored value; false if none is stored (是否一致)")
    field: PersonalField = field("The field that was compared (信息项)")


@strawberry.type(description="Result of a comparison, or why there is none (信息核对结果)")
class VerifyPayload:
    """Result of a comparison, or why there is none."""

    member_id: strawberry.ID | None = field("Global ID of the member; empty if the look-up found nobody (会员标识)")
    results: list[VerifiedValue] = field("For each value sent, yes or no; empty with errors (核对结果)")
    errors: list[UserError] = field("Why nothing was compared (错误)")


async def _verify(
    info: Info, input: Annotated[VerifyInput, argument("Member, values and purpose (请求内容)")]
) -> VerifyPayload | None:
    values = {kind: given(getattr(input.values, kind.name.lower())) for kind in PersonalField}
    command = verify(
        info.context,
        given(input.member_id),
        {kind: text for kind, text in values.items() if text is not None},
        input.purpose,
        given(input.case_reference),
        given(input.idempotency_key),
    )
    verified, errors = await outcome(command)
    matches = {} if verified is None else verified.matches
    results = [VerifiedValue(field=kind, matches=match) for kind, match in matches.items()]
    member = None if verified is None or verified.id is None else strawberry.ID(verified.id)
    return VerifyPayload(member_id=member, results=results, errors=errors)


@strawberry.type(description="Comparison of personal data (信息核对操作)")
class VerifyMutation:
    """Comparison of personal data."""

    verify = strawberry.mutation(
        _verify,
        description="Compare values from a member's papers with the stored ones, for a purpose: yes or no for each; limited and logged"
        " (信息核对)",
    )
