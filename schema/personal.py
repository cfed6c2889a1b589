"""Commands on personal data (个人信息操作): seen in clear for a purpose, exported, corrected, erased."""

from datetime import date
from typing import Annotated

import strawberry

from db.access import DocumentType, SubjectRequestKind
from resolvers.commands.documents import Paper, paper, read_document
from resolvers.commands.export import export_own_data
from resolvers.commands.purposes import PersonalField, RevealPurpose
from resolvers.commands.reveal import reveal
from resolvers.commands.subjects import (
    Decision,
    Request,
    Resolution,
    close_request,
    decide_correction,
    open_request,
)
from schema.code_lists import describe
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional

for kind in (Decision, DocumentType, PersonalField, RevealPurpose, Resolution, SubjectRequestKind):
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
        "Number of the case, or ID of the grant, claim, enrolment or request, where the purpose needs one (案号或业务标识)"
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
    bank_card_changed_on: date | None = field(
        "Day on which a correction changed it, for thirty days: ask the person before money is paid (银行卡号变更日期)"
    )
    resident_number_changed_on: date | None = field(
        "Day on which a correction changed it, for thirty days (公民身份号码变更日期)"
    )
    phone_changed_on: date | None = field("Day on which a correction changed it, for thirty days (手机号码变更日期)")


@strawberry.type(description="What was revealed, or why nothing was (明文查看结果)")
class RevealPayload:
    """What was revealed, or why nothing was."""

    members: list[RevealedMember] = field("The members in the order of the IDs; empty with errors (会员)")
    errors: list[UserError] = field("Why nothing was revealed (错误)")


@strawberry.input(description="The paper that a request came on, signed by the person (书面请求)")
class DocumentInput:
    """The paper that a request came on."""

    number: str = strawberry.field(description="Its number in the union's register, 4 to 40 characters (收文号)")
    received_on: date = strawberry.field(
        description="Day on which it was received: the request is due from it (收文日期)"
    )
    scan: str = strawberry.field(description="Scan as base64: PDF, JPEG or PNG of at most 150 KiB (扫描件)")


@strawberry.input(description="What a data subject asks for (个人信息主体请求)")
class OpenSubjectRequestInput:
    """What a data subject asks for."""

    kind: SubjectRequestKind = strawberry.field(description="What is asked for (请求类型)")
    detail: str | None = optional("What is wrong and what is right, or why (请求内容)")
    member_id: strawberry.ID | None = optional("ID of the member, when a union asks for one on paper (会员标识)")
    document: DocumentInput | None = optional(
        "The paper, which must be attached when a union asks for a member (书面请求)"
    )
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


@strawberry.input(description="What a second official says of a proposed correction (更正复核)")
class DecideCorrectionInput:
    """What a second official says of a proposed correction."""

    id: strawberry.ID = strawberry.field(description="ID of the request (请求标识)")
    decision: Decision = strawberry.field(description="Approved or rejected (复核结果)")
    corrections: CorrectionsInput | None = optional(
        "To approve: the values again, typed from the person's papers (再次录入的更正内容)"
    )
    reason: str | None = optional("Why it is rejected, which must be given (不同意的理由)")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Whose document is read (查阅书面请求)")
class ReadRequestDocumentInput:
    """Whose document is read."""

    id: strawberry.ID = strawberry.field(description="ID of the request (请求标识)")


@strawberry.type(description="The paper that a request came on, or why it is not shown (书面请求)")
class RequestDocumentPayload:
    """The paper that a request came on, or why it is not shown."""

    number: str | None = field("Its number in the union's register (收文号)")
    received_on: date | None = field("Day on which it was received (收文日期)")
    type: DocumentType | None = field("What the scan is (扫描件格式)")
    digest: str | None = field("SHA-256 of the scan, in hexadecimal (扫描件摘要)")
    scan: str | None = field("Scan as base64 (扫描件)")
    errors: list[UserError] = field("Why it is not shown (错误)")


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
    proposed_fields: list[str] = field(
        "Fields of a correction that awaits a second official, by `decideCorrection`; nothing of it is written (待复核信息项)"
    )
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
            bank_card_changed_on=each.changed.get(PersonalField.BANK_CARD),
            resident_number_changed_on=each.changed.get(PersonalField.RESIDENT_NUMBER),
            phone_changed_on=each.changed.get(PersonalField.PHONE),
        )
        for each in found or ()
    ]
    return RevealPayload(members=members, errors=errors)


async def _open_subject_request(
    info: Info, input: Annotated[OpenSubjectRequestInput, argument("What is asked for (请求内容)")]
) -> SubjectRequestPayload | None:
    async def command() -> Request:
        attached, document = given(input.document), None
        if attached is not None:
            document = paper(attached.number, attached.received_on, attached.scan, info.context.today)
        return await open_request(
            info.context,
            input.kind,
            given(input.detail),
            given(input.member_id),
            document,
            given(input.idempotency_key),
        )

    return _request(*await outcome(command()))


async def _close_subject_request(
    info: Info, input: Annotated[CloseSubjectRequestInput, argument("How it is answered (办理内容)")]
) -> SubjectRequestPayload | None:
    command = close_request(
        info.context,
        input.id,
        input.resolution,
        given(input.outcome),
        _values(given(input.corrections)),
        given(input.idempotency_key),
    )
    return _request(*await outcome(command))


async def _decide_correction(
    info: Info, input: Annotated[DecideCorrectionInput, argument("What is decided (复核内容)")]
) -> SubjectRequestPayload | None:
    command = decide_correction(
        info.context,
        input.id,
        input.decision,
        _values(given(input.corrections)),
        given(input.reason),
        given(input.idempotency_key),
    )
    return _request(*await outcome(command))


async def _read_request_document(
    info: Info, input: Annotated[ReadRequestDocumentInput, argument("Which (请求)")]
) -> RequestDocumentPayload | None:
    found, errors = await outcome(read_document(info.context, input.id))
    if found is None:
        return RequestDocumentPayload(number=None, received_on=None, type=None, digest=None, scan=None, errors=errors)
    return _document(found)


def _document(found: Paper) -> RequestDocumentPayload:
    return RequestDocumentPayload(
        number=found.number,
        received_on=found.received_on,
        type=found.type,
        digest=found.digest.hex(),
        scan=found.scan,
        errors=[],
    )


def _values(corrections: CorrectionsInput | None) -> dict[str, str]:
    """The values that were given."""
    values = {} if corrections is None else {name: given(text) for name, text in vars(corrections).items()}
    return {name: text for name, text in values.items() if text is not None}


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
            id=None,
            member_id=None,
            kind=None,
            opened_on=None,
            due_on=None,
            closed_on=None,
            outcome=None,
            proposed_fields=[],
            errors=errors,
        )
    return SubjectRequestPayload(
        id=strawberry.ID(made.id),
        member_id=strawberry.ID(made.member_id),
        kind=made.kind,
        opened_on=made.opened_on,
        due_on=made.due_on,
        closed_on=made.closed_on,
        outcome=made.outcome,
        proposed_fields=list(made.proposed_fields),
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
        description="Ask for a copy, a correction or the erasure of personal data: the person, or a union on a paper that it attaches"
        " (提出个人信息主体请求)",
    )
    close_subject_request = strawberry.mutation(
        _close_subject_request,
        description="Answer a request that somebody else opened: write the correction, or blank the personal fields; a bank card, resident"
        " number or phone is proposed to a second official (办结个人信息主体请求)",
    )
    decide_correction = strawberry.mutation(
        _decide_correction,
        description="Approve or reject a correction that another official proposed; what is approved is written (复核更正)",
    )
    read_request_document = strawberry.mutation(
        _read_request_document,
        description="The paper that a request came on, for who answers it and for the person; logged before it is answered (查阅书面请求)",
    )
    export_my_data = strawberry.mutation(
        _export_my_data,
        description="A worker's copy of all that the hub holds on them; logged before it is answered (本人信息复制)",
    )
