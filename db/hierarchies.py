"""The hierarchies of unions: link a union to a parent, or move it to another. Triggers keep the dated closures (migration 0043)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import asyncpg

from db.errors import DataError
from db.organizations import Hierarchy

LOCK = 7_021_927
"""Advisory lock: one change of the hierarchies at a time, so that no closure is computed from links that another transaction changes."""

TABLES = {Hierarchy.TERRITORIAL: "territorial_closure", Hierarchy.INDUSTRIAL: "industrial_closure"}
OTHER = {Hierarchy.TERRITORIAL: Hierarchy.INDUSTRIAL, Hierarchy.INDUSTRIAL: Hierarchy.TERRITORIAL}

OPEN_LINK = (
    "SELECT id, parent_id, is_lead, valid_from FROM organization_link"
    " WHERE child_id = $1 AND hierarchy = $2 AND valid_to IS NULL"
)
ADD_LINK = (
    "INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, reason, valid_from)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
)
MOVE_LINKS = """WITH ended AS (
    UPDATE organization_link l SET valid_to = $5 FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS u(id, parent, is_lead)
    WHERE l.id = u.id RETURNING l.child_id, u.parent, l.hierarchy, u.is_lead
)
INSERT INTO organization_link (child_id, parent_id, hierarchy, is_lead, reason, valid_from)
SELECT child_id, parent, hierarchy, is_lead, $4, $5 FROM ended"""
"""Links end, and go on to other parents. One statement, as the closures follow at its end: between two the whole subtree would leave its
closure and come back, and be out of a writer's reach meanwhile."""


@asynccontextmanager
async def closures_by_hand(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Switch the triggers that keep closures off for this block of the caller's transaction, which writes them itself."""
    await connection.execute("SET LOCAL unionhub.closures = off")
    yield
    await connection.execute("SET LOCAL unionhub.closures = on")


async def link(
    connection: asyncpg.Connection,
    *,
    child: int,
    parent: int,
    hierarchy: Hierarchy,
    on: date,
    is_lead: bool = True,
    reason: str | None = None,
) -> None:
    """Link union ``child`` to ``parent`` in one hierarchy from day ``on``, inside the caller's transaction.

    The union's earlier link there is closed, not deleted. If the new link leads, a leading link of the other hierarchy stops leading; if
    it does not, the other hierarchy's link leads.

    Raises:
        DataError: a union is unknown or dissolved, the parent is below the child, the day is before one that is recorded already, or no
            link would lead.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
    await require_linkable(connection, child, parent, hierarchy, on)
    current = await connection.fetchrow(OPEN_LINK, child, hierarchy.name)
    other = await connection.fetchrow(OPEN_LINK, child, OTHER[hierarchy].name)
    if not is_lead and other is None:
        raise DataError(
            f"Union {child} would have no leading parent: link it with the lead, or link its other parent first."
        )
    restated = other is not None and other["is_lead"] == is_lead
    if restated and is_lead:
        await restate_lead(connection, child, other, OTHER[hierarchy], on, False)
    if current is None:
        await connection.execute(ADD_LINK, child, parent, hierarchy.name, is_lead, reason, on)
    elif current["valid_from"] == on:
        await connection.execute(
            "UPDATE organization_link SET parent_id = $2, is_lead = $3, reason = $4 WHERE id = $1",
            current["id"],
            parent,
            is_lead,
            reason,
        )
    else:
        await connection.execute(MOVE_LINKS, [current["id"]], [parent], [is_lead], reason, on)
    if restated and not is_lead:
        await restate_lead(connection, child, other, OTHER[hierarchy], on, True)


async def restate_lead(
    connection: asyncpg.Connection, child: int, found: asyncpg.Record, hierarchy: Hierarchy, on: date, is_lead: bool
) -> None:
    """Let the open link lead, or stop leading, from day ``on``."""
    if found["valid_from"] > on:
        raise DataError(
            f"Union {child}'s {hierarchy.name.lower()} link begins after {on}, so the lead cannot change on that day."
        )
    if found["valid_from"] == on:
        await connection.execute("UPDATE organization_link SET is_lead = $2 WHERE id = $1", found["id"], is_lead)
        return
    await connection.execute(MOVE_LINKS, [found["id"]], [found["parent_id"]], [is_lead], None, on)


async def require_linkable(
    connection: asyncpg.Connection, child: int, parent: int, hierarchy: Hierarchy, on: date
) -> None:
    """Refuse an impossible link.

    Raises:
        DataError: as ``link`` does.
    """
    rows = await connection.fetch(
        "SELECT id, established_on, dissolved_on FROM organization WHERE id = ANY ($1::bigint[])", [child, parent]
    )
    known = {row["id"]: row for row in rows}
    for number in (child, parent):
        if number not in known:
            raise DataError(f"There is no union {number}.")
        if (known[number]["dissolved_on"] or date.max) <= on:
            raise DataError(
                f"Union {number} was dissolved on {known[number]['dissolved_on']}; it cannot be linked on {on}."
            )
        if (known[number]["established_on"] or date.min) > on:
            raise DataError(f"Union {number} was established on {known[number]['established_on']}, after {on}.")
    if child == parent or await connection.fetchval(
        f"SELECT EXISTS (SELECT FROM {TABLES[hierarchy]} WHERE ancestor_id = $1 AND descendant_id = $2"  # noqa: S608
        " AND (valid_to IS NULL OR valid_to > $3))",
        child,
        parent,
        on,
    ):
        raise DataError(
            f"Union {parent} stands below union {child} in the {hierarchy.name.lower()} hierarchy;"
            " it cannot be its parent."
        )
    later = await connection.fetchval(
        "SELECT max(greatest(valid_from, valid_to)) FROM organization_link WHERE child_id = $1 AND hierarchy = $2",
        child,
        hierarchy.name,
    )
    if later is not None and later > on:
        raise DataError(
            f"Union {child} has a {hierarchy.name.lower()} link dated {later} already; a new one cannot begin on {on}."
        )


async def reparent(
    connection: asyncpg.Connection,
    *,
    child: int,
    parent: int,
    hierarchy: Hierarchy,
    on: date,
    reason: str | None = None,
) -> None:
    """Move a union to another parent from day ``on``; the new link leads if the old one did.

    Raises:
        DataError: the union has no parent in this hierarchy, or as ``link`` does.
    """
    current = await connection.fetchrow(OPEN_LINK, child, hierarchy.name)
    if current is None:
        raise DataError(f"Union {child} has no parent in the {hierarchy.name.lower()} hierarchy to be moved from.")
    await link(
        connection,
        child=child,
        parent=parent,
        hierarchy=hierarchy,
        on=on,
        is_lead=current["is_lead"],
        reason=reason,
    )
