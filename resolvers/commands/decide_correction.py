"""The command ``decideCorrection`` (复核更正): a third official approves or rejects a correction that another proposed."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from db.model import Term
from resolvers.commands.context import CommandContext, command, refused
from resolvers.commands.corrections import (
    check_not_erased,
    checked_values,
    field_codes,
    open_proposal,
    write_correction,
)
from resolvers.commands.grounds import is_independent
from resolvers.commands.subject_requests import (
    Answer,
    Request,
    Resolution,
    answer_request,
    checked_answer,
    close,
    not_independent,
    request_of,
)

APPROVED, REJECTED = "CHANGE_APPROVED", "CHANGE_REJECTED"
DECIDE = "DECIDE_CORRECTION"


class Decision(Term):
    """A second official's decision on a correction (复核结果)."""

    APPROVED = "Approved: written, and the request is closed (同意)"
    REJECTED = "Rejected, with the reason: the request stays open (不同意)"


@command
async def decide_correction(
    context: CommandContext,
    request: str,
    decision: Decision,
    corrections: Mapping[str, str] | None = None,
    reason: str | None = None,
    idempotency_key: str | None = None,
) -> Request:
    """Approve or reject a correction that another official proposed.

    To approve, the caller types the same values again from the person's papers: they are written and the request is closed. After a
    rejection the request stays open. Whoever opened the request or proposed the correction may not decide.

    Raises:
        Refused: FORBIDDEN, BAD_ID, BAD_TEXT, BAD_VALUE, NOT_FOUND, ALREADY_CLOSED, NOTHING_PENDING, NOT_INDEPENDENT, MISSING_REASON,
            UNEXPECTED_CORRECTIONS, VALUES_DIFFER, ERASED, DUPLICATE_RESIDENT_NUMBER, BAD_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED.
    """
    key, reason = checked_answer(request, reason, "reason")
    typed = checked_values(corrections)
    approved = decision is Decision.APPROVED
    if not approved and reason is None:
        raise refused("MISSING_REASON", "A rejection needs a reason: give it in `reason`.", "reason")
    if not approved and typed:
        raise refused("UNEXPECTED_CORRECTIONS", "A rejection has no values. Leave `corrections` out.", "corrections")
    given = {"decision": decision.name, "reason": reason, "corrections": typed}

    async def answer(connection: asyncpg.Connection, row: Mapping[str, Any]) -> Answer:
        if row["proposal"] is None:
            raise refused("NOTHING_PENDING", "No correction awaits a decision: see `closeSubjectRequest`.", "id")
        if not await is_independent(connection, context.caller, row["proposed_by"], row["member_id"]):
            raise not_independent("Whoever proposed a correction may not decide on it: a third official must.")
        values, outcome = open_proposal(context, row)
        if not approved:
            await _reject(connection, context, key, reason)
            return Answer(request_of(row), REJECTED, field_codes(values))
        if typed != values:
            raise refused(
                "VALUES_DIFFER",
                "The values are not those that were proposed. Compare them with the person's papers; reject what is wrong.",
                "corrections",
            )
        await check_not_erased(connection, row["member_id"])
        closed = await close(connection, context, row, Resolution.GRANTED, outcome)
        await write_correction(connection, context, row["member_id"], values)
        return Answer(closed, APPROVED, field_codes(values))

    return await answer_request(context, DECIDE, key, given, idempotency_key, answer)


async def _reject(connection: asyncpg.Connection, context: CommandContext, key: int, reason: str | None) -> None:
    """Delete the proposal and store the reason; the request stays open."""
    await connection.execute(
        "UPDATE subject_request SET proposal = NULL, rejected_on = $2, rejection = $3 WHERE id = $1",
        key,
        context.today,
        reason,
    )
