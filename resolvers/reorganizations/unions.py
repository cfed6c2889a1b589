"""The unions that a command reorganizes, and what must hold of them."""

from collections.abc import Collection, Sequence
from datetime import date

import asyncpg

from db.hierarchies import TABLES
from db.organizations import Hierarchy
from resolvers.commands.context import CommandContext, Refused, UserError, refused
from resolvers.engine.request import global_ids
from resolvers.writing.scope import WriteScope, below

PREFIX = "org"
UNIONS = f"""SELECT t.id, t.name, t.established_on, t.dissolved_on FROM organization t
WHERE t.id = ANY ($5::bigint[]) AND {below("t.id")} ORDER BY t.id FOR NO KEY UPDATE OF t"""  # noqa: S608 — the scope's condition
IN_SCOPE = f"SELECT t.id FROM unnest($5::bigint[]) AS t(id) WHERE {below('t.id')}"  # noqa: S608 — the scope's condition
CHILDREN = """SELECT descendant_id FROM territorial_closure WHERE ancestor_id = ANY ($1::bigint[]) AND depth = 1 AND valid_to IS NULL
UNION SELECT descendant_id FROM industrial_closure WHERE ancestor_id = ANY ($1::bigint[]) AND depth = 1 AND valid_to IS NULL"""
BELOW = """SELECT DISTINCT ancestor_id FROM {closure} WHERE ancestor_id = ANY ($1::bigint[]) AND descendant_id = $2 AND depth > 0
AND (valid_to IS NULL OR valid_to > $3)"""


def union_key(text: str, place: str) -> int:
    """The key of a union's global ID.

    Raises:
        Refused: BAD_ID.
    """
    try:
        return global_ids.decode(text, PREFIX)[1]
    except Exception as error:
        raise refused("BAD_ID", getattr(error, "message", "This is no ID of a union."), place) from None


async def lock_unions(
    connection: asyncpg.Connection,
    context: CommandContext,
    scope: WriteScope,
    places: Sequence[tuple[int, str]],
    on: date,
) -> None:
    """Lock the unions of a command, each with the input that names it, and see that they can be reorganized on a day.

    Raises:
        Refused: NOT_FOUND for a union that the caller may not write to, ALREADY_DISSOLVED, DATE_ORDER.
    """
    rows = await connection.fetch(UNIONS, *scope.values(context.today), sorted({key for key, _ in places}))
    known = {row["id"]: row for row in rows}
    errors = []
    for key, place in places:
        row = known.get(key)
        path = ("input", *place.split("."))
        if row is None:
            errors.append(UserError("NOT_FOUND", "There is no such union that you may write to. Give its ID.", path))
        elif row["dissolved_on"] is not None:
            errors.append(
                UserError(
                    "ALREADY_DISSOLVED",
                    f"{row['name']} was dissolved on {row['dissolved_on']}. Give another union.",
                    path,
                )
            )
        elif (row["established_on"] or date.min) > on:
            errors.append(
                UserError(
                    "DATE_ORDER", f"{row['name']} was established on {row['established_on']}. Give a later day.", path
                )
            )
    if errors:
        raise Refused(*errors)


async def in_scope(
    connection: asyncpg.Connection, context: CommandContext, scope: WriteScope, keys: Collection[int]
) -> set[int]:
    """Those of some unions that the caller may write to."""
    return {row["id"] for row in await connection.fetch(IN_SCOPE, *scope.values(context.today), sorted(keys))}


async def refuse_children_elsewhere(
    connection: asyncpg.Connection, context: CommandContext, scope: WriteScope, keys: Sequence[int], place: str
) -> None:
    """Unions below those of a command, in either hierarchy, are the caller's too: nobody takes the parent away from others.

    Raises:
        Refused: RECORDED_ELSEWHERE.
    """
    children = {row["descendant_id"] for row in await connection.fetch(CHILDREN, keys)}
    outside = len(children) - len(await in_scope(connection, context, scope, children))
    if outside:
        raise refused(
            "RECORDED_ELSEWHERE",
            f"{outside:,} unions below these belong to unions that you may not write to. Ask the federation above both.",
            place,
        )


def refuse_own(scope: WriteScope, keys: Sequence[int], place: str) -> None:
    """Nobody moves, merges or splits the union that they act for: the one above it does.

    Raises:
        Refused: OWN_UNION.
    """
    if set(keys) & {*scope.territorial, *scope.industrial}:
        raise refused("OWN_UNION", "Your own union is moved, merged or split by the union above it.", place)


async def refuse_circle(
    connection: asyncpg.Connection, hierarchy: Hierarchy, lower: Sequence[int], upper: int, on: date, place: str
) -> None:
    """No union is linked below itself or below one that is below it.

    Raises:
        Refused: CIRCLE.
    """
    query = BELOW.format(closure=TABLES[hierarchy])
    if upper in lower or await connection.fetch(query, lower, upper, on):
        raise refused("CIRCLE", "This union is below one of those that would go below it. Give another one.", place)
