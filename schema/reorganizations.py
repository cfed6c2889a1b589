"""Commands that reorganize unions (组织调整)."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated

import strawberry

from db.organizations import Hierarchy
from resolvers.reorganizations.frame import Options
from resolvers.reorganizations.merge import merge_unions
from resolvers.reorganizations.move import move_unions
from resolvers.reorganizations.split import PartOfUnion, split_union
from resolvers.reorganizations.transfers import Counts
from schema.commands import KEY, Info, UserError, argument, given, outcome
from schema.fields import field, optional

ON = "The first day on which it holds, today or before (生效日期)"
REASON = "The document by which it was decided, at most 200 characters (依据文件)"
DRY_RUN = "Whether all is taken back at the end: a rehearsal that counts; no by default (是否仅预演，默认否)"


@strawberry.type(description="How many rows of each kind a reorganization moves or ends (组织调整涉及数量)")
class ReorganizationCounts:
    """How many rows of each kind a reorganization moves or ends."""

    unions: int = field("Unions that get another parent (调整隶属的工会)")
    memberships: int = field("Memberships and applications that go on in another union (转移会籍)")
    engagements: int = field("Engagements of workers with the employers (转移用工关系)")
    coverages: int = field("Coverages of employers (转移覆盖关系)")
    employers: int = field("Employers that another union is responsible for (转移单位)")
    committee_terms: int = field("Terms of committees that end (终止的届期)")
    dissolved: int = field("Unions that are dissolved (撤销的工会)")


@strawberry.type(description="What a reorganization has moved, or why it was not done (组织调整结果)")
class ReorganizationPayload:
    """What a reorganization has moved, or why it was not done."""

    counts: ReorganizationCounts | None = field("What it has moved; of a rehearsal, what it would (涉及数量)")
    errors: list[UserError] = field("Why the command was not done (错误)")


@strawberry.input(description="Unions that get another parent (调整隶属关系)")
class MoveUnionsInput:
    """Unions that get another parent."""

    unions: list[strawberry.ID] = strawberry.field(description="IDs of the unions, at most 200 (工会)")
    parent: strawberry.ID = strawberry.field(description="ID of their new parent (新上级工会)")
    on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=REASON)
    hierarchy: Hierarchy | None = optional("The hierarchy; TERRITORIAL by default (隶属体系，默认地方)")
    dry_run: bool | None = optional(DRY_RUN)
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Unions that are merged into another (合并工会)")
class MergeUnionsInput:
    """Unions that are merged into another."""

    unions: list[strawberry.ID] = strawberry.field(
        description="IDs of the unions that are merged, at most 200 (被合并工会)"
    )
    into: strawberry.ID = strawberry.field(description="ID of the union that takes them over (承接工会)")
    on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=REASON)
    dry_run: bool | None = optional(DRY_RUN)
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="What goes from a union that is split to another (分立的部分)")
class SplitPart:
    """What goes from a union that is split to another."""

    into: strawberry.ID = strawberry.field(description="ID of the union that takes it over (承接工会)")
    unions: list[strawberry.ID] | None = optional("IDs of unions directly below (下级工会)")
    employers: list[strawberry.ID] | None = optional(
        "IDs of employers, which go with the members who are engaged there (单位，会员随单位转移)"
    )
    members: list[strawberry.ID] | None = optional("IDs of single members (会员)")


@strawberry.input(description="A union that is split (分立工会)")
class SplitUnionInput:
    """A union that is split."""

    union: strawberry.ID = strawberry.field(description="ID of the union, which goes on with what is left (原工会)")
    parts: list[SplitPart] = strawberry.field(description="What goes to which union (各部分)")
    on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=REASON)
    dry_run: bool | None = optional(DRY_RUN)
    idempotency_key: str | None = optional(KEY)


def _options(input: MoveUnionsInput | MergeUnionsInput | SplitUnionInput) -> Options:
    return Options(input.on, input.reason, bool(given(input.dry_run)), given(input.idempotency_key))


async def _payload(command: Awaitable[Counts]) -> ReorganizationPayload:
    counts, errors = await outcome(command)
    return ReorganizationPayload(
        counts=None if counts is None else ReorganizationCounts(**counts.stored()), errors=errors
    )


async def _move_unions(
    info: Info, input: Annotated[MoveUnionsInput, argument("Unions, parent, day and reason (调整内容)")]
) -> ReorganizationPayload | None:
    hierarchy = given(input.hierarchy) or Hierarchy.TERRITORIAL
    return await _payload(move_unions(info.context, input.unions, input.parent, hierarchy, _options(input)))


async def _merge_unions(
    info: Info, input: Annotated[MergeUnionsInput, argument("Unions, successor, day and reason (合并内容)")]
) -> ReorganizationPayload | None:
    return await _payload(merge_unions(info.context, input.unions, input.into, _options(input)))


async def _split_union(
    info: Info, input: Annotated[SplitUnionInput, argument("The union, its parts, day and reason (分立内容)")]
) -> ReorganizationPayload | None:
    parts = [
        PartOfUnion(part.into, given(part.unions) or (), given(part.employers) or (), given(part.members) or ())
        for part in input.parts
    ]
    return await _payload(split_union(info.context, input.union, parts, _options(input)))


@strawberry.type(description="Commands that reorganize unions (组织调整操作)")
class ReorganizationsMutation:
    """Commands that reorganize unions."""

    move_unions = strawberry.mutation(
        _move_unions, description="Give unions of your subtree another parent from a day on (调整隶属关系)"
    )
    merge_unions = strawberry.mutation(
        _merge_unions,
        description="Merge unions of your subtree into another on a day: unions, members and employers go to it, and they are dissolved"
        " with the end of the day (合并工会)",
    )
    split_union = strawberry.mutation(
        _split_union, description="Let parts of a union of your subtree go to other unions on a day (分立工会)"
    )
