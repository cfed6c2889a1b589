"""What statistics count for whom: rows in the persona's sight, by the policy table, and those of unions dissolved below theirs."""

from typing import Any

import asyncpg
import pytest

from db.clock import today
from schema import registry, schema
from tests.access.fixtures import PERSONAS, AccessFixtures
from tests.access.policy_reference import PolicyReference, groups_of
from tests.access.policy_table import PolicyTable
from tests.access.test_matrix import TABLES
from tests.resolvers import sql_reference
from tests.resolvers.engine_client import EngineClient

KINDS = sorted(schema._schema.type_map["RecordKind"].values)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["public", *PERSONAS])
async def test_statistics_count_no_row_beyond_a_personas_sight(
    hub: EngineClient,
    fixtures: AccessFixtures,
    policy: PolicyTable,
    owner: asyncpg.Pool,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """Of every kind: no more than the reference allows, and none where it allows none."""

    below = sql_reference.below

    async def ever_below(db: asyncpg.Pool, union: int, hierarchy: str, _: Any) -> set[int]:
        return await below(db, union, hierarchy, today()) | await sql_reference.ever_below(db, union, hierarchy)

    caller = fixtures.callers[name]
    now = PolicyReference(owner, policy, TABLES, caller, today())
    kinds = {kind: registry.statistics[kind].model.__name__ for kind in KINDS}
    here = {kind: len(await now.rows(typename)) for kind, typename in kinds.items()}
    with monkeypatch.context() as patch:
        patch.setattr("tests.access.policy_reference.sql_reference.below", ever_below)
        ever = PolicyReference(owner, policy, TABLES, caller, today())
        most = {kind: len(await ever.rows(typename)) for kind, typename in kinds.items()}
    seen = 0
    for kind, typename in kinds.items():
        text = f"{{ statistics(kind: {kind}) {{ total {{ records }} }} }}"
        data = (await hub.response(text, caller=caller))["data"]
        records = data["statistics"]["total"]["records"]
        if groups_of(caller) == ["public"] and not policy.types[typename].open:
            every = await owner.fetchval(f"SELECT count(*) FROM {TABLES[typename]}")
            assert records is None or 10 <= records <= every + 12, (kind, records)
        else:
            assert records is not None
            assert records <= max(here[kind], most[kind]), (kind, records)
            assert records == 0 or any(policy.types[typename].sees(group) for group in groups_of(caller)), kind
            seen += records > 0
    assert seen or name in ("public", "analyst")


@pytest.mark.parametrize("name", ["national", "weihai", "member", "public"])
async def test_every_measure_of_every_kind_is_answered(hub: EngineClient, fixtures: AccessFixtures, name: str) -> None:
    """No measure is a fault of ours, whoever asks."""
    for kind in KINDS:
        known, rates = registry.statistics[kind].measures, registry.statistics[kind].rates
        measures = " ".join(camel(measure) for measure in ("records", *known, *rates))
        event = next((f", event: {measure.event}" for measure in known.values() if measure.event), "")
        event += ', from: "2025-01-01", until: "2026-01-01"' if event else ""
        text = f"{{ statistics(kind: {kind}{event}) {{ total {{ {measures} }} groups {{ {measures} }} }} }}"
        response = await hub.response(text, caller=fixtures.callers[name])
        assert "errors" not in response, (kind, response)


def camel(measure: str) -> str:
    """A measure as the schema names it."""
    first, *rest = measure.split("_")
    return first + "".join(part.capitalize() for part in rest)
