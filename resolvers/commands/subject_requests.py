"""Requests of data subjects (个人信息主体请求): the result of the commands on them, and the frame of those that answer one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import asyncpg

from db.access import Role, SubjectRequestKind
from db.model import Term
from db.security.audit_log import Entry
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    Refused,
    clean_text,
    decode_ids,
    in_roles,
    log,
    refused,
    roles_held,
    transaction,
)
from resolvers.commands.grounds import SUBJECT_REQUEST, is_independent
from resolvers.commands.receipts import keep, receipt
from resolvers.commands.visible_rows import visible_rows
from resolvers.engine.request import global_ids

MAX_OUTCOME = 500
OFFICIALS = (Role.FEDERATION,)
"""The roles that answer requests."""


class Resolution(Term):
    """How a data subject's request ends (办理结果)."""

    GRANTED = "Done as requested (已办理)"
    REFUSED = "Refused, with the reason (不予办理)"


@dataclass(frozen=True, slots=True)
class Request:
    """A data subject's request with global IDs; ``proposed_fields`` are the fields of a correction that awaits a second official."""

    id: str
    member_id: str
    kind: SubjectRequestKind
    opened_on: date
    due_on: date
    closed_on: date | None = None
    outcome: str | None = None
    proposed_fields: Sequence[str] = ()

    def stored(self) -> dict[str, Any]:
        """The request as the JSON of a receipt; ``restored`` reads it."""
        days = {
            name: None if day is None else day.isoformat() for name, day in asdict(self).items() if name.endswith("_on")
        }
        return {**asdict(self), "kind": self.kind.name, **days}


def restored(stored: Mapping[str, Any]) -> Request:
    """The request in the JSON of a receipt."""
    days = {
        name: None if text is None else date.fromisoformat(text)
        for name, text in stored.items()
        if name.endswith("_on")
    }
    return Request(**{**stored, "kind": SubjectRequestKind[stored["kind"]], **days})


def request_of(row: Mapping[str, Any], **more: Any) -> Request:
    """The request in a row of ``subject_request``; ``more`` are the fields that a command sets."""
    return Request(
        global_ids.encode(SUBJECT_REQUEST, row["id"]),
        global_ids.encode(MEMBER, row["member_id"]),
        SubjectRequestKind[row["kind"]],
        row["opened_on"],
        row["due_on"],
        **more,
    )


def log_entry(
    action: str, roles: Sequence[Role], request: Request, fields: Sequence[str], *, case_reference: str | None = None
) -> Entry:
    """The audit log's entry for a command on a request."""
    return Entry(
        action,
        role=", ".join(role.name for role in roles),
        case_reference=case_reference,
        records=[request.member_id, request.id],
        fields=list(fields),
    )


async def lock_requests(connection: asyncpg.Connection, member: int) -> None:
    """Wait until no other transaction works on the member's requests, and hold them until this one ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('subject request', $1))", member)


def checked_answer(request: str, text: str | None, place: str) -> tuple[int, str | None]:
    """The input that every answer has: the request's key, and the official's words, which are at ``place``.

    Raises:
        Refused: BAD_ID, BAD_TEXT.
    """
    return decode_ids([request], SUBJECT_REQUEST, "id")[0], clean_text(text, MAX_OUTCOME, place)


@dataclass(frozen=True, slots=True)
class Answer:
    """A request after an official's answer, and the action and fields of the audit log's entry."""

    request: Request
    action: str
    fields: list[str]


async def answer_request(
    context: CommandContext,
    command: str,
    key: int,
    given: Mapping[str, Any],
    idempotency_key: str | None,
    answer: Callable[[asyncpg.Connection, Mapping[str, Any]], Awaitable[Answer]],
) -> Request:
    """Lock an open request that the caller may answer, run ``answer`` on its row, keep the receipt and log; once for each key.

    Raises:
        Refused: FORBIDDEN, NOT_FOUND, ALREADY_CLOSED, NOT_INDEPENDENT, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    roles = roles_held(context.caller, OFFICIALS)
    if not roles:
        raise refused("FORBIDDEN", "Only a federation answers requests.")
    async with transaction(context) as connection:
        known = await receipt(connection, context, command, idempotency_key, {"id": key, **given})
        if known.payload is not None:
            return restored(known.payload)
        done = await answer(connection, await _open_row(connection, context, roles, key))
        await keep(connection, context, command, idempotency_key, done.request.stored())
        entry = log_entry(done.action, roles, done.request, done.fields, case_reference=done.request.id)
        await log(connection, context, entry)
    return done.request


async def _open_row(
    connection: asyncpg.Connection, context: CommandContext, roles: Sequence[Role], key: int
) -> asyncpg.Record:
    """The row of an open request that the caller may answer, locked."""
    missing = refused("NOT_FOUND", "There is no such request, or you do not see it.", "id")
    member = await connection.fetchval("SELECT member_id FROM subject_request WHERE id = $1", key)
    caller = in_roles(context.caller, roles)
    if member is None or not await visible_rows(connection, caller, context.today, "Member", [member], []):
        raise missing
    await lock_requests(connection, member)
    row = await connection.fetchrow("SELECT * FROM subject_request WHERE id = $1 FOR UPDATE", key)
    if row is None:
        raise missing
    if row["closed_on"] is not None:
        raise refused("ALREADY_CLOSED", "This request is closed already.", "id")
    if not await is_independent(connection, context.caller, row["opened_by"], member):
        raise not_independent("Whoever opened a request, or is its person, may not answer it: another official must.")
    return row


def not_independent(message: str) -> Refused:
    """A refusal of an official who is a party to the matter."""
    return refused("NOT_INDEPENDENT", message, "id")


async def close(
    connection: asyncpg.Connection,
    context: CommandContext,
    row: Mapping[str, Any],
    resolution: Resolution,
    outcome: str | None,
) -> Request:
    """Close a request; a proposal in it counts as approved."""
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
    return request_of(row, closed_on=context.today, outcome=text)
