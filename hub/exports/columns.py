"""The columns of a table: what a query selects on a row of its list, single records within it included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from hub.exports.forms import Codes, Form, Format, Headings
from resolvers.engine.compile.exported_list import ExportedList, has_list
from resolvers.errors import HubError
from resolvers.unknown_codes import chinese as chinese_part

KEYS, KEY = "keys", "StatisticsKey"
"""The field of a statistic's group with the value of each dimension, and its type: the one list that becomes columns."""

SEPARATOR = " / "
"""Between the descriptions of a record and of its field, and between the values of a list in one cell."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: where its value is in a row, its heading, and the GraphQL type of its value.

    ``path`` has the response keys that lead to the value, and places in lists. ``labels`` are written in place of codes.
    """

    path: tuple[str | int, ...]
    heading: str
    type_name: str
    labels: dict[str, str] | None = None

    def value(self, row: Any) -> Any:
        """The value in a row; None where a record on the way is null, or of a type that has no such field."""
        for key in self.path:
            if row is None:
                return None
            row = row.get(key) if isinstance(key, str) else row[key]
        return row

    @property
    def is_text(self) -> bool:
        """Whether its values are free of form: no numbers, days or codes."""
        return self.labels is not None or self.type_name in ("String", "ID")


def columns_of(exported: ExportedList, schema: GraphQLSchema, form: Form) -> list[Column]:
    """The columns of a table, in the order of the query.

    Raises:
        HubError: NESTED_LIST: there is a list within the rows. NOT_EXPORTABLE: nothing is selected on them.
    """
    walk = _Walk(exported, schema, form)
    found: dict[tuple[str | int, ...], Column] = {}
    for column in walk.below(exported.type_, exported.nodes, (), ()):
        found.setdefault(column.path, column)
    if not found:
        raise HubError("NOT_EXPORTABLE", "Nothing is selected on the rows. Select at least one field.")
    return _distinct(list(found.values()))


def _distinct(columns: Sequence[Column]) -> list[Column]:
    """The columns, those with the same heading told apart by their paths."""
    headings = [column.heading for column in columns]
    return [
        column
        if headings.count(column.heading) == 1
        else Column(column.path, f"{column.heading} ({dotted(column.path)})", column.type_name, column.labels)
        for column in columns
    ]


def dotted(path: Sequence[str | int]) -> str:
    """A path as it is written: ``organization.name``."""
    return ".".join(map(str, path))


def heading_in(description: str | None, name: str, *, chinese: bool) -> str:
    """The heading in a description, which is written English (中文): without the remarks that follow a semicolon or colon."""
    if not description:
        return name
    text = " ".join(description.split())
    word = chinese_part(text)
    text = word if chinese else text.removesuffix(f"({word})").strip() or text
    for mark in ("；", "：") if chinese else (";", ": ", ". "):
        text = text.partition(mark)[0]
    return text.strip() or name


class _Walk:
    def __init__(self, exported: ExportedList, schema: GraphQLSchema, form: Form) -> None:
        self.exported = exported
        self.schema = schema
        self.form = form

    def below(
        self,
        type_: GraphQLObjectType,
        nodes: Sequence[FieldNode],
        path: tuple[str | int, ...],
        headings: tuple[str, ...],
    ) -> Iterator[Column]:
        """The columns of a record of a type."""
        for key, fields in self.exported.collector.below(type_, nodes).items():
            name, here = fields[0].name.value, (*path, key)
            if name == "__typename":
                yield self.column(here, (*headings, name), "String")
                continue
            field = type_.fields[name]
            named = get_named_type(field.type)
            heading = heading_in(field.description, name, chinese=self.form.chinese)
            if is_leaf_type(named):
                yield self.column(here, (*headings, heading), named.name, named)
            elif named.name == KEY and name == KEYS:
                yield from self.keys(named, fields, here)
            elif has_list(field.type):
                raise self.nested(here, fields[0])
            else:
                for each in self.types_of(named):
                    yield from self.below(each, fields, here, (*headings, heading))

    def keys(
        self, type_: GraphQLNamedType, nodes: Sequence[FieldNode], path: tuple[str | int, ...]
    ) -> Iterator[Column]:
        """The columns of a group's dimensions."""
        assert isinstance(type_, GraphQLObjectType)
        dimension = self.schema.get_type("Dimension")
        assert isinstance(dimension, GraphQLEnumType)
        selected = self.exported.collector.below(type_, nodes)
        names = [fields[0].name.value for fields in selected.values()]
        for place, code in enumerate(self.exported.dimensions):
            title = heading_in(dimension.values[code].description, code, chinese=self.form.chinese)
            for column in self.below(type_, nodes, (*path, place), (title,)):
                (name,) = {
                    fields[0].name.value for key, fields in selected.items() if key == column.path[len(path) + 1]
                }
                if name == "dimension" and len(names) > 1:
                    continue
                is_alone = len(set(names) - {"dimension"}) == 1 and len(column.path) == len(path) + 2
                yield self.named(column, title, code) if is_alone else self.named(column, column.heading, code)

    def named(self, column: Column, title: str, code: str) -> Column:
        """A column of a dimension under its heading: by descriptions its ``title``, by paths the dimension's code."""
        if self.form.headings is Headings.DESCRIPTIONS:
            return Column(column.path, title, column.type_name, column.labels)
        keys, _, *rest = column.path
        return Column(column.path, dotted((keys, code, *rest)), column.type_name, column.labels)

    def column(
        self,
        path: tuple[str | int, ...],
        headings: tuple[str, ...],
        type_name: str,
        type_: GraphQLNamedType | None = None,
    ) -> Column:
        """The column of one value."""
        described = self.form.headings is Headings.DESCRIPTIONS
        labels = None
        if isinstance(type_, GraphQLEnumType) and self.form.codes is Codes.LABELS:
            labels = {
                code: heading_in(value.description, code, chinese=self.form.chinese)
                for code, value in type_.values.items()
            }
        return Column(path, SEPARATOR.join(headings) if described else dotted(path), type_name, labels)

    def nested(self, path: Sequence[str | int], node: FieldNode) -> HubError:
        """The refusal of a list within the rows."""
        return HubError(
            "NESTED_LIST",
            f"`{dotted((self.exported.path, *path))}` is a list, and a table has one row for each record. Leave it out, or ask for NDJSON "
            f"(`Accept: {Format.NDJSON.value}`), whose rows may have lists.",
            nodes=node,
        )

    def types_of(self, type_: GraphQLNamedType) -> Sequence[GraphQLObjectType]:
        """The types that a record may have."""
        if is_abstract_type(type_):
            return self.schema.get_possible_types(type_)
        assert isinstance(type_, GraphQLObjectType)
        return [type_]
