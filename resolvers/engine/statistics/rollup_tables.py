"""The tables of roll-ups (db/rollups/layout.py, docs/adr/0032-roll-ups.md) that are alike for all kinds."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, Subquery, cast, column, null, select, table

from resolvers.engine.plan.parameters import BIGINT, DATE, TEXT

ANCHOR = table(
    "anchor",
    column("id", Integer()),
    column("kind", TEXT),
    column("key", BIGINT),
    column("drill", Boolean()),
    schema="rollup",
)
"""The places for which cells are kept: unions in a hierarchy, divisions, everything."""

PLACE = table("place", column("anchor", Integer()), column("organization_id", BIGINT), schema="rollup")
"""The unions that belong to each place."""

STATE = table("state", column("ready", Boolean()), column("next_change", DATE), schema="rollup")
"""Whether roll-ups are in use, and the next day with which a union belongs to another place."""

CODE = table("code", column("dimension", TEXT), column("code", Integer()), column("value", TEXT), schema="rollup")
"""The value of each code by which a class has a dimension."""


def whole_place(kind: str, key: ColumnElement[Any]) -> Subquery:
    """A place of this kind and key, for ``RollupParts``; it stands for no child."""
    anchor = ANCHOR.alias("whole")
    whole = select(anchor.c.id.label("anchor"), cast(null(), BIGINT).label("child"), anchor.c.drill)
    return whole.where(anchor.c.kind == kind, anchor.c.key == key).correlate_except(anchor).subquery("target")
