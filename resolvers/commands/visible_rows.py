"""The rows that a command may use: the first wall, applied to rows of one type by key."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
from sqlalchemy import ColumnElement, LargeBinary, Select, any_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from db.disputes import DisputeCase, DisputeParty
from db.members import Member
from resolvers.access.callers import Caller, Lens
from resolvers.access.row_access import visible
from resolvers.engine.declare.columns import Expression
from resolvers.engine.plan.parameters import BIGINTS, Binder, Inputs
from resolvers.engine.plan.statement import compiled
from resolvers.slices import registry

INDEXES = ARRAY(LargeBinary())


async def visible_rows(
    connection: asyncpg.Connection,
    caller: Caller,
    today: date,
    typename: str,
    keys: Sequence[int],
    columns: Sequence[Expression],
) -> Mapping[int, asyncpg.Record]:
    """The columns of the rows with these keys that the caller sees, by key; one statement."""
    source, binder = registry.sources[typename], Binder()
    query = select(source.key, *columns).where(source.key == _any_of(keys, binder))
    rows = await _fetch(connection, caller, today, query, typename, binder)
    return {row[0]: row for row in rows}


async def by_resident_number(
    connection: asyncpg.Connection, caller: Caller, today: date, indexes: Sequence[bytes], columns: Sequence[Expression]
) -> asyncpg.Record | None:
    """The key and the columns of the member whom the caller sees and whose resident number has one of these blind indexes."""
    source, binder = registry.sources["Member"], Binder()
    given = any_(binder.bind(lambda _: list(indexes), INDEXES))
    query = select(source.key, *columns).where(Member.resident_number_index == given)
    rows = await _fetch(connection, caller, today, query, "Member", binder)
    return rows[0] if rows else None


async def parties_of(
    connection: asyncpg.Connection, caller: Caller, today: date, number: str, members: Sequence[int]
) -> set[int]:
    """Those of ``members`` who are parties to the open case of this number; none unless the caller's own union handles the case or it is
    assigned to the caller."""
    case, party, binder = DisputeCase.__table__, DisputeParty.__table__, Binder()
    handled = or_(
        case.c.organization_id == _any_of(own_unions(caller), binder),
        case.c.id == _any_of(caller.lenses.get(Lens.CASES, ()), binder),
    )
    query = (
        select(party.c.member_id)
        .select_from(case.join(party, party.c.case_id == case.c.id))
        .where(
            case.c.number == number, case.c.closed_on.is_(None), handled, party.c.member_id == _any_of(members, binder)
        )
    )
    return {row[0] for row in await _fetch(connection, caller, today, query, "DisputeCase", binder)}


def own_unions(caller: Caller) -> list[int]:
    """The unions of the caller's grants, without those below them."""
    lenses = (Lens.EVERYTHING, Lens.TERRITORIAL, Lens.INDUSTRIAL)
    return sorted({key for lens in lenses for key in caller.lenses.get(lens, ())})


def _any_of(keys: Sequence[int], binder: Binder) -> ColumnElement[Any]:
    return any_(binder.bind(lambda _: list(keys), BIGINTS))


async def _fetch(
    connection: asyncpg.Connection,
    caller: Caller,
    today: date,
    query: Select[Any, *tuple[Any, ...]],
    typename: str,
    binder: Binder,
) -> list[asyncpg.Record]:
    condition = visible(registry.sources[typename], caller.shape, binder)
    statement = compiled(query if condition is None else query.where(condition), binder)
    rows: list[asyncpg.Record] = await connection.fetch(
        statement.sql, *statement.bind(Inputs(variables={}, today=today, caller=caller))
    )
    return rows
