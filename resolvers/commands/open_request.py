"""The command ``openSubjectRequest`` (提出个人信息主体请求): by the person, or by a union with the person's signed document."""

import asyncpg

from db.access import DOCUMENT, Role, SubjectRequestKind
from db.deadlines import DeadlineUnit
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    clean_text,
    command,
    decode_ids,
    in_roles,
    log,
    refused,
    roles_held,
    transaction,
)
from resolvers.commands.documents import RequestDocument
from resolvers.commands.grounds import SUBJECT_REQUEST
from resolvers.commands.receipts import keep, receipt
from resolvers.commands.subject_requests import Request, lock_requests, log_entry, restored
from resolvers.commands.visible_rows import visible_rows
from resolvers.deadlines import after
from resolvers.engine.request import global_ids

OPENED = "SUBJECT_REQUEST_OPENED"

ANSWER_WORKING_DAYS = 15
"""The service's target. The Personal Information Protection Law names no number of days; 15 working days is the most that the rules for
apps allow (国信办秘字〔2019〕191号, part 6)."""

MAX_DETAIL = 2_000
UNIONS = (Role.GRASSROOTS_UNION, Role.FEDERATION, Role.INDUSTRY_UNION)
"""The roles that open requests for members."""


@command
async def open_request(
    context: CommandContext,
    kind: SubjectRequestKind,
    detail: str | None = None,
    member: str | None = None,
    document: RequestDocument | None = None,
    idempotency_key: str | None = None,
) -> Request:
    """Open a request of the caller or, by a union, of a member that it sees, with the signed ``document``. It is due
    ``ANSWER_WORKING_DAYS`` after today, or after the day on which the document was received.

    Raises:
        Refused: FORBIDDEN, BAD_ID, BAD_TEXT, MISSING_DETAIL, MISSING_DOCUMENT, UNEXPECTED_DOCUMENT, NOT_FOUND, ALREADY_OPEN,
            BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    detail = clean_text(detail, MAX_DETAIL, "detail")
    if kind is SubjectRequestKind.CORRECTION and detail is None:
        raise refused("MISSING_DETAIL", "Say in `detail` what is wrong and what is right.", "detail")
    own = context.caller.member_id if roles_held(context.caller, (Role.WORKER,)) else None
    key = decode_ids([member], MEMBER, "memberId")[0] if member is not None else own
    is_own = own is not None and key == own
    roles = roles_held(context.caller, (Role.WORKER,) if is_own else UNIONS)
    if key is None or not roles or context.caller.principal_id is None:
        raise refused(
            "FORBIDDEN", "A worker opens a request for themself, a union for a member: give `memberId`.", "memberId"
        )
    if not is_own and document is None:
        raise refused(
            "MISSING_DOCUMENT",
            "Attach the document that the person signed, or let them open the request themself.",
            "document",
        )
    if is_own and document is not None:
        raise refused(
            "UNEXPECTED_DOCUMENT", "A request for yourself needs no document. Leave `document` out.", "document"
        )
    async with transaction(context) as connection:
        evidence = (
            None if document is None else [document.number, document.received_on.isoformat(), document.digest.hex()]
        )
        given = {"kind": kind.name, "detail": detail, "member": key, "document": evidence}
        known = await receipt(connection, context, OPENED, idempotency_key, given)
        if known.payload is not None:
            return restored(known.payload)
        if not await visible_rows(connection, in_roles(context.caller, roles), context.today, "Member", [key], []):
            raise refused("NOT_FOUND", "There is no such member, or you do not see them.", "memberId")
        await lock_requests(connection, key)
        if await connection.fetchval(
            "SELECT EXISTS (SELECT FROM subject_request WHERE member_id = $1 AND kind = $2 AND closed_on IS NULL)",
            key,
            kind.name,
        ):
            raise refused("ALREADY_OPEN", "A request of this kind is open already; it must be answered first.", "kind")
        request = await _insert(connection, context, kind, key, detail, document)
        await keep(connection, context, OPENED, idempotency_key, request.stored())
        fields = [kind.name] if document is None else [kind.name, "DOCUMENT"]
        await log(connection, context, log_entry(OPENED, roles, request, fields))
    return request


async def _insert(
    connection: asyncpg.Connection,
    context: CommandContext,
    kind: SubjectRequestKind,
    member: int,
    detail: str | None,
    document: RequestDocument | None,
) -> Request:
    """Insert the request, with the scan sealed for its row."""
    since = context.today if document is None else document.received_on
    due = after(since, ANSWER_WORKING_DAYS, DeadlineUnit.WORKING_DAY)
    number = await connection.fetchval("SELECT nextval('subject_request_id_seq')")
    columns = {
        "id": number,
        "member_id": member,
        "kind": kind.name,
        "detail": detail,
        "opened_on": context.today,
        "due_on": due,
        "opened_by": context.caller.principal_id,
    }
    if document is not None:
        columns |= {
            "document_number": document.number,
            "document_received_on": document.received_on,
            "document_type": document.type.name,
            "document_digest": document.digest,
            "document": context.vault.seal(DOCUMENT, number, document.scan),
        }
    marks = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    await connection.execute(
        f"INSERT INTO subject_request ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
        *columns.values(),
    )
    return Request(
        global_ids.encode(SUBJECT_REQUEST, number), global_ids.encode(MEMBER, member), kind, context.today, due
    )
