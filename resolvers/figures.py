"""Source of published figures: each figure's query is run for the caller and its result is compared with the claim.

A value is shown to callers who see all records of the figure's union: those who see everything, that union and the unions above it. A
figure about health records is shown to that union only.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Boolean, ColumnElement, FromClause, and_, any_, exists, not_, or_, select

from db.columns.measurement_units import Qualifier
from db.figures import PublishedFigure
from db.organizations import IndustrialClosure, TerritorialClosure
from resolvers.access.callers import Lens
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.sources import Computed, Many, One, Source
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.execute.nested_queries import MAX_QUERY_OBJECTS
from resolvers.engine.plan.connection import QueryConnection
from resolvers.engine.plan.parameters import BIGINTS, Binder
from resolvers.engine.plan.statement import Statement, compiled, keys_parameter
from resolvers.registry import registry
from resolvers.relations import Within

ABOUT = Decimal("0.1")
"""Tolerance of an approximate claim, as a share of the claim."""


def _shown() -> Statement:
    """Those of the given figures whose values are shown to the caller."""
    binder = Binder()
    union, sensitive = expression(PublishedFigure.organization_id), expression(PublishedFigure.is_sensitive)
    day = binder.day(None)

    def unions(*lenses: Lens) -> ColumnElement[Any]:
        return any_(
            binder.bind(
                lambda inputs: [key for lens in lenses for key in inputs.caller.lenses.get(lens, ())],
                BIGINTS,
            )
        )

    def below(closure: FromClause, lens: Lens) -> ColumnElement[bool]:
        valid = holds(Period(closure.c.valid_from, closure.c.valid_to), day)
        return exists().where(closure.c.descendant_id == union, closure.c.ancestor_id == unions(lens), valid)

    sees_everything = binder.bind(lambda inputs: inputs.caller.everything, Boolean())
    above = or_(
        sees_everything,
        below(TerritorialClosure.__table__, Lens.TERRITORIAL),
        below(IndustrialClosure.__table__, Lens.INDUSTRIAL),
    )
    own = union == unions(Lens.EVERYTHING, Lens.TERRITORIAL, Lens.INDUSTRIAL)
    requested = select(PublishedFigure.id).where(PublishedFigure.id == any_(keys_parameter()))
    return compiled(requested.where(or_(own, and_(not_(sensitive), above))), binder)


SHOWN = _shown()


def number_at(data: Any, path: str) -> Decimal | None:
    """The number at a path of names and positions in a response; None if there is none."""
    for part in path.split("."):
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    if isinstance(data, bool) or not isinstance(data, int | float | str):
        return None
    try:
        return Decimal(str(data))
    except InvalidOperation:
        return None


def confirms(value: Decimal, claim: Decimal, qualifier: str) -> bool:
    """Whether a value confirms a claim."""
    match Qualifier[qualifier]:
        case Qualifier.EXACT:
            return value == claim
        case Qualifier.GE:
            return value >= claim
        case Qualifier.APPROX:
            return abs(value - claim) <= abs(claim) * ABOUT
    raise AssertionError(qualifier)


async def _values(connection: QueryConnection, records: Sequence[tuple[Any, ...]]) -> list[Decimal | None]:
    """The value of each figure; a record begins with its key, query and path."""
    keys = [record[0] for record in records]
    shown = {row[0] for row in await connection.fetch(SHOWN.sql, *SHOWN.arguments(SHOWN.bind(connection.inputs), keys))}
    return [
        number_at(await connection.query(query), path) if key in shown else None
        for key, query, path in (record[:3] for record in records)
    ]


async def _value(connection: QueryConnection, records: Sequence[tuple[Any, ...]]) -> list[str | None]:
    return [None if value is None else format(value, "f") for value in await _values(connection, records)]


async def _agrees(connection: QueryConnection, records: Sequence[tuple[Any, ...]]) -> list[bool | None]:
    values = await _values(connection, records)
    return [
        None if value is None else confirms(value, Decimal(record[3]), record[4])
        for value, record in zip(values, records, strict=True)
    ]


INPUTS = (PublishedFigure.id, PublishedFigure.query, PublishedFigure.path)

registry.add(
    Source(
        PublishedFigure,
        "figure",
        hide=("division_id", "organization_id"),
        fields={
            "division": One("Division", PublishedFigure.division_id),
            "organization": One("Organization", PublishedFigure.organization_id),
            "value": Computed(INPUTS, _value, runs_queries=True, weight=MAX_QUERY_OBJECTS),
            "agrees": Computed(
                (*INPUTS, PublishedFigure.claim, PublishedFigure.qualifier),
                _agrees,
                runs_queries=True,
                weight=MAX_QUERY_OBJECTS,
            ),
        },
    )
)
registry.root("published_figures", Many("PublishedFigure", Within(PublishedFigure.organization_id)))
