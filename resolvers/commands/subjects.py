"""Requests of data subjects (个人信息主体请求): opened by the person, or by a union on a paper that it attaches; closed by a federation, by
another official. What identifies or pays a person is changed once a third has approved it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import asyncpg

from db.access import DOCUMENT, Role, SubjectRequestKind
from db.deadlines import DeadlineUnit
from db.model import Term
from db.personal_data.erasure import ERASURE_RULES, erase
from db.personal_data.member_columns import WRITERS
from db.security.audit_log import Entry
from db.security.row_security import CLERK
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    Refused,
    checked,
    decoded,
    guarded,
    held,
    log,
    narrowed,
    refused,
    transaction,
)
from resolvers.commands.corrections import check_there, checked_values, codes, needs_approval, propose, proposed, write
from resolvers.commands.documents import Paper
from resolvers.commands.grounds import SUBJECT_REQUEST, independent
from resolvers.commands.receipts import keep, receipt
from resolvers.commands.sight import in_sight
from resolvers.deadlines import after
from resolvers.engine.request import global_ids

OPENED, CLOSED = "SUBJECT_REQUEST_OPENED", "SUBJECT_REQUEST_CLOSED"
PROPOSED, APPROVED, REJECTED = "CHANGE_PROPOSED", "CHANGE_APPROVED", "CHANGE_REJECTED"
DECIDE = "DECIDE_CORRECTION"

ANSWER_WORKING_DAYS = 15
"""The service's target. The Personal Information Protection Law names no number of days; 15 working days is the most that the rules for
apps allow (国信办秘字〔2019〕191号, part 6)."""

MAX_DETAIL, MAX_OUTCOME = 2_000, 500
OPENERS = (Role.WORKER, Role.GRASSROOTS_UNION, Role.FEDERATION, Role.INDUSTRY_UNION)
CLOSERS = (Role.FEDERATION,)


class Resolution(Term):
    """How a data subject's request ends (办理结果)."""

    GRANTED = "Done as asked (已办理)"
    REFUSED = "Refused, with the reason (不予办理)"


class Decision(Term):
    """What a second official says of a correction (复核结果)."""

    APPROVED = "Approved: written, and the request is closed (同意)"
    REJECTED = "Rejected, with the reason: the request stays open (不同意)"


@dataclass(frozen=True, slots=True)
class Request:
    """A data subject's request, with global IDs; ``proposed_fields`` are those of a correction that awaits a second official."""

    id: str
    member_id: str
    kind: SubjectRequestKind
    opened_on: date
    due_on: date
    closed_on: date | None = None
    outcome: str | None = None
    proposed_fields: Sequence[str] = ()

    def stored(self) -> dict[str, Any]:
        """As JSON that ``restored`` reads."""
        days = {
            name: None if day is None else day.isoformat() for name, day in asdict(self).items() if name.endswith("_on")
        }
        return {**asdict(self), "kind": self.kind.name, **days}


def restored(stored: Mapping[str, Any]) -> Request:
    """A request as it was answered before."""
    days = {
        name: None if text is None else date.fromisoformat(text)
        for name, text in stored.items()
        if name.endswith("_on")
    }
    return Request(**{**stored, "kind": SubjectRequestKind[stored["kind"]], **days})


@guarded
async def open_request(
    context: CommandContext,
    kind: SubjectRequestKind,
    detail: str | None = None,
    member: str | None = None,
    document: Paper | None = None,
    idempotency_key: str | None = None,
) -> Request:
    """Open a request of the caller themself or, by a union, of a member in its sight, on the ``document`` that it came on. Due in
    ``ANSWER_WORKING_DAYS``, from the day on which the document was received.

    Raises:
        Refused: FORBIDDEN, BAD_ID, BAD_TEXT, MISSING_DETAIL, MISSING_DOCUMENT, UNEXPECTED_DOCUMENT, NOT_FOUND, ALREADY_OPEN,
            BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    detail = checked(detail, MAX_DETAIL, "detail")
    if kind is SubjectRequestKind.CORRECTION and detail is None:
        raise refused("MISSING_DETAIL", "Say in `detail` what is wrong and what is right.", "detail")
    own = context.caller.member_id if held(context.caller, (Role.WORKER,)) else None
    key = decoded([member], MEMBER, "memberId")[0] if member is not None else own
    is_own = own is not None and key == own
    roles = held(context.caller, (Role.WORKER,) if is_own else OPENERS[1:])
    if key is None or not roles or context.caller.principal_id is None:
        raise refused("FORBIDDEN", "A worker may ask for themself, a union for a member: name the member.", "memberId")
    if not is_own and document is None:
        raise refused(
            "MISSING_DOCUMENT", "Attach the paper that the person signed, or let them ask themself.", "document"
        )
    if is_own and document is not None:
        raise refused("UNEXPECTED_DOCUMENT", "Who asks for themself needs no paper. Leave `document` out.", "document")
    async with transaction(context) as connection:
        paper = None if document is None else [document.number, document.received_on.isoformat(), document.digest.hex()]
        given = {"kind": kind.name, "detail": detail, "member": key, "document": paper}
        known = await receipt(connection, context, OPENED, idempotency_key, given)
        if known.payload is not None:
            return restored(known.payload)
        if not await in_sight(connection, narrowed(context.caller, roles), context.today, "Member", [key], []):
            raise refused("NOT_FOUND", "There is no such member in your sight.", "memberId")
        await _lock(connection, key)
        if await connection.fetchval(
            "SELECT EXISTS (SELECT FROM subject_request WHERE member_id = $1 AND kind = $2 AND closed_on IS NULL)",
            key,
            kind.name,
        ):
            raise refused("ALREADY_OPEN", "A request of this kind is open already; it is answered first.", "kind")
        made = await _insert(connection, context, kind, key, detail, document)
        await keep(connection, context, OPENED, idempotency_key, made.stored())
        codes_ = [kind.name] if document is None else [kind.name, "DOCUMENT"]
        await log(connection, context, _entry(OPENED, roles, made, codes_))
    return made


async def _insert(
    connection: asyncpg.Connection,
    context: CommandContext,
    kind: SubjectRequestKind,
    member: int,
    detail: str | None,
    document: Paper | None,
) -> Request:
    """The row, and the scan sealed to its key."""
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


async def _lock(connection: asyncpg.Connection, member: int) -> None:
    """All that is done about a member's requests is done one after the other."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('subject request', $1))", member)


@guarded
async def close_request(
    context: CommandContext,
    request: str,
    resolution: Resolution,
    outcome: str | None = None,
    corrections: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Request:
    """Answer a request on a member in a federation's sight that somebody else opened, and do what it asks for: write the ``corrections``
    (columns of ``member`` in clear), of which there must be some, or empty the personal fields (``db.personal_data.erasure``) and keep the
    rows, which statistics count. Corrections with a bank card, a resident number or a phone are proposed: the request stays open, and
    nothing is written until another official decides (``decide_correction``).

    Raises:
        Refused: FORBIDDEN, BAD_ID, BAD_TEXT, BAD_VALUE, MISSING_OUTCOME, NOT_FOUND, ALREADY_CLOSED, NOT_INDEPENDENT, CHANGE_PENDING,
            OPEN_CASE, ERASED, UNEXPECTED_CORRECTIONS, MISSING_CORRECTIONS, DUPLICATE_RESIDENT_NUMBER, BAD_IDEMPOTENCY_KEY,
            IDEMPOTENCY_KEY_REUSED.
    """
    key = decoded([request], SUBJECT_REQUEST, "id")[0]
    outcome = checked(outcome, MAX_OUTCOME, "outcome")
    if resolution is Resolution.REFUSED and outcome is None:
        raise refused("MISSING_OUTCOME", "A refusal is explained: give the reason in `outcome`.", "outcome")
    changes = checked_values(corrections)
    given = {"resolution": resolution.name, "outcome": outcome, "corrections": changes}

    async def close(connection: asyncpg.Connection, row: Mapping[str, Any]) -> Done:
        if row["proposal"] is not None:
            raise refused("CHANGE_PENDING", "A correction awaits a second official: see `decideCorrection`.", "id")
        kind, member = SubjectRequestKind[row["kind"]], row["member_id"]
        granted = _checked_changes(kind, resolution, changes)
        if granted and needs_approval(changes):
            await propose(connection, context, key, member, changes, outcome)
            return Done(_request(row, proposed_fields=codes(changes)), PROPOSED, codes(changes))
        written = await _fulfil(connection, context, kind, member, changes) if granted else []
        made = await _close(connection, context, row, resolution, outcome)
        return Done(made, CLOSED, [kind.name, resolution.name, *written])

    return await _answered(context, CLOSED, key, given, idempotency_key, close)


@guarded
async def decide_correction(
    context: CommandContext,
    request: str,
    decision: Decision,
    corrections: Mapping[str, str] | None = None,
    reason: str | None = None,
    idempotency_key: str | None = None,
) -> Request:
    """Approve a correction that another official proposed, by the same values, typed again from the person's papers: it is written, and
    the request closed. Or reject it: the request stays open. Neither who opened the request nor who proposed decides.

    Raises:
        Refused: FORBIDDEN, BAD_ID, BAD_TEXT, BAD_VALUE, NOT_FOUND, ALREADY_CLOSED, NOTHING_PENDING, NOT_INDEPENDENT, MISSING_REASON,
            UNEXPECTED_CORRECTIONS, VALUES_DIFFER, ERASED, DUPLICATE_RESIDENT_NUMBER, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    key = decoded([request], SUBJECT_REQUEST, "id")[0]
    reason = checked(reason, MAX_OUTCOME, "reason")
    typed = checked_values(corrections)
    approved = decision is Decision.APPROVED
    if not approved and reason is None:
        raise refused("MISSING_REASON", "A rejection is explained: give the reason in `reason`.", "reason")
    if not approved and typed:
        raise refused(
            "UNEXPECTED_CORRECTIONS", "What is rejected is not typed again. Leave `corrections` out.", "corrections"
        )
    given = {"decision": decision.name, "reason": reason, "corrections": typed}

    async def decide(connection: asyncpg.Connection, row: Mapping[str, Any]) -> Done:
        if row["proposal"] is None:
            raise refused("NOTHING_PENDING", "No correction awaits a decision: see `closeSubjectRequest`.", "id")
        if not await independent(connection, context.caller, row["proposed_by"], row["member_id"]):
            raise _not_independent("Who proposed a correction does not decide on it: a third official does.")
        values, outcome = proposed(context, row)
        if not approved:
            await _reject(connection, context, key, reason)
            return Done(_request(row), REJECTED, codes(values))
        if typed != values:
            raise refused(
                "VALUES_DIFFER",
                "The values are not those that were proposed. Compare them with the person's papers; reject what is wrong.",
                "corrections",
            )
        await check_there(connection, row["member_id"])
        made = await _close(connection, context, row, Resolution.GRANTED, outcome)
        await write(connection, context, row["member_id"], values)
        return Done(made, APPROVED, codes(values))

    return await _answered(context, DECIDE, key, given, idempotency_key, decide)


@dataclass(frozen=True, slots=True)
class Done:
    """A request as it stands now, and the audit log's action and fields for what was done."""

    request: Request
    action: str
    fields: list[str]


async def _answered(
    context: CommandContext,
    command: str,
    key: int,
    given: Mapping[str, Any],
    idempotency_key: str | None,
    answer: Callable[[asyncpg.Connection, Mapping[str, Any]], Awaitable[Done]],
) -> Request:
    """Lock an open request that the caller may answer, run ``answer`` on its row, keep the receipt and log; once for each key."""
    roles = held(context.caller, CLOSERS)
    if not roles:
        raise refused("FORBIDDEN", "A federation answers requests.")
    async with transaction(context) as connection:
        known = await receipt(connection, context, command, idempotency_key, {"id": key, **given})
        if known.payload is not None:
            return restored(known.payload)
        done = await answer(connection, await _open_row(connection, context, roles, key))
        await keep(connection, context, command, idempotency_key, done.request.stored())
        await log(connection, context, _entry(done.action, roles, done.request, done.fields))
    return done.request


async def _reject(connection: asyncpg.Connection, context: CommandContext, key: int, reason: str | None) -> None:
    """Drop a proposal, with the reason; the request stays open."""
    await connection.execute(
        "UPDATE subject_request SET proposal = NULL, rejected_on = $2, rejection = $3 WHERE id = $1",
        key,
        context.today,
        reason,
    )


async def _open_row(
    connection: asyncpg.Connection, context: CommandContext, roles: Sequence[Role], key: int
) -> asyncpg.Record:
    """An open request that the caller may answer, locked."""
    missing = refused("NOT_FOUND", "There is no such request in your sight.", "id")
    member = await connection.fetchval("SELECT member_id FROM subject_request WHERE id = $1", key)
    caller = narrowed(context.caller, roles)
    if member is None or not await in_sight(connection, caller, context.today, "Member", [member], []):
        raise missing
    await _lock(connection, member)
    row = await connection.fetchrow("SELECT * FROM subject_request WHERE id = $1 FOR UPDATE", key)
    if row is None:
        raise missing
    if row["closed_on"] is not None:
        raise refused("ALREADY_CLOSED", "This request was closed before.", "id")
    if not await independent(connection, context.caller, row["opened_by"], member):
        raise _not_independent("Who opened a request, or is the person, does not answer it: another official does.")
    return row


def _not_independent(message: str) -> Refused:
    return refused("NOT_INDEPENDENT", message, "id")


def _request(row: Mapping[str, Any], **more: Any) -> Request:
    """A request as it is answered."""
    return Request(
        global_ids.encode(SUBJECT_REQUEST, row["id"]),
        global_ids.encode(MEMBER, row["member_id"]),
        SubjectRequestKind[row["kind"]],
        row["opened_on"],
        row["due_on"],
        **more,
    )


def _checked_changes(kind: SubjectRequestKind, resolution: Resolution, changes: Mapping[str, str]) -> bool:
    """Whether the request is granted; corrections come with a granted correction, and with nothing else."""
    granted = resolution is Resolution.GRANTED
    corrected = granted and kind is SubjectRequestKind.CORRECTION
    if changes and not corrected:
        raise refused(
            "UNEXPECTED_CORRECTIONS", "Corrections go with a request for correction that is granted.", "corrections"
        )
    if corrected and not changes:
        raise refused(
            "MISSING_CORRECTIONS",
            "Nothing is corrected without `corrections`: give the right values, or refuse with the reason.",
            "corrections",
        )
    return granted


async def _close(
    connection: asyncpg.Connection,
    context: CommandContext,
    row: Mapping[str, Any],
    resolution: Resolution,
    outcome: str | None,
) -> Request:
    """Close a request; a proposal that it has is approved by that."""
    text = resolution.name if outcome is None else f"{resolution.name}: {outcome}"
    await connection.execute(
        "UPDATE subject_request SET closed_on = $2, outcome = $3, closed_by = $4, proposal = NULL,"
        " approved_at = CASE WHEN $5::boolean THEN now() END WHERE id = $1",
        row["id"],
        context.today,
        text,
        context.caller.principal_id,
        row["proposal"] is not None,
    )
    return _request(row, closed_on=context.today, outcome=text)


async def _fulfil(
    connection: asyncpg.Connection,
    context: CommandContext,
    kind: SubjectRequestKind,
    member: int,
    changes: Mapping[str, str],
) -> list[str]:
    """Do what a granted request asks for; the names of the fields that were written."""
    if kind is SubjectRequestKind.ERASURE:
        async with connection.under_role(CLERK):
            return await _erase(connection, member)
    if changes:
        await check_there(connection, member)
        await write(connection, context, member, changes)
    return codes(changes)


async def _erase(connection: asyncpg.Connection, member: int) -> list[str]:
    """The names of what was emptied are those of all that is, whether the person had any: the log tells nobody who was ill."""
    if await connection.fetchval(
        "SELECT EXISTS (SELECT FROM dispute_party p JOIN dispute_case c ON c.id = p.case_id"
        " WHERE p.member_id = $1 AND c.closed_on IS NULL)",
        member,
    ):
        raise refused(
            "OPEN_CASE",
            "The person is a party to an open dispute case. Close the request once the case is closed.",
            "id",
        )
    await erase(connection, member)
    others = (
        f"{table}.{column}" for table, rule in ERASURE_RULES.items() if table != "member" for column in rule.written
    )
    return sorted(name.upper() for name in ("name", *WRITERS, *others))


def _entry(action: str, roles: Sequence[Role], request: Request, fields: list[str]) -> Entry:
    return Entry(
        action,
        role=", ".join(role.name for role in roles),
        case_reference=None if action == OPENED else request.id,
        records=[request.member_id, request.id],
        fields=fields,
    )
