"""What ``db.security.grant_rules`` says, asked of the database: by how much a granter may grant, to whom, and what they may end.

Each question is one statement, the same whatever the answer: what is out of a granter's scope and what does not exist are told apart by
nothing.
"""

from collections.abc import Mapping
from datetime import date

import asyncpg

from db.access import Role
from db.clock import today
from db.hierarchies import TABLES
from db.security.grant_rules import ADMINISTRATORS, TABLE, Granter, Reach
from db.security.principals import AccessError

_ROLES = ", ".join(f"'{role.name}'" for role in sorted(ADMINISTRATORS, key=lambda role: role.name))

HELD = f"""
SELECT g.role, g.organization_id, g.hierarchy, g.valid_to, o.division_id,
  o.level = 'NATIONAL' AND o.kind = 'LOCAL_FEDERATION' AND g.role = 'FEDERATION' AND NOT EXISTS
    (SELECT FROM organization_link l WHERE l.child_id = o.id AND l.valid_to IS NULL) AS topmost
FROM access_grant g JOIN principal p ON p.id = g.principal_id JOIN organization o ON o.id = g.organization_id
WHERE g.principal_id = $1 AND p.disabled_at IS NULL AND g.role IN ({_ROLES}) AND g.revoked_at IS NULL
  AND g.valid_from <= $2 AND (g.valid_to IS NULL OR g.valid_to > $2)
"""  # noqa: S608 — the roles are ours
"""The grants of the principal $1 by which it administers access on the day $2."""

_HELD = f"WITH h AS ({HELD}) "


def _in_force(table: str) -> str:
    return f"{table}.valid_from <= $2 AND ({table}.valid_to IS NULL OR {table}.valid_to > $2)"


def _below(union: str, *, strictly: bool = False) -> str:
    """The union is that of the granter's grant, along its hierarchy, or below it; ``strictly`` the latter alone."""
    deeper = " AND t.depth > 0" if strictly else ""
    parts = [
        f"h.hierarchy = '{hierarchy.name}' AND EXISTS (SELECT FROM {table} t WHERE t.ancestor_id = h.organization_id"
        f" AND t.descendant_id = {union} AND {_in_force('t')}{deeper})"
        for hierarchy, table in TABLES.items()
    ]
    return f"({' OR '.join(parts)})"


def _stands(division: str, *, strictly: bool = False) -> str:
    """The division is that in which the granter's union stands, or lies in it."""
    deeper = f" AND {division} <> h.division_id" if strictly else ""
    return f"EXISTS (SELECT FROM division_closure d WHERE d.ancestor_id = h.division_id AND d.descendant_id = {division}{deeper})"


_FOREIGN = (
    "EXISTS (SELECT FROM case_assignment a JOIN dispute_case c ON c.id = a.case_id WHERE a.principal_id = {principal}"
    f" AND a.revoked_at IS NULL AND (a.valid_to IS NULL OR a.valid_to > $2) AND NOT {_below('c.organization_id')})"
)
_MEMBER = (
    "EXISTS (SELECT FROM principal w JOIN membership m ON m.member_id = w.member_id WHERE w.id = {principal}"
    f" AND {_in_force('m')} AND {_below('m.organization_id')})"
)

COVERS: Mapping[Reach, str] = {
    Reach.ANYWHERE: "true",
    Reach.SUBTREE: f"h.hierarchy = {{hierarchy}} AND {_below('{organization}')}",
    Reach.STANDING: f"({{division}} IS NULL OR {_stands('{division}')})",
    Reach.UNSCOPED: "{division} IS NULL",
    Reach.MEMBERS: _MEMBER,
    Reach.CASES: f"NOT {_FOREIGN}",
}
"""By reach: the granter's grant ``h`` covers what is to be granted."""

STILL_COVERS: Mapping[Reach, str] = {**COVERS, Reach.MEMBERS: "true", Reach.CASES: "true"}
"""The same of what they granted before: its scope, wherever the grantee has gone since."""

CONTAINS: Mapping[Reach, str] = {
    Reach.ANYWHERE: "{organization} IS DISTINCT FROM h.organization_id",
    Reach.SUBTREE: f"h.hierarchy = {{hierarchy}} AND {_below('{organization}', strictly=True)}",
    Reach.STANDING: _stands("{division}", strictly=True),
    Reach.UNSCOPED: "false",
    Reach.MEMBERS: "false",
    Reach.CASES: "false",
}
"""By reach: the scope of the granter's grant ``h`` strictly contains that of another grant. What is over nothing is contained by what is
over everything alone."""

_HOLDS: Mapping[Granter, str] = {
    Granter.NATIONAL: "h.topmost",
    Granter.FEDERATION: "NOT h.topmost AND h.role = 'FEDERATION'",
    Granter.INDUSTRY_UNION: "h.role = 'INDUSTRY_UNION'",
}


def _by(role: Role, conditions: Mapping[Reach, str], names: Mapping[str, str]) -> str:
    """The condition on ``h`` for one role, by the table; ``names`` are the expressions for what is granted."""
    parts = [
        f"{holds} AND {conditions[reach].format_map(names)}"
        for granter, holds in _HOLDS.items()
        if (reach := TABLE[role].by.get(granter)) is not None
    ]
    return f"({' OR '.join(parts)})" if parts else "false"


def _of_any(conditions: Mapping[Reach, str]) -> str:
    """The same for whatever role the row ``g`` has."""
    names = {
        "principal": "g.principal_id",
        "organization": "g.organization_id",
        "hierarchy": "g.hierarchy",
        "division": "g.division_id",
    }
    cases = " ".join(f"WHEN '{role.name}' THEN {_by(role, conditions, names)}" for role in TABLE)
    return f"(CASE g.role {cases} END)"


PROPOSED = {
    "principal": "$3::bigint",
    "organization": "$4::bigint",
    "hierarchy": "$5::text",
    "division": "$6::bigint",
}
_GIVEN = "(SELECT $3::bigint, $4::bigint, $5::text, $6::bigint) AS given"
COVERING = {
    role: f"{_HELD}SELECT h.valid_to FROM h, {_GIVEN} WHERE {_by(role, COVERS, PROPOSED)}"  # noqa: S608
    for role in TABLE
}
"""By role: until when the granter's grants last that cover a grant of it to $3, over the union $4 along $5, or the division $6."""

BELONGS = f"EXISTS (SELECT FROM h WHERE h.topmost OR {_below('p.organization_id')})"
NAMED = f"{_HELD}SELECT p.id FROM principal p WHERE p.name = $3 AND {BELONGS}"  # noqa: S608
KEYED = f"{_HELD}SELECT p.id FROM principal p WHERE p.id = $3 AND {BELONGS}"  # noqa: S608
"""The principal, if it is one to whom the granter may grant."""

ENDABLE = f"""{_HELD}SELECT g.id, g.revoked_at IS NOT NULL AS ended FROM access_grant g WHERE g.id = $3
AND EXISTS (SELECT FROM h WHERE g.granted_by = $1 AND {_of_any(STILL_COVERS)} OR {_of_any(CONTAINS)})
"""  # noqa: S608
"""The grant $3, if it is one that the granter may end: made by them, and over what they may still grant; or as a superior."""

NOBODY = "There is no principal of this name to whom you may grant: it must belong to a union of your subtree."
"""Said of who belongs elsewhere, disabled or not, and of who is not there."""


async def require_administrator(connection: asyncpg.Connection, by: int) -> None:
    """The granter administers access today; its grants are read and locked here, not taken from what is remembered of a caller.

    Raises:
        AccessError: MAY_NOT_GRANT.
    """
    if not await connection.fetch(f"{HELD} FOR SHARE OF g, p", by, today()):
        raise AccessError("MAY_NOT_GRANT", "Only a federation or an industry union may grant access.")


async def grantee(connection: asyncpg.Connection, by: int, name: str) -> int:
    """The key of the principal of this name, who belongs to a union of the granter's subtree.

    Raises:
        AccessError: MAY_NOT_GRANT, or NO_PRINCIPAL, also for who belongs elsewhere.
    """
    await require_administrator(connection, by)
    found = await connection.fetchval(NAMED, by, today(), name)
    if found is None:
        raise AccessError("NO_PRINCIPAL", NOBODY)
    return int(found)


async def require_grantee(connection: asyncpg.Connection, by: int, principal: int) -> None:
    """The principal of this key belongs to a union of the granter's subtree.

    Raises:
        AccessError: NO_PRINCIPAL.
    """
    if await connection.fetchval(KEYED, by, today(), principal) is None:
        raise AccessError("NO_PRINCIPAL", NOBODY)


async def require_cover(
    connection: asyncpg.Connection,
    by: int,
    role: Role,
    principal: int,
    scope: tuple[int | None, str | None, int | None],
    valid_to: date | None,
) -> None:
    """A grant of the granter covers that of a role over ``scope``: union, hierarchy, division; and lasts as long. A union out of sight
    and one that does not exist are the same error.

    Raises:
        AccessError: NOT_IN_SCOPE or OUTLASTS_GRANTER.
    """
    until = [row[0] for row in await connection.fetch(COVERING[role], by, today(), principal, *scope)]
    if not until:
        raise AccessError(
            "NOT_IN_SCOPE", "This is not within what you may grant: your own subtree and role, and what they hold."
        )
    ends = [day for day in until if day is not None]
    if len(ends) == len(until) and (valid_to is None or valid_to > max(ends)):
        raise AccessError("OUTLASTS_GRANTER", f"Your own grant ends on {max(ends)}; grant until then at the latest.")


async def endable(connection: asyncpg.Connection, by: int, number: int) -> asyncpg.Record | None:
    """The grant of this key, locked, and whether it was ``ended``; None if there is none that the granter may end."""
    return await connection.fetchrow(f"{ENDABLE} FOR NO KEY UPDATE OF g", by, today(), number)
