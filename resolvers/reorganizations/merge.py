"""The command ``mergeUnions`` (合并): unions are merged into another, which exists or was written for it, on a day."""

from collections.abc import Sequence

import asyncpg

from db.organizations import Hierarchy
from resolvers.commands.context import CommandContext, command, decode_ids
from resolvers.reorganizations.frame import SUCCEED, Options, next_day, reorganize
from resolvers.reorganizations.transfers import END_TERMS, EVERYTHING, LINKS, Counts, Transfer
from resolvers.reorganizations.unions import (
    PREFIX,
    lock_unions,
    refuse_children_elsewhere,
    refuse_circle,
    refuse_own,
    union_key,
)
from resolvers.writing.scope import WriteScope

DISSOLVE = "UPDATE organization SET status = 'DISSOLVED', dissolved_on = $2 WHERE id = ANY ($1::bigint[])"


@command
async def merge_unions(context: CommandContext, unions: Sequence[str], into: str, options: Options) -> Counts:
    """Merge unions into another on a day: their unions, members, employers go to it, and they are dissolved with the end of the day.

    They stand below it from then on with what they have recorded: agreements, cases, enrolments and so on.

    Raises:
        Refused: EMPTY, TOO_MANY, BAD_ID, DUPLICATE, NOT_FOUND, ALREADY_DISSOLVED, DATE_ORDER, OWN_UNION, CIRCLE, LATER_RECORDS,
            RECORDED_ELSEWHERE, and
            those of ``reorganize``.
    """
    keys, successor = decode_ids(unions, PREFIX, "unions"), union_key(into, "into")

    async def work(connection: asyncpg.Connection, scope: WriteScope, transfer: Transfer) -> None:
        refuse_own(scope, keys, "unions")
        places = [*((key, f"unions.{place}") for place, key in enumerate(keys)), (successor, "into")]
        await lock_unions(connection, context, scope, places, options.on)
        await refuse_children_elsewhere(connection, context, scope, keys, "unions")
        for hierarchy in Hierarchy:
            await refuse_circle(connection, hierarchy, keys, successor, options.on, "into")
        await connection.execute(SUCCEED, keys, [successor] * len(keys), "MERGER", options.on, transfer.reason)
        await _links(connection, transfer, keys, successor)
        await transfer.memberships(connection, keys, successor, EVERYTHING)
        await transfer.of_employers(connection, keys, successor)
        ended = await connection.execute(END_TERMS, keys, next_day(options.on))
        transfer.counts.committee_terms += int(ended.split()[-1])
        await connection.execute(DISSOLVE, keys, next_day(options.on))
        transfer.counts.dissolved += len(keys)

    return await reorganize(
        context, "mergeUnions", options, {"unions": keys, "into": successor}, [*keys, successor], work
    )


async def _links(connection: asyncpg.Connection, transfer: Transfer, keys: Sequence[int], successor: int) -> None:
    """Link what is below the merged unions, and they themselves, to their successor; in a hierarchy in which that has no link the merged
    ones keep their own, so that whoever saw what they have recorded still does."""
    condition = "(parent_id = ANY ($1::bigint[]) AND child_id <> ALL ($1::bigint[]))"
    below = await connection.fetch(LINKS.format(condition=condition), keys)
    condition = (
        "child_id = ANY ($1::bigint[]) AND hierarchy IN"
        " (SELECT s.hierarchy FROM organization_link s WHERE $2 IN (s.child_id, s.parent_id) AND s.valid_to IS NULL)"
    )
    own = await connection.fetch(LINKS.format(condition=condition), keys, successor)
    await transfer.links(connection, [*below, *own], successor)
