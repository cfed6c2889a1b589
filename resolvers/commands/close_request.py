"""The command ``closeSubjectRequest`` (办结个人信息主体请求): a federation's official grants or refuses a request."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from db.access import SubjectRequestKind
from db.personal_data.erasure import ERASURE_RULES, erase
from db.personal_data.member_columns import WRITERS
from db.security.row_security import CLERK
from resolvers.commands.context import CommandContext, command, refused
from resolvers.commands.corrections import (
    check_not_erased,
    checked_values,
    field_codes,
    needs_approval,
    propose_correction,
    write_correction,
)
from resolvers.commands.subject_requests import (
    Answer,
    Request,
    Resolution,
    answer_request,
    checked_answer,
    close,
    request_of,
)

CLOSED, PROPOSED = "SUBJECT_REQUEST_CLOSED", "CHANGE_PROPOSED"


@command
async def close_request(
    context: CommandContext,
    request: str,
    resolution: Resolution,
    outcome: str | None = None,
    corrections: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
) -> Request:
    """Answer an open request of a member whom the federation sees and for whom somebody else opened it.

    A granted correction writes ``corrections`` (columns of ``member`` in clear; at least one). A granted erasure empties the personal
    fields (``db.personal_data.erasure``) and keeps the rows, which statistics count. A correction of the bank card, resident number or
    phone is only proposed: the request stays open and nothing is written until another official decides (``decide_correction``).

    Raises:
        Refused: FORBIDDEN, BAD_ID, BAD_TEXT, BAD_VALUE, MISSING_OUTCOME, NOT_FOUND, ALREADY_CLOSED, NOT_INDEPENDENT, CHANGE_PENDING,
            OPEN_CASE, ERASED, UNEXPECTED_CORRECTIONS, MISSING_CORRECTIONS, DUPLICATE_RESIDENT_NUMBER, BAD_IDEMPOTENCY_KEY,
            IDEMPOTENCY_KEY_REUSED.
    """
    key, outcome = checked_answer(request, outcome, "outcome")
    if resolution is Resolution.REFUSED and outcome is None:
        raise refused("MISSING_OUTCOME", "A refusal needs a reason: give it in `outcome`.", "outcome")
    changes = checked_values(corrections)
    given = {"resolution": resolution.name, "outcome": outcome, "corrections": changes}

    async def answer(connection: asyncpg.Connection, row: Mapping[str, Any]) -> Answer:
        if row["proposal"] is not None:
            raise refused("CHANGE_PENDING", "A correction awaits a second official: see `decideCorrection`.", "id")
        kind, member = SubjectRequestKind[row["kind"]], row["member_id"]
        granted = _checked_changes(kind, resolution, changes)
        if granted and needs_approval(changes):
            await propose_correction(connection, context, key, member, changes, outcome)
            return Answer(request_of(row, proposed_fields=field_codes(changes)), PROPOSED, field_codes(changes))
        written = await _fulfil(connection, context, kind, member, changes) if granted else []
        closed = await close(connection, context, row, resolution, outcome)
        return Answer(closed, CLOSED, [kind.name, resolution.name, *written])

    return await answer_request(context, CLOSED, key, given, idempotency_key, answer)


def _checked_changes(kind: SubjectRequestKind, resolution: Resolution, changes: Mapping[str, str]) -> bool:
    """Whether the request is granted, after a check that corrections are given for a granted correction and for nothing else."""
    granted = resolution is Resolution.GRANTED
    corrected = granted and kind is SubjectRequestKind.CORRECTION
    if changes and not corrected:
        raise refused(
            "UNEXPECTED_CORRECTIONS",
            "Corrections are for a request for correction that is granted. Leave `corrections` out.",
            "corrections",
        )
    if corrected and not changes:
        raise refused(
            "MISSING_CORRECTIONS",
            "A granted correction needs `corrections`: give the right values, or refuse with the reason.",
            "corrections",
        )
    return granted


async def _fulfil(
    connection: asyncpg.Connection,
    context: CommandContext,
    kind: SubjectRequestKind,
    member: int,
    changes: Mapping[str, str],
) -> list[str]:
    """Carry a granted request out; returns the names of the fields that were written."""
    if kind is SubjectRequestKind.ERASURE:
        async with connection.under_role(CLERK):
            return await _erase(connection, member)
    if changes:
        await check_not_erased(connection, member)
        await write_correction(connection, context, member, changes)
    return field_codes(changes)


async def _erase(connection: asyncpg.Connection, member: int) -> list[str]:
    """Empty the person's fields; returns the names of all fields that an erasure empties, so that the log does not show which of them the
    person had (an illness)."""
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
