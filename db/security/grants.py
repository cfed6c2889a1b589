"""Commands for grants (授权) and assignments of cases (案件指派); nobody grants more than they hold.

``db.security.grant_rules`` says who may make and end which grant; ``db.security.grant_checks`` checks it in the database.
"""

from dataclasses import dataclass
from datetime import date

import asyncpg

from db.access import Role
from db.clock import today
from db.organizations import Hierarchy
from db.security.grant_checks import endable, require_administrator, require_cover, require_grantee
from db.security.grant_rules import TABLE, ScopeKind
from db.security.principals import OPERATOR, AccessError, Actor, logged, principal_id


@dataclass(frozen=True)
class ProposedGrant:
    """A proposed grant to the principal of this ID, valid in ``[valid_from, valid_to)``; ``valid_to`` None for no end."""

    principal: int
    role: Role
    valid_from: date
    valid_to: date | None = None
    organization_id: int | None = None
    hierarchy: Hierarchy | None = None
    division_id: int | None = None

    @property
    def scope(self) -> tuple[int | None, str | None, int | None]:
        """Union, hierarchy and division, as in the database."""
        return self.organization_id, self.hierarchy.name if self.hierarchy else None, self.division_id


async def grant(connection: asyncpg.Connection, proposed: ProposedGrant, *, by: Actor = OPERATOR) -> int:
    """Make a grant as the operator or another principal; its ID. Nothing is written if it is refused.

    A principal who belongs to no union belongs to that of the first grant that the operator makes over one.

    Raises:
        AccessError: BAD_SCOPE, HIERARCHY_MISSING, NO_ORGANIZATION, ORGANIZATION_DISSOLVED, NO_DIVISION, BAD_VALIDITY, NO_MEMBER,
            NO_PRINCIPAL, PRINCIPAL_DISABLED, ALREADY_GRANTED; for another granter also MAY_NOT_GRANT, NOT_IN_SCOPE, OUTLASTS_GRANTER.
    """
    check_form(proposed)
    async with logged(connection, "GRANT", by, *named(proposed)):
        if by.id is not None:
            await require_administrator(connection, by.id)
            await require_grantee(connection, by.id, proposed.principal)
        await _lock(connection, proposed.principal)
        if by.id is not None:
            await require_grantee(connection, by.id, proposed.principal)
            await require_cover(connection, by.id, proposed.role, proposed.principal, proposed.scope, proposed.valid_to)
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
        if by.id is None and proposed.organization_id is not None:
            await connection.execute(
                "UPDATE principal SET organization_id = $2 WHERE id = $1 AND organization_id IS NULL",
                proposed.principal,
                proposed.organization_id,
            )
    return int(number)


def named(proposed: ProposedGrant) -> list[str]:
    """The records of a grant's log entry: the principal's ID, the role, and the global IDs of union and division."""
    found = [f"principal:{proposed.principal}", f"role:{proposed.role.name}"]
    if proposed.organization_id is not None:
        found.append(f"org_{proposed.organization_id:x}")
    if proposed.division_id is not None:
        found.append(f"div_{proposed.division_id:x}")
    return found


def check_form(proposed: ProposedGrant) -> None:
    """Check a grant by its own values, without the database.

    Raises:
        AccessError: BAD_SCOPE, HIERARCHY_MISSING or BAD_VALIDITY.
    """
    role, rule = proposed.role, TABLE[proposed.role]
    if rule.over is ScopeKind.UNION:
        if proposed.organization_id is None or proposed.division_id is not None:
            raise AccessError(
                "BAD_SCOPE", f"{role.name} is granted over a union; name an organization and no division."
            )
        if proposed.hierarchy is None:
            raise AccessError(
                "HIERARCHY_MISSING", "A grant over a union needs its hierarchy: TERRITORIAL or INDUSTRIAL."
            )
        if proposed.hierarchy not in rule.hierarchies:
            (only,) = rule.hierarchies
            raise AccessError("BAD_SCOPE", f"{role.name} is granted along the {only.name} hierarchy.")
    elif proposed.organization_id is not None or proposed.hierarchy is not None:
        raise AccessError(
            "BAD_SCOPE", f"{role.name} is not granted over a union; leave organization and hierarchy out."
        )
    elif rule.over is ScopeKind.DIVISION and proposed.division_id is None:
        raise AccessError("BAD_SCOPE", f"{role.name} is granted over a division; name one.")
    elif rule.over is ScopeKind.NOTHING and proposed.division_id is not None:
        raise AccessError("BAD_SCOPE", f"{role.name} has no division; leave it out.")
    if proposed.valid_from < today():
        raise AccessError("BAD_VALIDITY", "A grant begins today or later.")
    if proposed.valid_to is not None and proposed.valid_to <= proposed.valid_from:
        raise AccessError("BAD_VALIDITY", "A grant ends after it begins.")


async def check_scope(connection: asyncpg.Connection, proposed: ProposedGrant) -> None:
    """Check that what a grant names exists and is in force, and that the grant is new.

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
        *proposed.scope,
        proposed.valid_from,
        proposed.valid_to,
    ):
        raise AccessError("ALREADY_GRANTED", "The principal has this grant already for days of this time.")


async def _lock(connection: asyncpg.Connection, principal: int) -> None:
    row = await connection.fetchrow("SELECT disabled_at FROM principal WHERE id = $1 FOR NO KEY UPDATE", principal)
    if row is None:
        raise AccessError("NO_PRINCIPAL", "There is no such principal.")
    if row["disabled_at"] is not None:
        raise AccessError("PRINCIPAL_DISABLED", "The principal is disabled; enable it before you grant anything.")


async def revoke(connection: asyncpg.Connection, number: int, *, by: Actor = OPERATOR) -> None:
    """End a grant at once. The operator may, its maker whose own grants still cover its scope, and a superior whose scope strictly
    contains it; a peer over the same union may not.

    Raises:
        AccessError: MAY_NOT_GRANT; NO_SUCH_GRANT, also for a grant that ``by`` may not end; ALREADY_REVOKED.
    """
    async with logged(connection, "REVOKE", by, f"grant:{number}"):
        if by.id is None:
            sql = "SELECT id, revoked_at IS NOT NULL AS ended FROM access_grant WHERE id = $1 FOR NO KEY UPDATE"
            row = await connection.fetchrow(sql, number)
        else:
            await require_administrator(connection, by.id)
            row = await endable(connection, by.id, number)
        if row is None:
            raise AccessError("NO_SUCH_GRANT", "There is no grant of this ID that you may end.")
        if row["ended"]:
            raise AccessError("ALREADY_REVOKED", "This grant was ended before.")
        await connection.execute("UPDATE access_grant SET revoked_at = now() WHERE id = $1", number)


async def assign(
    connection: asyncpg.Connection,
    name: str,
    case_number: str,
    *,
    until: date | None = None,
    start: date | None = None,
    by: Actor = OPERATOR,
) -> int:
    """Assign or refer a case to a principal from ``start`` (by default today) until ``until``; the assignment's ID.

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
