"""Personal data in clear: to whom, for what, how often; and never without its entry in the log."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.access import Role
from db.clock import today
from db.encryption.vault import Sealed
from db.members import PHONE, RESIDENT_NUMBER
from db.security.audit_log import verify
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import PUBLIC, Caller, Grant
from resolvers.commands.purposes import RULES, PersonalField, RevealPurpose, as_markdown
from resolvers.errors import HubError
from tests.resolvers.command_fixtures import OPEN, REVEAL, asked, gids, hub

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.fixture
async def here(fresh_database_url, vault):
    pool, served = await create_pool(fresh_database_url), await create_pool(fresh_database_url, size=20, role=READER)
    yield await hub(pool, served, vault)
    await pool.close()
    await served.close()


async def clear(here, key, secret):
    sealed = await here.pool.fetchval(f"SELECT {secret.column} FROM member WHERE id = $1", key)
    return None if sealed is None else here.vault.open([Sealed("member", secret.column, key, sealed)])[0]


async def test_a_federation_sees_the_fields_asked_for_of_its_members_in_the_order_of_the_ids(here):
    keys = here.members[:3][::-1]
    payload = await here.ask(REVEAL, asked(keys), here.federation())
    assert payload["errors"] == []
    for key, member in zip(keys, payload["members"], strict=True):
        assert member == {
            "id": gids([key])[0],
            "name": await here.pool.fetchval("SELECT name FROM member WHERE id = $1", key),
            "phone": await clear(here, key, PHONE),
            "birthDate": None,
            "residentNumber": None,
            "bankCard": None,
        }
        assert len(member["phone"]) == 11


async def test_many_are_revealed_by_one_statement(here):
    sent = []
    async with here.served.acquire() as connection:
        connection.add_query_logger(lambda query: sent.append(query.query))
        await replace(here, served=OnePool(connection)).ask(REVEAL, asked(here.members[:5]), here.federation())
    assert len([query for query in sent if "FROM member " in query]) == 1


class OnePool:
    """A pool that has one connection only."""

    def __init__(self, connection):
        self.connection = connection

    def acquire(self):
        return self

    async def __aenter__(self):
        return self.connection

    async def __aexit__(self, *_):
        return None


async def test_the_log_says_who_saw_which_fields_of_whom_for_what_when_and_from_where(here):
    keys = here.members[:2]
    await here.ask(REVEAL, asked(keys), here.federation())
    (entry,) = await here.log()
    assert (entry["principal"], entry["role"], entry["action"]) == ("county official", "FEDERATION", "REVEAL")
    assert (entry["purpose"], entry["fields"], entry["records"]) == ("SERVICE_CONTACT", ["PHONE", "NAME"], gids(keys))
    assert (entry["operation"], entry["source"], entry["case_reference"]) == ("Op", "192.0.2.7", None)
    async with here.pool.acquire() as connection:
        assert await verify(connection) is None


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"ids": []}, "EMPTY", ["input", "ids"]),
        ({"fields": []}, "EMPTY", ["input", "fields"]),
        ({"ids": ["mem_zz"]}, "BAD_ID", ["input", "ids", "0"]),
        ({"ids": ["org_1"]}, "BAD_ID", ["input", "ids", "0"]),
        ({"ids": ["mem_ffffffffffffffff"]}, "BAD_ID", ["input", "ids", "0"]),
        ({"ids": ["mem_1", "mem_1"]}, "DUPLICATE", ["input", "ids"]),
        ({"ids": [f"mem_{n:x}" for n in range(1, 202)]}, "TOO_MANY", ["input", "ids"]),
        ({"ids": ["mem_7fffffffffffffff"]}, "NOT_FOUND", ["input", "ids", "0"]),
        ({"purpose": "INSURANCE_RECONCILIATION"}, "FORBIDDEN_PURPOSE", ["input", "purpose"]),
        ({"purpose": "OWN_DATA"}, "FORBIDDEN_PURPOSE", ["input", "purpose"]),
        ({"fields": ["BANK_CARD"]}, "FORBIDDEN_PURPOSE", ["input", "purpose"]),
        ({"purpose": "BENEFIT_PAYMENT", "fields": ["BANK_CARD"]}, "MISSING_CASE_REFERENCE", ["input", "caseReference"]),
        ({"purpose": "DISPUTE_CASE", "caseReference": "  \t "}, "MISSING_CASE_REFERENCE", ["input", "caseReference"]),
        ({"purpose": "DISPUTE_CASE", "caseReference": "abc"}, "BAD_CASE_REFERENCE", ["input", "caseReference"]),
        (
            {"purpose": "EMERGENCY", "caseReference": "函字二号"},
            "UNEXPECTED_CASE_REFERENCE",
            ["input", "caseReference"],
        ),
        ({"caseReference": "写给本人看的话"}, "UNEXPECTED_CASE_REFERENCE", ["input", "caseReference"]),
        ({"caseReference": "a" * 101}, "BAD_TEXT", ["input", "caseReference"]),
        ({"caseReference": "a\0b"}, "BAD_TEXT", ["input", "caseReference"]),
        ({"idempotencyKey": ""}, "BAD_IDEMPOTENCY_KEY", ["input", "idempotencyKey"]),
        ({"idempotencyKey": "k" * 101}, "BAD_IDEMPOTENCY_KEY", ["input", "idempotencyKey"]),
    ],
)
async def test_bad_input_is_an_error_in_the_payload_and_reveals_nothing(here, change, code, path):
    payload = await here.ask(REVEAL, asked(here.members[:1], **change), here.federation())
    assert payload["members"] == []
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [(code, path)]
    assert "REVEAL" not in await here.actions()
    assert await here.pool.fetchval("SELECT count(*) FROM command_receipt") == 0


async def test_each_bad_id_is_told_by_its_place(here):
    payload = await here.ask(REVEAL, asked([]) | {"ids": ["x", *gids(here.members[:1]), "div_1"]}, here.federation())
    assert [error["path"][-1] for error in payload["errors"]] == ["0", "2"]


async def test_out_of_sight_and_not_there_are_the_same_error(here):
    answers = []
    for key in (here.strangers[0], 9_999_999_999):
        answers.append(await here.ask(REVEAL, asked([here.members[0], key]), here.federation()))
    assert answers[0] == answers[1]
    assert [(error["code"], error["path"]) for error in answers[0]["errors"]] == [("NOT_FOUND", ["input", "ids", "1"])]


async def test_one_out_of_sight_reveals_none_and_the_attempt_is_logged(here):
    keys = [here.members[0], here.strangers[0]]
    assert await here.codes(REVEAL, asked(keys), here.federation()) == ["NOT_FOUND"]
    (entry,) = await here.log()
    assert (entry["action"], entry["records"]) == ("REVEAL_REFUSED", gids(keys))
    assert entry["fields"] == ["PHONE", "NAME", "NOT_FOUND"]


async def test_nobody_without_a_role_reveals_and_an_anonymous_attempt_is_logged_without_records(here):
    nobody = Caller("nobody", principal_id=5)
    for caller in (PUBLIC, nobody):
        assert await here.codes(REVEAL, asked(here.members[:1]), caller) == ["FORBIDDEN_PURPOSE"]
    anonymous, known = await here.log()
    assert [entry["action"] for entry in (anonymous, known)] == ["REVEAL_REFUSED", "REVEAL_REFUSED"]
    assert (anonymous["principal"], anonymous["source"], anonymous["records"]) == ("public", "192.0.2.7", [])
    assert anonymous["fields"] == ["PHONE", "NAME", "FORBIDDEN_PURPOSE"]
    assert known["records"] == gids(here.members[:1])


@pytest.mark.parametrize("purpose", RevealPurpose)
@pytest.mark.parametrize("role", [Role.HR_BUREAU, Role.EMPLOYERS_BODY, Role.ANALYST])
async def test_agencies_without_personal_data_have_no_purpose_at_all(purpose, role):
    assert role not in RULES[purpose].roles


async def test_a_role_opens_only_what_is_in_sight_in_that_role(here):
    """A worker who is an official elsewhere: the own record is in sight, but not as an official."""
    both = replace(
        here.federation(), grants=(*here.federation().grants, Grant(Role.WORKER)), member_id=here.strangers[0]
    )
    assert await here.codes(REVEAL, asked(here.strangers[:1]), both) == ["NOT_FOUND"]
    own = asked(here.strangers[:1], purpose="OWN_DATA", fields=["RESIDENT_NUMBER"])
    payload = await here.ask(REVEAL, own, both)
    assert payload["members"][0]["residentNumber"] == await clear(here, here.strangers[0], RESIDENT_NUMBER)


async def test_a_worker_reveals_the_own_record_only(here):
    own = asked(here.members[:1], purpose="OWN_DATA", fields=["PHONE"])
    assert (await here.ask(REVEAL, own, here.worker(here.members[0])))["errors"] == []
    assert await here.codes(REVEAL, own, here.worker(here.members[1])) == ["NOT_FOUND"]


async def party(here, handled_by=None):
    """An open case that a county's union handles, with its member as a party: number and member."""
    row = await here.pool.fetchrow("SELECT * FROM dispute_case ORDER BY id LIMIT 1")
    await here.pool.execute(
        "UPDATE dispute_case SET organization_id = $2, closed_on = NULL WHERE id = $1",
        row["id"],
        handled_by or here.county,
    )
    await here.pool.execute(
        "INSERT INTO dispute_party (case_id, role, name, member_id) VALUES ($1, 'CLAIMANT', '某', $2)",
        row["id"],
        here.members[0],
    )
    return row


async def test_a_case_is_the_reference_only_for_its_parties_and_in_sight(here):
    case = await party(here)
    given = asked(here.members[:1], purpose="DISPUTE_CASE", caseReference=case["number"])
    assert (await here.ask(REVEAL, given, here.federation()))["errors"] == []
    for change in ({"ids": gids(here.members[1:2])}, {"ids": gids(here.members[:2])}, {"caseReference": "不存在1号"}):
        assert await here.codes(REVEAL, given | change, here.federation()) == ["BAD_CASE_REFERENCE"]
    await here.pool.execute("UPDATE dispute_case SET organization_id = $2 WHERE id = $1", case["id"], here.others)
    assert await here.codes(REVEAL, given, here.federation()) == ["BAD_CASE_REFERENCE"]


async def test_a_mediator_sees_the_parties_of_an_assigned_case_and_of_no_other(here):
    case = await party(here)
    mediator = Caller("mediator", principal_id=9, grants=(Grant(Role.CASE_WORKER),), cases=(case["id"],))
    given = asked(here.members[:1], purpose="DISPUTE_CASE", caseReference=case["number"])
    assert (await here.ask(REVEAL, given, mediator))["errors"] == []
    assert await here.codes(REVEAL, given, replace(mediator, cases=())) == ["NOT_FOUND"]
    assert await here.codes(REVEAL, given | {"ids": gids(here.members[1:2])}, mediator) == ["NOT_FOUND"]
    assert await here.codes(REVEAL, given | {"purpose": "SERVICE_CONTACT"}, mediator) == ["FORBIDDEN_PURPOSE"]


async def test_a_case_that_a_union_below_handles_or_that_is_closed_is_no_ground(here):
    case = await party(here)
    given = asked(here.members[:1], purpose="DISPUTE_CASE", caseReference=case["number"])
    below = await here.pool.fetchval(
        "SELECT descendant_id FROM territorial_closure WHERE ancestor_id = $1 AND depth > 0 AND valid_to IS NULL LIMIT 1",
        here.county,
    )
    await here.pool.execute("UPDATE dispute_case SET organization_id = $2 WHERE id = $1", case["id"], below)
    assert await here.codes(REVEAL, given, here.federation()) == ["BAD_CASE_REFERENCE"]
    await here.pool.execute(
        "UPDATE dispute_case SET organization_id = $2, closed_on = received_on WHERE id = $1", case["id"], here.county
    )
    assert await here.codes(REVEAL, given, here.federation()) == ["BAD_CASE_REFERENCE"]


async def test_an_open_request_of_the_person_is_the_reference_for_checking_who_they_are(here):
    request = await here.ask(OPEN, {"kind": "ERASURE"}, here.worker(here.members[0]))
    given = asked(here.members[:1], purpose="SUBJECT_REQUEST", fields=["RESIDENT_NUMBER"], caseReference=request["id"])
    assert (await here.ask(REVEAL, given, here.federation()))["errors"] == []
    for change in ({"ids": gids(here.members[1:2])}, {"caseReference": "sreq_fff"}, {"caseReference": "第1号"}):
        assert await here.codes(REVEAL, given | change, here.federation()) == ["BAD_CASE_REFERENCE"]


async def test_a_principal_reveals_no_more_records_in_a_day_than_the_limit(here):
    few = here.limited(3)
    assert (await few.ask(REVEAL, asked(here.members[:2]), here.federation()))["errors"] == []
    payload = await few.ask(REVEAL, asked(here.members[:2]), here.federation())
    assert [error["code"] for error in payload["errors"]] == ["DAILY_LIMIT"]
    assert "1 more" in payload["errors"][0]["message"]
    assert (await few.ask(REVEAL, asked(here.members[2:3]), here.federation()))["errors"] == []
    assert await few.codes(REVEAL, asked(here.members[2:3]), here.federation()) == ["DAILY_LIMIT"]
    assert (await few.ask(REVEAL, asked(here.members[:1]), here.federation(name="another official")))["errors"] == []


async def test_the_limit_holds_for_fifty_at_once(here):
    few = here.limited(7)
    payloads = await asyncio.gather(*(few.ask(REVEAL, asked(here.members[:1]), here.federation()) for _ in range(50)))
    assert len([payload for payload in payloads if not payload["errors"]]) == 7
    actions = await here.actions()
    assert (actions.count("REVEAL"), actions.count("REVEAL_REFUSED")) == (7, 43)
    async with here.pool.acquire() as connection:
        assert await verify(connection) is None


async def test_another_day_has_a_limit_of_its_own(here):
    few = here.limited(1)
    assert (await few.ask(REVEAL, asked(here.members[:1]), here.federation()))["errors"] == []
    tomorrow = today() + timedelta(days=1)
    assert (await few.ask(REVEAL, asked(here.members[:1]), here.federation(), tomorrow))["errors"] == []


async def test_a_repeat_under_one_key_answers_alike_is_logged_and_does_not_count(here):
    few, given = here.limited(1), asked(here.members[:1], idempotencyKey="k1")
    first = await few.ask(REVEAL, given, here.federation())
    assert await few.ask(REVEAL, given, here.federation()) == first
    assert await here.actions() == ["REVEAL", "REVEAL_REPEATED"]
    assert await few.codes(REVEAL, given | {"fields": ["NAME"]}, here.federation()) == ["IDEMPOTENCY_KEY_REUSED"]
    kept = await here.pool.fetch("SELECT * FROM command_receipt")
    assert [row["payload"] for row in kept] == [None]


async def test_a_key_is_the_principals_own_and_free_again_after_a_refusal(here):
    given = asked(here.members[:1], idempotencyKey="k1")
    assert await here.codes(REVEAL, given | {"ids": gids(here.strangers[:1])}, here.federation()) == ["NOT_FOUND"]
    for name in ("one", "two"):
        assert (await here.ask(REVEAL, given, here.federation(name=name)))["errors"] == []
    assert (await here.actions()).count("REVEAL") == 2


async def test_nothing_is_revealed_when_the_log_cannot_be_written(here):
    await here.pool.execute("DELETE FROM access_log_head")
    with pytest.raises(Exception, match="nothing revealed") as failed:
        await here.ask(REVEAL, asked(here.members[:1], idempotencyKey="k"), here.federation())
    assert failed.value.extensions["code"] == "INTERNAL_ERROR"
    assert isinstance(failed.value.original_error, HubError)
    assert await here.log() == []
    assert await here.pool.fetchval("SELECT count(*) FROM command_receipt") == 0


async def test_a_value_moved_from_another_row_is_not_revealed(here):
    one, two = here.members[:2]
    await here.pool.execute(
        "UPDATE member SET phone = (SELECT phone FROM member WHERE id = $2) WHERE id = $1", one, two
    )
    with pytest.raises(Exception, match="nothing revealed"):
        await here.ask(REVEAL, asked([one]), here.federation())
    assert "REVEAL" not in await here.actions()


def test_the_page_of_purposes_has_the_table_of_the_code():
    assert as_markdown() in (DOCS / "purposes.md").read_text()


def test_every_code_of_a_refusal_is_explained():
    texts = [path.read_text() for path in (DOCS.parent / "resolvers" / "commands").glob("*.py")]
    codes = {code for text in texts for code in re.findall(r'(?:refused|UserError)\(\s*"([A-Z_]+)"', text)}
    explained = (DOCS / "purposes.md").read_text() + (DOCS / "errors.md").read_text()
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in explained} == set()


def test_every_purpose_has_its_rule_and_its_basis_in_law():
    assert set(RULES) == set(RevealPurpose)
    for purpose, rule in RULES.items():
        assert rule.basis.startswith("PIPL art. "), purpose
        for role, fields in rule.roles.items():
            assert fields, (purpose, role)
            assert set(fields) <= set(PersonalField)
        if any(PersonalField.BANK_CARD in fields for fields in rule.roles.values()) and Role.WORKER not in rule.roles:
            assert rule.reference is not None, f"{purpose}: sensitive data need a reference"
