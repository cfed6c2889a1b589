"""Reads the policy table ``who_sees_what.toml``, and finds what it misses of the schema."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

PLACE = Path(__file__).with_name("who_sees_what.toml")
LEVELS = ("clear", "part", "hidden", "handler")
OPEN = "open"
NATIONAL = "national"
PUBLIC = "public"


@dataclass(frozen=True)
class TypePolicy:
    """The entry of one type: ``rows`` has for each group the word for its rows, ``masked`` for each field and group the level."""

    name: str
    title: str
    open: bool
    rows: Mapping[str, str]
    fields: tuple[str, ...]
    leads: tuple[str, ...]
    masked: Mapping[str, Mapping[str, str]]

    def sees(self, group: str) -> bool:
        """Whether a group sees any row."""
        return self.open or group == NATIONAL or group in self.rows

    @property
    def withheld(self) -> bool:
        """Whether the rows are withheld even from the national federation."""
        return NATIONAL in self.rows

    def level(self, field: str, group: str) -> str:
        """How a group that sees a row sees a field of it."""
        return self.masked[field].get(group, "hidden") if field in self.masked else "clear"

    @property
    def shown(self) -> tuple[str, ...]:
        """All fields that are values."""
        return (*self.fields, *self.masked)


@dataclass(frozen=True)
class PolicyTable:
    """The whole table: types of rows, types that are none, what is revealed to whom."""

    groups: Mapping[str, str]
    types: Mapping[str, TypePolicy]
    others: Mapping[str, TypePolicy]
    reveal: Mapping[str, frozenset[str]]
    words: Mapping[str, str]
    reach: Mapping[str, str]


def read() -> PolicyTable:
    """The table. A word that the table may not use is an error."""
    table = tomllib.loads(PLACE.read_text())
    groups, reveal, words, reach = (table.pop(name) for name in ("groups", "reveal", "words", "reach"))
    types, others = {}, {}
    for name, given in table.items():
        entry = _entry(name, given, groups, words)
        (others if "why" in given else types)[name] = entry
    return PolicyTable(
        groups, types, others, {field: frozenset(who.split()) for field, who in reveal.items()}, words, reach
    )


def _entry(name: str, given: Mapping[str, Any], groups: Mapping[str, str], words: Mapping[str, str]) -> TypePolicy:
    unknown = set(given) - {"title", "why", "rows", "fields", "leads", "masked"}
    assert not unknown, f"{PLACE.name}: [{name}] has {unknown}, which mean nothing"
    rows = given.get("rows", {})
    masked = {}
    for field, levels in given.get("masked", {}).items():
        masked[field] = dict.fromkeys(groups, levels) if isinstance(levels, str) else levels
        assert set(masked[field].values()) <= set(LEVELS), f"{PLACE.name}: {name}.{field} has no such level"
        assert set(masked[field]) <= set(groups), f"{PLACE.name}: {name}.{field} names no such group"
    assert rows == OPEN or set(rows.values()) <= set(words), (
        f"{PLACE.name}: {name}.rows uses a word that [words] has not"
    )
    assert rows == OPEN or set(rows) <= set(groups), f"{PLACE.name}: {name}.rows names no such group"
    return TypePolicy(
        name,
        given.get("title") or given["why"],
        rows == OPEN,
        {} if rows == OPEN else rows,
        tuple(given.get("fields", "").split()),
        tuple(given.get("leads", "").split()),
        masked,
    )


def object_types(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    """The schema's own object types but pages and their rows, which have the same four fields everywhere."""
    for name, type_ in sorted(schema.type_map.items()):
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__") and not is_page(type_):
            yield type_


def is_page(type_: GraphQLObjectType) -> bool:
    """Whether a type is a page of a list or a row of one, and nothing else: their fields are those of the rows."""
    return (
        type_.name.endswith("Connection") and set(type_.fields) == {"edges", "nodes", "pageInfo", "totalCount"}
    ) or (type_.name.endswith("Edge") and set(type_.fields) == {"cursor", "node"})


def missing(schema: GraphQLSchema, policy: PolicyTable) -> list[str]:
    """Differences between the schema and the table, each with what to add and where."""
    known = {**policy.types, **policy.others}
    found = []
    for type_ in object_types(schema):
        values = [name for name, field in type_.fields.items() if is_leaf_type(get_named_type(field.type))]
        leads = [name for name in type_.fields if name not in values]
        entry = known.get(type_.name)
        if entry is None:
            found.append(
                f"The type {type_.name} is not in {PLACE.name}. Decide who sees its rows and whether any field is personal; add\n"
                f'[{type_.name}]\ntitle = "{type_.description}"\nrows = {{union = "of its unions"}}\n'
                f'fields = "{" ".join(values)}"\nleads = "{" ".join(leads)}"'
            )
            continue
        for kind, has, said in (("fields", values, entry.shown), ("leads", leads, entry.leads)):
            if set(has) - set(said):
                new = " ".join(name for name in has if name not in said)
                other = ", or to `masked` when it is personal" if kind == "fields" else ""
                found.append(f"[{type_.name}] in {PLACE.name} says nothing of: {new}. Add it to `{kind}`{other}.")
            if set(said) - set(has):
                gone = " ".join(name for name in said if name not in has)
                found.append(f"[{type_.name}] in {PLACE.name} has {gone}, which the schema has not (in `{kind}`).")
    names = {type_.name for type_ in object_types(schema)}
    found.extend(f"[{name}] in {PLACE.name} is no type of the schema." for name in known if name not in names)
    return found
