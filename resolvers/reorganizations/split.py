"""The command ``splitUnion`` (分立): parts of a union go to other unions on a day."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from db.organizations import Hierarchy
from resolvers.commands.context import CommandContext, command, decode_ids, refused
from resolvers.reorganizations.frame import SUCCEED, Options, reorganize
from resolvers.reorganizations.transfers import LINKS, Counts, Transfer
from resolvers.reorganizations.unions import PREFIX, lock_unions, refuse_circle, refuse_own, union_key
from resolvers.writing.scope import WriteScope

OF_UNION = """SELECT count(*) FROM employer WHERE id = ANY ($1::bigint[]) AND (organization_id = $2 OR EXISTS (
    SELECT FROM employer_coverage c WHERE c.employer_id = employer.id AND c.organization_id = $2
    AND (c.valid_to IS NULL OR c.valid_to > $3)))"""
ENGAGED = """m.member_id = ANY ($3::bigint[]) OR m.member_id IN (SELECT e.member_id FROM engagement e
    WHERE e.employer_id = ANY ($4::bigint[]) AND (e.valid_to IS NULL OR e.valid_to > $2))"""
JOINED = """SELECT count(DISTINCT member_id) FROM membership WHERE member_id = ANY ($1::bigint[]) AND organization_id = $2
AND (valid_to IS NULL OR valid_from IS NOT NULL AND valid_to > $3)"""


@dataclass(frozen=True)
class PartOfUnion:
    """What goes to one union: unions below, employers with their members, single members; by global ID."""

    into: str
    unions: Sequence[str] = ()
    employers: Sequence[str] = ()
    members: Sequence[str] = ()


@dataclass(frozen=True)
class _Part:
    into: int
    unions: Sequence[int]
    employers: Sequence[int]
    members: Sequence[int]


@command
async def split_union(context: CommandContext, union: str, parts: Sequence[PartOfUnion], options: Options) -> Counts:
    """Let parts of a union go to other unions, which exist or were written for it, on a day; the union itself goes on.

    An employer goes with its engagements, its coverage, and those of the union's members who are engaged there. To split a union up whole,
    merge what is left into one of the others.

    Raises:
        Refused: EMPTY, TOO_MANY, BAD_ID, DUPLICATE, NOT_FOUND, ALREADY_DISSOLVED, DATE_ORDER, OWN_UNION, CIRCLE, NOT_OF_UNION,
            LATER_RECORDS, and those of ``reorganize``.
    """
    key = union_key(union, "union")
    keys = [_keys(part, f"parts.{place}") for place, part in enumerate(parts)]
    _refuse_twice(keys)

    async def work(connection: asyncpg.Connection, scope: WriteScope, transfer: Transfer) -> None:
        refuse_own(scope, [key], "union")
        places = [(key, "union"), *((part.into, f"parts.{place}.into") for place, part in enumerate(keys))]
        places += [(child, f"parts.{place}.unions") for place, part in enumerate(keys) for child in part.unions]
        await lock_unions(connection, context, scope, places, options.on)
        into = [part.into for part in keys]
        await connection.execute(SUCCEED, [key] * len(into), into, "SPLIT", options.on, transfer.reason)
        for place, part in enumerate(keys):
            await _move(connection, transfer, key, part, f"parts.{place}")

    given = {"union": key, "parts": [vars(part) for part in keys]}
    return await reorganize(context, "splitUnion", options, given, [key, *(part.into for part in keys)], work)


def _keys(part: PartOfUnion, place: str) -> _Part:
    """The keys of a part.

    Raises:
        Refused: EMPTY, TOO_MANY, BAD_ID, DUPLICATE.
    """
    lists = {"unions": (part.unions, PREFIX), "employers": (part.employers, "emp"), "members": (part.members, "mem")}
    if not any(ids for ids, _ in lists.values()):
        raise refused("EMPTY", "Give unions, employers or members that go to this union.", *place.split("."))
    found = {
        name: decode_ids(ids, prefix, *place.split("."), name) if ids else [] for name, (ids, prefix) in lists.items()
    }
    return _Part(union_key(part.into, f"{place}.into"), **found)


def _refuse_twice(parts: Sequence[_Part]) -> None:
    """Nothing goes to two unions, and no union takes two parts: DUPLICATE, EMPTY."""
    if not parts:
        raise refused("EMPTY", "Give at least one part.", "parts")
    for name in ("unions", "employers", "members"):
        keys = [key for part in parts for key in getattr(part, name)]
        if len(set(keys)) < len(keys):
            raise refused("DUPLICATE", "An ID is in two parts. Give each once.", "parts")
    if len({part.into for part in parts}) < len(parts):
        raise refused("DUPLICATE", "Two parts go to the same union. Make them one.", "parts")


async def _move(connection: asyncpg.Connection, transfer: Transfer, union: int, part: _Part, place: str) -> None:
    """Move one part."""
    path = place.split(".")
    if union == part.into:
        raise refused("CIRCLE", "A part goes to another union.", *path, "into")
    links = await connection.fetch(
        LINKS.format(condition="parent_id = $1 AND child_id = ANY ($2::bigint[])"), union, part.unions
    )
    employers = await connection.fetchval(OF_UNION, part.employers, union, transfer.day)
    members = await connection.fetchval(JOINED, part.members, union, transfer.day)
    counted = (len({link["child_id"] for link in links}), employers, members)
    for name, count in zip(("unions", "employers", "members"), counted, strict=True):
        if count < len(getattr(part, name)):
            raise refused("NOT_OF_UNION", "Not all of these are the union's that is split. Give its own.", *path, name)
    for hierarchy in Hierarchy:
        await refuse_circle(connection, hierarchy, part.unions, part.into, transfer.day, f"{place}.into")
    await transfer.links(connection, links, part.into)
    await transfer.memberships(connection, [union], part.into, ENGAGED, part.members, part.employers)
    await transfer.of_employers(connection, [union], part.into, part.employers)
