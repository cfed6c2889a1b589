"""Collective agreements, their parties, coverage and steps are written in batches: new, same, changed, refused, with every fault."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any

import pytest

from tests.resolvers.writing.conftest import Writers, codes, outcomes
from tests.resolvers.writing.test_employers import employer

NUMBERS = count(1)


@pytest.fixture(scope="session")
async def unit(writers: Writers) -> dict[str, Any]:
    """An employer of the county."""
    row = employer(writers)
    assert outcomes(await writers.write("employers", row)) == ["NEW"]
    return row


def agreement(writers: Writers, unit: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """An agreement in force, without a fault."""
    return {
        "number": f"集测〔2024〕{next(NUMBERS)}号", "title": "工资专项集体合同", "kind": "工资专项集体合同", "status": "生效",
        "union": writers.county["name"], "union_representative": "张示例", "employer": unit and unit["credit_code"],
        "division": writers.county["code"], "worker_count": "126人", "requested_on": "2024-03-01", "replied_on": "2024-03-08",
        "signed_on": "2024年4月20日", "submitted_on": "2024-04-25", "received_on": "2024-04-26", "effective_on": "2024-05-12",
        "term_to": "2099-05-12", **more,
    }  # fmt: skip


def under_way(writers: Writers, **more: Any) -> dict[str, Any]:
    """An agreement that is not signed: it has no number yet."""
    return {
        "source_system": "省平台", "source_number": f"P{next(NUMBERS)}", "title": "集体合同", "kind": "综合集体合同",
        "status": "已提出要约", "union": writers.county["name"], "division": writers.county["code"], "worker_count": 30,
        "requested_on": "2025-03-01", **more,
    }  # fmt: skip


async def rows(writers: Writers, table: str, key: int | None) -> list[dict[str, Any]]:
    """The parts of an agreement."""
    found = await writers.pool.fetch(f"SELECT * FROM {table} WHERE agreement_id = $1 ORDER BY id", key)
    return [dict(each) for each in found]


async def steps_of(writers: Writers, key: int | None) -> list[tuple[str, str]]:
    found = await rows(writers, "agreement_step", key)
    return sorted([(str(each["occurred_on"]), each["status"]) for each in found])


async def test_an_agreement_is_new_then_the_same_then_changed(writers: Writers, unit: Any) -> None:
    row = agreement(writers, unit, employer_representative="李示例")
    first = await writers.write("agreements", row)
    assert outcomes(first) == ["NEW"], first
    key = first.rows[0].id
    stored = await writers.pool.fetchrow("SELECT * FROM collective_agreement WHERE id = $1", key)
    assert (stored["organization_id"], stored["term_from"]) == (writers.county["id"], date(2024, 5, 12))
    union, other = await rows(writers, "agreement_party", key)
    assert (union["side"], union["name"], union["chief_representative"]) == ("UNION", writers.county["name"], "张示例")
    assert (other["side"], other["name"], other["chief_representative"]) == ("EMPLOYER", unit["name"], "李示例")
    (covered,) = await rows(writers, "agreement_coverage", key)
    assert (covered["employer_id"], covered["worker_count"], str(covered["valid_from"])) == (
        other["employer_id"],
        126,
        "2024-05-12",
    )
    assert await steps_of(writers, key) == [
        ("2024-03-01", "REQUESTED"), ("2024-03-08", "REPLIED"), ("2024-04-20", "SIGNED"), ("2024-04-25", "SUBMITTED"),
        ("2024-04-26", "UNDER_REVIEW"), ("2024-05-12", "EFFECTIVE"),
    ]  # fmt: skip

    assert outcomes(await writers.write("agreements", row)) == ["SAME"]
    moved = row | {"signed_on": "2024-04-21", "union_representative": "王示例"}
    assert outcomes(await writers.write("agreements", moved)) == ["CHANGED"]
    assert ("2024-04-21", "SIGNED") in await steps_of(writers, key)
    assert len(await steps_of(writers, key)) == 6
    assert outcomes(await writers.write("agreements", moved)) == ["SAME"]
    ended = moved | {"status": "终止", "term_to": "2025-01-31"}
    assert outcomes(await writers.write("agreements", ended)) == ["CHANGED"]
    assert (await steps_of(writers, key))[-1] == ("2025-01-31", "TERMINATED")
    assert str((await rows(writers, "agreement_coverage", key))[0]["valid_to"]) == "2025-01-31"
    assert outcomes(await writers.write("agreements", ended)) == ["SAME"]
    assert codes(await writers.write("agreements", moved)) == [("STATUS_MISMATCH", "status")]
