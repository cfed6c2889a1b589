"""Grants (授权) and assignments of cases (案件指派): who gives what to whom, and that nobody gives more than they hold."""

from dataclasses import dataclass
from datetime import date

import asyncpg

from db.access import Role
from db.clock import today
from db.closure import TABLES
from db.organizations import Hierarchy
from db.principals import OPERATOR, AccessError, Actor, logged, principal_id

BY_ORGANIZATION = {
    Role.GRASSROOTS_UNION: frozenset(Hierarchy),
    Role.FEDERATION: frozenset({Hierarchy.TERRITORIAL}),
    Role.INDUSTRY_UNION: frozenset({Hierarchy.INDUSTRIAL}),
}
BY_DIVISION = frozenset({Role.HR_BUREAU, Role.SOCIAL_SECURITY_AGENCY, Role.EMPLOYERS_BODY})
BY_CASES = frozenset({Role.CASE_WORKER, Role.TRIBUNAL})
ADMINISTRATORS = frozenset({Role.FEDERATION, Role.INDUSTRY_UNION})
"""Roles that may grant within their subtree."""

SUBTREE = {
    hierarchy: (
        f"SELECT EXISTS (SELECT FROM {table} WHERE ancestor_id = $1 AND descendant_id = $2"  # noqa: S608
        " AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3))"
    )
    for hierarchy, table in TABLES.items()
}
FOREIGN_CASES = {
    hierarchy: (
        "SELECT EXISTS (SELECT FROM case_assignment a JOIN dispute_case c ON c.id = a.case_id"  # noqa: S608
        " WHERE a.principal_id = $1 AND a.revoked_at IS NULL AND (a.valid_to IS NULL OR a.valid_to > $3)"
        f" AND NOT EXISTS (SELECT FROM {table} t WHERE t.ancestor_id = $2 AND t.descendant_id = c.organization_id"
        " AND t.valid_from <= $3 AND (t.valid_to IS NULL OR t.valid_to > $3)))"
    )
    for hierarchy, table in TABLES.items()
}
OWN_MEMBER = {
    hierarchy: (
        "SELECT EXISTS (SELECT FROM principal p JOIN membership m ON m.member_id = p.member_id"  # noqa: S608
        f" JOIN {table} t ON t.descendant_id = m.organization_id AND t.ancestor_id = $2"
        " AND t.valid_from <= $3 AND (t.valid_to IS NULL OR t.valid_to > $3)"
        " WHERE p.id = $1 AND m.valid_from <= $3 AND (m.valid_to IS NULL OR m.valid_to > $3))"
    )
    for hierarchy, table in TABLES.items()
}


@dataclass(frozen=True)
class Proposed:
    """A grant to be made: ``principal`` by key, ``[valid_from, valid_to)``, ``valid_to`` None for no end."""

    principal: int
    role: Role
    valid_from: date
    valid_to: date | None = None
    organization_id: int | None = None
    hierarchy: Hierarchy | None = None
    division_id: int | None = None


@dataclass(frozen=True)
class Held:
    """A grant of the granter that holds today."""

    role: Role
    organization_id: int
    hierarchy: Hierarchy
    valid_to: date | None
    topmost: bool


async def grant(connection: asyncpg.Connection, proposed: Proposed, *, by: Actor = OPERATOR) -> int:
    """Make a grant, by the operator or another principal; its key. Nothing is written if it is refused.

    Raises:
        AccessError: BAD_SCOPE, HIERARCHY_MISSING, NO_ORGANIZATION, ORGANIZATION_DISSOLVED, NO_DIVISION, BAD_VALIDITY, NO_MEMBER,
            PRINCIPAL_DISABLED, ALREADY_GRANTED, and those of ``may_grant``.
    """
    check_form(proposed)
    async with logged(connection, "GRANT", by, *named(proposed)):
        await _lock(connection, proposed.principal)
        if by.id is not None:
            await may_grant(connection, by.id, proposed)
        await check_scope(connection, proposed)
        number = await connection.fetchval(
            "INSERT INTO access_grant (principal_id, role, organization_id, hierarchy, division_id, granted_by, valid_from, valid_to)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
            proposed.principal,
            proposed.role.name,
            proposed.organization_id,
            proposed.hierarchy.name if proposed.hierarchy else None,
            proposed.division_id,
            by.id,
            proposed.valid_from,
            proposed.valid_to,
        )
    return int(number)


def named(proposed: Proposed) -> list[str]:
    """What a grant is about, as the log has it: global IDs of union and division, the role, and the principal's key."""
    found = [f"principal:{proposed.principal}", f"role:{proposed.role.name}"]
    if proposed.organization_id is not None:
        found.append(f"org_{proposed.organization_id:x}")
    if proposed.division_id is not None:
        found.append(f"div_{proposed.division_id:x}")
    return found


def check_form(proposed: Proposed) -> None:
    """What can be said of a grant without looking anything up.

    Raises:
        AccessError: BAD_SCOPE, HIERARCHY_MISSING or BAD_VALIDITY.
    """
    role = proposed.role
    if role in BY_ORGANIZATION:
        if proposed.organization_id is None or proposed.division_id is not None:
            raise AccessError(
                "BAD_SCOPE", f"{role.name} is granted over a union; name an organization and no division."
            )
        if proposed.hierarchy is None:
            raise AccessError(
                "HIERARCHY_MISSING", "A grant over a union needs its hierarchy: TERRITORIAL or INDUSTRIAL."
            )
        if proposed.hierarchy not in BY_ORGANIZATION[role]:
            (only,) = BY_ORGANIZATION[role]
            raise AccessError("BAD_SCOPE", f"{role.name} is granted along the {only.name} hierarchy.")
    elif proposed.organization_id is not None or proposed.hierarchy is not None:
        raise AccessError(
            "BAD_SCOPE", f"{role.name} is not granted over a union; leave organization and hierarchy out."
        )
    elif (role in BY_DIVISION) != (proposed.division_id is not None):
        needs = "is granted over a division; name one." if role in BY_DIVISION else "has no division; leave it out."
        raise AccessError("BAD_SCOPE", f"{role.name} {needs}")
    if proposed.valid_from < today():
        raise AccessError("BAD_VALIDITY", "A grant begins today or later.")
    if proposed.valid_to is not None and proposed.valid_to <= proposed.valid_from:
        raise AccessError("BAD_VALIDITY", "A grant ends after it begins.")


async def check_scope(connection: asyncpg.Connection, proposed: Proposed) -> None:
    """Whether what a grant names is there and stands.

    Raises:
        AccessError: NO_ORGANIZATION, ORGANIZATION_DISSOLVED, NO_DIVISION, NO_MEMBER or ALREADY_GRANTED.
    """
    if proposed.organization_id is not None:
        row = await connection.fetchrow(
            "SELECT status, dissolved_on FROM organization WHERE id = $1", proposed.organization_id
        )
        if row is None:
            raise AccessError("NO_ORGANIZATION", "There is no union with this ID.")
        if row["status"] == "DISSOLVED" or (row["dissolved_on"] is not None and row["dissolved_on"] <= today()):
            raise AccessError(
                "ORGANIZATION_DISSOLVED", "This union has been dissolved; nothing can be granted over it."
            )
    if proposed.division_id is not None and not await connection.fetchval(
        "SELECT true FROM division WHERE id = $1 AND valid_to IS NULL", proposed.division_id
    ):
        raise AccessError("NO_DIVISION", "There is no division in force with this ID.")
    if proposed.role is Role.WORKER and not await connection.fetchval(
        "SELECT true FROM principal WHERE id = $1 AND member_id IS NOT NULL", proposed.principal
    ):
        raise AccessError("NO_MEMBER", "A worker's principal must say which member it is.")
    if await connection.fetchval(
        "SELECT EXISTS (SELECT FROM access_grant WHERE principal_id = $1 AND role = $2 AND revoked_at IS NULL"
        " AND organization_id IS NOT DISTINCT FROM $3 AND hierarchy IS NOT DISTINCT FROM $4"
        " AND division_id IS NOT DISTINCT FROM $5 AND (valid_to IS NULL OR valid_to > $6)"
        " AND ($7::date IS NULL OR valid_from < $7))",
        proposed.principal,
        proposed.role.name,
        proposed.organization_id,
        proposed.hierarchy.name if proposed.hierarchy else None,
        proposed.division_id,
        proposed.valid_from,
        proposed.valid_to,
    ):
        raise AccessError("ALREADY_GRANTED", "The principal has this grant already for days of this time.")


async def may_grant(connection: asyncpg.Connection, by: int, proposed: Proposed) -> None:
    """Whether a principal may make this grant: a federation or industry union within its own subtree, for no longer than its own
    grant, and no role but its own, that of a grassroots union, and those that give nothing by themselves.

    The granter's grants are read and locked here, not taken from what is remembered of a caller. A union out of sight and one that
    does not exist are the same error. What a place gives to an agency crosses subtrees, so it is granted by the topmost union and
    the operator only.

    Raises:
        AccessError: MAY_NOT_GRANT, NOT_IN_SCOPE or OUTLASTS_GRANTER.
    """
    held = await _held(connection, by)
    if not held:
        raise AccessError("MAY_NOT_GRANT", "Only a federation or an industry union may grant access.")
    covering = [each for each in held if await _covers(connection, each, proposed)]
    if not covering:
        raise AccessError(
            "NOT_IN_SCOPE", "This is not within what you may grant: your own subtree and role, and what they hold."
        )
    if not any(
        each.valid_to is None or (proposed.valid_to is not None and proposed.valid_to <= each.valid_to)
        for each in covering
    ):
        until = max(each.valid_to for each in covering if each.valid_to is not None)
        raise AccessError("OUTLASTS_GRANTER", f"Your own grant ends on {until}; grant until then at the latest.")


async def _covers(connection: asyncpg.Connection, held: Held, proposed: Proposed) -> bool:
    if held.topmost:
        return True
    day = today()
    role = proposed.role
    if role in BY_ORGANIZATION:
        return (
            role in (held.role, Role.GRASSROOTS_UNION)
            and held.hierarchy is proposed.hierarchy
            and bool(
                await connection.fetchval(SUBTREE[held.hierarchy], held.organization_id, proposed.organization_id, day)
            )
        )
    if role in BY_CASES:
        return not await connection.fetchval(
            FOREIGN_CASES[held.hierarchy], proposed.principal, held.organization_id, day
        )
    if role is Role.WORKER:
        return bool(
            await connection.fetchval(OWN_MEMBER[held.hierarchy], proposed.principal, held.organization_id, day)
        )
    return role is Role.ANALYST


async def _held(connection: asyncpg.Connection, by: int) -> list[Held]:
    rows = await connection.fetch(
        "SELECT g.role, g.organization_id, g.hierarchy, g.valid_to,"
        " o.level = 'NATIONAL' AND o.kind = 'LOCAL_FEDERATION' AND g.role = 'FEDERATION' AND NOT EXISTS"
        "   (SELECT FROM organization_link l WHERE l.child_id = o.id AND l.valid_to IS NULL) AS topmost"
        " FROM access_grant g JOIN principal p ON p.id = g.principal_id JOIN organization o ON o.id = g.organization_id"
        " WHERE g.principal_id = $1 AND p.disabled_at IS NULL AND g.role = ANY ($2) AND g.revoked_at IS NULL"
        " AND g.valid_from <= $3 AND (g.valid_to IS NULL OR g.valid_to > $3) FOR SHARE OF g, p",
        by,
        [role.name for role in ADMINISTRATORS],
        today(),
    )
    return [Held(Role[row[0]], row[1], Hierarchy[row[2]], row[3], row[4]) for row in rows]


async def _lock(connection: asyncpg.Connection, principal: int) -> None:
    row = await connection.fetchrow("SELECT disabled_at FROM principal WHERE id = $1 FOR NO KEY UPDATE", principal)
    if row is None:
        raise AccessError("NO_PRINCIPAL", "There is no such principal.")
    if row["disabled_at"] is not None:
        raise AccessError("PRINCIPAL_DISABLED", "The principal is disabled; enable it before you grant anything.")


async def revoke(connection: asyncpg.Connection, number: int, *, by: Actor = OPERATOR) -> None:
    """End a grant at once, by the operator, by who granted it, or by who could grant the same over a union today.

    Raises:
        AccessError: NO_SUCH_GRANT, also for a grant that ``by`` may not end; ALREADY_REVOKED.
    """
    async with logged(connection, "REVOKE", by, f"grant:{number}"):
        row = await connection.fetchrow("SELECT * FROM access_grant WHERE id = $1 FOR NO KEY UPDATE", number)
        if row is None or (by.id is not None and not await _may_revoke(connection, by.id, row)):
            raise AccessError("NO_SUCH_GRANT", "There is no grant of this ID that you may end.")
        if row["revoked_at"] is not None:
            raise AccessError("ALREADY_REVOKED", "This grant was ended before.")
        await connection.execute("UPDATE access_grant SET revoked_at = now() WHERE id = $1", number)


async def _may_revoke(connection: asyncpg.Connection, by: int, row: asyncpg.Record) -> bool:
    held = await _held(connection, by)
    if row["granted_by"] == by and held:
        return True
    same = proposed_of(row)
    if same.organization_id is None:
        return any(each.topmost for each in held)
    return any([await _covers(connection, each, same) for each in held])


def proposed_of(row: asyncpg.Record) -> Proposed:
    """A row of ``access_grant`` as the grant that would be made."""
    return Proposed(
        row["principal_id"],
        Role[row["role"]],
        row["valid_from"],
        row["valid_to"],
        row["organization_id"],
        Hierarchy[row["hierarchy"]] if row["hierarchy"] else None,
        row["division_id"],
    )


async def assign(
    connection: asyncpg.Connection,
    name: str,
    case_number: str,
    *,
    until: date | None = None,
    start: date | None = None,
    by: Actor = OPERATOR,
) -> int:
    """Assign or refer a case to a principal from ``start`` (today) up to ``until``; the assignment's key.

    Raises:
        AccessError: NO_PRINCIPAL, PRINCIPAL_DISABLED, NO_CASE, BAD_VALIDITY or ALREADY_ASSIGNED.
    """
    principal = await principal_id(connection, name)
    begin = start or today()
    if begin < today() or (until is not None and until <= begin):
        raise AccessError("BAD_VALIDITY", "An assignment begins today or later, and ends after it begins.")
    async with logged(connection, "ASSIGN_CASE", by, name, case_number):
        await _lock(connection, principal)
        case = await connection.fetchval("SELECT id FROM dispute_case WHERE number = $1", case_number)
        if case is None:
            raise AccessError("NO_CASE", f'There is no case "{case_number[:60]}".')
        if await connection.fetchval(
            "SELECT EXISTS (SELECT FROM case_assignment WHERE principal_id = $1 AND case_id = $2 AND revoked_at IS NULL"
            " AND (valid_to IS NULL OR valid_to > $3) AND ($4::date IS NULL OR valid_from < $4))",
            principal,
            case,
            begin,
            until,
        ):
            raise AccessError(
                "ALREADY_ASSIGNED", "The case is assigned to this principal already for days of this time."
            )
        number = await connection.fetchval(
            "INSERT INTO case_assignment (principal_id, case_id, valid_from, valid_to) VALUES ($1, $2, $3, $4) RETURNING id",
            principal,
            case,
            begin,
            until,
        )
    return int(number)


async def unassign(connection: asyncpg.Connection, name: str, case_number: str, *, by: Actor = OPERATOR) -> None:
    """End a principal's assignments of a case at once.

    Raises:
        AccessError: NO_PRINCIPAL or NOT_ASSIGNED.
    """
    principal = await principal_id(connection, name)
    async with logged(connection, "UNASSIGN_CASE", by, name, case_number):
        done = await connection.execute(
            "UPDATE case_assignment SET revoked_at = now() WHERE principal_id = $1 AND revoked_at IS NULL"
            " AND case_id = (SELECT id FROM dispute_case WHERE number = $2) AND (valid_to IS NULL OR valid_to > $3)",
            principal,
            case_number,
            today(),
        )
        if done == "UPDATE 0":
            raise AccessError("NOT_ASSIGNED", f"{name} has no running assignment of this case.")
