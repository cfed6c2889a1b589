"""Which rows of a list by hierarchy a persona may know to be below a union, by the unions of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from resolvers.engine.declare.sources import Many
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from resolvers.relations import Within
from schema import registry
from tests.access.policy_table import NATIONAL
from tests.access.query_writer import QueryWriter

Field = tuple[str, str]
"""Type and field of a list."""


def relation_of(parent: str, name: str) -> Any:
    """How the registry says that a list is reached."""
    found = registry.roots[snake(name)] if parent == "Query" else registry.sources[parent].fields[snake(name)]
    assert isinstance(found, Many), (parent, name)
    return found.relation


def is_by_hierarchy(writer: QueryWriter, parent: str, name: str) -> bool:
    """Whether a list has what is below a union, or above it."""
    return "hierarchy" in writer.type(parent).fields[name].args


@dataclass
class UnionsOfRows:
    """For each list by hierarchy the union of each row, in the column that the list goes by."""

    by_field: dict[Field, Mapping[int, int | None]] = field(default_factory=dict)

    @classmethod
    async def of(cls, db: asyncpg.Pool, writer: QueryWriter) -> "UnionsOfRows":
        """Read from the database."""
        found = cls()
        known: dict[str, Mapping[int, int | None]] = {}
        for parent in ("Query", "Organization"):
            leads = writer.leads(parent) if parent != "Query" else [each.field for each in writer.lists if each.root]
            for name in leads:
                if not is_by_hierarchy(writer, parent, name):
                    continue
                relation = relation_of(parent, name)
                sql = "SELECT id, id AS union FROM organization"
                if isinstance(relation, Within):
                    column = relation.column if relation.denormalized is None else relation.denormalized
                    table = getattr(column, "table").name  # noqa: B009
                    sql = f"SELECT id, {column.key} AS union FROM {table}"
                if sql not in known:
                    known[sql] = {row["id"]: row["union"] for row in await db.fetch(sql)}
                found.by_field[parent, name] = known[sql]
        return found


@dataclass(frozen=True)
class HierarchyVisibility:
    """What one persona may know of the hierarchies."""

    unions: UnionsOfRows
    groups: list[str]
    sight: Mapping[str, set[int]]
    seen: frozenset[str]
    """The types of which the persona sees any row."""

    @property
    def is_linked(self) -> bool:
        """Whether the persona sees links of unions, and so what is below what."""
        return bool({NATIONAL, "union"} & set(self.groups))

    def is_reached_at_all(self, parent: str, name: str) -> bool:
        """Whether a list by hierarchy has any row for the persona: it may go by rows of which they see none, or by links alone."""
        relation = relation_of(parent, name)
        if self.is_linked:
            return True
        return (
            "Organization" in self.seen
            and isinstance(relation, Within)
            and (not relation.via_type or relation.via_type in self.seen)
        )

    def reaches(self, parent: str, name: str, anchor: int, row: Mapping[str, Any]) -> bool:
        """Whether a row of the list is told to be below, or above, a union that the persona sees."""
        if NATIONAL in self.groups:
            return True
        if not self.is_reached_at_all(parent, name):
            return False
        union = self.unions.by_field[parent, name].get(global_ids.decode(row["id"])[1])
        return union in self.sight["Organization"] if self.is_linked else union == anchor
