"""The command ``decideCorrection`` (复核更正): a third official approves or rejects a correction that another proposed."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from db.model import Term
from resolvers.commands.context import CommandContext, guarded, refused
from resolvers.commands.corrections import check_there, checked_values, codes, proposed, write
from resolvers.commands.grounds import independent
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
    """What a second official says of a correction (复核结果)."""

    APPROVED = "Approved: written, and the request is closed (同意)"
    REJECTED = "Rejected, with the reason: the request stays open (不同意)"


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
    key, reason = checked_answer(request, reason, "reason")
    typed = checked_values(corrections)
    approved = decision is Decision.APPROVED
    if not approved and reason is None:
        raise refused("MISSING_REASON", "A rejection is explained: give the reason in `reason`.", "reason")
    if not approved and typed:
        raise refused(
            "UNEXPECTED_CORRECTIONS", "What is rejected is not typed again. Leave `corrections` out.", "corrections"
        )
    given = {"decision": decision.name, "reason": reason, "corrections": typed}

    async def answer(connection: asyncpg.Connection, row: Mapping[str, Any]) -> Answer:
        if row["proposal"] is None:
            raise refused("NOTHING_PENDING", "No correction awaits a decision: see `closeSubjectRequest`.", "id")
        if not await independent(connection, context.caller, row["proposed_by"], row["member_id"]):
            raise not_independent("Who proposed a correction does not decide on it: a third official does.")
        values, outcome = proposed(context, row)
        if not approved:
            await _reject(connection, context, key, reason)
            return Answer(request_of(row), REJECTED, codes(values))
        if typed != values:
            raise refused(
                "VALUES_DIFFER",
                "The values are not those that were proposed. Compare them with the person's papers; reject what is wrong.",
                "corrections",
            )
        await check_there(connection, row["member_id"])
        made = await close(connection, context, row, Resolution.GRANTED, outcome)
        await write(connection, context, row["member_id"], values)
        return Answer(made, APPROVED, codes(values))

    return await answer_request(context, DECIDE, key, given, idempotency_key, answer)


async def _reject(connection: asyncpg.Connection, context: CommandContext, key: int, reason: str | None) -> None:
    """Drop a proposal, with the reason; the request stays open."""
    await connection.execute(
        "UPDATE subject_request SET proposal = NULL, rejected_on = $2, rejection = $3 WHERE id = $1",
        key,
        context.today,
        reason,
    )
