"""The example operations of the explorer, against the schema that is checked in and on a hub."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema, NoDeprecatedCustomRule, build_schema, parse, specified_rules, validate

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "explorer" / "src" / "examples"
EXAMPLES = sorted(FOLDER.glob("*.graphql"))
WIDTH = 62
"""Characters of a line that an editor shows beside the answer on a screen of 1440 pixels."""

by_name = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema.graphql").read_text())


@by_name
def test_an_example_is_valid_against_the_schema_and_uses_nothing_deprecated(
    example: Path, schema: GraphQLSchema
) -> None:
    assert validate(schema, parse(example.read_text()), [*specified_rules, NoDeprecatedCustomRule]) == []


@by_name
def test_an_example_is_one_named_operation_with_a_comment_before_it_that_fits_the_editor(example: Path) -> None:
    text = example.read_text()
    assert text.startswith("# ")
    assert len(re.findall(r"^query [A-Z]\w+", text, re.MULTILINE)) == 1
    assert max(map(len, text.splitlines())) <= WIDTH


def test_every_example_is_in_the_list() -> None:
    text = (FOLDER / "index.ts").read_text()
    imported = dict(re.findall(r'import (\w+) from "\./(\w+\.graphql)\?raw"', text))
    assert sorted(imported.values()) == [path.name for path in EXAMPLES]
    assert sorted(re.findall(r"general\(t\(.*\), (\w+)[,)]", text)) == sorted(imported)
    assert len(EXAMPLES) >= 5


@by_name
def test_an_example_finds_something_in_the_demonstration(example: Path, hub_url: str, hub_token: str) -> None:
    text = example.read_text()
    variables = {"name": "明"} if "$name" in text else {}
    response = httpx.post(
        f"{hub_url}/graphql",
        json={"query": text, "variables": variables},
        headers={"authorization": f"Bearer {hub_token}"},
        timeout=30,
    )
    assert response.status_code == 200
    answer = response.json()
    assert "errors" not in answer
    found = list(lists(answer["data"]))
    assert found
    assert [] not in found


def lists(data: Any) -> Iterator[list[Any]]:
    """The lists of an answer that stand in no other list."""
    for value in data.values():
        if isinstance(value, list):
            yield value
        elif isinstance(value, dict):
            yield from lists(value)
