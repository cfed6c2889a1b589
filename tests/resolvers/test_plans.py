"""Plans with their SQL, and answers, beside their queries in ``snapshots/``: a change of any is seen in review. UPDATE_PLANS=1 writes
them anew."""

import json
import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from graphql import parse

import resolvers.engine.execute.engine as engine_module
from resolvers import overdue
from resolvers.access.callers import Lens
from resolvers.cache import Cache
from resolvers.engine.compile.operation import compile_operation
from resolvers.engine.execute.explain import tree
from resolvers.engine.plan.operation import Operation
from resolvers.engine.plan.steps import ComputedStep
from schema import registry, schema
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.parsed_documents import document

ROOT = Path(__file__).parent.parent.parent
SNAPSHOTS = Path(__file__).parent / "snapshots"
"""A folder for each place that has queries; of each query ``NAME.graphql``, ``NAME.plan`` and ``NAME.json``, its answer."""
EXAMPLES = sorted((ROOT / "explorer" / "src" / "examples").glob("*.graphql"))
README = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
CLAUSES = re.compile(r" (?=(?:FROM|WHERE|GROUP BY|ORDER BY|LIMIT|JOIN LATERAL)\b)")
CURSOR = re.compile(r'("\w*[cC]ursor": ")[^"]+')
"""Cursors are sealed with a key of the installation."""
DAY = date(2026, 7, 1)
"""The day on which the queries are answered."""


def operations() -> Iterator[tuple[str, str]]:
    """Names and texts of the operations that people begin with."""
    for path in EXAMPLES:
        yield f"explorer/{path.stem}", path.read_text()
    for language, path in README.items():
        for index, text in enumerate(re.findall(r"```graphql\n(.*?)```", path.read_text(), re.DOTALL)):
            yield f"readme/{language}-{index + 1}", text


OPERATIONS = dict(operations())


def variables(text: str) -> dict[str, Any]:
    """A value for each variable: what it is does not matter to a plan."""
    names = re.findall(r"\$(\w+): String!", text)
    return dict.fromkeys(names, "明")


def plan_of(text: str) -> str:
    """The tree of an operation's plan and, step by step, its SQL."""
    found = document(text)
    (read,) = found.operations.values()
    operation = compile_operation(schema._schema, registry, found, read.node, variables(text), (Lens.EVERYTHING,))
    parts = [tree(operation)]
    for root in operation.roots:
        for step in root.steps.values():
            for below in step.walk():
                if not isinstance(below, ComputedStep):
                    parts += [f"-- {path}\n" + CLAUSES.sub("\n", each.sql) for path, each in below.own().items()]
    return "\n\n".join(parts) + "\n"


def reviewed(name: str, text: str) -> None:
    """Compare with a snapshot; with ``UPDATE_PLANS=1`` write it."""
    path = SNAPSHOTS / name
    if os.environ.get("UPDATE_PLANS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.exists(), "A new operation. Run the tests with UPDATE_PLANS=1 and read what it wrote."
    assert text == path.read_text(), f"{name} has changed. If it should, run the tests with UPDATE_PLANS=1."


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_plan_is_the_one_that_was_reviewed(name: str) -> None:
    text = OPERATIONS[name]
    reviewed(f"{name}.graphql", text)
    reviewed(f"{name}.plan", plan_of(text))


@pytest.mark.parametrize("name", OPERATIONS)
async def test_the_answer_is_the_one_that_was_reviewed(
    caller: EngineClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For one who sees all, on the template federation."""
    for module in (engine_module, overdue):
        monkeypatch.setattr(module, "today", lambda: DAY)
    text = OPERATIONS[name]
    response = await caller.response(text, variables(text))
    assert "errors" not in response
    answer = json.dumps(response, ensure_ascii=False, indent=1)
    reviewed(f"{name}.json", CURSOR.sub(r"\1…", answer) + "\n")


def test_every_snapshot_is_of_an_operation_that_is_there() -> None:
    found = {str(path.relative_to(SNAPSHOTS)) for path in SNAPSHOTS.rglob("*.*")}
    assert found == {f"{name}.{kind}" for name in OPERATIONS for kind in ("graphql", "plan", "json")}
    assert len(EXAMPLES) >= 6


def test_the_same_operation_is_planned_the_same_way_every_time() -> None:
    for text in OPERATIONS.values():
        assert plan_of(text) == plan_of(text)
        assert parse(text)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Operation]:
    """The operations that are compiled during a test."""
    made: list[Operation] = []

    def counted(*args: Any, **options: Any) -> Operation:
        made.append(compile_operation(*args, **options))
        return made[-1]

    monkeypatch.setattr(engine_module, "compile_operation", counted)
    return made


TEXT = """query ($first: Int = 3, $name: String, $ids: [ID!], $filter: MemberFilter, $all: Boolean = true, $order: [MemberOrder!]) {
  members(first: $first, filter: {name: {contains: $name}, id: {in: $ids}, not: $filter}, orderBy: $order) {
    nodes { id name @include(if: $all) }
  }
}"""


async def test_other_values_of_the_same_shape_need_no_other_plan(
    caller: EngineClient, compiled: list[Operation]
) -> None:
    text = TEXT + "# values"
    for first, name, ids in (
        (1, "王", ["mem_1"]),
        (200, "", ["mem_1", "mem_2"]),
        (0, "%", ["mem_ff"]),
        (7, "x" * 1000, ["mem_ff"]),
    ):
        await caller.data(text, {"first": first, "name": name, "ids": ids, "filter": {"name": {"startsWith": name}}})
    assert len(compiled) == 1


async def test_an_operation_without_variables_is_compiled_once(caller: EngineClient, compiled: list[Operation]) -> None:
    for _ in range(3):
        await caller.data("{ members(first: 1) { nodes { birthYearFrom } } }")
    assert len(compiled) == 1


async def test_another_shape_needs_another_plan_and_gets_the_right_answer(
    caller: EngineClient, compiled: list[Operation]
) -> None:
    text = TEXT + "# shapes"
    shapes: tuple[dict[str, Any], ...] = (
        {},
        {"all": False},
        {"first": 2},
        {"order": {"field": "NAME"}},
        {"order": [{"field": "NAME", "direction": "DESC"}]},
        {"filter": {}},
        {"filter": {"sex": {}}},
        {"filter": {"sex": {"eq": "MALE"}}},
        {"filter": {"sex": {"eq": "FEMALE"}}},
        {"filter": {"sex": {"in": ["FEMALE"]}}},
        {"name": ...},
    )
    for _ in range(2):
        given = ({"name": "王"} | shape for shape in shapes)
        answers = [await caller.data(text, {k: v for k, v in each.items() if v is not ...}) for each in given]
    assert len(compiled) == len(shapes) - 1, "only the number of rows differs between the first and the third"
    assert "name" not in answers[1]["members"]["nodes"][0]
    assert len(answers[2]["members"]["nodes"]) == 2
    assert answers[7] != answers[8] == answers[9]


async def test_plans_are_bounded_by_their_memory_and_those_asked_for_again_stay(
    pool: asyncpg.Pool, compiled: list[Operation]
) -> None:
    caller = EngineClient(pool)
    bound = 1_000_000
    caller.engine.plans = Cache(bound, lambda _, plan: plan.weight)
    text = TEXT + "# many"
    filters: list[dict[str, Any]] = [{"and": [{"name": {"contains": "王"}}] * count} for count in range(30)]
    answers = []
    for one in filters:
        answers.append(await caller.data(text, {"filter": one}))
        assert await caller.data(text, {"filter": filters[0]}) == answers[0]
        kept = caller.engine.statistics()
        assert 0 < kept["bytes"] <= bound
    assert kept["kept"] < len(filters) == len(compiled)
    assert await caller.data(text, {"filter": filters[0]}) == answers[0]
    assert len(compiled) == 30, "what is asked for most is kept"


async def test_names_of_operations_that_are_not_there_leave_nothing_behind(pool: asyncpg.Pool) -> None:
    caller = EngineClient(pool)
    text = "query A { viewer { persona } } # names"
    for number in range(50):
        assert (await caller.response(text, name=f"B{number}"))["errors"]
    await caller.response(text, name="A")
    assert caller.engine.statistics()["kept"] == 1


async def test_no_part_of_a_plan_is_as_long_as_what_a_caller_sends(
    caller: EngineClient, compiled: list[Operation]
) -> None:
    text = "query ($ids: [ID!], $names: [String!]) { members(filter: {id: {in: $ids}, name: {in: $names}}) { totalCount } }"
    for count in (1, 2, 1_000):
        await caller.data(text, {"ids": ["mem_1"] * count, "names": ["x"] * count})
    assert len(compiled) == 1
