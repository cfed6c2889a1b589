"""Papers compared with what is held: yes or no, to whom, for what, how often; and never without its entry in the log."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from graphql import graphql

from db.access import Role
from db.clock import today
from db.encryption.vault import Sealed
from db.input_values import luhn, resident_check
from db.members import BANK_CARD, SECRETS
from db.security.audit_log import verify as verify_log
from db.security.row_security import READER
from db.server.connect import acquired, create_pool
from resolvers.access.callers import PUBLIC, Caller, Grant
from resolvers.commands import verify
from resolvers.commands.context import CommandContext, CommandOptions
from resolvers.commands.verify import LOOKUPS_A_DAY, WEIGHTS, WRONG_A_DAY, WRONG_A_MONTH
from tests.resolvers.command_fixtures import OPEN, REVEAL, SCHEMA, asked, gids, hub

VERIFY = """mutation Verify($input: VerifyInput!) { verify(input: $input) {
  memberId results { field matches } errors { code message path } } }"""
DOCS = Path(__file__).parent.parent.parent / "docs"
CARD = "620000123456789012" + luhn("620000123456789012")


@pytest.fixture
async def here(fresh_database_url, vault):
    pool, served = await create_pool(fresh_database_url), await create_pool(fresh_database_url, size=20, role=READER)
    made = await hub(pool, served, vault)
    await pool.execute(
        "UPDATE member SET bank_card = $2 WHERE id = $1", made.members[0], vault.seal(BANK_CARD, made.members[0], CARD)
    )
    yield made
    await pool.close()
    await served.close()


async def papers(here, key):
    """What the papers of a member say."""
    row = await here.pool.fetchrow("SELECT * FROM member WHERE id = $1", key)
    held = {secret.column: row[secret.column] for secret in SECRETS if row[secret.column] is not None}
    texts = here.vault.open(Sealed("member", column, key, value) for column, value in held.items())
    found = dict(zip(held, texts, strict=True))
    names = {"resident_number": "residentNumber", "birth_date": "birthDate", "bank_card": "bankCard"}
    return {"name": row["name"], **{names.get(column, column): text for column, text in found.items()}}


def sent(key, values, **more):
    return {"memberId": gids([key])[0], "values": values, "purpose": "MEMBERSHIP_CHECK", **more}


async def answers(here, given, caller=None, day=None):
    """Yes or no by field; the command must have been done."""
    payload = await here.ask(VERIFY, given, caller or here.federation(), day)
    assert payload["errors"] == [], payload
    return {each["field"]: each["matches"] for each in payload["results"]}


async def code(here, given, caller=None, day=None):
    """The one code of a refusal, with which nothing is answered."""
    (found,) = await here.codes(VERIFY, given, caller or here.federation(), day)
    return found


def another(number, step=1):
    """Another resident number of the same region and day of birth."""
    digits = number[:14] + f"{(int(number[14:17]) + step) % 1_000:03d}"
    return digits + resident_check(digits)


def other(phone, step=1):
    """Another phone of the same first digits."""
    return phone[:3] + f"{(int(phone[3:]) + step) % 10**8:08d}"


async def test_each_value_is_answered_by_yes_or_no_and_no_value_is_shown(here):
    right = await papers(here, here.members[0])
    values = {"name": right["name"], "phone": other(right["phone"]), "residentNumber": right["residentNumber"].lower()}
    payload = await here.ask(VERIFY, sent(here.members[0], values), here.federation())
    assert payload["memberId"] == gids(here.members[:1])[0]
    assert {each["field"]: each["matches"] for each in payload["results"]} == {
        "NAME": True,
        "PHONE": False,
        "RESIDENT_NUMBER": True,
    }
    assert right["phone"] not in str(payload)


async def test_every_kind_of_value_is_compared_as_it_is_written_on_paper(here):
    right = await papers(here, here.members[0])
    request = await here.ask(OPEN, {"kind": "ERASURE"}, here.worker(here.members[0]))
    given = {"purpose": "SUBJECT_REQUEST", "caseReference": request["id"]}
    spelt = {
        "name": f" {right['name']} ",
        "birthDate": right["birthDate"],
        "residentNumber": right["residentNumber"].lower(),
        "phone": f"+86 {right['phone'][:3]}-{right['phone'][3:7]}-{right['phone'][7:]}",
        "bankCard": " ".join(CARD[place : place + 4] for place in range(0, 19, 4)),
    }
    assert set((await answers(here, sent(here.members[0], spelt, **given))).values()) == {True}
    for field, wrong in {
        "name": right["name"] + "某",
        "birthDate": (date.fromisoformat(right["birthDate"]) + timedelta(1)).isoformat(),
        "residentNumber": another(right["residentNumber"]),
        "phone": other(right["phone"]),
        "bankCard": "4111111111111111",
    }.items():
        official = here.federation(name=f"who compares {field}")
        found = await answers(here, sent(here.members[0], {field: wrong}, **given), official)
        assert list(found.values()) == [False], field


async def test_what_is_not_held_is_no(here):
    await here.pool.execute(
        "UPDATE member SET phone = NULL, phone_index = NULL, phone_head = NULL WHERE id = $1", here.members[0]
    )
    assert await answers(here, sent(here.members[0], {"phone": "16012345678"})) == {"PHONE": False}


async def test_the_log_has_what_fitted_and_what_did_not_and_no_value(here):
    right = await papers(here, here.members[0])
    await answers(here, sent(here.members[0], {"name": right["name"], "phone": other(right["phone"])}))
    fitted, differed = await here.log()
    for entry in (fitted, differed):
        assert (entry["principal"], entry["role"], entry["purpose"]) == (
            "county official",
            "FEDERATION",
            "MEMBERSHIP_CHECK",
        )
        assert entry["records"] == gids(here.members[:1])
        assert (entry["operation"], entry["source"]) == ("Op", "192.0.2.7")
    assert (fitted["action"], fitted["fields"]) == ("VERIFY", ["NAME"])
    assert (differed["action"], differed["fields"]) == ("VERIFY_MISMATCH", ["PHONE"])
    assert right["name"] not in str([fitted, differed])
    assert right["phone"][3:] not in str([fitted, differed])


async def test_without_the_log_nothing_is_answered(here):
    right = await papers(here, here.members[0])
    await here.pool.execute("DELETE FROM access_log_head")
    with pytest.raises(Exception, match="nothing revealed"):
        await here.ask(VERIFY, sent(here.members[0], {"phone": right["phone"]}), here.federation())


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"values": {}}, "EMPTY", ["values"]),
        ({"values": {"name": "  "}}, "BAD_VALUE", ["values", "name"]),
        ({"values": {"name": "a\0"}}, "BAD_TEXT", ["values", "name"]),
        ({"values": {"phone": "1" * 101}}, "BAD_TEXT", ["values", "phone"]),
        ({"values": {"phone": "138"}}, "BAD_VALUE", ["values", "phone"]),
        ({"values": {"residentNumber": "37100319900228123"}}, "BAD_VALUE", ["values", "residentNumber"]),
        ({"values": {"birthDate": "1990-02-30"}}, "BAD_VALUE", ["values", "birthDate"]),
        ({"memberId": "org_1"}, "BAD_ID", ["memberId", "0"]),
        ({"memberId": None}, "MISSING_MEMBER", ["memberId"]),
        ({"memberId": "mem_7fffffffffffffff"}, "NOT_FOUND", ["memberId"]),
        ({"purpose": "INSURANCE_RECONCILIATION"}, "FORBIDDEN_PURPOSE", ["purpose"]),
        ({"purpose": "OWN_DATA"}, "FORBIDDEN_PURPOSE", ["purpose"]),
        ({"values": {"bankCard": CARD}}, "FORBIDDEN_PURPOSE", ["purpose"]),
        ({"purpose": "DISPUTE_CASE"}, "MISSING_CASE_REFERENCE", ["caseReference"]),
        ({"purpose": "EMERGENCY", "caseReference": "abc"}, "UNEXPECTED_CASE_REFERENCE", ["caseReference"]),
        ({"purpose": "DISPUTE_CASE", "caseReference": "不存在1号"}, "BAD_CASE_REFERENCE", ["caseReference"]),
        ({"idempotencyKey": ""}, "BAD_IDEMPOTENCY_KEY", ["idempotencyKey"]),
    ],
)  # fmt: skip
async def test_bad_input_is_an_error_in_the_payload_and_answers_nothing(here, change, code, path):
    given = sent(here.members[0], {"phone": "16012345678"}) | change
    payload = await here.ask(VERIFY, given, here.federation())
    assert (payload["memberId"], payload["results"]) == (None, [])
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [(code, ["input", *path])]
    assert not {"VERIFY", "VERIFY_MISMATCH"} & set(await here.actions())
    for value in change.get("values", {}).values():
        assert not value.strip() or value not in str(payload["errors"])


async def test_out_of_sight_and_not_there_are_the_same_and_nothing_is_written_into_the_strangers_log(here):
    stranger = here.strangers[0]
    right = await papers(here, stranger)
    found = []
    for key, values in ((stranger, right), (9_999_999_999, right), (stranger, {"phone": "16012345678"})):
        values = {"phone": values["phone"]}
        given = sent(key, values, purpose="DISPUTE_CASE", caseReference="写给本人看的话")
        found.append(await here.ask(VERIFY, given, here.federation()))
    assert found[0] == found[1] == found[2]
    assert [error["code"] for error in found[0]["errors"]] == ["NOT_FOUND"]
    for entry in await here.log():
        assert (entry["action"], entry["records"], entry["case_reference"]) == ("VERIFY_REFUSED", [], None)
        assert entry["fields"] == ["PHONE", "NOT_FOUND"]


async def test_nobody_without_a_role_compares_and_no_record_is_named_in_the_log(here):
    right = await papers(here, here.members[0])
    bureau = Caller("bureau", principal_id=7, grants=(Grant(Role.HR_BUREAU, division_id=1),))
    for caller in (PUBLIC, Caller("nobody", principal_id=5), bureau):
        assert await code(here, sent(here.members[0], {"phone": right["phone"]}), caller) == "FORBIDDEN_PURPOSE"
    assert [entry["records"] for entry in await here.log()] == [[], [], []]


async def test_a_role_compares_only_what_is_in_sight_in_that_role(here):
    right = await papers(here, here.strangers[0])
    both = replace(
        here.federation(), grants=(*here.federation().grants, Grant(Role.WORKER)), member_id=here.strangers[0]
    )
    given = sent(here.strangers[0], {"phone": right["phone"]})
    assert await code(here, given, both) == "NOT_FOUND"
    assert await answers(here, given | {"purpose": "OWN_DATA"}, both) == {"PHONE": True}


async def test_five_wrong_answers_lock_the_member_for_the_principal_until_tomorrow(here):
    one, two = here.members[:2]
    right, others = await papers(here, one), await papers(here, two)
    for step in range(1, WRONG_A_DAY + 1):
        assert await answers(here, sent(one, {"phone": other(right["phone"], step)})) == {"PHONE": False}
    for values in ({"phone": right["phone"]}, {"phone": other(right["phone"])}, {"name": right["name"]}):
        assert await code(here, sent(one, values)) == "LOCKED"
    assert (await here.log())[-1]["fields"] == ["NAME", "LOCKED"]
    # other members, other principals, other days
    assert await answers(here, sent(two, {"phone": others["phone"]})) == {"PHONE": True}
    again = sent(one, {"phone": right["phone"]})
    assert await answers(here, again, here.federation(name="another official")) == {"PHONE": True}
    assert await answers(here, again, day=today() + timedelta(1)) == {"PHONE": True}


async def test_one_wrong_day_of_birth_locks_as_five_other_values_do(here):
    key = here.members[0]
    right = await papers(here, key)
    wrong = (date.fromisoformat(right["birthDate"]) + timedelta(1)).isoformat()
    assert await answers(here, sent(key, {"birthDate": wrong})) == {"BIRTH_DATE": False}
    assert await code(here, sent(key, {"birthDate": right["birthDate"]})) == "LOCKED"


async def test_twenty_wrong_answers_in_thirty_days_lock_until_they_are_old(here):
    key = here.members[0]
    right = await papers(here, key)
    for step in range(1, WRONG_A_MONTH + 1):
        assert await answers(here, sent(key, {"phone": other(right["phone"], step)})) == {"PHONE": False}
        if step % WRONG_A_DAY == 0:
            await _older(here, 2)
    assert await code(here, sent(key, {"phone": right["phone"]})) == "LOCKED"
    await _older(here, 29)
    assert await answers(here, sent(key, {"phone": right["phone"]})) == {"PHONE": True}


async def _older(here, days):
    """Date all entries of the log back, past its trigger."""
    async with here.pool.acquire() as connection, connection.transaction():
        await connection.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
        await connection.execute("UPDATE access_log SET at = at - make_interval(days => $1)", days)
        await connection.execute("ALTER TABLE access_log ENABLE TRIGGER USER")


async def test_a_guesser_who_tries_all_at_once_gets_no_more_answers_than_one_after_the_other(here):
    """Enumeration in parallel over connections: five answers, and the right value, which comes late, is not among them."""
    key = here.members[0]
    right = await papers(here, key)
    guesses = [other(right["phone"], step) for step in range(1, 30)] + [right["phone"]]
    payloads = await asyncio.gather(
        *(here.ask(VERIFY, sent(key, {"phone": guess}), here.federation()) for guess in guesses)
    )
    answered = [payload for payload in payloads if not payload["errors"]]
    wrong = [payload for payload in answered if not payload["results"][0]["matches"]]
    assert len(wrong) <= WRONG_A_DAY
    assert len(answered) <= WRONG_A_DAY + 1
    async with here.pool.acquire() as connection:
        assert await verify_log(connection) is None


async def test_many_in_one_operation_are_limited_like_many_operations(here):
    key = here.members[0]
    right = await papers(here, key)
    fields = " ".join(
        f'a{step}: verify(input: {{memberId: "{gids([key])[0]}", purpose: MEMBERSHIP_CHECK,'
        f' values: {{phone: "{other(right["phone"], step)}"}}}})'
        " { results { matches } errors { code } }"
        for step in range(1, 12)
    )
    context = CommandContext(here.served, here.federation(), today(), here.vault)
    result = await graphql(SCHEMA._schema, f"mutation {{ {fields} }}", context_value=context)
    assert result.errors is None
    found = [each["errors"][0]["code"] if each["errors"] else "answered" for each in result.data.values()]
    assert found == ["answered"] * WRONG_A_DAY + ["LOCKED"] * (11 - WRONG_A_DAY)


async def test_a_principal_has_no_more_values_compared_in_a_day_than_the_limit(here):
    few = replace(here, options=CommandOptions(verify_daily_limit=3))
    one, two = await papers(here, here.members[0]), await papers(here, here.members[1])
    assert await answers(few, sent(here.members[0], {"phone": one["phone"], "name": one["name"]}))
    both = sent(here.members[1], {"phone": two["phone"], "name": two["name"]})
    assert await code(few, both) == "DAILY_LIMIT"
    assert await answers(few, sent(here.members[1], {"phone": two["phone"]})) == {"PHONE": True}
    assert await code(few, sent(here.members[1], {"phone": two["phone"]})) == "DAILY_LIMIT"
    assert await answers(few, both, here.federation(name="another official"))


async def test_a_repeat_under_the_same_key_is_answered_as_before_and_counts_for_nothing(here):
    key = here.members[0]
    right = await papers(here, key)
    given = sent(key, {"phone": other(right["phone"])}, idempotencyKey="once")
    first = await here.ask(VERIFY, given, here.federation())
    for _ in range(WRONG_A_DAY + 1):
        assert await here.ask(VERIFY, given, here.federation()) == first
    assert await here.actions() == ["VERIFY_MISMATCH"]
    changed = given | {"values": {"phone": right["phone"]}}
    assert await code(here, changed) == "IDEMPOTENCY_KEY_REUSED"
    stored = await here.pool.fetchrow("SELECT * FROM command_receipt")
    assert right["phone"][3:] not in str(dict(stored))


async def test_a_member_in_sight_is_found_by_number_and_name(here):
    right = await papers(here, here.members[2])
    given = {
        "values": {"residentNumber": right["residentNumber"], "name": right["name"]},
        "purpose": "MEMBERSHIP_CHECK",
    }
    payload = await here.ask(VERIFY, given, here.federation())
    assert payload["memberId"] == gids(here.members[2:3])[0]
    assert [each["matches"] for each in payload["results"]] == [True, True]
    (entry,) = await here.log()
    assert (entry["action"], entry["records"]) == ("VERIFY", gids(here.members[2:3]))


async def test_a_look_up_tells_nobody_from_a_hidden_member_and_from_one_of_another_name(here):
    mine, stranger = await papers(here, here.members[0]), await papers(here, here.strangers[0])
    nobody = "371003" + "19900101" + "1233"
    found = []
    for number, name in (
        (nobody, mine["name"]),
        (stranger["residentNumber"], stranger["name"]),
        (mine["residentNumber"], stranger["name"] + "某"),
    ):
        given = {
            "values": {"residentNumber": number, "name": name, "phone": mine["phone"]},
            "purpose": "MEMBERSHIP_CHECK",
        }
        found.append(await here.ask(VERIFY, given, here.federation()))
    assert found[0] == found[1] == found[2]
    assert (found[0]["memberId"], found[0]["errors"]) == (None, [])
    assert {each["matches"] for each in found[0]["results"]} == {False}
    entries = await here.log()
    assert [entry["records"] for entry in entries] == [[], [], gids(here.members[:1])]
    assert {entry["action"] for entry in entries} == {"VERIFY_MISMATCH"}


async def test_look_ups_that_find_nobody_are_limited_and_a_locked_member_is_told_as_nobody(here):
    mine = await papers(here, here.members[0])
    for step in range(1, WRONG_A_DAY + 1):
        await answers(here, sent(here.members[0], {"phone": other(mine["phone"], step)}))
    given = {"values": {"residentNumber": mine["residentNumber"], "name": mine["name"]}, "purpose": "MEMBERSHIP_CHECK"}
    payload = await here.ask(VERIFY, given, here.federation())
    assert (payload["memberId"], {each["matches"] for each in payload["results"]}) == (None, {False})
    for step in range(1, LOOKUPS_A_DAY):
        values = {"residentNumber": another(mine["residentNumber"], step), "name": "某某某"}
        assert (await here.ask(VERIFY, given | {"values": values}, here.federation()))["errors"] == []
    assert await code(here, given) == "LOCKED"
    elsewhere = await here.ask(VERIFY, given, here.federation(name="another official"))
    assert elsewhere["memberId"] == gids(here.members[:1])[0]


async def test_a_purpose_whose_reference_names_the_person_looks_for_nobody(here):
    mine = await papers(here, here.members[0])
    values = {"residentNumber": mine["residentNumber"], "name": mine["name"]}
    given = {"values": values, "purpose": "DISPUTE_CASE", "caseReference": "不存在1号"}
    assert await code(here, given) == "MISSING_MEMBER"


async def test_what_may_be_compared_for_a_purpose_is_what_may_be_revealed_for_it(here):
    """The same table, the same roles: phones to reach a member, and no resident number."""
    right = await papers(here, here.members[0])
    given = sent(here.members[0], {"residentNumber": right["residentNumber"]}, purpose="SERVICE_CONTACT")
    assert await code(here, given) == "FORBIDDEN_PURPOSE"
    wanted = asked(here.members[:1], fields=["RESIDENT_NUMBER"])
    assert await here.codes(REVEAL, wanted, here.federation()) == ["FORBIDDEN_PURPOSE"]


async def test_a_worker_sees_in_their_own_log_who_compared_what(here):
    key = here.members[0]
    right = await papers(here, key)
    await answers(here, sent(key, {"phone": other(right["phone"])}))
    async with acquired(here.served, here.worker(key).scope) as connection:
        rows = await connection.fetch("SELECT principal, action, fields FROM access_log")
    assert [tuple(row) for row in rows] == [("county official", "VERIFY_MISMATCH", '["PHONE"]')]


def test_no_guess_of_a_day_is_better_than_five_of_ten_thousand():
    """Candidates of each value beside all that a caller sees (docs/masks.md), against the tries that a day and a month have."""
    candidates = {"BIRTH_DATE": 1_826, "RESIDENT_NUMBER": 911_000, "PHONE": 10**8, "BANK_CARD": 10**9}
    for field in verify.NORMAL:
        if field.name in candidates:
            tries = -(-WRONG_A_DAY // WEIGHTS.get(field, 1))
            assert tries / candidates[field.name] <= 5.5 / 10**4, field
            assert WRONG_A_MONTH // WEIGHTS.get(field, 1) / candidates[field.name] <= 22 / 10**4, field


def test_the_page_of_masks_has_the_limits_of_the_code():
    page = (DOCS / "masks.md").read_text()
    for number in (WRONG_A_DAY, WRONG_A_MONTH, LOOKUPS_A_DAY):
        assert f"**{number}**" in page
