"""The ground for a disclosure: the case reference names a record of the right kind, and the caller handles that record.

A trigger of the audit log checks the same in the database (``wall.grounded``): without a ground no entry, without an entry no data.
"""

from collections.abc import Awaitable, Callable, Mapping

import asyncpg

from db.access import SubjectRequestKind
from db.insurance import InsuranceEnrolment
from resolvers.access.callers import Caller
from resolvers.commands.context import CommandContext, in_roles, refused
from resolvers.commands.disclosure import Disclosure
from resolvers.commands.purposes import RULES, Reference
from resolvers.commands.visible_rows import own_unions, parties_of, visible_rows
from resolvers.engine.request import global_ids
from resolvers.errors import HubError

SUBJECT_REQUEST, AID_GRANT, CLAIM, ENROLMENT = "sreq", "aid", "maclaim", "ins"
IDENTIFYING = (SubjectRequestKind.CORRECTION.name, SubjectRequestKind.ERASURE.name)
"""The kinds of request for which an official must identify the person. A copy is given only to the person."""

PAID_TO = {
    AID_GRANT: """SELECT EXISTS (SELECT FROM aid_grant g LEFT JOIN dependant d ON d.id = g.dependant_id
        LEFT JOIN household h ON h.id = coalesce(g.household_id, d.household_id)
        WHERE g.id = $1 AND coalesce(g.member_id, h.member_id) = $2 AND g.organization_id = ANY ($3)
            AND g.status = 'APPROVED' AND g.paid_on IS NULL AND g.amount IS NOT NULL AND coalesce($4, 0) <> ALL (g.written_by))""",
    CLAIM: """SELECT EXISTS (SELECT FROM mutual_aid_claim c WHERE c.id = $1 AND c.member_id = $2 AND c.organization_id = ANY ($3)
            AND c.status = 'APPROVED' AND c.paid_on IS NULL AND c.amount IS NOT NULL)""",
}
"""Queries: is the grant or claim $1 approved, unpaid and due to the member $2 from one of the unions $3? Of a grant: and
not written in a batch by the principal $4?"""


async def is_independent(connection: asyncpg.Connection, caller: Caller, other: int | None, member: int) -> bool:
    """Whether the caller is neither the person behind the principal ``other`` nor the member of a request."""
    if other is None or caller.principal_id in (None, other):
        return False
    if caller.member_id is None:
        return True
    return caller.member_id != member and not await connection.fetchval(
        "SELECT wall.is_subject($1, $2)", other, caller.member_id
    )


async def check_ground(connection: asyncpg.Connection, context: CommandContext, disclosure: Disclosure) -> None:
    """Check that the case reference names a record as the purpose requires, and that the caller handles it.

    Raises:
        Refused: BAD_CASE_REFERENCE, also if there is no such record.
    """
    required, reference = RULES[disclosure.purpose].reference, disclosure.reference
    if required is None or reference is None:
        return
    caller = in_roles(context.caller, disclosure.roles)
    if not await _GROUNDS[required](connection, context, caller, reference, disclosure.keys):
        raise refused("BAD_CASE_REFERENCE", f"The case reference is not the {required.value}.", "caseReference")


async def _case(
    connection: asyncpg.Connection, context: CommandContext, caller: Caller, reference: str, keys: list[int]
) -> bool:
    return await parties_of(connection, caller, context.today, reference, keys) == set(keys)


async def _payment(
    connection: asyncpg.Connection, context: CommandContext, caller: Caller, reference: str, keys: list[int]
) -> bool:
    kind = reference.partition("_")[0]
    number = _key(reference, kind)
    if kind not in PAID_TO or number is None or len(keys) != 1:
        return False
    writer = [caller.principal_id] if kind == AID_GRANT else []
    return bool(await connection.fetchval(PAID_TO[kind], number, keys[0], own_unions(caller), *writer))


async def _enrolment(
    connection: asyncpg.Connection, context: CommandContext, caller: Caller, reference: str, keys: list[int]
) -> bool:
    number, table = _key(reference, ENROLMENT), InsuranceEnrolment
    if number is None or len(keys) != 1:
        return False
    columns = (table.member_id, table.valid_from, table.valid_to)
    rows = await visible_rows(connection, caller, context.today, "InsuranceEnrolment", [number], columns)
    return any(
        row["member_id"] == keys[0]
        and row["valid_from"] <= context.today
        and (row["valid_to"] is None or row["valid_to"] > context.today)
        for row in rows.values()
    )


async def _request(
    connection: asyncpg.Connection, context: CommandContext, caller: Caller, reference: str, keys: list[int]
) -> bool:
    number = _key(reference, SUBJECT_REQUEST)
    if number is None or len(keys) != 1:
        return False
    row = await connection.fetchrow(
        "SELECT kind, opened_by FROM subject_request WHERE id = $1 AND member_id = $2 AND closed_on IS NULL",
        number,
        keys[0],
    )
    if row is None or row["kind"] not in IDENTIFYING:
        return False
    return await is_independent(connection, context.caller, row["opened_by"], keys[0])


def _key(reference: str, prefix: str) -> int | None:
    try:
        return global_ids.decode(reference, prefix)[1]
    except HubError:
        return None


Ground = Callable[[asyncpg.Connection, CommandContext, Caller, str, list[int]], Awaitable[bool]]
_GROUNDS: Mapping[Reference, Ground] = {
    Reference.PAYMENT: _payment,
    Reference.DISPUTE_CASE: _case,
    Reference.ENROLMENT: _enrolment,
    Reference.SUBJECT_REQUEST: _request,
}
