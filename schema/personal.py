"""Commands on personal data (个人信息操作): seen in clear for a purpose, exported, corrected, erased."""

from datetime import date
from typing import Annotated

import strawberry

from db.access import SubjectRequestKind
from resolvers.commands.export import export_own_data
from resolvers.commands.purposes import PersonalField, RevealPurpose
from resolvers.commands.reveal import reveal
from resolvers.commands.subjects import Request, Resolution, close_request, open_request
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional
from schema.terms import describe

for kind in (PersonalField, RevealPurpose, Resolution, SubjectRequestKind):
    describe(kind)


@strawberry.input(description="Whose personal data are shown in clear, which and why (明文查看请求)")
class RevealInput:
    """Whose personal data are shown in clear, which and why."""

    ids: list[strawberry.ID] = strawberry.field(description="IDs of members, at most 200 (会员标识)")
    fields: list[PersonalField] = strawberry.field(
        description="What is to be shown; no more than the purpose needs (信息项)"
    )
    purpose: RevealPurpose = strawberry.field(description="For what it is used (使用目的)")
    case_reference: str | None = optional(
        "Number of the document, case or request, where the purpose needs one (案号或文号)"
    )
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="Personal data of a member in clear (会员明文信息)")
class RevealedMember:
    """Personal data of a member in clear: only the fields asked for are filled."""

    id: strawberry.ID = field("Global ID of the member (全局标识)")
    name: str | None = field("Name, if asked for (姓名)")
    birth_date: date | None = field("Day of birth, if asked for (出生日期)")
    resident_number: str | None = field("Resident number, GB 11643, if asked for (公民身份号码)")
    phone: str | None = field("Mobile number, if asked for (手机号码)")
    bank_card: str | None = field("Number of the bank card, if asked for (银行卡号)")


@strawberry.type(description="What was revealed, or why nothing was (明文查看结果)")
class RevealPayload:
    """What was revealed, or why nothing was."""

    members: list[RevealedMember] = field("The members in the order of the IDs; empty with errors (会员)")
    errors: list[UserError] = field("Why nothing was revealed (错误)")


@strawberry.input(description="What a data subject asks for (个人信息主体请求)")
class OpenSubjectRequestInput:
    """What a data subject asks for."""

    kind: SubjectRequestKind = strawberry.field(description="What is asked for (请求类型)")
    detail: str | None = optional("What is wrong and what is right, or why (请求内容)")
    member_id: strawberry.ID | None = optional("ID of the member, when a union asks for one at its counter (会员标识)")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Values to be written for a correction (更正内容)")
class CorrectionsInput:
    """Values to be written for a correction."""

    name: str | None = optional("Name (姓名)")
    birth_date: str | None = optional("Day of birth, as YYYY-MM-DD (出生日期)")
    resident_number: str | None = optional("Resident number, GB 11643 (公民身份号码)")
    phone: str | None = optional("Mobile number (手机号码)")
    bank_card: str | None = optional("Number of the bank card (银行卡号)")


@strawberry.input(description="How a data subject's request is answered (请求办理)")
class CloseSubjectRequestInput:
    """How a data subject's request is answered."""

    id: strawberry.ID = strawberry.field(description="ID of the request (请求标识)")
    resolution: Resolution = strawberry.field(description="Done or refused (办理结果)")
    outcome: str | None = optional("What was done; with a refusal the reason, which must be given (办理说明)")
    corrections: CorrectionsInput | None = optional("What to write, for a correction (更正内容)")
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="A data subject's request after a command, or why it was not done (个人信息主体请求结果)")
class SubjectRequestPayload:
    """A data subject's request after a command, or why it was not done."""

    id: strawberry.ID | None = field("Global ID of the request (请求标识)")
    member_id: strawberry.ID | None = field("Global ID of the member (会员标识)")
    kind: SubjectRequestKind | None = field("What is asked for (请求类型)")
    opened_on: date | None = field("Day on which it was opened (提出日期)")
    due_on: date | None = field("Day by which it is answered, 15 working days on (办理期限)")
    closed_on: date | None = field("Day on which it was answered (办结日期)")
    outcome: str | None = field("How it was answered (办理结果)")
    errors: list[UserError] = field("Why it was not done (错误)")


@strawberry.input(description="A copy of one's own data (本人信息复制请求)")
class ExportMyDataInput:
    """A copy of one's own data."""

    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="All that the hub holds on the caller (本人信息副本)")
class ExportMyDataPayload:
    """All that the hub holds on the caller."""

    document: str | None = field("A JSON document in clear, with the own access log; keep it safe (信息副本)")
    errors: list[UserError] = field("Why it was not given (错误)")


async def _reveal(
    info: Info, input: Annotated[RevealInput, argument("Whose, which and why (请求内容)")]
) -> RevealPayload | None:
    found, errors = await outcome(
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
        )
        for each in found or ()
    ]
    return RevealPayload(members=members, errors=errors)


async def _open_subject_request(
    info: Info, input: Annotated[OpenSubjectRequestInput, argument("What is asked for (请求内容)")]
) -> SubjectRequestPayload | None:
    command = open_request(
        info.context, input.kind, given(input.detail), given(input.member_id), given(input.idempotency_key)
    )
    return _request(*await outcome(command))


async def _close_subject_request(
    info: Info, input: Annotated[CloseSubjectRequestInput, argument("How it is answered (办理内容)")]
) -> SubjectRequestPayload | None:
    corrections = given(input.corrections)
    values = {} if corrections is None else {name: given(text) for name, text in vars(corrections).items()}
    command = close_request(
        info.context,
        input.id,
        input.resolution,
        given(input.outcome),
        {name: text for name, text in values.items() if text is not None},
        given(input.idempotency_key),
    )
    return _request(*await outcome(command))


async def _export_my_data(
    info: Info, input: Annotated[ExportMyDataInput, argument("How it is asked for (请求内容)")]
) -> ExportMyDataPayload | None:
    document, errors = await outcome(export_own_data(info.context, given(input.idempotency_key)))
    return ExportMyDataPayload(document=document, errors=errors)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _request(made: Request | None, errors: list[UserError]) -> SubjectRequestPayload:
    if made is None:
        return SubjectRequestPayload(
            id=None, member_id=None, kind=None, opened_on=None, due_on=None, closed_on=None, outcome=None, errors=errors
        )
    return SubjectRequestPayload(
        id=strawberry.ID(made.id),
        member_id=strawberry.ID(made.member_id),
        kind=made.kind,
        opened_on=made.opened_on,
        due_on=made.due_on,
        closed_on=made.closed_on,
        outcome=made.outcome,
        errors=errors,
    )


@strawberry.type(description="Commands on personal data (个人信息操作)")
class PersonalDataMutation:
    """Commands on personal data."""

    reveal = strawberry.mutation(
        _reveal,
        description="Show personal data in clear for a purpose; logged before it is answered, all or nothing (明文查看)",
    )
    open_subject_request = strawberry.mutation(
        _open_subject_request,
        description="Ask for a copy, a correction or the erasure of personal data (提出个人信息主体请求)",
    )
    close_subject_request = strawberry.mutation(
        _close_subject_request,
        description="Answer a data subject's request: write the correction, or blank the personal fields (办结个人信息主体请求)",
    )
    export_my_data = strawberry.mutation(
        _export_my_data,
        description="A worker's copy of all that the hub holds on them; logged before it is answered (本人信息复制)",
    )
