"""Requests of data subjects (个人信息主体请求) in the schema: the record, and the commands that open and answer it."""

from datetime import date
from typing import Annotated

import strawberry

from db.access import DocumentType, SubjectRequestKind
from resolvers.commands.close_request import close_request
from resolvers.commands.decide_correction import Decision, decide_correction
from resolvers.commands.documents import RequestDocument, checked_document, read_document
from resolvers.commands.open_request import open_request
from resolvers.commands.subject_requests import Request, Resolution
from schema.code_lists import describe
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional
from schema.refs import MemberRef
from schema.relay import PAGE, Connection, Node

for kind in (Decision, DocumentType, Resolution, SubjectRequestKind):
    describe(kind)


@strawberry.type(description="Request of a data subject: a copy, a correction or erasure (个人信息主体请求)")
class SubjectRequest(Node):
    """Request of a data subject."""

    kind: SubjectRequestKind = field("What is requested (请求类型)")
    detail: str | None = field("What is wrong and what is right, or why (请求内容)")
    opened_on: date = field("Day on which it was opened (提出日期)")
    due_on: date = field("Day by which it must be answered (办理期限)")
    due_provisional: bool | None = field(
        "Whether that day may still move because the notice on its year's days off is not published (办理期限是否暂定)"
    )
    closed_on: date | None = field("Day on which it was answered; empty while it is open (办结日期)")
    outcome: str | None = field("How it was answered (办理结果)")
    document_number: str | None = field(
        "Number of the signed document; empty if the person opened it in the hub (收文号)"
    )
    document_received_on: date | None = field("Day on which the document was received (收文日期)")
    document_type: DocumentType | None = field(
        "File type of the scan, which `readRequestDocument` returns (扫描件格式)"
    )
    proposed_fields: str | None = field(
        "Codes of the fields of a correction that a second official decides or decided on, separated by commas (复核信息项)"
    )
    proposed_on: date | None = field("Day on which it was proposed (提请复核日期)")
    is_pending: bool = field("Whether it awaits a second official's decision (是否待复核)")
    rejected_on: date | None = field("Day of the second official's last rejection (复核不同意日期)")
    rejection: str | None = field("Reason of that rejection (复核不同意理由)")
    member: MemberRef | None = field("The member (会员)")


@strawberry.type(description="Requests of data subjects at the root (个人信息主体请求查询)")
class SubjectRequestsQuery:
    """Root field, mixed into the query root."""

    subject_requests: Connection[SubjectRequest] = field(
        "Requests of data subjects: the caller's own, or those of members that the caller sees, the oldest first (个人信息主体请求列表)",
        **PAGE,
    )


@strawberry.input(description="Document by which the person made a request, with their signature (书面请求)")
class DocumentInput:
    """Document by which the person made a request."""

    number: str = strawberry.field(description="Its number in the union's register, 4 to 40 characters (收文号)")
    received_on: date = strawberry.field(
        description="Day on which it was received, from which the request is due (收文日期)"
    )
    scan: str = strawberry.field(description="Scan as base64: PDF, JPEG or PNG of at most 150 KiB (扫描件)")


@strawberry.input(description="Request to open for a data subject (个人信息主体请求)")
class OpenSubjectRequestInput:
    """Request to open for a data subject."""

    kind: SubjectRequestKind = strawberry.field(description="What is requested (请求类型)")
    detail: str | None = optional("What is wrong and what is right, or why (请求内容)")
    member_id: strawberry.ID | None = optional("ID of the member, if a union opens the request for them (会员标识)")
    document: DocumentInput | None = optional("The signed document, required if a union opens the request (书面请求)")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Values to be written for a correction (更正内容)")
class CorrectionsInput:
    """Values to be written for a correction."""

    name: str | None = optional("Name (姓名)")
    birth_date: str | None = optional("Day of birth, as YYYY-MM-DD (出生日期)")
    resident_number: str | None = optional("Resident number, GB 11643 (公民身份号码)")
    phone: str | None = optional("Mobile number (手机号码)")
    bank_card: str | None = optional("Number of the bank card (银行卡号)")


@strawberry.input(description="Answer to a data subject's request (请求办理)")
class CloseSubjectRequestInput:
    """Answer to a data subject's request."""

    id: strawberry.ID = strawberry.field(description="ID of the request (请求标识)")
    resolution: Resolution = strawberry.field(description="Done or refused (办理结果)")
    outcome: str | None = optional("What was done; for a refusal the reason, which is required (办理说明)")
    corrections: CorrectionsInput | None = optional("Values to write, for a correction (更正内容)")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="A second official's decision on a proposed correction (更正复核)")
class DecideCorrectionInput:
    """A second official's decision on a proposed correction."""

    id: strawberry.ID = strawberry.field(description="ID of the request (请求标识)")
    decision: Decision = strawberry.field(description="Approved or rejected (复核结果)")
    corrections: CorrectionsInput | None = optional(
        "To approve: the same values, typed again from the person's papers (再次录入的更正内容)"
    )
    reason: str | None = optional("Reason of a rejection, which is required (不同意的理由)")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Request whose document is read (查阅书面请求)")
class ReadRequestDocumentInput:
    """Request whose document is read."""

    id: strawberry.ID = strawberry.field(description="ID of the request (请求标识)")


@strawberry.type(description="Document of a request, or why it is not returned (书面请求)")
class RequestDocumentPayload:
    """Document of a request, or why it is not returned."""

    number: str | None = field("Its number in the union's register (收文号)")
    received_on: date | None = field("Day on which it was received (收文日期)")
    type: DocumentType | None = field("File type of the scan (扫描件格式)")
    digest: str | None = field("SHA-256 of the scan, in hexadecimal (扫描件摘要)")
    scan: str | None = field("Scan as base64 (扫描件)")
    errors: list[UserError] = field("Why it is not returned (错误)")


@strawberry.type(description="A data subject's request after a command, or why it was not done (个人信息主体请求结果)")
class SubjectRequestPayload:
    """A data subject's request after a command, or why it was not done."""

    id: strawberry.ID | None = field("Global ID of the request (请求标识)")
    member_id: strawberry.ID | None = field("Global ID of the member (会员标识)")
    kind: SubjectRequestKind | None = field("What is requested (请求类型)")
    opened_on: date | None = field("Day on which it was opened (提出日期)")
    due_on: date | None = field("Day by which it must be answered, after 15 working days (办理期限)")
    closed_on: date | None = field("Day on which it was answered (办结日期)")
    outcome: str | None = field("How it was answered (办理结果)")
    proposed_fields: list[str] = field(
        "Fields of a correction that awaits a second official's `decideCorrection`; nothing is written before (待复核信息项)"
    )
    errors: list[UserError] = field("Why it was not done (错误)")


async def _open_subject_request(
    info: Info, input: Annotated[OpenSubjectRequestInput, argument("The request (请求内容)")]
) -> SubjectRequestPayload | None:
    async def command() -> Request:
        attached, document = given(input.document), None
        if attached is not None:
            document = checked_document(attached.number, attached.received_on, attached.scan, info.context.today)
        return await open_request(
            info.context,
            input.kind,
            given(input.detail),
            given(input.member_id),
            document,
            given(input.idempotency_key),
        )

    return _payload(*await outcome(command()))


async def _close_subject_request(
    info: Info, input: Annotated[CloseSubjectRequestInput, argument("The answer (办理内容)")]
) -> SubjectRequestPayload | None:
    command = close_request(
        info.context,
        input.id,
        input.resolution,
        given(input.outcome),
        _values(given(input.corrections)),
        given(input.idempotency_key),
    )
    return _payload(*await outcome(command))


async def _decide_correction(
    info: Info, input: Annotated[DecideCorrectionInput, argument("The decision (复核内容)")]
) -> SubjectRequestPayload | None:
    command = decide_correction(
        info.context,
        input.id,
        input.decision,
        _values(given(input.corrections)),
        given(input.reason),
        given(input.idempotency_key),
    )
    return _payload(*await outcome(command))


async def _read_request_document(
    info: Info, input: Annotated[ReadRequestDocumentInput, argument("Which request (请求)")]
) -> RequestDocumentPayload | None:
    document, errors = await outcome(read_document(info.context, input.id))
    if document is None:
        return RequestDocumentPayload(number=None, received_on=None, type=None, digest=None, scan=None, errors=errors)
    return _document_payload(document)


def _document_payload(document: RequestDocument) -> RequestDocumentPayload:
    return RequestDocumentPayload(
        number=document.number,
        received_on=document.received_on,
        type=document.type,
        digest=document.digest.hex(),
        scan=document.scan,
        errors=[],
    )


def _values(corrections: CorrectionsInput | None) -> dict[str, str]:
    """The values that are given."""
    values = {} if corrections is None else {name: given(text) for name, text in vars(corrections).items()}
    return {name: text for name, text in values.items() if text is not None}


def _payload(request: Request | None, errors: list[UserError]) -> SubjectRequestPayload:
    if request is None:
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
        id=strawberry.ID(request.id),
        member_id=strawberry.ID(request.member_id),
        kind=request.kind,
        opened_on=request.opened_on,
        due_on=request.due_on,
        closed_on=request.closed_on,
        outcome=request.outcome,
        proposed_fields=list(request.proposed_fields),
        errors=errors,
    )


@strawberry.type(description="Commands on requests of data subjects (个人信息主体请求操作)")
class SubjectRequestsMutation:
    """Commands on requests of data subjects."""

    open_subject_request = strawberry.mutation(
        _open_subject_request,
        description="Request a copy, a correction or the erasure of personal data: by the person, or by a union with the person's"
        " signed document (提出个人信息主体请求)",
    )
    close_subject_request = strawberry.mutation(
        _close_subject_request,
        description="Answer a request that somebody else opened: write the correction, or blank the personal fields; a bank card, resident"
        " number or phone needs a second official's approval (办结个人信息主体请求)",
    )
    decide_correction = strawberry.mutation(
        _decide_correction,
        description="Approve or reject a correction that another official proposed; what is approved is written (复核更正)",
    )
    read_request_document = strawberry.mutation(
        _read_request_document,
        description="Read the document of a request, as the official who answers it or as the person; logged before it is returned"
        " (查阅书面请求)",
    )
