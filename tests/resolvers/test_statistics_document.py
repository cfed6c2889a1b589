"""``docs/statistics.md`` says what the registry says, in names that the schema has."""

import os
import re

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    parse,
    validate,
)

from hub.messages import CHINESE
from resolvers.code_lists import Dimension, RecordEvent, RecordKind
from resolvers.engine.statistics.dimension_keys import OUT_OF_SIGHT
from schema import registry, schema
from tests.resolvers.statistics_document import MARK, PLACE, table

EXAMPLE = re.compile(r"```graphql\n(.*?)```", re.DOTALL)


def test_the_document_prints_the_registry() -> None:
    """With ``UPDATE_DOCS=1`` it is written anew."""
    introduction, mark, printed = PLACE.read_text().partition(MARK)
    wanted = table(registry.statistics)
    if os.environ.get("UPDATE_DOCS"):
        PLACE.write_text(introduction + wanted)
        return
    assert mark, f"{PLACE.name} has lost the line behind which the table stands"
    assert mark + printed == wanted, (
        "a kind was changed: UPDATE_DOCS=1 pytest tests/resolvers/test_statistics_document.py"
    )


def test_every_name_in_the_table_is_of_the_schema_column_by_column() -> None:
    _, _, printed = PLACE.read_text().partition(MARK)
    rows = [line.strip("| ").split(" | ") for line in printed.splitlines() if line.startswith("| `")]
    kinds, ends, dimensions, measures, events = zip(*rows, strict=True)
    group = schema._schema.type_map["StatisticsGroup"]
    assert isinstance(group, GraphQLObjectType)
    assert [names(cell)[0] for cell in kinds] == values(RecordKind)
    assert {name for cell in dimensions for name in names(cell)} <= set(values(Dimension))
    assert {name for cell in measures for name in names(cell)} <= group.fields.keys() - {"keys"}
    assert {name for cell in events for name in names(cell)} <= set(values(RecordEvent))
    assert all(cell == "no" or "`ENDED`" in having for cell, having in zip(ends, events, strict=True))


def test_every_name_in_the_text_is_of_the_schema_or_a_code_of_an_error() -> None:
    introduction, _, _ = PLACE.read_text().partition(MARK)
    found = {name for name in names(EXAMPLE.sub("", introduction)) if not name.startswith("UNIONHUB_")}
    assert found <= known() | CHINESE.keys() | {OUT_OF_SIGHT}
    assert {"statistics", "asOf", "STATUS", "TOO_MANY_GROUPS"} <= found


def test_the_examples_are_valid() -> None:
    examples = EXAMPLE.findall(PLACE.read_text())
    assert len(examples) == 4
    for example in examples:
        assert validate(schema._schema, parse(example)) == []


def names(text: str) -> list[str]:
    """The names in a text, each between backticks, also as ``name: value``."""
    return [name for code in re.findall(r"`([A-Za-z_]+(?:: [A-Z_]+)?)`", text) for name in code.split(": ")]


def values(terms: type[Dimension] | type[RecordEvent] | type[RecordKind]) -> list[str]:
    """The values of an enum of the schema, in their order."""
    found = schema._schema.type_map[terms.__name__]
    assert isinstance(found, GraphQLEnumType)
    return list(found.values)


def known() -> set[str]:
    """The values of enums, and the names of fields and arguments in the schema."""
    found: set[str] = set()
    for type_ in schema._schema.type_map.values():
        if isinstance(type_, GraphQLEnumType):
            found.update(type_.values)
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            found.update(type_.fields, *(field.args for field in type_.fields.values()))
        elif isinstance(type_, GraphQLInputObjectType):
            found.update(type_.fields)
    return found
