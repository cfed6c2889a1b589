"""Persons with membership and engagement are written in batches: new, same, changed, refused, with every fault of a row."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import asyncpg
import pytest

from db.encryption.keys import CipherKind, DigestKind, FixedKeys
from db.encryption.vault import Sealed, Vault
from db.input_values import resident_check
from db.members import RESIDENT_NUMBER
from db.security.row_security import WRITER
from db.server.connect import acquired
from resolvers.writing.outcomes import BatchOptions
from tests.resolvers.writing.conftest import Writers, codes, outcomes
from tests.resolvers.writing.test_employers import employer

PERSONS = count(1)


def resident_number(day: str | None = None, region: str = "330106", serial: int | None = None) -> str:
    """A synthetic resident number of a man that nobody has."""
    number = next(PERSONS) if serial is None else serial
    born = day or (date(1970, 1, 1) + timedelta(number // 400)).strftime("%Y%m%d")
    digits = f"{region}{born}{number % 400 * 2 + 101:03d}"
    return digits + resident_check(digits)


def person(writers: Writers, **more: Any) -> dict[str, Any]:
    """A row without a fault."""
    return {
        "name": "张示例", "resident_number": resident_number(), "phone": "13800000000", "worker_type": "快递员",
        "is_migrant_worker": "是", "division": writers.county["code"], "union": writers.county["name"], "joined_on": "2023年2月9日", **more,
    }  # fmt: skip


async def stored(writers: Writers, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The member of a row."""
    index = writers.vault.indexes(RESIDENT_NUMBER, row["resident_number"])[0]
    found = await writers.pool.fetchrow("SELECT * FROM member WHERE resident_number_index = $1", index)
    assert found is not None
    return dict(found)


async def test_a_person_is_new_then_the_same_then_changed(writers: Writers) -> None:
    unit = employer(writers)
    await writers.write("employers", unit)
    row = person(writers, employer=unit["credit_code"], job_title="分拣员")
    first = await writers.write("persons", row)
    assert outcomes(first) == ["NEW"], first
    member = await stored(writers, row)
    assert (member["id"], member["organization_id"]) == (first.rows[0].id, writers.county["id"])
    assert (member["sex"], member["birth_year_from"], member["resident_number_region"]) == ("MALE", 1970, "330106")
    assert (member["phone_head"], member["worker_type"], member["is_migrant_worker"]) == ("138", "COURIER", True)
    sealed = [Sealed("member", name, member["id"], member[name]) for name in ("resident_number", "phone", "birth_date")]
    assert writers.vault.open(sealed) == [
        row["resident_number"],
        "13800000000",
        str(date.fromisoformat(row["resident_number"][6:14])),
    ]
    membership = await writers.pool.fetchrow("SELECT * FROM membership WHERE member_id = $1", member["id"])
    assert (membership["status"], membership["channel"], membership["entry"]) == ("ACTIVE", "PAPER", "FIRST")
    assert membership["applied_on"] == membership["valid_from"]
    engagement = await writers.pool.fetchrow("SELECT * FROM engagement WHERE member_id = $1", member["id"])
    assert (engagement["kind"], engagement["job_title"]) == ("LABOUR_CONTRACT", "分拣员")
    assert engagement["organization_id"] == writers.county["id"]

    assert outcomes(await writers.write("persons", row)) == ["SAME"]
    changes = {"worker_type": "外卖配送员", "channel": "扫码", "job_title": "站长"}
    assert outcomes(await writers.write("persons", row | changes)) == ["CHANGED"]
    assert (await stored(writers, row))["worker_type"] == "FOOD_DELIVERY"
    assert await writers.pool.fetchval("SELECT channel FROM membership WHERE member_id = $1", member["id"]) == "QR"
    assert await writers.pool.fetchval("SELECT job_title FROM engagement WHERE member_id = $1", member["id"]) == "站长"

    leaving = {"status": "退会", "left_on": "2024-05-01", "leaving_reason": "离职"}
    assert outcomes(await writers.write("persons", row | leaving)) == ["CHANGED"]
    assert (await stored(writers, row))["organization_id"] is None
    assert outcomes(await writers.write("persons", row | leaving)) == ["SAME"]
    assert codes(await writers.write("persons", row)) == [("ENDED_ALREADY", "left_on")]


async def test_an_application_becomes_a_membership(writers: Writers) -> None:
    row = person(writers, joined_on=None, applied_on="2024-03-01")
    assert outcomes(await writers.write("persons", row)) == ["NEW"]
    assert (await stored(writers, row))["organization_id"] is None
    assert outcomes(await writers.write("persons", row | {"joined_on": "2024-04-01"})) == ["CHANGED"]
    member = await stored(writers, row)
    assert member["organization_id"] == writers.county["id"]
    found = await writers.pool.fetch(
        "SELECT status, applied_on::text FROM membership WHERE member_id = $1", member["id"]
    )
    assert [tuple(each) for each in found] == [("ACTIVE", "2024-03-01")]


async def test_who_left_another_union_joins_as_the_same_person(writers: Writers) -> None:
    row = person(writers, joined_on="2020-01-01")
    await writers.write("persons", row)
    there = writers.caller(writers.other["id"])
    here = {"union": writers.other["name"], "division": writers.other["code"], "joined_on": "2022-06-01"}
    elsewhere = await writers.write("persons", row | here, caller=there)
    assert codes(elsewhere) == [("MEMBER_ELSEWHERE", "union")]
    applying = row | here | {"joined_on": None, "applied_on": "2022-06-01"}
    assert codes(await writers.write("persons", applying, caller=there)) == [("MEMBER_ELSEWHERE", "union")]
    before = await stored(writers, row)
    await writers.write("persons", row | {"status": "转出", "left_on": "2022-06-01"})
    early = await writers.write("persons", row | here | {"joined_on": "2022-05-01"}, caller=there)
    assert codes(early) == [("OVERLAP", "joined_on")]
    joined = await writers.write("persons", row | here, caller=there)
    assert (outcomes(joined), joined.rows[0].id) == (["CHANGED"], before["id"])
    assert (await stored(writers, row))["organization_id"] == writers.other["id"]
    entries = await writers.pool.fetch(
        "SELECT entry, exit FROM membership WHERE member_id = $1 ORDER BY id", before["id"]
    )
    assert [tuple(each) for each in entries] == [("FIRST", "TRANSFERRED_OUT"), ("TRANSFERRED_IN", None)]


async def test_of_a_member_elsewhere_a_row_is_told_that_and_no_more(writers: Writers) -> None:
    row = person(writers, joined_on="2020-01-01")
    await writers.write("persons", row)
    there, rehearsal = writers.caller(writers.other["id"]), BatchOptions(dry_run=True)
    here = row | {"union": writers.other["name"], "division": writers.other["code"], "joined_on": "2022-06-01"}
    past = {"joined_on": "2010-01-01", "left_on": "2011-01-01", "status": "退会"}
    for wrong in ({"name": "李示例"}, {"phone": "13900000000"}, {"sex": "男", "expected_version": "7"}):
        result = await writers.write("persons", here | wrong, options=rehearsal, caller=there)
        assert codes(result) == [("MEMBER_ELSEWHERE", "union")]
    result = await writers.write("persons", here | past | {"phone": "13900000000"}, options=rehearsal, caller=there)
    assert codes(result) == [], "no phone is compared"


async def test_what_names_a_person_on_record_is_not_changed(writers: Writers) -> None:
    row = person(writers)
    await writers.write("persons", row)
    other = await writers.write("persons", row | {"name": "李示例", "phone": "13900000000"})
    assert codes(other) == [("OTHER_NAME", "name"), ("NEEDS_CORRECTION", "phone")]
    assert other.rows[0].errors[0].value == "李**"
    assert other.rows[0].errors[1].value == "139********"


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"resident_number": None}, [("REQUIRED", "resident_number")]),
        ({"resident_number": "110101199003070637"}, [("BAD_VALUE", "resident_number")]),
        ({"resident_number": "330106199003070000"}, [("ROUNDED_NUMBER", "resident_number")]),
        ({"sex": "女", "birth_date": "1960-03-08"}, [("CONTRADICTION", "birth_date"), ("CONTRADICTION", "sex")]),
        ({"phone": "1380000000"}, [("BAD_VALUE", "phone")]),
        ({"union": "没有的工会", "employer": "没有的单位"}, [("NOT_FOUND", "union"), ("NOT_FOUND", "employer")]),
        ({"joined_on": "1960-01-01"}, [("DATE_ORDER", "joined_on")]),
        ({"joined_on": "2050-01-01"}, [("FUTURE_DATE", "joined_on")]),
        ({"applied_on": "2023-02-10"}, [("DATE_ORDER", "joined_on")]),
        ({"left_on": "2023-02-09", "status": "退会"}, [("DATE_ORDER", "left_on")]),
        ({"left_on": "2024-02-09"}, [("STATUS_MISMATCH", "status")]),
        ({"status": "退会"}, [("STATUS_MISMATCH", "status")]),
        ({"status": "已申请"}, [("STATUS_MISMATCH", "status")]),
        ({"joined_on": None}, [("REQUIRED", "joined_on")]),
        ({"joined_on": None, "applied_on": "2023-01-01", "status": "正常"}, [("STATUS_MISMATCH", "status")]),
        ({"joined_on": None, "applied_on": "2023-01-01", "left_on": "2023-02-01"}, [("REQUIRED", "joined_on")]),
        ({"job_title": "分拣员"}, [("REQUIRED", "employer")]),
    ],
)
async def test_all_faults_of_a_row_are_named(writers: Writers, wrong: dict[str, Any], expected: list[Any]) -> None:
    result = await writers.write("persons", person(writers, **wrong))
    assert codes(result) == expected
    assert outcomes(result) == ["REFUSED"]


async def test_the_days_of_an_engagement_are_checked(writers: Writers) -> None:
    unit = employer(writers)
    await writers.write("employers", unit)
    ended = person(writers, employer=unit["credit_code"], engaged_from="2023-02-09", engaged_to="2023-02-09")
    assert codes(await writers.write("persons", ended)) == [("DATE_ORDER", "engaged_to")]
    begun = person(writers, employer=unit["credit_code"], joined_on=None, applied_on="2023-01-01")
    assert codes(await writers.write("persons", begun)) == [("REQUIRED", "engaged_from")]


async def test_the_same_person_twice_in_a_batch_is_refused(writers: Writers) -> None:
    row = person(writers)
    result = await writers.write("persons", row, row | {"name": "李示例"})
    assert [codes(result, each) for each in (0, 1)] == [[("DUPLICATE", "resident_number")]] * 2


async def test_a_county_that_was_not_there_in_the_year_of_birth_is_a_warning(writers: Writers) -> None:
    result = await writers.write("persons", person(writers, resident_number=resident_number("19700101", "371003", 7)))
    assert outcomes(result) == ["NEW"]
    (warning,) = (each for each in result.rows[0].findings if each.code == "REGION_NOT_IN_FORCE")
    assert (warning.code, warning.column) == ("REGION_NOT_IN_FORCE", "resident_number")
    assert warning.value == "371***************"


async def test_two_batches_at_once_give_a_person_one_engagement(writers: Writers) -> None:
    unit, row = employer(writers), person(writers)
    await writers.write("employers", unit)
    await writers.write("persons", row)
    engaged = row | {"employer": unit["credit_code"]}
    results = await asyncio.gather(*(writers.write("persons", engaged) for _ in range(4)))
    assert sorted(outcomes(result)[0] for result in results) == ["CHANGED", "SAME", "SAME", "SAME"]
    count = "SELECT count(*) FROM engagement WHERE member_id = $1"
    assert await writers.pool.fetchval(count, results[0].rows[0].id) == 1


async def test_a_person_is_found_by_the_index_of_an_earlier_key(writers: Writers) -> None:
    row = person(writers)
    first = await writers.write("persons", row)
    newer = writers.vault.keys.ring().with_new(CipherKind.AES_256_GCM, DigestKind.SHA_256)
    rotated = replace(writers, vault=Vault(FixedKeys(newer)))
    again = await rotated.write("persons", row)
    assert (outcomes(again), again.rows[0].id) == (["SAME"], first.rows[0].id)


NUMBERED = count(1)


def foreigner(writers: Writers, **more: Any) -> dict[str, Any]:
    """A row of a person without a resident number."""
    row = person(writers, name="约翰·示例", sex="男", birth_date="1980-05-06", phone=None, **more)
    return (
        {"source_system": "人事系统", "source_number": f"W{next(NUMBERED):05}"} | row | {"resident_number": None} | more
    )


async def by_key(writers: Writers, key: int | None) -> Mapping[str, Any]:
    return dict(await writers.pool.fetchrow("SELECT * FROM member WHERE id = $1", key))


async def test_a_person_without_a_resident_number_is_known_by_the_source_number(writers: Writers) -> None:
    row = foreigner(writers)
    first = await writers.write("persons", row)
    assert outcomes(first) == ["NEW"], first
    member = await by_key(writers, first.rows[0].id)
    assert (member["name"], member["sex"], member["birth_year_from"]) == ("约翰·示例", "MALE", 1980)
    assert member["resident_number"] is member["resident_number_index"] is member["resident_number_region"] is None
    assert writers.vault.open([Sealed("member", "birth_date", member["id"], member["birth_date"])]) == ["1980-05-06"]
    assert outcomes(await writers.write("persons", row)) == ["SAME"]
    changed = await writers.write("persons", row | {"worker_type": "外卖配送员"})
    assert (outcomes(changed), changed.rows[0].id) == (["CHANGED"], member["id"])
    for wrong, code in (({"name": "别人"}, ("OTHER_NAME", "name")), ({"sex": "女"}, ("NEEDS_CORRECTION", "sex")),
                        ({"birth_date": "1990-05-06"}, ("NEEDS_CORRECTION", "birth_date"))):  # fmt: skip
        assert codes(await writers.write("persons", row | wrong)) == [code]


async def test_two_persons_by_name_alone_are_never_merged(writers: Writers) -> None:
    row = foreigner(writers)
    second = await writers.write("persons", row, foreigner(writers))
    assert outcomes(second) == ["NEW", "NEW"]
    assert second.rows[0].id != second.rows[1].id
    nameless = row | {"source_system": None, "source_number": None}
    assert codes(await writers.write("persons", nameless)) == [("REQUIRED", "resident_number")]
    assert codes(await writers.write("persons", row | {"source_system": None})) == [("REQUIRED", "source_number")]


async def test_a_resident_number_is_added_to_a_person_by_a_correction_alone(writers: Writers) -> None:
    row = foreigner(writers)
    await writers.write("persons", row)
    numbered = row | {"resident_number": resident_number("19800506"), "birth_date": None}
    assert codes(await writers.write("persons", numbered)) == [("NEEDS_CORRECTION", "resident_number")]


async def test_a_person_gets_one_source_number_and_keeps_it(writers: Writers) -> None:
    row, other = person(writers), person(writers)
    await writers.write("persons", row, other)
    source = {"source_system": "人事系统", "source_number": f"W{next(NUMBERED):05}"}
    key = (await stored(writers, row))["id"]
    assert outcomes(await writers.write("persons", row | source)) == ["CHANGED"]
    assert outcomes(await writers.write("persons", row)) == ["SAME"]
    known = await writers.write("persons", row | source | {"resident_number": None})
    assert (outcomes(known), known.rows[0].id) == (["SAME"], key)
    assert codes(await writers.write("persons", other | source)) == [("OTHER_PERSON", "source_number")]
    assert codes(await writers.write("persons", row | source | {"source_number": "W0"})) == [
        ("OTHER_PERSON", "source_number")
    ]
    stranger = person(writers) | source
    assert codes(await writers.write("persons", stranger)) == [("OTHER_PERSON", "resident_number")]
    twice = await writers.write("persons", person(writers) | source, person(writers) | source)
    assert ("DUPLICATE", "source_number") in codes(twice)
    twice = await writers.write("persons", row, row | source | {"resident_number": None})
    assert [[code for code, _ in codes(twice, each)] for each in (0, 1)] == [["DUPLICATE"]] * 2
    async with acquired(writers.served, writers.caller().scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no person another number"):
            async with connection.transaction(), connection.under_role(WRITER):
                await connection.execute("UPDATE member SET source_number = 'W0' WHERE id = $1", key)


async def test_a_source_number_is_no_key_to_persons_of_other_unions(writers: Writers) -> None:
    """It may be guessed, so that it says nothing of a person of another union, nor takes them over."""
    row = foreigner(writers)
    await writers.write("persons", row)
    await writers.write("persons", row | {"status": "转出", "left_on": "2024-06-01"})
    there = writers.caller(writers.other["id"])
    here = {"union": writers.other["name"], "division": writers.other["code"], "joined_on": "2024-06-01"}
    for name in (row["name"], "别人"):
        result = await writers.write("persons", row | here | {"name": name}, caller=there)
        assert codes(result) == [("RECORDED_ELSEWHERE", "source_number")]
    assert outcomes(await writers.write("persons", row | {"joined_on": "2024-07-01"})) == ["CHANGED"]


@pytest.mark.parametrize("region", ["810000", "830000", "931156"])
async def test_permits_and_cards_with_eighteen_characters_are_resident_numbers(writers: Writers, region: str) -> None:
    result = await writers.write("persons", person(writers, resident_number=resident_number(region=region)))
    assert outcomes(result) == ["NEW"]
    assert "REGION_NOT_IN_FORCE" not in {each.code for each in result.rows[0].findings}


async def test_records_name_a_person_by_the_source_number(writers: Writers) -> None:
    row = foreigner(writers)
    await writers.write("persons", row)
    enrolment = {
        "source_system": "社保", "source_number": f"WE{next(NUMBERED)}", "union": writers.county["name"],
        "resident_number": row["source_number"], "scheme": "工伤保险", "valid_from": "2023-03-01",
    }  # fmt: skip
    result = await writers.write("insurance-enrolments", enrolment)
    assert outcomes(result) == ["NEW"], result
    await writers.write("persons", row | {"status": "退会", "left_on": "2024-06-01"})
    ended = enrolment | {"valid_to": "2024-06-01"}
    assert outcomes(await writers.write("insurance-enrolments", ended)) == ["CHANGED"]
