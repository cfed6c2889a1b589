"""Compares a persona's answer with that of a caller who sees everything ("national" below): rows out of scope must be gone, and fields
shown as the policy table says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
from graphql import get_named_type

from db.encryption.vault import Sealed, Vault
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from tests.access.hierarchy_visibility import HierarchyVisibility, UnionsOfRows, is_by_hierarchy
from tests.access.policy_reference import HANDLED, PolicyReference
from tests.access.policy_table import PUBLIC, PolicyTable
from tests.access.query_writer import QueryWriter, is_many, is_value

UNSEEN = (None, "****")
ORDER = ("hidden", "part", "clear")

Cell = tuple[str, str, str, str]
"""Type, field, in or out of scope, path."""


def key_of(text: str) -> int:
    """The key in a global ID."""
    return global_ids.decode(text)[1]


def _star(row: Mapping[str, Any]) -> str:
    return f"{row['name'][0]}*"


PARTS: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], str | None]] = {
    ("Member", "name"): _star,
    ("Member", "residentNumber"): lambda row: _cut(row["resident_number"], 6, 12),
    ("Member", "phone"): lambda row: _cut(row["phone"], 3, 8),
    ("Member", "bankCard"): lambda row: _cut(row["bank_card"], 0, 4),
    ("AccessLog", "caseReference"): lambda row: None if row["case_reference"] is None else "TEXT",
    ("DisputeParty", "name"): lambda row: row["name"] if row["employer_id"] or row["organization_id"] else _star(row),
}
"""What is left of a field that is shown in part, from the row in clear: domain §6."""


def _cut(text: str | None, head: int, stars: int) -> str | None:
    return None if text is None else text[:head] + "*" * stars


@dataclass
class StoredRows:
    """The sampled rows of the database by type and key, with encrypted columns decrypted."""

    rows: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)

    async def read(self, db: asyncpg.Pool, vault: Vault, typename: str, table: str, keys: Iterable[int]) -> None:
        """Read the rows of a type."""
        found = await db.fetch(f"SELECT * FROM {table} WHERE id = ANY ($1)", list(keys))
        rows = self.rows.setdefault(typename, {})
        for row in found:
            rows[row["id"]] = dict(row)
            for column, value in row.items():
                if isinstance(value, bytes) and not column.endswith(("_index", "digest")) and column != "previous":
                    rows[row["id"]][column] = vault.open([Sealed(table, column, row["id"], value)])[0]

    def clear(self, typename: str, key: int, name: str) -> Any:
        """A field's value as in JSON; ``...`` if the row was not read, or the value has no plain JSON form."""
        row = self.rows.get(typename, {}).get(key, {})
        value = ... if name == "id" else row.get(snake(name), ...)
        match value:
            case date():
                return value.isoformat() if type(value) is date else ...
            case Decimal():
                return str(value)
            case None | bool() | int() | str():
                return value
        return ...


@dataclass
class VisibleRows:
    """What a persona may see: its groups, and by type the keys of visible rows: all, by group, and those that its union handles."""

    groups: list[str]
    rows: dict[str, set[int]]
    by_group: dict[tuple[str, str], set[int]]
    handled: dict[str, set[int]]

    @classmethod
    async def of(cls, reference: PolicyReference, policy: PolicyTable) -> "VisibleRows":
        """Computed by the reference."""
        sight = cls(reference.groups, {}, {}, {})
        for name in policy.types:
            sight.rows[name] = await reference.rows(name)
            for group in reference.groups:
                sight.by_group[name, group] = await reference.of_group(name, group)
            if name in HANDLED:
                sight.handled[name] = await reference.handled(name)
        return sight


class Comparison:
    """Compares a persona's answers with the national federation's, and records the cells that were compared and the faults."""

    def __init__(self, writer: QueryWriter, sight: VisibleRows, truth: StoredRows, unions: UnionsOfRows) -> None:
        self.writer = writer
        self.policy = writer.policy
        self.sight = sight
        self.truth = truth
        self.public = sight.groups == [PUBLIC]
        seen = frozenset(name for name, entry in self.policy.types.items() if any(map(entry.sees, sight.groups)))
        self.related = HierarchyVisibility(unions, sight.groups, sight.rows, seen)
        self.cells: set[Cell] = set()
        self.faults: list[str] = []

    def sees(self, row: Mapping[str, Any] | None) -> bool:
        """Whether a row that the national federation sees is in the persona's sight."""
        return row is not None and key_of(row["id"]) in self.sight.rows[row["__typename"]]

    def level(self, typename: str, name: str, key: int) -> str:
        """How the persona sees a field of a row: as the group that sees most of it."""
        levels = []
        for group in self.sight.groups:
            if key in self.sight.by_group[typename, group]:
                level = self.policy.types[typename].level(name, group)
                handled = level == "handler" and key in self.sight.handled[typename]
                levels.append("clear" if handled else "hidden" if level == "handler" else level)
        return max(levels, key=ORDER.index) if levels else "clear"

    def fails(self, path: str, what: str) -> None:
        """Record a fault."""
        self.faults.append(f"{path}: {what}")

    def row(self, national: Mapping[str, Any] | None, own: Mapping[str, Any] | None, path: str) -> None:
        """Compare one row with all that is selected below it."""
        if national is None:
            if own is not None:
                self.fails(path, f"{own} where the national federation has nothing")
            return
        typename, key = national["__typename"], key_of(national["id"])
        if not self.sees(national):
            self.cells.update((typename, name.rpartition("__")[2] or name, "out", path) for name in _fields(national))
            if own is not None:
                self.fails(path, f"{national['id']} is out of scope and was answered: {own}")
            return
        if own is None:
            self.fails(path, f"{national['id']} is in scope and was not answered")
            return
        fields = self.writer.type(typename).fields
        for alias, value in national.items():
            name = alias if alias.startswith("__") else alias.rpartition("__")[2]
            if name == "__typename":
                continue
            if is_value(fields[name].type):
                self.value(typename, key, name, value, own[alias], path)
            else:
                self.relation(typename, name, value, own[alias], key)

    def value(self, typename: str, key: int, name: str, national: Any, own: Any, path: str) -> None:
        """Compare a value."""
        self.cells.add((typename, name, "in", path))
        clear = ... if isinstance(national, list) else self.truth.clear(typename, key, name)
        level = self.level(typename, name, key)
        if level == "hidden":
            right = own in UNSEEN
        elif level == "part":
            row = self.truth.rows.get(typename, {}).get(key)
            right = own == (PARTS[typename, name](row) if row else own)
        else:
            right = own == (national if clear is ... else clear)
        if not right:
            self.fails(path, f"{typename}.{name} of {key} is {own!r}, which is not {level} of {clear!r} ({national!r})")

    def relation(self, typename: str, name: str, national: Any, own: Any, key: int) -> None:
        """Compare what a field of the row with this key leads to."""
        type_ = self.writer.type(typename).fields[name].type
        path = f"{typename}.{name}"
        if is_by_hierarchy(self.writer, typename, name):
            national = self.below((typename, name), key, national, path)
        if get_named_type(type_).name.endswith("Connection"):
            self.page(national, own, path)
        elif is_many(type_):
            self.rows(national, own, path)
        else:
            self.row(national, own, path)

    def rows(self, national: list[Any], own: list[Any], path: str, *, more: bool = False) -> None:
        """Compare lists of rows: those in scope, in their order. With ``more`` the national list was cut, and the own may go on."""
        kept = self._kept(national, path)
        shown = own[: len(kept)] if more else own
        if [row["id"] for row in kept] != [row["id"] for row in shown]:
            self.fails(path, f"rows {[row['id'] for row in own]} instead of {[row['id'] for row in kept]}")
            return
        for national_row, own_row in zip(kept, shown, strict=True):
            self.row(national_row, own_row, path)
        self._seen(own[len(kept) :], path)

    def root_rows(self, national: list[Any], own: list[Any], path: str, *, more: bool, own_more: bool) -> None:
        """Compare lists at the root: those in scope, whatever their order, which begins with the union for some callers (docs/adr/0045).
        With ``more`` the national list was cut, with ``own_more`` the own."""
        kept, shown = self._kept(national, path), {row["id"]: row for row in own}
        missing = [row["id"] for row in kept if row["id"] not in shown]
        others = [row for row in own if row["id"] not in {each["id"] for each in kept}]
        if len(shown) < len(own) or (missing and not own_more) or (others and not more):
            self.fails(path, f"rows {[row['id'] for row in own]} instead of {[row['id'] for row in kept]}")
            return
        for row in kept:
            if row["id"] in shown:
                self.row(row, shown[row["id"]], path)
        self._seen(others, path)

    def _kept(self, national: list[Any], path: str) -> list[Any]:
        """The rows in scope of a national list; those out of scope are compared with nothing."""
        for row in national:
            if not self.sees(row):
                self.row(row, None, path)
        return [row for row in national if self.sees(row)]

    def _seen(self, own: list[Any], path: str) -> None:
        """Rows of the own list alone are in scope."""
        for row in own:
            if not self.sees(row):
                self.fails(path, f"{row['id']} is out of scope and was listed")

    def below(self, listed: tuple[str, str], anchor: int, national: Any, path: str) -> Any:
        """The national federation's answer to a list by hierarchy, without rows that the persona may not know to be below the anchor."""

        def reached(row: Mapping[str, Any]) -> bool:
            if self.related.reaches(*listed, anchor, row):
                return True
            self.cells.update((row["__typename"], name, "out", path) for name in (*_fields(row), "totalCount"))
            return False

        if isinstance(national, list):
            return [row for row in national if reached(row)]
        found = dict(national)
        if "nodes" in national:
            found["nodes"] = [row for row in national["nodes"] if reached(row)]
        if "edges" in national:
            found["edges"] = [edge for edge in national["edges"] if reached(edge["node"])]
        if "totalCount" in national:
            found["totalCount"] = len(found["nodes"]) + (len(national["nodes"]) < national["totalCount"])
        return found

    def nowhere(self, national: Iterable[Mapping[str, Any]], path: str) -> None:
        """Record the rows of a list that was requested within something out of scope."""
        for row in national:
            self.cells.update((row["__typename"], name, "out", path) for name in (*_fields(row), "totalCount"))

    def page(self, national: Mapping[str, Any], own: Mapping[str, Any], path: str, *, root: bool = False) -> None:
        """Compare pages: rows, edges, and the count; ``root``: of a list at the root, without ``within``."""
        rows, more = _page(national)
        own_rows, own_more = _page(own)
        shown = f"{path} edges" if "edges" in national else path
        if root:
            self.root_rows(rows, own_rows, shown, more=more, own_more=own_more)
        else:
            self.rows(rows, own_rows, shown, more=more)
        if "totalCount" not in national:
            return
        for row in rows:
            self.cells.add((row["__typename"], "totalCount", "in" if self.sees(row) else "out", path))
        total = own["totalCount"]
        seen = sum(self.sees(row) for row in rows)
        if total < len(own["nodes"]) if more else total != seen:
            self.fails(path, f"totalCount is {total}, not {seen}")


def _page(page: Mapping[str, Any]) -> tuple[list[Any], bool]:
    """The rows of a page, by its nodes or edges, and whether the list goes on."""
    rows = page["nodes"] if "nodes" in page else [edge["node"] for edge in page["edges"]]
    return rows, page["pageInfo"]["hasNextPage"] if "pageInfo" in page else len(rows) < page["totalCount"]


def _fields(row: Mapping[str, Any]) -> Iterable[str]:
    return (name for name in row if name != "__typename")
