"""Commands that write records: their inputs are the kinds' columns, their answers the outcomes of the batch."""

from typing import Any

import pytest

from resolvers.access.callers import PUBLIC, Caller
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import camel
from resolvers.writing.kinds import KINDS
from resolvers.writing.values import CodeType
from schema import schema
from schema.writing import plural, record_name, type_of
from tests.resolvers.command_fixtures import payload_of
from tests.resolvers.test_values import BREAKS, MARKS
from tests.resolvers.writing.conftest import Writers
from tests.resolvers.writing.test_members import resident_number

PAYLOAD = """{ written newCount changedCount sameCount refusedCount errors { code message path }
  results { index outcome id version findings { code column message value isWarning } } }"""


async def ask(writers: Writers, command: str, caller: Caller | None = None, **given: Any) -> dict[str, Any]:
    """The payload of a command."""
    type_ = f"{command[0].upper()}{command[1:]}Input"
    text = f"mutation Write($input: {type_}!) {{ {command}(input: $input) {PAYLOAD} }}"
    return await payload_of(writers.context(caller), text, given)


def employer(writers: Writers, **more: Any) -> dict[str, Any]:
    return {
        "name": "杭州示例物流有限公司", "creditCode": writers.code(), "kind": "PRIVATE_ENTERPRISE", "division": writers.county["code"],
        "union": writers.county["name"], "headcount": 126, "isPlatformHead": False, "registeredOn": "2019-03-04", **more,
    }  # fmt: skip


async def test_records_are_written_and_told_one_by_one(writers: Writers) -> None:
    good, bad = employer(writers), employer(writers, union="没有的工会", headcount=-1)
    nothing = await ask(writers, "writeEmployers", records=[good, bad])
    assert (nothing["written"], nothing["newCount"], nothing["refusedCount"]) == (False, 1, 1)
    payload = await ask(writers, "writeEmployers", records=[good, bad], onError="SKIP")
    assert (payload["written"], payload["errors"]) == (True, [])
    first, second = payload["results"]
    assert (first["index"], first["outcome"], first["findings"]) == (0, "NEW", [])
    stored = await writers.pool.fetchval("SELECT id FROM employer WHERE credit_code = $1", good["creditCode"])
    assert first["id"] == global_ids.encode("emp", stored)
    assert (second["index"], second["outcome"], second["id"]) == (1, "REFUSED", None)
    assert [(each["code"], each["column"]) for each in second["findings"]] == [
        ("NUMBER_OUT_OF_RANGE", "headcount"), ("NOT_FOUND", "union"),
    ]  # fmt: skip
    again = await ask(writers, "writeEmployers", records=[good | {"headcount": 127}], dryRun=True)
    assert (again["written"], again["changedCount"]) == (False, 1)


async def test_each_kind_has_its_command(writers: Writers) -> None:
    union = {
        "name": "命令示例工会", "level": "TOWNSHIP", "kind": "LOCAL_FEDERATION", "form": "FEDERATION", "parent": writers.county["name"],
        "establishedOn": "2019-03-04", "creditCode": writers.code("81"),
    }  # fmt: skip
    person = {
        "name": "张示例",
        "residentNumber": resident_number(),
        "union": union["creditCode"],
        "joinedOn": "2023-02-09",
        "sex": "MALE",
    }
    enrolment = {
        "sourceSystem": "社保", "sourceNumber": "命令1", "union": union["creditCode"], "residentNumber": person["residentNumber"],
        "scheme": "STANDARD_WORK_INJURY", "baseAmount": "5000.00", "rate": "0.004", "validFrom": "2023-03-01",
    }  # fmt: skip
    commands = {"writeUnions": union, "writePersons": person, "writeInsuranceEnrolments": enrolment}
    for command, record in commands.items():
        for count in ("newCount", "sameCount"):
            payload = await ask(writers, command, records=[record])
            assert payload[count] == 1, payload


def test_the_inputs_are_the_columns_of_the_kinds() -> None:
    for kind in KINDS.values():
        fields = schema._schema.type_map[record_name(kind)].fields  # type: ignore[attr-defined]
        assert list(fields) == [camel(column.name) for column in kind.columns]


async def test_a_command_with_a_key_is_done_once(writers: Writers) -> None:
    row = employer(writers, headcount=-1)
    first = await ask(writers, "writeEmployers", records=[row, employer(writers)], onError="SKIP", idempotencyKey="e-1")
    again = await ask(writers, "writeEmployers", records=[row, employer(writers)], onError="SKIP", idempotencyKey="e-1")
    assert [error["code"] for error in again["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert first["results"][0]["findings"][0]["value"] == "-1"
    same = employer(writers)
    for _ in range(2):
        payload = await ask(writers, "writeEmployers", records=[same], idempotencyKey="e-2")
        assert (payload["newCount"], payload["written"]) == (1, True)


@pytest.mark.parametrize(("count", "code"), [(0, "EMPTY"), (1_001, "TOO_MANY")])
async def test_too_few_and_too_many_records_are_refused(writers: Writers, count: int, code: str) -> None:
    payload = await ask(writers, "writeEmployers", records=[{}] * count)
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [(code, ["input", "records"])]
    assert payload["results"] is None


async def test_who_has_no_role_of_a_union_is_refused(writers: Writers) -> None:
    payload = await ask(writers, "writeEmployers", caller=PUBLIC, records=[employer(writers)])
    assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"]


LEFT_OUT = ("甲\u200b乙", "甲\ufeff乙")
"""Characters that texts are freed of: spreadsheets put them in."""


@pytest.mark.parametrize("name", KINDS)
async def test_every_text_of_every_record_is_refused_with_a_mark_or_a_break_in_it(writers: Writers, name: str) -> None:
    columns = [
        camel(column.name)
        for column in KINDS[name].columns
        if type_of(column) is str and not isinstance(column.type, CodeType)
    ]
    records = [{column: text} for column in columns for text in MARKS + BREAKS if text not in LEFT_OUT]
    payload = await ask(writers, f"write{plural(KINDS[name])}", records=records)
    for record, result in zip(records, payload["results"], strict=True):
        ((column, text),) = record.items()
        found = [finding for finding in result["findings"] if finding["column"] == column]
        assert found, record
        assert text not in found[0]["message"]
        assert found[0]["value"].isprintable() or "\ufffd" in found[0]["value"]
    assert payload["written"] is False
