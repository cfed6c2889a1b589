"""The benchmark's operations, and the comparison of answers."""

from pathlib import Path

import pytest
from graphql import parse, validate

from bench import by_hand, peer_schema
from bench.nested_scale import sequential
from bench.servers import OPERATIONS
from bench.workload import count_objects, differences, page_size
from schema import schema

FILES = sorted(OPERATIONS.glob("*.graphql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_operation_is_valid_for_the_hub_and_for_its_peer(path: Path) -> None:
    document = parse(path.read_text())
    assert not validate(schema._schema, document)
    assert not validate(peer_schema.schema._schema, document)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_operation_stands_for_the_other_peers_too(path: Path) -> None:
    assert path.stem in by_hand.STATEMENTS
    parse((OPERATIONS / "postgraphile" / path.name).read_text())


def test_equal_answers_have_no_differences() -> None:
    assert not list(differences({"a": [{"id": "1"}]}, {"a": [{"id": "1"}]}))


@pytest.mark.parametrize(
    ("other", "place"),
    [
        ({"a": [{"id": "2", "n": 1}]}, "data.a.0.id"),
        ({"a": [{"id": "1", "n": 1.0}]}, "data.a.0.n"),
        ({"a": [{"n": 1, "id": "1"}]}, "data.a.0"),
        ({"a": []}, "data.a"),
        ({"b": [{"id": "1", "n": 1}]}, "data"),
        ({"a": None}, "data.a"),
    ],
)
def test_a_difference_is_told_with_its_place(other: object, place: str) -> None:
    (found,) = differences({"a": [{"id": "1", "n": 1}]}, other)
    assert found.startswith(f"{place}: ")


def test_objects_are_counted_by_their_ids() -> None:
    assert count_objects({"a": {"id": "1", "b": {"nodes": [{"id": "2"}, {"id": "3", "c": None}]}}}) == 3


def test_the_page_size_brings_nearest_to_4400_objects() -> None:
    counties = [5, 1_000, 1_000]
    size = page_size(counties)
    assert size == 200
    assert page_size([100] * 175) == 24


def test_a_sequential_scan_is_found_wherever_it_stands_in_a_plan_unless_the_table_is_small() -> None:
    def scan(table: str) -> dict[str, object]:
        return {"Node Type": "Seq Scan", "Relation Name": table}

    plan = [{"Plan": {"Node Type": "Nested Loop", "Plans": [scan("deadline_rule"), {"Plans": [scan("membership")]}]}}]
    assert list(sequential(plan)) == ["membership"]
    assert not list(sequential([{"Plan": {"Node Type": "Index Scan", "Relation Name": "membership"}}]))
