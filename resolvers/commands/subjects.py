"""Requests of data subjects (个人信息主体请求): opened by the person or at a union's counter, closed by a federation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import asyncpg

from db.access import Role, SubjectRequestKind
from db.audit import Entry
from db.deadlines import DeadlineUnit
from db.erasure import FATES, erase
from db.errors import DataError
from db.model import Term
from db.personal import WRITERS, personal_columns
from db.row_security import CLERK
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    checked,
    decoded,
    guarded,
    held,
    log,
    narrowed,
    refused,
    transaction,
)
from resolvers.commands.receipts import keep, receipt
from resolvers.commands.reveal import SUBJECT_REQUEST
from resolvers.commands.sight import in_sight
from resolvers.deadlines import after
from resolvers.engine import ids

OPENED, CLOSED = "SUBJECT_REQUEST_OPENED", "SUBJECT_REQUEST_CLOSED"

ANSWER_WORKING_DAYS = 15
"""The service's target. The Personal Information Protection Law names no number of days; 15 working days is the most that the rules for
apps allow (国信办秘字〔2019〕191号, part 6)."""

MAX_DETAIL, MAX_OUTCOME, MAX_VALUE = 2_000, 500, 100
OPENERS = (Role.WORKER, Role.GRASSROOTS_UNION, Role.FEDERATION, Role.INDUSTRY_UNION)
CLOSERS = (Role.FEDERATION,)


class Resolution(Term):
    """How a data subject's request ends (办理结果)."""

    GRANTED = "Done as asked (已办理)"
    REFUSED = "Refused, with the reason (不予办理)"


@dataclass(frozen=True, slots=True)
class Request:
    """A data subject's request, with global IDs."""

    id: str
    member_id: str
    kind: SubjectRequestKind
    opened_on: date
    due_on: date
    closed_on: date | None = None
    outcome: str | None = None

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
    idempotency_key: str | None = None,
) -> Request:
    """Open a request of the caller themself or, by a union, of a member in its sight; due in ``ANSWER_WORKING_DAYS``.

    Raises:
        Refused: FORBIDDEN, BAD_ID, BAD_TEXT, MISSING_DETAIL, NOT_FOUND, ALREADY_OPEN, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    detail = checked(detail, MAX_DETAIL, "detail")
    if kind is SubjectRequestKind.CORRECTION and detail is None:
        raise refused("MISSING_DETAIL", "Say in `detail` what is wrong and what is right.", "detail")
    own = context.caller.member_id if held(context.caller, (Role.WORKER,)) else None
    key = decoded([member], MEMBER, "memberId")[0] if member is not None else own
    roles = held(context.caller, (Role.WORKER,) if key == own and own is not None else OPENERS[1:])
    if key is None or not roles:
        raise refused("FORBIDDEN", "A worker may ask for themself, a union for a member: name the member.", "memberId")
    async with transaction(context) as connection:
        given = {"kind": kind.name, "detail": detail, "member": key}
        known = await receipt(connection, context, OPENED, idempotency_key, given)
        if known.payload is not None:
            return restored(known.payload)
        if not await in_sight(connection, narrowed(context.caller, roles), context.today, "Member", [key], []):
            raise refused("NOT_FOUND", "There is no such member in your sight.", "memberId")
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('subject request', $1))", key)
        if await connection.fetchval(
            "SELECT EXISTS (SELECT FROM subject_request WHERE member_id = $1 AND kind = $2 AND closed_on IS NULL)",
            key,
            kind.name,
        ):
            raise refused("ALREADY_OPEN", "A request of this kind is open already; it is answered first.", "kind")
        due = after(context.today, ANSWER_WORKING_DAYS, DeadlineUnit.WORKING_DAY)
        number = await connection.fetchval(
            "INSERT INTO subject_request (member_id, kind, detail, opened_on, due_on) VALUES ($1, $2, $3, $4, $5)"
            " RETURNING id",
            key,
            kind.name,
            detail,
            context.today,
            due,
        )
        made = Request(ids.encode(SUBJECT_REQUEST, number), ids.encode(MEMBER, key), kind, context.today, due)
        await keep(connection, context, OPENED, idempotency_key, made.stored())
        await log(connection, context, _entry(OPENED, roles, made, [kind.name]))
    return made


@guarded
async def close_request(
    context: CommandContext,
    request: str,
    resolution: Resolution,
    outcome: str | None = None,
    corrections: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Request:
    """Answer a request on a member in a federation's sight, and do what it asks for: write the ``corrections`` (columns of ``member`` in
    clear), of which there must be some, or empty the personal fields (``db.erasure``) and keep the rows, which statistics count.

    Raises:
        Refused: FORBIDDEN, BAD_ID, BAD_TEXT, BAD_VALUE, MISSING_OUTCOME, NOT_FOUND, ALREADY_CLOSED, OPEN_CASE, UNEXPECTED_CORRECTIONS,
            MISSING_CORRECTIONS, DUPLICATE_RESIDENT_NUMBER, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    key = decoded([request], SUBJECT_REQUEST, "id")[0]
    outcome = checked(outcome, MAX_OUTCOME, "outcome")
    if resolution is Resolution.REFUSED and outcome is None:
        raise refused("MISSING_OUTCOME", "A refusal is explained: give the reason in `outcome`.", "outcome")
    values = {name: checked(text, MAX_VALUE, "corrections", name) for name, text in (corrections or {}).items()}
    changes = {name: text for name, text in values.items() if text is not None}
    roles = held(context.caller, CLOSERS)
    if not roles:
        raise refused("FORBIDDEN", "A federation closes requests.")
    async with transaction(context) as connection:
        given = {"id": key, "resolution": resolution.name, "outcome": outcome, "corrections": changes}
        known = await receipt(connection, context, CLOSED, idempotency_key, given)
        if known.payload is not None:
            return restored(known.payload)
        row = await connection.fetchrow("SELECT * FROM subject_request WHERE id = $1 FOR UPDATE", key)
        caller = narrowed(context.caller, roles)
        if row is None or not await in_sight(connection, caller, context.today, "Member", [row["member_id"]], []):
            raise refused("NOT_FOUND", "There is no such request in your sight.", "id")
        if row["closed_on"] is not None:
            raise refused("ALREADY_CLOSED", "This request was closed before.", "id")
        kind = SubjectRequestKind[row["kind"]]
        written = await _done(connection, context, kind, row["member_id"], resolution, changes)
        text = resolution.name if outcome is None else f"{resolution.name}: {outcome}"
        await connection.execute(
            "UPDATE subject_request SET closed_on = $2, outcome = $3 WHERE id = $1", key, context.today, text
        )
        member = ids.encode(MEMBER, row["member_id"])
        made = Request(
            ids.encode(SUBJECT_REQUEST, key), member, kind, row["opened_on"], row["due_on"], context.today, text
        )
        await keep(connection, context, CLOSED, idempotency_key, made.stored())
        await log(connection, context, _entry(CLOSED, roles, made, [kind.name, resolution.name, *written]))
    return made


async def _done(
    connection: asyncpg.Connection,
    context: CommandContext,
    kind: SubjectRequestKind,
    member: int,
    resolution: Resolution,
    changes: Mapping[str, str],
) -> list[str]:
    """Do what a granted request asks for; the names of the fields that were written."""
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
    if granted and kind is SubjectRequestKind.ERASURE:
        async with connection.wearing(CLERK):
            return await _erase(connection, member)
    if changes:
        async with connection.wearing(CLERK):
            await _correct(connection, context, member, changes)
    return sorted(name.upper() for name in changes)


async def _correct(
    connection: asyncpg.Connection, context: CommandContext, member: int, changes: Mapping[str, str]
) -> None:
    columns: dict[str, Any] = {}
    for name, text in changes.items():
        try:
            columns |= {"name": text} if name == "name" else personal_columns(context.vault, member, **{name: text})
        except DataError as error:
            raise refused("BAD_VALUE", str(error), "corrections", name) from None
    try:
        async with connection.transaction():
            await _update(connection, member, columns)
    except asyncpg.UniqueViolationError:
        raise refused(
            "DUPLICATE_RESIDENT_NUMBER",
            "Another member has this resident number. Find out whose it is first.",
            "corrections",
        ) from None
    if "name" in changes:
        await connection.execute("UPDATE dispute_party SET name = $2 WHERE member_id = $1", member, changes["name"])


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
    others = (f"{table}.{column}" for table, fate in FATES.items() if table != "member" for column in fate.written)
    return sorted(name.upper() for name in ("name", *WRITERS, *others))


async def _update(connection: asyncpg.Connection, member: int, columns: Mapping[str, Any]) -> None:
    assignments = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    done = await connection.execute(f"UPDATE member SET {assignments} WHERE id = $1", member, *columns.values())  # noqa: S608
    if done != "UPDATE 1":
        raise RuntimeError(f"member {member} was not written: {done}")


def _entry(action: str, roles: list[Role], request: Request, fields: list[str]) -> Entry:
    return Entry(
        action,
        role=", ".join(role.name for role in roles),
        case_reference=request.id if action == CLOSED else None,
        records=[request.member_id, request.id],
        fields=fields,
    )
