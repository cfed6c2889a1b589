"""The command ``moveUnions`` (隶属关系调整): unions get another parent in one hierarchy from a day on."""

from collections.abc import Sequence

import asyncpg

from db.organizations import Hierarchy
from resolvers.commands.context import CommandContext, command, decode_ids, refused
from resolvers.reorganizations.frame import Options, reorganize
from resolvers.reorganizations.transfers import LINKS, Counts, Transfer
from resolvers.reorganizations.unions import PREFIX, in_scope, lock_unions, refuse_circle, refuse_own, union_key
from resolvers.writing.scope import WriteScope


@command
async def move_unions(
    context: CommandContext, unions: Sequence[str], parent: str, hierarchy: Hierarchy, options: Options
) -> Counts:
    """Move unions, with all that is below them, to another parent from a day on; each leads or does not lead as before.

    Raises:
        Refused: EMPTY, TOO_MANY, BAD_ID, DUPLICATE, NOT_FOUND, ALREADY_DISSOLVED, DATE_ORDER, OWN_UNION, CIRCLE, NOT_LINKED, ALREADY_THERE,
            LATER_RECORDS, and those of ``reorganize``.
    """
    keys, upper = decode_ids(unions, PREFIX, "unions"), union_key(parent, "parent")

    async def work(connection: asyncpg.Connection, scope: WriteScope, transfer: Transfer) -> None:
        refuse_own(scope, keys, "unions")
        places = [*((key, f"unions.{place}") for place, key in enumerate(keys)), (upper, "parent")]
        await lock_unions(connection, context, scope, places, options.on)
        await refuse_circle(connection, hierarchy, keys, upper, options.on, "parent")
        links = await connection.fetch(
            LINKS.format(condition="child_id = ANY ($1::bigint[]) AND hierarchy = $2"), keys, hierarchy.name
        )
        held = await in_scope(connection, context, scope, {link["parent_id"] for link in links})
        if sum(link["parent_id"] in held for link in links) < len(keys):
            raise refused(
                "NOT_LINKED",
                f"Not all of these unions have a parent in the hierarchy {hierarchy.name} that you may write to.",
                "unions",
            )
        if any(link["parent_id"] == upper for link in links):
            raise refused("ALREADY_THERE", "One of these unions has this parent already. Leave it out.", "parent")
        await transfer.links(connection, links, upper)

    given = {"unions": keys, "parent": upper, "hierarchy": hierarchy.name}
    return await reorganize(context, "moveUnions", options, given, [*keys, upper], work)
