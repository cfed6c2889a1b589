"""The command that shows personal data in clear for a purpose (明文查看)."""

from datetime import date
from typing import Annotated

import strawberry

from resolvers.commands.purposes import PersonalField, RevealPurpose
from resolvers.commands.reveal import reveal
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional


@strawberry.input(description="Personal data to show in clear: members, fields and purpose (明文查看请求)")
class RevealInput:
    """Personal data to show in clear: members, fields and purpose."""

    ids: list[strawberry.ID] = strawberry.field(description="IDs of members, at most 200 (会员标识)")
    fields: list[PersonalField] = strawberry.field(
        description="Fields to show; no more than the purpose needs (信息项)"
    )
    purpose: RevealPurpose = strawberry.field(description="Purpose of the use (使用目的)")
    case_reference: str | None = optional(
        "Number of the case, or ID of the grant, claim, enrolment or request, where the purpose needs one (案号或业务标识)"
    )
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="Personal data of a member in clear (会员明文信息)")
class RevealedMember:
    """Personal data of a member in clear: only the requested fields are filled."""

    id: strawberry.ID = field("Global ID of the member (全局标识)")
    name: str | None = field("Name, if requested (姓名)")
    birth_date: date | None = field("Day of birth, if requested (出生日期)")
    resident_number: str | None = field("Resident number, GB 11643, if requested (公民身份号码)")
    phone: str | None = field("Mobile number, if requested (手机号码)")
    bank_card: str | None = field("Number of the bank card, if requested (银行卡号)")
    bank_card_changed_on: date | None = field(
        "Day on which a correction changed it, shown for thirty days: confirm with the person before paying (银行卡号变更日期)"
    )
    resident_number_changed_on: date | None = field(
        "Day on which a correction changed it, shown for thirty days (公民身份号码变更日期)"
    )
    phone_changed_on: date | None = field(
        "Day on which a correction changed it, shown for thirty days (手机号码变更日期)"
    )


@strawberry.type(description="Revealed data, or why nothing was revealed (明文查看结果)")
class RevealPayload:
    """Revealed data, or why nothing was revealed."""

    members: list[RevealedMember] = field("The members in the order of the IDs; empty with errors (会员)")
    errors: list[UserError] = field("Why nothing was revealed (错误)")


async def _reveal(
    info: Info, input: Annotated[RevealInput, argument("Members, fields and purpose (请求内容)")]
) -> RevealPayload | None:
    revealed, errors = await outcome(
        reveal(
            info.context,
            input.ids,
            input.fields,
            input.purpose,
            given(input.case_reference),
            given(input.idempotency_key),
        )
    )
    members = [
        RevealedMember(
            id=strawberry.ID(each.id),
            name=each.values.get(PersonalField.NAME),
            birth_date=_day(each.values.get(PersonalField.BIRTH_DATE)),
            resident_number=each.values.get(PersonalField.RESIDENT_NUMBER),
            phone=each.values.get(PersonalField.PHONE),
            bank_card=each.values.get(PersonalField.BANK_CARD),
            bank_card_changed_on=each.changed.get(PersonalField.BANK_CARD),
            resident_number_changed_on=each.changed.get(PersonalField.RESIDENT_NUMBER),
            phone_changed_on=each.changed.get(PersonalField.PHONE),
        )
        for each in revealed or ()
    ]
    return RevealPayload(members=members, errors=errors)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@strawberry.type(description="Personal data in clear (明文查看操作)")
class RevealMutation:
    """Personal data in clear."""

    reveal = strawberry.mutation(
        _reveal,
        description="Show personal data in clear for a purpose, all or nothing; logged before they are returned (明文查看)",
    )
