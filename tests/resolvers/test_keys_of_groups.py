"""Keys of groups given back to `where` count the same; every code of a list has its label; unknown codes are refused alike."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from db.columns.industries import INDUSTRIES
from resolvers.engine.declare.columns import expression
from resolvers.engine.declare.statistics import Ref
from resolvers.engine.statistics.time_buckets import TIMES
from resolvers.suggestions import suggestions_allowed
from resolvers.unknown_codes import list_of
from schema import registry
from tests.resolvers.engine_client import EngineClient
from tests.resolvers.personas import callers_of
from tests.resolvers.test_bad_input import refused

ASKED = """query ($kind: RecordKind!, $by: [Dimension!], $where: [DimensionFilter!], $from: Date, $until: Date, $within: ID) {
    statistics(kind: $kind, groupBy: $by, where: $where, from: $from, until: $until, within: $within) {
        total { records } groups { keys { value label } records } } }"""
MOST = 4
"""Groups of one dimension whose keys are tried: the first, the last, and those without a value."""


def tried(groups: list[Any]) -> list[Any]:
    """The groups whose keys are sent back, those with records first."""
    odd = [group for group in groups if group["keys"][0]["value"] in (None, "OUT_OF_SIGHT")]
    return [*odd, *sorted(groups, key=lambda group: -group["records"])[: MOST - 2], *groups[-1:]]


async def given_back(asking: EngineClient, given: Mapping[str, Any], dimension: str, **more: Any) -> int:
    """Send keys of groups back to `where`, alone and all at once; how many were sent."""

    async def counted(values: list[Any]) -> int:
        where = [{"dimension": dimension, "in": values}]
        response = await asking.response(ASKED, {**given, "where": where}, **more)
        assert "errors" not in response, (response, given, where)
        found: int = response["data"]["statistics"]["total"]["records"]
        return found

    response = await asking.response(ASKED, {**given, "by": [dimension]}, **more)
    assert "errors" not in response, (response, given, dimension)
    groups = tried(response["data"]["statistics"]["groups"])
    figures = {group["keys"][0]["value"]: group["records"] for group in groups}
    for value, records in figures.items():
        assert await counted([value]) == records, (given, dimension, value)
    assert await counted(list(figures)) == sum(figures.values()), (given, dimension)
    return len(figures)


@pytest.mark.parametrize("kind", sorted(registry.statistics))
async def test_a_key_of_a_group_picks_the_group(caller: EngineClient, kind: str) -> None:
    period = {"from": "2024-07-01", "until": "2025-07-01"}
    for dimension in registry.statistics[kind].dimensions:
        await given_back(caller, {"kind": kind}, dimension)
    for dimension in (*TIMES, "CHILD_DIVISION"):
        if dimension != "DAY":
            await given_back(caller, {"kind": kind, **period}, dimension)
    await given_back(caller, {"kind": kind, "from": "2025-03-01", "until": "2025-03-10"}, "DAY")


async def test_a_key_of_a_child_of_a_union_picks_the_child(caller: EngineClient) -> None:
    within = {"kind": "MEMBERSHIPS", "within": await union(caller, "浙江省总工会")}
    assert await given_back(caller, within, "CHILD_ORGANIZATION") > 2
    assert await given_back(caller, within, "CHILD_DIVISION") > 2


async def union(caller: EngineClient, name: str) -> str:
    data = await caller.data(
        "query ($name: String) { organizations(filter: {name: {eq: $name}}) { nodes { id } } }", {"name": name}
    )
    found: str = data["organizations"]["nodes"][0]["id"]
    return found


async def test_the_key_of_rows_out_of_sight_picks_them(caller: EngineClient, pool: asyncpg.Pool) -> None:
    callers = await callers_of(pool)
    hidden = 0
    for persona in ("city", "industry", "mediator", "hr"):
        for kind, statistic in registry.statistics.items():
            for dimension in (name for name, found in statistic.dimensions.items() if isinstance(found, Ref)):
                given = {"kind": kind, "by": [dimension]}
                response = await caller.response(ASKED, given, caller=callers[persona])
                groups = response["data"]["statistics"]["groups"]
                records = sum(group["records"] for group in groups if group["keys"][0]["value"] == "OUT_OF_SIGHT")
                hidden += records
                if records:
                    await given_back(caller, {"kind": kind}, dimension, caller=callers[persona])
    assert hidden > 0


async def test_an_empty_value_is_asked_for_by_null(caller: EngineClient, pool: asyncpg.Pool) -> None:
    """Case 16: 64 of 68 donations have no donor."""
    text = """query ($of: [String]!) { statistics(kind: DONATIONS, where: [{dimension: DONOR, in: $of}]) { total { records } }
        literal: statistics(kind: DONATIONS, where: [{dimension: DONOR, in: [null]}]) { total { records } } }"""
    data = await caller.data(text, {"of": [None]})
    empty = await pool.fetchval("SELECT count(*) FROM donation WHERE donor_name IS NULL")
    assert data["statistics"]["total"]["records"] == data["literal"]["total"]["records"] == empty > 0
    everything = await caller.data(text, {"of": []})
    assert everything["statistics"]["total"]["records"] == 0


async def test_industries_have_labels_and_others_are_refused(caller: EngineClient) -> None:
    """Case 12."""
    data = await caller.data(ASKED, {"kind": "EMPLOYERS", "by": ["INDUSTRY"]})
    labels = {key["value"]: key["label"] for group in data["statistics"]["groups"] for key in group["keys"]}
    assert labels.pop(None, None) is None
    assert labels == {code: INDUSTRIES[code] for code in labels}
    assert labels["G54"] == "Road transport (道路运输业)"
    for value in ("G", "G-54", "g54", "X99", ""):
        await refused(caller, "UNKNOWN_CODE", ASKED, {"kind": "EMPLOYERS", "where": [where("INDUSTRY", value)]})
    transport = '{ employers(filter: {industry: {startsWith: "G"}}) { totalCount } }'
    assert (await caller.data(transport))["employers"]["totalCount"] > 0


def where(dimension: str, *values: str) -> dict[str, Any]:
    return {"dimension": dimension, "in": list(values)}


def test_every_code_has_a_label_in_both_languages() -> None:
    for statistic in registry.statistics.values():
        for name, declared in statistic.dimensions.items():
            codes = None if isinstance(declared, Ref) else list_of(expression(declared).type)
            for code, label in {} if codes is None else codes.labels.items():
                assert label != code, (statistic.kind, name, code)
                assert label.endswith(")") or label.isascii(), (statistic.kind, name, label)
                assert any("\u4e00" <= letter <= "\u9fff" for letter in label), (statistic.kind, name, label)


@pytest.mark.parametrize("kind", sorted(registry.statistics))
async def test_an_unknown_code_is_refused_by_every_dimension_with_codes(caller: EngineClient, kind: str) -> None:
    for name, declared in registry.statistics[kind].dimensions.items():
        codes = None if isinstance(declared, Ref) else list_of(expression(declared).type)
        if codes is not None:
            given = {"kind": kind, "where": [where(name, "NO_SUCH_CODE")]}
            (error,) = await refused(caller, "UNKNOWN_CODE", ASKED, given)
            assert codes.listed in error["message"]


@pytest.mark.parametrize("field", ["organizations", "employers", "collectiveAgreements"])
@pytest.mark.parametrize("operator", ["eq", "ne", "in", "notIn", "startsWith"])
async def test_an_unknown_industry_is_refused_by_filters(caller: EngineClient, field: str, operator: str) -> None:
    text = f"query ($is: StringFilter) {{ {field}(filter: {{industry: $is}}) {{ totalCount }} }}"
    listed = operator in ("in", "notIn")
    await refused(caller, "UNKNOWN_CODE", text, {"is": {operator: ["G54", "G-54"] if listed else "G-54"}})
    await caller.data(text, {"is": {operator: ["G54", "H62"] if listed else "G54"}})


@pytest.mark.parametrize(
    ("sent", "near"),
    [
        ("G", "G53 (铁路运输业), G54 (道路运输业) or G55"),
        ("G-54", "G54 (道路运输业)"),
        ("g54", "G54"),
        ("道路运输", "G54"),
        ("zzz", None),
    ],
)
async def test_codes_that_are_like_it_are_suggested_where_the_schema_is_told(
    caller: EngineClient, sent: str, near: str | None
) -> None:
    given = {"kind": "EMPLOYERS", "where": [where("INDUSTRY", sent)]}
    for is_open in (False, True):
        before = suggestions_allowed.set(is_open)
        try:
            (error,) = await refused(caller, "UNKNOWN_CODE", ASKED, given)
        finally:
            suggestions_allowed.reset(before)
        assert ("Did you mean" in error["message"]) == (is_open and near is not None)
        assert not is_open or near is None or near in error["message"]
