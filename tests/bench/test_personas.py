"""Benchmarks as other personas: what they ask, and what is said of it."""

import random
from collections.abc import Callable
from dataclasses import fields, replace
from io import StringIO
from itertools import islice

import pytest
from graphql import parse, validate
from rich.console import Console

from bench import memory, personas, root_lists
from bench.cells import without_neighbours
from bench.database import Database
from bench.root_lists import Cost, misses
from bench.rows_read import Read
from bench.workload import masked
from db.demo.personas import PERSONAS
from hub.authentication import demonstration_tokens
from schema import registry, schema


def test_each_persona_of_a_benchmark_has_a_token_and_the_federations_a_union() -> None:
    assert set(personas.SERVED.values()) == demonstration_tokens.PERSONAS.keys()
    assert all(PERSONAS[personas.SERVED[name]].organization == personas.UNIONS[name] for name in personas.FEDERATIONS)


def test_names_of_members_are_masked_in_the_answers_of_peers_and_nothing_else() -> None:
    member = {"id": "mem_1f", "name": "欧阳明", "sex": "MALE"}
    union = {"id": "org_1", "name": "总工会", "members": {"nodes": [member, {"name": "无号"}]}}
    assert masked({"nodes": [union]}) == {
        "nodes": [{**union, "members": {"nodes": [{**member, "name": "欧*"}, {"name": "无号"}]}}]
    }


def test_rows_are_added_up_over_loops_with_those_that_were_dropped() -> None:
    rows = {"Actual Rows": 2, "Actual Loops": 4}
    scan = {"Node Type": "Seq Scan", "Relation Name": "member", "Rows Removed by Filter": 3, **rows}
    bitmap = {"Node Type": "Bitmap Index Scan", "Index Name": "ix_member", **rows}
    joined = {"Node Type": "Hash", "Plans": [scan, bitmap], **rows}
    read = Read()
    blocks = {"Shared Hit Blocks": 5, "Shared Read Blocks": 1}
    read.add({"Node Type": "Nested Loop", "Plans": [scan, joined], **rows, **blocks})
    assert (read.rows, read.blocks) == (20 + 20 + 8, 6)


def test_what_costs_more_at_the_larger_size_or_too_much_for_a_first_page_is_named() -> None:
    small = Cost("city", "members", "page", 10, cpu=2.0, rows=1_000)
    counts = [Cost("city", "members", "count", size, cpu=2.0, in_sight=size) for size in (10, 100)]

    def missed(**changes: object) -> list[str]:
        return misses([small, *counts, replace(small, members=100, **changes)], [10, 100])  # type: ignore[arg-type]

    assert not missed(cpu=2.9)
    assert missed(cpu=3.1) == ["city: members, page: 2.0 → 3.1 ms, 1,000 → 1,000 rows, 10 → 100 in sight"]
    assert missed(rows=1_601) == ["city: members, page: 2.0 → 2.0 ms, 1,000 → 1,601 rows, 10 → 100 in sight"]
    assert missed(cpu=5.1)[0] == "city: members, page at 100: 5.1 ms"
    assert not missed(code="QUERY_TIMEOUT")


@pytest.mark.parametrize("asked", [None, "statistic"])
def test_documents_that_fill_the_caches_are_valid_and_different(asked: str | None) -> None:
    if asked is None:
        found = list(islice(memory.documents(10_000, seed=3), 40))
    else:
        found = [f"{{ {memory.statistic(random.Random(number))} }}" for number in range(10)]
    assert len(set(found)) == len(found)
    for text in found:
        assert not validate(schema._schema, parse(text)), text


def test_statistics_without_neighbours_are_otherwise_the_same() -> None:
    for kind, bare in without_neighbours().statistics.items():
        statistic = registry.statistics[kind]
        assert not bare.is_personal
        assert all(getattr(bare, each.name) is getattr(statistic, each.name) for each in fields(statistic))
    assert any(statistic.is_personal for statistic in registry.statistics.values())


def test_root_lists_are_asked_as_each_persona(template: str, kept_database: Callable[[str], str]) -> None:
    printed = StringIO()
    database = Database(kept_database(template), 2_500, 0)
    names = ["nation", "province", "analyst"]
    found = root_lists.measure([database], names, ["members", "venues"], 1, Console(file=printed, width=150))
    by_key = {(cost.persona, cost.list, cost.question): cost for cost in found}
    assert len(by_key) == len(found) == 12
    nation, province = (by_key[name, "members", "count"] for name in names[:2])
    assert nation.in_sight is not None
    assert province.in_sight is not None
    assert 0 < province.in_sight < nation.in_sight <= 2_500
    assert all(cost.rows > 0 and cost.blocks > 0 and cost.cpu > 0 for cost in (nation, province))
    assert by_key["analyst", "members", "page"].code == "AGGREGATES_ONLY"
    assert by_key["analyst", "venues", "page"].code is None
    assert "As province" in printed.getvalue()
