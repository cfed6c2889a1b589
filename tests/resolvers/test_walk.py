"""The walk of one query through the engine: in the order of the stages, with few returns, as docs/engine.md tells it."""

import re
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from graphql import parse

from resolvers.access.callers import Lens
from resolvers.engine.compile.operation import compile_operation
from resolvers.engine.execute.explain import tree
from schema import registry, schema
from tests.resolvers.engine_client import NATIONAL, EngineClient
from tests.resolvers.parsed_documents import document
from tests.resolvers.walk import Walk

PAGE = (Path(__file__).parents[2] / "docs" / "engine.md").read_text()
QUERY = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)[0]
MOST = 6
"""Returns that the first request may make."""

CASE = """
    SELECT organization_id FROM dispute_case
    WHERE cause = 'UNPAID_WAGES' AND closed_on IS NULL AND received_on <= current_date GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""


@pytest.fixture
async def walks(pool: asyncpg.Pool) -> list[Walk]:
    """The walks of the first request of the query and of the next one, on an engine without plans."""
    caller, variables = EngineClient(pool, seconds=60), {"id": f"org_{await pool.fetchval(CASE):x}"}
    found = []
    for _ in range(2):
        walk = Walk()
        with walk.followed():
            response = await caller.response(QUERY, variables, caller=replace(NATIONAL))
        assert "errors" not in response
        assert response["data"]["organization"]["disputeCases"]["nodes"][0]["overdue"] in (True, False)
        found.append(walk)
    return found


def told(module: str) -> str:
    """A module as the page names it."""
    return module.removeprefix("engine/") if module.startswith("engine/") else f"resolvers/{module}"


async def test_one_list_with_a_computed_field_returns_to_few_modules(walks: list[Walk]) -> None:
    first, next_ = ([told(stop.module) for stop in walk.stops() if stop.returns] for walk in walks)
    assert len(first) <= MOST, first
    assert len(next_) <= 2, next_
    back = re.findall(r"with \d returns: (.*?)\. Every other", PAGE, re.DOTALL)[0]
    assert set(first) <= set(re.findall(r"`([\w/]+\.py)`", back)), (
        "docs/engine.md names the modules that a reader returns to"
    )


async def test_the_parts_of_a_request_follow_each_other_and_a_kept_plan_is_not_compiled(walks: list[Walk]) -> None:
    order = ["request", "compile", "execute"]
    stages = [
        [stage for part in walk.parts if (stage := part.removeprefix("engine/").split("/")[0]) in order]
        for walk in walks
    ]
    assert stages[0] == sorted(stages[0], key=order.index), list(walks[0].parts)
    assert "compile" not in stages[1]
    assert [part for part in walks[0].parts if part.startswith("engine/execute")] == [
        part for part in walks[1].parts if part.startswith("engine/execute")
    ]


async def test_the_page_names_every_stop_in_order(walks: list[Walk]) -> None:
    walked = list(dict.fromkeys(told(stop.module) for stop in walks[0].stops()))
    text = PAGE[PAGE.index("**HTTP.**") : PAGE.index("**How far one walks.**")]
    missing = [each for each in walked if f"`{each}`" not in text and each != "resolvers/access/federation.py"]
    assert not missing, "docs/engine.md does not tell of these modules"
    steps = [re.search(r"`([\w/]+\.py)`", step) for step in re.findall(r"^\d+\. (.*)", text, re.MULTILINE)]
    heads = [step[1] for step in steps if step is not None]
    assert heads == sorted(heads, key=walked.index), walked


def test_the_page_shows_the_plan_as_it_is() -> None:
    found = document(QUERY)
    (read,) = found.operations.values()
    operation = compile_operation(schema._schema, registry, found, read.node, {"id": "org_1"}, (Lens.EVERYTHING,))
    shown = re.findall(r"^( *)```text\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
    assert tree(operation) in [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE).strip() for indent, text in shown]
    assert parse(QUERY)
