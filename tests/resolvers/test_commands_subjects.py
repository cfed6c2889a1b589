"""Requests of data subjects and the copy of one's own data (Personal Information Protection Law art. 45-50)."""

import asyncio
import json
from datetime import date

import pytest

from db.access import Role
from db.encryption.vault import Sealed
from db.members import SECRETS
from db.security.audit_log import verify
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import Caller, Grant
from tests.resolvers.command_fixtures import CLOSE, EXPORT, OPEN, REVEAL, asked, gids, hub, on_paper

DAY = date(2026, 9, 21)
"""A Monday; mid-autumn and National Day come before the fifteenth working day."""


@pytest.fixture
async def here(fresh_database_url, vault):
    pool, served = await create_pool(fresh_database_url), await create_pool(fresh_database_url, size=12, role=READER)
    yield await hub(pool, served, vault)
    await pool.close()
    await served.close()


@pytest.fixture
async def member(here):
    """A member of the county who has a bank card and is a party to no open case."""
    key = here.members[0]
    await here.pool.execute("DELETE FROM dispute_party WHERE member_id = $1", key)
    secret = next(secret for secret in SECRETS if secret.column == "bank_card")
    await here.pool.execute(
        "UPDATE member SET bank_card = $2 WHERE id = $1",
        key,
        here.vault.seal(secret, key, "4111111111111112"),
    )
    return key


async def clear(here, key):
    row = await here.pool.fetchrow("SELECT * FROM member WHERE id = $1", key)
    return {
        secret.column: None
        if row[secret.column] is None
        else here.vault.open([Sealed("member", secret.column, key, row[secret.column])])[0]
        for secret in SECRETS
    } | {"name": row["name"]}


async def opened(here, member, kind, **more):
    made = await here.ask(OPEN, {"kind": kind, **more}, here.worker(member))
    assert made["errors"] == []
    return made["id"]


async def test_a_request_is_due_fifteen_working_days_after_it_was_opened(here, member):
    made = await here.ask(OPEN, {"kind": "ERASURE"}, here.worker(member), DAY)
    assert (made["openedOn"], made["dueOn"], made["closedOn"]) == ("2026-09-21", "2026-10-19", None)
    assert (made["kind"], made["memberId"], made["errors"]) == ("ERASURE", gids([member])[0], [])
    (entry,) = await here.log()
    assert (entry["action"], entry["role"], entry["fields"]) == ("SUBJECT_REQUEST_OPENED", "WORKER", ["ERASURE"])
    assert entry["records"] == [gids([member])[0], made["id"]]


async def test_a_union_takes_a_request_down_for_a_member_in_its_sight_only(here, member):
    paper = {"document": on_paper()}
    made = await here.ask(OPEN, {"kind": "EXPORT", "memberId": gids([member])[0], **paper}, here.federation())
    assert made["errors"] == []
    strange = {"kind": "EXPORT", "memberId": gids(here.strangers)[0], **paper}
    assert await here.codes(OPEN, strange, here.federation()) == ["NOT_FOUND"]
    assert await here.codes(OPEN, strange | {"memberId": "mem_7fffffffffffffff"}, here.federation()) == ["NOT_FOUND"]


async def test_a_worker_asks_for_nobody_else(here, member):
    for other in (here.members[1], here.strangers[0], 2**60):
        given = {"kind": "ERASURE", "memberId": gids([other])[0]}
        assert await here.codes(OPEN, given, here.worker(member)) == ["FORBIDDEN"]
    assert await here.pool.fetchval("SELECT count(*) FROM subject_request") == 0


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "CORRECTION"}, "MISSING_DETAIL"),
        ({"kind": "CORRECTION", "detail": "  "}, "MISSING_DETAIL"),
        ({"kind": "ERASURE", "detail": "x" * 2001}, "BAD_TEXT"),
        ({"kind": "ERASURE", "detail": "\0"}, "BAD_TEXT"),
        ({"kind": "ERASURE", "memberId": "sreq_1"}, "BAD_ID"),
        ({"kind": "ERASURE", "idempotencyKey": "a\nb"}, "BAD_IDEMPOTENCY_KEY"),
    ],
)
async def test_a_bad_request_is_refused_and_not_written(here, member, given, code):
    assert await here.codes(OPEN, given, here.worker(member)) == [code]
    assert await here.pool.fetchval("SELECT count(*) FROM subject_request") == 0
    assert await here.log() == []


@pytest.mark.parametrize("role", [Role.HR_BUREAU, Role.SOCIAL_SECURITY_AGENCY, Role.CASE_WORKER, Role.ANALYST])
async def test_agencies_neither_open_nor_close_requests(here, member, role):
    agency = Caller("agency", principal_id=8, grants=(Grant(role, division_id=1),), cases=(1,))
    assert await here.codes(OPEN, {"kind": "ERASURE", "memberId": gids([member])[0]}, agency) == ["FORBIDDEN"]
    request = await opened(here, member, "ERASURE")
    assert await here.codes(CLOSE, {"id": request, "resolution": "GRANTED"}, agency) == ["FORBIDDEN"]


async def test_a_second_request_of_a_kind_waits_for_the_first_also_when_both_come_at_once(here, member):
    payloads = await asyncio.gather(*(here.ask(OPEN, {"kind": "ERASURE"}, here.worker(member)) for _ in range(10)))
    codes = sorted(error["code"] for payload in payloads for error in payload["errors"])
    assert codes == ["ALREADY_OPEN"] * 9
    assert await here.pool.fetchval("SELECT count(*) FROM subject_request") == 1


async def test_a_repeat_under_one_key_answers_the_same_and_opens_nothing_also_when_sent_at_once(here, member):
    given = {"kind": "CORRECTION", "detail": "姓名有误", "idempotencyKey": "r-1"}
    payloads = await asyncio.gather(*(here.ask(OPEN, given, here.worker(member)) for _ in range(8)))
    assert all(payload == payloads[0] for payload in payloads)
    assert payloads[0]["errors"] == []
    assert await here.actions() == ["SUBJECT_REQUEST_OPENED"]
    reused = given | {"detail": "别的"}
    assert await here.codes(OPEN, reused, here.worker(member)) == ["IDEMPOTENCY_KEY_REUSED"]


async def test_erasure_blanks_the_personal_fields_and_keeps_the_row_for_statistics(here, member):
    before = await here.pool.fetchrow("SELECT * FROM member WHERE id = $1", member)
    memberships = await here.pool.fetchval("SELECT count(*) FROM membership WHERE member_id = $1", member)
    request = await opened(here, member, "ERASURE", detail="手机 13800138000")
    closed = await here.ask(CLOSE, {"id": request, "resolution": "GRANTED"}, here.federation())
    assert (closed["errors"], closed["outcome"], closed["closedOn"]) == ([], "GRANTED", closed["openedOn"])
    after = await here.pool.fetchrow("SELECT * FROM member WHERE id = $1", member)
    assert after["name"] == "已删除"
    changed = {name for name in dict(before) if before[name] != after[name]} - {"version", "changed_at"}
    assert {name for name in changed if after[name] is None} == changed - {"name"}
    assert set(await clear(here, member) | {"name": None}) == {"name", *(secret.column for secret in SECRETS)}
    assert all(value is None for name, value in (await clear(here, member)).items() if name != "name")
    assert not {"sex", "worker_type", "division_id", "birth_year_from", "is_migrant_worker"} & changed
    assert await here.pool.fetchval("SELECT count(*) FROM membership WHERE member_id = $1", member) == memberships
    assert await here.pool.fetchval("SELECT detail FROM subject_request") is None


async def test_the_log_of_an_erasure_names_the_fields_and_no_value(here, member):
    values = [value for value in (await clear(here, member)).values() if value]
    request = await opened(here, member, "ERASURE")
    await here.ask(CLOSE, {"id": request, "resolution": "GRANTED", "idempotencyKey": "e"}, here.federation())
    entry = (await here.log())[-1]
    assert (entry["action"], entry["role"], entry["case_reference"]) == (
        "SUBJECT_REQUEST_CLOSED",
        "FEDERATION",
        request,
    )
    assert entry["fields"] == [
        "ERASURE", "GRANTED", "ATTENDANCE.CERTIFICATE_NUMBER", "BANK_CARD", "BIRTH_DATE", "CARE_CASE.DIAGNOSIS", "CARE_CASE.ONSET_ON",
        "CARE_CASE.SOURCE_NUMBER", "CARE_CASE.SOURCE_SYSTEM", "CARE_STEP.NOTE", "DISPUTE_PARTY.NAME", "ENGAGEMENT.JOB_TITLE",
        "INSURANCE_ENROLMENT.SOURCE_NUMBER", "LEGAL_SERVICE.SOURCE_NUMBER", "LEGAL_SERVICE.SOURCE_SYSTEM", "MEMBERSHIP.END_REASON",
        "NAME", "PHONE", "RESIDENT_NUMBER", "SERVICE_TRANSACTION.SOURCE_NUMBER", "SERVICE_TRANSACTION.SOURCE_SYSTEM",
        "SUBJECT_REQUEST.DETAIL", "SUBJECT_REQUEST.DOCUMENT", "SUBJECT_REQUEST.PROPOSAL", "WISH.SOURCE_NUMBER", "WISH.SOURCE_SYSTEM",
    ]  # fmt: skip
    text = str(await here.log()) + str(await here.pool.fetch("SELECT * FROM command_receipt"))
    assert not any(value in text for value in values)
    async with here.pool.acquire() as connection:
        assert await verify(connection) is None


async def test_nobody_is_revealed_any_more_after_erasure(here, member):
    request = await opened(here, member, "ERASURE")
    await here.ask(CLOSE, {"id": request, "resolution": "GRANTED"}, here.federation())
    payload = await here.ask(REVEAL, asked([member]), here.federation())
    assert [(found["name"], found["phone"]) for found in payload["members"]] == [("已删除", None)]


async def test_a_party_to_an_open_case_is_not_erased_and_nothing_is_written(here, member):
    case = await here.pool.fetchval(
        "UPDATE dispute_case SET closed_on = NULL WHERE id = (SELECT min(id) FROM dispute_case) RETURNING id"
    )
    await here.pool.execute(
        "INSERT INTO dispute_party (case_id, role, name, member_id) VALUES ($1, 'CLAIMANT', '某某', $2)", case, member
    )
    before = await clear(here, member)
    request = await opened(here, member, "ERASURE")
    given = {"id": request, "resolution": "GRANTED", "idempotencyKey": "e"}
    assert await here.codes(CLOSE, given, here.federation()) == ["OPEN_CASE"]
    assert await clear(here, member) == before
    assert await here.pool.fetchval("SELECT closed_on FROM subject_request") is None
    await here.pool.execute("UPDATE dispute_case SET closed_on = received_on WHERE id = $1", case)
    assert (await here.ask(CLOSE, given, here.federation()))["errors"] == []
    assert await here.pool.fetchval("SELECT name FROM dispute_party WHERE member_id = $1", member) == "已删除"


async def test_corrections_are_written_sealed_and_can_be_revealed(here, member):
    request = await opened(here, member, "CORRECTION", detail="号码有误")
    corrections = {"name": "郑更正", "birthDate": "1990-02-28", "residentNumber": None}
    given = {"id": request, "resolution": "GRANTED", "corrections": corrections}
    before = await clear(here, member)
    closed = await here.ask(CLOSE, given, here.federation())
    assert (closed["errors"], closed["proposedFields"]) == ([], [])
    assert await clear(here, member) == before | {"name": "郑更正", "birth_date": "1990-02-28"}
    assert await here.pool.fetchval("SELECT birth_year_from FROM member WHERE id = $1", member) == 1990
    assert (await here.log())[-1]["fields"] == ["CORRECTION", "GRANTED", "BIRTH_DATE", "NAME"]


@pytest.mark.parametrize(
    ("corrections", "path"),
    [
        ({"phone": "123"}, "phone"),
        ({"residentNumber": "37100319900228123"}, "residentNumber"),
        ({"bankCard": "4111111111111111111111"}, "bankCard"),
        ({"birthDate": "1990-02-30"}, "birthDate"),
    ],
)
async def test_a_correction_that_is_no_such_value_is_refused_whole_and_not_repeated_in_the_message(
    here, member, corrections, path
):
    request = await opened(here, member, "CORRECTION", detail="号码有误")
    before = await clear(here, member)
    given = {"id": request, "resolution": "GRANTED", "corrections": {"name": "郑更正", **corrections}}
    payload = await here.ask(CLOSE, given, here.federation())
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("BAD_VALUE", ["input", "corrections", path])
    assert next(iter(corrections.values())) not in error["message"]
    assert await clear(here, member) == before


async def test_a_resident_number_that_another_member_has_is_refused_and_nothing_is_written(here, member):
    request = await opened(here, member, "CORRECTION", detail="号码有误")
    taken = (await clear(here, here.members[1]))["resident_number"]
    before = await clear(here, member)
    given = {"id": request, "resolution": "GRANTED", "corrections": {"residentNumber": taken, "name": "郑更正"}}
    assert await here.codes(CLOSE, given, here.federation()) == ["DUPLICATE_RESIDENT_NUMBER"]
    assert await clear(here, member) == before
    assert await here.pool.fetchval("SELECT closed_on FROM subject_request") is None


async def test_corrections_come_only_with_a_granted_request_for_correction(here, member):
    request = await opened(here, member, "ERASURE")
    given = {"id": request, "resolution": "GRANTED", "corrections": {"name": "郑更正"}}
    assert await here.codes(CLOSE, given, here.federation()) == ["UNEXPECTED_CORRECTIONS"]
    refusal = given | {"resolution": "REFUSED", "outcome": "理由"}
    assert await here.codes(CLOSE, refusal, here.federation()) == ["UNEXPECTED_CORRECTIONS"]


@pytest.mark.parametrize("corrections", [None, {}, {"name": None}, {"name": "  ", "phone": ""}])
async def test_a_correction_is_not_granted_without_corrections(here, member, corrections):
    request = await opened(here, member, "CORRECTION", detail="号码有误")
    given = {"id": request, "resolution": "GRANTED", "idempotencyKey": "c"}
    given |= {} if corrections is None else {"corrections": corrections}
    before = await clear(here, member)
    payload = await here.ask(CLOSE, given, here.federation())
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("MISSING_CORRECTIONS", ["input", "corrections"])
    assert await clear(here, member) == before
    assert await here.pool.fetchval("SELECT closed_on FROM subject_request") is None
    refusal = {"id": request, "resolution": "REFUSED", "outcome": "所载无误"}
    assert (await here.ask(CLOSE, refusal, here.federation()))["errors"] == []


@pytest.mark.parametrize("kind", ["ERASURE", "EXPORT"])
async def test_requests_of_another_kind_are_granted_without_corrections(here, member, kind):
    request = await opened(here, member, kind)
    given = {"id": request, "resolution": "GRANTED", "corrections": {}}
    assert (await here.ask(CLOSE, given, here.federation()))["errors"] == []


async def test_a_refusal_needs_a_reason_and_changes_no_member(here, member):
    request = await opened(here, member, "ERASURE")
    before = await clear(here, member)
    given = {"id": request, "resolution": "REFUSED"}
    assert await here.codes(CLOSE, given, here.federation()) == ["MISSING_OUTCOME"]
    closed = await here.ask(CLOSE, given | {"outcome": "法定保存期限未满"}, here.federation())
    assert closed["outcome"] == "REFUSED: 法定保存期限未满"
    assert await clear(here, member) == before


async def test_a_request_of_another_county_a_missing_one_and_a_closed_one_cannot_be_closed(here, member):
    request = await opened(here, member, "ERASURE")
    given = {"id": request, "resolution": "GRANTED"}
    assert await here.codes(CLOSE, given, here.federation(here.others)) == ["NOT_FOUND"]
    assert await here.codes(CLOSE, given | {"id": "sreq_fff"}, here.federation()) == ["NOT_FOUND"]
    assert await here.codes(CLOSE, given | {"id": "mem_1"}, here.federation()) == ["BAD_ID"]
    assert await here.codes(CLOSE, given, here.worker(member)) == ["FORBIDDEN"]
    assert (await here.ask(CLOSE, given, here.federation()))["errors"] == []
    assert await here.codes(CLOSE, given, here.federation()) == ["ALREADY_CLOSED"]


async def test_two_who_close_one_request_at_once_do_it_once(here, member):
    request = await opened(here, member, "ERASURE")
    given = {"id": request, "resolution": "GRANTED"}
    payloads = await asyncio.gather(*(here.ask(CLOSE, given, here.federation()) for _ in range(6)))
    assert sorted(error["code"] for payload in payloads for error in payload["errors"]) == ["ALREADY_CLOSED"] * 5
    assert (await here.actions()).count("SUBJECT_REQUEST_CLOSED") == 1


async def test_nothing_is_erased_when_the_log_cannot_be_written(here, member):
    request = await opened(here, member, "ERASURE")
    before = await clear(here, member)
    await here.pool.execute("DELETE FROM access_log_head")
    with pytest.raises(Exception, match="nothing was written"):
        await here.ask(CLOSE, {"id": request, "resolution": "GRANTED"}, here.federation())
    assert await clear(here, member) == before


async def test_a_worker_exports_all_that_is_held_on_them_in_clear_with_who_looked_at_it(here, member):
    await here.ask(REVEAL, asked([member, here.members[1]]), here.federation())
    await opened(here, member, "CORRECTION", detail="姓名有误")
    payload = await here.ask(EXPORT, {}, here.worker(member))
    document, held = json.loads(payload["document"]), await clear(here, member)
    found = document["member"]
    assert (found["name"], found["phone"], found["bankCard"]) == (held["name"], held["phone"], held["bank_card"])
    assert (found["residentNumber"], found["birthDate"]) == (held["resident_number"], held["birth_date"])
    for name, table in (
        ("memberships", "membership"),
        ("engagements", "engagement"),
        ("insuranceEnrolments", "insurance_enrolment"),
        ("subjectRequests", "subject_request"),
    ):
        count = await here.pool.fetchval(f"SELECT count(*) FROM {table} WHERE member_id = $1", member)
        assert len(document[name]) == count
    assert [entry["action"] for entry in document["accessLog"]] == ["REVEAL", "SUBJECT_REQUEST_OPENED"]
    assert document["accessLog"][0]["principal"] == "county official"
    assert gids(here.members[1:2])[0] not in payload["document"]


async def test_an_export_is_logged_and_again_when_repeated_and_its_copy_kept_nowhere(here, member):
    for _ in range(2):
        payload = await here.ask(EXPORT, {"idempotencyKey": "x"}, here.worker(member))
        assert payload["errors"] == []
    entries = await here.log()
    assert [(entry["action"], entry["purpose"]) for entry in entries] == [("EXPORT", "OWN_DATA")] * 2
    assert await here.pool.fetchval("SELECT payload FROM command_receipt") is None


async def test_nobody_but_a_worker_exports(here, member):
    assert await here.codes(EXPORT, {}, here.federation()) == ["FORBIDDEN"]
    stranger = Caller("stranger", principal_id=1, grants=(Grant(Role.WORKER),), member_id=2**60)
    assert await here.codes(EXPORT, {}, stranger) == ["NOT_FOUND"]
    assert await here.log() == []


async def test_the_export_of_a_case_has_no_other_person(here, member):
    case = await here.pool.fetchval("SELECT min(id) FROM dispute_case")
    for name, key in (("本人某", member), ("他人某", here.members[1])):
        await here.pool.execute(
            "INSERT INTO dispute_party (case_id, role, name, member_id) VALUES ($1, 'CLAIMANT', $2, $3)",
            case,
            name,
            key,
        )
        await here.pool.execute(
            "INSERT INTO recovery (case_id, member_id, kind, amount, received_on) VALUES ($1, $2, 'WAGE', $2::bigint, $3)",
            case,
            key,
            DAY,
        )
    payload = await here.ask(EXPORT, {}, here.worker(member))
    (found,) = json.loads(payload["document"])["disputeCases"]
    assert "他人某" not in payload["document"]
    assert found["ownRoles"] == [{"role": "CLAIMANT", "name": "本人某"}]
    assert [recovery["amount"] for recovery in found["ownRecoveries"]] == [f"{member}.00"]
