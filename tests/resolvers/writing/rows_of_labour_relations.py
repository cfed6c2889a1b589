"""Rows of agreements, cases and their parts, of one union; what they refer to is written first."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tests.resolvers.writing.conftest import Writers, outcomes
from tests.resolvers.writing.test_agreements import agreement
from tests.resolvers.writing.test_disputes import case
from tests.resolvers.writing.test_employers import employer

Row = dict[str, Any]
DAY = "2025-04-18"


async def labour_rows(writers: Writers, name: str, number: int, place: Mapping[str, Any] | None = None) -> list[Row]:
    """As many rows of a kind, of records that are not there yet; by default of the county."""
    place = place or writers.county
    own = {"union": place["name"], "division": place["code"]}
    if name == "agreements":
        return [agreement(writers, **own, employer_side="示例企业联合会") for _ in range(number)]
    if name == "dispute-cases":
        return [_case(writers, own) for _ in range(number)]
    whole = agreement(writers, **own) if name.startswith("agreement") else _case(writers, own)
    await _write(writers, "agreements" if name.startswith("agreement") else "dispute-cases", place, [whole])
    if name == "agreement-coverage":
        units = [employer(writers, **own) for _ in range(number)]
        await _write(writers, "employers", place, units)
        return [
            {"agreement": whole["number"], "employer": each["credit_code"], "worker_count": "80人"} for each in units
        ]
    if name == "case-claims":
        wholes = [_case(writers, own, amount_claimed=None) for _ in range(number)]
        await _write(writers, "dispute-cases", place, wholes)
        return [{"case": each["number"], "kind": "工资", "amount": "1200"} for each in wholes]
    # the latest step first: it changes the state of the whole
    return [_part(name, whole["number"], each) for each in reversed(range(number))]


def _case(writers: Writers, own: Mapping[str, Any], **more: Any) -> Row:
    row = case(writers, ({"resident_number": None}, {"credit_code": None}), **own, respondent="个体经营者", **more)
    return row | {"claimant": "甲某"}


def _part(name: str, whole: str, place: int) -> Row:
    parts: Mapping[str, Row] = {
        "agreement-parties": {"agreement": whole, "side": "用人单位方", "name": f"示例协会{place}", "chief_representative": "李示例"},
        "agreement-steps": {
            "agreement": whole, "status": ("有异议", "审查中", "已报送", "已签订")[place % 4],
            "occurred_on": str(date(2024, 5, 13) + timedelta(place // 4)),
        },
        "case-parties": {"case": whole, "role": "申请人", "name": f"工人{place}"},
        "case-steps": {
            "case": whole, "phase": "仲裁", "status": ("办理中", "已受理")[place % 2],
            "occurred_on": str(date(2025, 3, 15) + timedelta(place // 2)),
        },
        "case-recoveries": {"case": whole, "kind": "工资", "amount": "80", "received_on": DAY, "source_system": "清欠平台"},
    }  # fmt: skip
    row = parts[name]
    if name == "case-recoveries":
        row |= {"source_number": f"{whole}/{place}"}
    return row


async def _write(writers: Writers, kind: str, place: Mapping[str, Any], rows: list[Row]) -> None:
    result = await writers.write(kind, *rows, caller=writers.caller(place["id"]))
    assert set(outcomes(result)) == {"NEW"}, result.rows[0]
