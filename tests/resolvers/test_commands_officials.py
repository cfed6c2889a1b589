"""No official stands on both sides of a person's rights: each way in which one official alone would end up with a person's money,
identity or erasure, by commands and, where the database holds the rule, by SQL as the service's role."""

import base64
import hashlib
import json
from datetime import date, timedelta

import asyncpg
import pytest

from db.access import DOCUMENT, PROPOSAL, Role
from db.clock import today
from db.connect import acquired, create_pool
from db.crypto import Sealed
from db.members import BANK_CARD, PHONE, RESIDENT_NUMBER
from db.personal import luhn
from db.row_security import CLERK, READER
from resolvers.access import Caller, Grant
from resolvers.commands.documents import MAX_SCAN
from resolvers.engine.engine import Engine
from resolvers.engine.snapshot import scope_of
from schema import registry, schema
from tests.resolvers.commands import CLOSE, DECIDE, EXPORT, OPEN, READ_DOCUMENT, REVEAL, asked, gids, hub, on_paper
from tests.resolvers.documents import document

CARD = "620000123456789012" + luhn("620000123456789012")
OWN_CARD = "621700987654321098" + luhn("621700987654321098")
CORRECTIONS = {"bankCard": CARD, "residentNumber": "110101199003070011", "phone": "16000000001"}
COLUMNS = {"bankCard": BANK_CARD, "residentNumber": RESIDENT_NUMBER, "phone": PHONE}
PNG, JPEG = b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0...."


@pytest.fixture
async def here(fresh_database_url, vault):
    pool, served = await create_pool(fresh_database_url), await create_pool(fresh_database_url, size=8, role=READER)
    made = await hub(pool, served, vault)
    await pool.execute("DELETE FROM dispute_party WHERE member_id = $1", made.members[0])
    yield made
    await pool.close()
    await served.close()


@pytest.fixture
def member(here):
    return here.members[0]


async def opened(here, member, kind="CORRECTION", caller=None):
    """An open request of the person, or on paper by an official; its ID."""
    given = {"kind": kind, "detail": "银行卡号有误"}
    if caller is not None:
        given |= {"memberId": gids([member])[0], "document": on_paper()}
    made = await here.ask(OPEN, given, caller or here.worker(member))
    assert made["errors"] == []
    return made["id"]


async def closes(here, request, caller, **more):
    """The errors of who grants a request."""
    payload = await here.ask(CLOSE, {"id": request, "resolution": "GRANTED", **more}, caller)
    return [error["code"] for error in payload["errors"]]


async def decides(here, request, caller, decision="APPROVED", **more):
    payload = await here.ask(DECIDE, {"id": request, "decision": decision, **more}, caller)
    return [error["code"] for error in payload["errors"]]


async def held(here, member):
    """All that is held on a member."""
    return dict(await here.pool.fetchrow("SELECT * FROM member WHERE id = $1", member))


async def clear(here, member, secret):
    sealed = await here.pool.fetchval(f"SELECT {secret.column} FROM member WHERE id = $1", member)
    return here.vault.open([Sealed("member", secret.column, member, sealed)])[0]


async def change(here, member, **values):
    """Have values changed by two officials, as they are meant to be."""
    request = await opened(here, member)
    assert await closes(here, request, here.federation(), corrections=values) == []
    assert await decides(here, request, here.federation(name="second"), corrections=values) == []


async def sql(here, caller, *statements, clerk=False):
    """Send statements as the service's role, under a caller's scope, in one transaction."""
    if caller.principal_id is not None:
        await here.signs_in(caller)
    async with acquired(here.served, scope_of(caller)) as connection, connection.transaction():
        if clerk:
            await connection.execute(f"SET LOCAL ROLE {CLERK}")
        for statement, *values in statements:
            await connection.execute(statement, *values)


async def refused(here, caller, *statements, clerk=False):
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
        await sql(here, caller, *statements, clerk=clerk)


def key(text):
    return int(text.partition("_")[2], 16)


# --- Opened by the person, or on paper


async def test_an_official_opens_no_request_for_a_member_without_the_paper_and_a_person_needs_none(here, member):
    given = {"kind": "ERASURE", "memberId": gids([member])[0]}
    assert await here.codes(OPEN, given, here.federation()) == ["MISSING_DOCUMENT"]
    assert await here.codes(OPEN, given | {"document": on_paper()}, here.worker(member)) == ["UNEXPECTED_DOCUMENT"]
    for values in ((member, None, None), (member, 1, 1)):
        row = "INSERT INTO subject_request (member_id, kind, opened_on, due_on, opened_by) VALUES ($1, 'ERASURE', $2, $2, $3)"
        opener = here.federation().principal_id if values[1] is None else here.worker(member).principal_id
        await here.signs_in(here.worker(member))
        await refused(here, here.federation(), (row, member, today(), opener))
    await refused(
        here,
        here.federation(),
        (
            "INSERT INTO subject_request (member_id, kind, opened_on, due_on) VALUES ($1, 'ERASURE', $2, $2)",
            member,
            today(),
        ),
    )
    assert await here.pool.fetchval("SELECT count(*) FROM subject_request") == 0


@pytest.mark.parametrize("scan", [b"%PDF-1.7 ...", PNG, JPEG])
async def test_the_paper_is_kept_sealed_with_its_digest_and_the_request_is_due_from_its_receipt(here, member, scan):
    received = date(2026, 9, 21)
    given = {"kind": "ERASURE", "memberId": gids([member])[0], "document": on_paper(scan=scan, day=received)}
    made = await here.ask(OPEN, given, here.federation())
    assert (made["errors"], made["openedOn"], made["dueOn"]) == ([], str(today()), "2026-10-19")
    row = await here.pool.fetchrow("SELECT * FROM subject_request")
    assert row["document_digest"] == hashlib.sha256(scan).digest()
    assert scan not in row["document"]
    assert base64.b64encode(scan) not in row["document"]
    assert (await here.log())[-1]["fields"] == ["ERASURE", "DOCUMENT"]
    for reader in (here.federation(name="second"), here.worker(member)):
        read = await here.ask(READ_DOCUMENT, {"id": made["id"]}, reader)
        assert base64.b64decode(read["scan"]) == scan
        assert (read["number"], read["receivedOn"], read["errors"]) == ("信收〔2026〕12号", str(received), [])
        assert read["digest"] == hashlib.sha256(scan).hexdigest()
        entry = (await here.log())[-1]
        assert (entry["action"], entry["case_reference"], entry["records"]) == (
            "DOCUMENT_READ",
            made["id"],
            gids([member]),
        )
    assert await here.codes(READ_DOCUMENT, {"id": made["id"]}, here.federation()) == ["NOT_INDEPENDENT"]
    assert await here.codes(READ_DOCUMENT, {"id": made["id"]}, here.federation(here.others)) == ["NOT_FOUND"]
    assert await here.codes(READ_DOCUMENT, {"id": made["id"]}, here.worker(here.members[1])) == ["NOT_FOUND"]
    assert await here.limited(1).codes(READ_DOCUMENT, {"id": made["id"]}, here.federation(name="second")) == [
        "DAILY_LIMIT"
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scan": base64.b64encode(b"GIF89a").decode()}, "BAD_DOCUMENT"),
        ({"scan": base64.b64encode(b"MZ%PDF-").decode()}, "BAD_DOCUMENT"),
        ({"scan": ""}, "BAD_DOCUMENT"),
        ({"scan": "%PDF-1.7 no base64"}, "BAD_DOCUMENT"),
        ({"scan": "文"}, "BAD_DOCUMENT"),
        ({"scan": base64.b64encode(b"%PDF-" + bytes(MAX_SCAN)).decode()}, "DOCUMENT_TOO_LARGE"),
        ({"number": "12"}, "BAD_DOCUMENT"),
        ({"number": "字" * 41}, "BAD_TEXT"),
        ({"receivedOn": str(today() + timedelta(1))}, "BAD_DOCUMENT"),
    ],
)
async def test_what_is_no_paper_is_refused_and_nothing_opened(here, member, change, code):
    given = {"kind": "ERASURE", "memberId": gids([member])[0], "document": on_paper() | change}
    assert await here.codes(OPEN, given, here.federation()) == [code]
    assert await here.pool.fetchval("SELECT count(*) FROM subject_request") == 0


async def test_a_scan_of_the_most_bytes_is_taken(here, member):
    scan = (b"%PDF-" + bytes(MAX_SCAN))[:MAX_SCAN]
    given = {"kind": "ERASURE", "memberId": gids([member])[0], "document": on_paper(scan=scan)}
    assert (await here.ask(OPEN, given, here.federation()))["errors"] == []


# --- Closed by another


@pytest.mark.parametrize("kind", ["ERASURE", "CORRECTION", "EXPORT"])
async def test_who_opened_a_request_does_not_close_it_and_another_does(here, member, kind):
    request, before = await opened(here, member, kind, here.federation()), await held(here, member)
    more = {"corrections": {"name": "郑更正"}} if kind == "CORRECTION" else {}
    assert await closes(here, request, here.federation(), **more) == ["NOT_INDEPENDENT"]
    refusal = {"id": request, "resolution": "REFUSED", "outcome": "理由"}
    assert await here.codes(CLOSE, refusal, here.federation()) == ["NOT_INDEPENDENT"]
    assert await held(here, member) == before
    close = "UPDATE subject_request SET closed_on = $2, outcome = 'GRANTED', closed_by = $3 WHERE id = $1"
    for closer in (here.federation(), here.federation(name="second")):
        await here.signs_in(closer)
        await refused(here, here.federation(), (close, key(request), today(), closer.principal_id))
    await refused(here, here.federation(), (close.replace("$3", "NULL"), key(request), today()))
    assert await closes(here, request, here.federation(name="second"), **more) == []


async def test_another_sign_in_of_the_opener_or_of_the_person_does_not_close(here, member):
    official = here.members[1]
    request = await opened(here, member, "ERASURE", here.federation(name="one", member=official))
    assert await closes(here, request, here.federation(name="two", member=official)) == ["NOT_INDEPENDENT"]
    assert await closes(here, request, here.federation(name="the person", member=member)) == ["NOT_INDEPENDENT"]
    await sql(here, here.federation(name="two", member=official))
    close = "UPDATE subject_request SET closed_on = $2, outcome = 'GRANTED', closed_by = $3 WHERE id = $1"
    for caller in (here.federation(name="two", member=official), here.federation(name="the person", member=member)):
        await refused(here, caller, (close, key(request), today(), caller.principal_id))
    own = await opened(here, member, "CORRECTION")
    both = Caller("both", 77, (Grant(Role.WORKER), *here.federation().grants), member)
    assert await closes(here, own, both, corrections={"name": "郑更正"}) == ["NOT_INDEPENDENT"]


async def test_one_official_alone_erases_nobody_also_not_by_sql(here, member):
    before = await held(here, member)
    erase = (
        "UPDATE member SET name = '已删除', phone = NULL, phone_index = NULL, phone_head = NULL WHERE id = $1",
        member,
    )
    name = ("UPDATE member SET name = '某人' WHERE id = $1", member)
    official = here.federation()
    for statement in (erase, name):
        await refused(here, official, statement, clerk=True)
    await opened(here, member, "ERASURE", official)
    for statement in (erase, name):
        await refused(here, official, statement, clerk=True)
    assert await held(here, member) == before
    await sql(here, here.federation(name="second"), erase, clerk=True)


async def test_the_clerk_names_parties_of_whom_a_request_is_answered_and_no_others(here, member):
    case = await here.pool.fetchval("SELECT min(id) FROM dispute_case")
    await here.pool.execute(
        "INSERT INTO dispute_party (case_id, role, name, member_id) VALUES ($1, 'CLAIMANT', '某', $2)", case, member
    )
    name = ("UPDATE dispute_party SET name = '别人' WHERE member_id = $1", member)
    for caller, written in ((here.federation(), "某"), (here.federation(name="second"), "别人")):
        await opened(here, member, caller=here.federation()) if written == "某" else None
        await sql(here, caller, name, clerk=True)
        assert await here.pool.fetchval("SELECT name FROM dispute_party WHERE member_id = $1", member) == written


async def test_what_was_asked_for_is_not_changed_and_a_closed_request_stays(here, member):
    request = await opened(here, member, "ERASURE", here.federation())
    second, number = here.federation(name="second"), key(request)
    for caller in (here.federation(), second):
        for change_ in ("detail = '别的'", "document = 'x'", "outcome = 'GRANTED'", "closed_on = current_date"):
            await refused(here, caller, (f"UPDATE subject_request SET {change_} WHERE id = $1", number))
        for column in ("kind", "member_id", "opened_by", "opened_on", "document_digest", "document_number"):
            await refused(here, caller, (f"UPDATE subject_request SET {column} = {column} WHERE id = $1", number))
    emptied = ("UPDATE subject_request SET document = NULL WHERE id = $1", number)
    await refused(here, here.federation(), emptied)
    assert await closes(here, request, second) == []
    for change_ in ("closed_on = NULL", "outcome = 'REFUSED'", "closed_by = NULL", "detail = '别的'"):
        await refused(here, second, (f"UPDATE subject_request SET {change_} WHERE id = $1", number))


# --- What identifies or pays a person


@pytest.mark.parametrize("field", CORRECTIONS)
async def test_what_identifies_or_pays_is_written_once_a_third_has_typed_it_again(here, member, field):
    request, before = await opened(here, member, caller=here.federation()), await held(here, member)
    second, third, values = here.federation(name="second"), here.federation(name="third"), {field: CORRECTIONS[field]}
    payload = await here.ask(CLOSE, {"id": request, "resolution": "GRANTED", "corrections": values}, second)
    assert (payload["errors"], payload["closedOn"]) == ([], None)
    assert payload["proposedFields"] == [COLUMNS[field].column.upper()]
    assert await held(here, member) == before
    assert await closes(here, request, third, corrections={"name": "某"}) == ["CHANGE_PENDING"]
    for caller in (here.federation(), second, here.federation(name="person", member=member)):
        assert await decides(here, request, caller, corrections=values) == ["NOT_INDEPENDENT"], caller.name
    for wrong in (
        None,
        {},
        {"name": "某"},
        values | {"name": "某"},
        {field: {"bankCard": OWN_CARD}.get(field, values[field][:-1] + "2")},
    ):
        assert await decides(here, request, third, corrections=wrong) == ["VALUES_DIFFER"], wrong
    assert await held(here, member) == before
    assert await decides(here, request, third, corrections=values) == []
    assert await clear(here, member, COLUMNS[field]) == CORRECTIONS[field]
    row = await here.pool.fetchrow("SELECT * FROM subject_request")
    assert (row["closed_on"], row["outcome"], row["proposal"]) == (today(), "GRANTED", None)
    assert {row["opened_by"], row["proposed_by"], row["closed_by"]} == {
        here.federation().principal_id, second.principal_id, third.principal_id,
    }  # fmt: skip
    assert await decides(here, request, third, corrections=values) == ["ALREADY_CLOSED"]
    actions = ["SUBJECT_REQUEST_OPENED", "CHANGE_PROPOSED", "CHANGE_APPROVED"]
    assert await here.actions() == actions
    text = str(await here.log()) + str(await here.pool.fetch("SELECT * FROM command_receipt"))
    assert CORRECTIONS[field] not in text


async def test_a_rejected_correction_stays_open_and_may_be_proposed_anew(here, member):
    request, before = await opened(here, member), await held(here, member)
    second, third, values = here.federation(), here.federation(name="third"), {"bankCard": CARD}
    assert await decides(here, request, second, corrections=values) == ["NOTHING_PENDING"]
    assert await closes(here, request, second, corrections=values) == []
    assert await decides(here, request, third, "REJECTED") == ["MISSING_REASON"]
    assert await decides(here, request, third, "REJECTED", reason="x", corrections=values) == ["UNEXPECTED_CORRECTIONS"]
    assert await decides(here, request, second, "REJECTED", reason="撤回") == ["NOT_INDEPENDENT"]
    assert await decides(here, request, third, "REJECTED", reason="与证件不符") == []
    assert await held(here, member) == before
    row = await here.pool.fetchrow("SELECT * FROM subject_request")
    assert (row["proposal"], row["rejected_on"], row["rejection"], row["closed_on"]) == (
        None,
        today(),
        "与证件不符",
        None,
    )
    assert (await here.log())[-1]["action"] == "CHANGE_REJECTED"
    assert await closes(here, request, third, corrections=values) == []
    assert await decides(here, request, second, corrections=values) == []
    assert await clear(here, member, BANK_CARD) == CARD


@pytest.mark.parametrize("field", CORRECTIONS)
async def test_one_official_alone_changes_nothing_that_identifies_or_pays_also_not_by_sql(here, member, field):
    before, column = await held(here, member), COLUMNS[field].column
    whole = {
        "phone": ", phone_index = 'x', phone_head = '160'",
        "resident_number": ", resident_number_index = 'x', resident_number_region = '110101'",
    }
    write = (f"UPDATE member SET {column} = 'x'{whole.get(column, '')} WHERE id = $1", member)
    official, second = here.federation(), here.federation(name="second")
    await refused(here, official, write, clerk=True)
    request = await opened(here, member)
    await refused(here, official, write, clerk=True)
    assert await closes(here, request, official, corrections={field: CORRECTIONS[field]}) == []
    await refused(here, official, write, clerk=True)
    number, approve = key(request), (
        "UPDATE subject_request SET closed_on = $2, outcome = 'GRANTED', closed_by = $3, proposal = NULL, approved_at = now() WHERE id = $1"
    )  # fmt: skip
    await here.signs_in(second)
    for closer in (official, second):
        await refused(here, official, (approve, number, today(), closer.principal_id), write, clerk=True)
    for change_ in (
        "proposal = 'x'",
        "proposed_by = NULL",
        f"proposed_by = {second.principal_id}",
        "proposed_fields = 'NAME'",
        "proposal = NULL",
    ):
        await refused(here, official, (f"UPDATE subject_request SET {change_} WHERE id = $1", number))
    rejected = "UPDATE subject_request SET proposal = NULL, rejected_on = current_date, rejection = 'x' WHERE id = $1"
    await refused(here, official, (rejected, number))
    # nor does who approves write another field
    others = next(other for other in ("bank_card", "phone") if other != column)
    other = (f"UPDATE member SET {others} = 'x'{whole.get(others, '')} WHERE id = $1", member)
    await refused(here, second, (approve, number, today(), second.principal_id), other, clerk=True)
    assert await held(here, member) == before
    await sql(here, second, (approve, number, today(), second.principal_id), write, clerk=True)
    again = write[0].replace("'x'", "'y'")
    await refused(here, second, (again, member), clerk=True)


async def test_a_proposal_is_made_in_the_own_name_on_a_request_of_another(here, member):
    official, second = here.federation(), here.federation(name="second")
    await here.signs_in(second)
    propose = "UPDATE subject_request SET proposal = 'x', proposed_by = $2, proposed_fields = 'BANK_CARD', proposed_on = $3 WHERE id = $1"
    paper = key(await opened(here, member, caller=official))
    await refused(here, official, (propose, paper, official.principal_id, today()))
    await refused(here, official, (propose, paper, second.principal_id, today()))
    erasure = key(await opened(here, member, "ERASURE"))
    await refused(here, official, (propose, erasure, official.principal_id, today()))
    await sql(here, second, (propose, paper, second.principal_id, today()))


async def test_a_resident_number_that_another_has_is_not_even_proposed_and_who_was_erased_is_not_corrected(
    here, member
):
    taken = await clear(here, here.members[1], RESIDENT_NUMBER)
    request = await opened(here, member)
    assert await closes(here, request, here.federation(), corrections={"residentNumber": taken}) == [
        "DUPLICATE_RESIDENT_NUMBER"
    ]
    assert await closes(here, request, here.federation(), corrections={"bankCard": CARD}) == []
    erasure = await opened(here, member, "ERASURE")
    assert await closes(here, erasure, here.federation()) == []
    assert await here.pool.fetchval("SELECT count(*) FROM subject_request WHERE proposal IS NOT NULL") == 0
    for corrections in ({"bankCard": CARD}, {"name": "郑更正"}):
        assert await closes(here, request, here.federation(), corrections=corrections) == ["ERASED"]
    assert (await held(here, member))["bank_card"] is None


async def test_a_change_is_shown_where_money_is_paid_for_thirty_days_and_to_the_person_in_their_log(here, member):
    await change(here, member, **CORRECTIONS)
    grant = await payable(here, member)
    days = "{ bankCardChangedOn residentNumberChangedOn phoneChangedOn }"
    text = f'{{ node(id: "{gids([member])[0]}") {{ ... on Member {days} }} }}'
    payment = f'{{ node(id: "{grant}") {{ ... on AidGrant {{ bankCardChangedOn }} }} }}'
    reveal = REVEAL.replace("bankCard }", "bankCard bankCardChangedOn phoneChangedOn }")
    given = asked([member], purpose="BENEFIT_PAYMENT", fields=["BANK_CARD"], caseReference=grant)
    for back, day in ((0, str(today())), (29, str(today() - timedelta(29))), (30, None)):
        await here.pool.execute(
            "UPDATE member SET bank_card_changed_on = $2, resident_number_changed_on = $2, phone_changed_on = $2 WHERE id = $1",
            member,
            today() - timedelta(back),
        )
        for caller in (here.federation(), here.worker(member)):
            assert set((await read(here, text, caller)).values()) == {day}
            assert await read(here, payment, caller) == {"bankCardChangedOn": day}
        (found,) = (await here.ask(reveal, given, here.federation()))["members"]
        assert (found["bankCard"], found["bankCardChangedOn"], found["phoneChangedOn"]) == (CARD, day, None)
    nodes = (await read(here, "{ accessLog(last: 20) { nodes { action fields principal } } }", here.worker(member)))[
        "nodes"
    ]
    fields = ["BANK_CARD", "PHONE", "RESIDENT_NUMBER"]
    assert {"action": "CHANGE_APPROVED", "fields": fields, "principal": "second"} in nodes
    assert {"action": "CHANGE_PROPOSED", "fields": fields, "principal": "county official"} in nodes


async def read(here, text, caller):
    engine = Engine(schema._schema, registry, here.served, max_objects=25_000)
    response = json.loads((await engine.execute(document(text), None, {}, caller=caller)).body)
    assert "errors" not in response, response
    return next(iter(response["data"].values()))


# --- Grounds


async def payable(here, member, union=None, **more):
    """A grant of the county's to a member, approved and unpaid: its ID."""
    values = {
        "organization_id": union or here.county, "member_id": member, "kind": "RELIEF", "status": "APPROVED", "amount": 500,
        "applied_on": today(), "approved_on": today(), "paid_on": None, "division_id": 1, **more,
    }  # fmt: skip
    values["division_id"] = await here.pool.fetchval("SELECT min(id) FROM division")
    marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    made = await here.pool.fetchval(
        f"INSERT INTO aid_grant ({', '.join(values)}) VALUES ({marks}) RETURNING id", *values.values()
    )
    return f"aid_{made:x}"


async def test_a_payment_needs_the_grant_to_the_person_which_the_own_union_approved_and_has_not_paid(here, member):
    await change(here, member, bankCard=CARD)
    below = await here.pool.fetchval(
        "SELECT descendant_id FROM territorial_closure WHERE ancestor_id = $1 AND depth > 0 AND valid_to IS NULL LIMIT 1",
        here.county,
    )
    bad = {
        "a text": "帮扶发放表2026",
        "none there": "aid_7fffffff",
        "another type": gids([member])[0],
        "to another": await payable(here, here.members[1]),
        "of a union below": await payable(here, member, below),
        "of another county": await payable(here, member, here.others),
        "paid": await payable(here, member, status="PAID", paid_on=today()),
        "not approved": await payable(here, member, status="APPLIED", approved_on=None),
        "in kind": await payable(here, member, amount=None, item="慰问品"),
    }
    given = asked([member], purpose="BENEFIT_PAYMENT", fields=["BANK_CARD"])
    for what, reference in bad.items():
        assert await here.codes(REVEAL, given | {"caseReference": reference}, here.federation()) == [
            "BAD_CASE_REFERENCE"
        ], what
        await refused_entry(here, here.federation(), "BENEFIT_PAYMENT", reference, [member])
    good = given | {"caseReference": await payable(here, member)}
    assert (await here.ask(REVEAL, good, here.federation()))["members"][0]["bankCard"] == CARD
    both = good | {"ids": gids(here.members[:2])}
    assert await here.codes(REVEAL, both, here.federation()) == ["BAD_CASE_REFERENCE"]
    await here.pool.execute("UPDATE aid_grant SET status = 'PAID', paid_on = $1", today())
    assert await here.codes(REVEAL, good, here.federation()) == ["BAD_CASE_REFERENCE"]


async def test_a_claim_of_mutual_aid_is_a_ground_of_the_union_that_handles_it(here, member):
    enrolment = await here.pool.fetchval(
        "INSERT INTO mutual_aid_enrolment (organization_id, member_id, valid_from) VALUES ($1, $2, $3) RETURNING id",
        here.county, member, today(),
    )  # fmt: skip
    claim = await here.pool.fetchval(
        "INSERT INTO mutual_aid_claim (enrolment_id, organization_id, member_id, status, filed_on, approved_on, amount)"
        " VALUES ($1, $2, $3, 'APPROVED', $4, $4, 100) RETURNING id",
        enrolment, here.county, member, today(),
    )  # fmt: skip
    given = asked([member], purpose="BENEFIT_PAYMENT", fields=["NAME"], caseReference=f"maclaim_{claim:x}")
    assert (await here.ask(REVEAL, given, here.federation()))["errors"] == []
    await here.pool.execute("UPDATE mutual_aid_claim SET organization_id = $1", here.others)
    assert await here.codes(REVEAL, given, here.federation()) == ["BAD_CASE_REFERENCE"]
    await refused_entry(here, here.federation(), "BENEFIT_PAYMENT", f"maclaim_{claim:x}", [member])


async def test_a_request_for_a_copy_is_no_ground_and_neither_is_one_that_the_caller_opened(here, member):
    official, second = here.federation(), here.federation(name="second")
    for kind in ("EXPORT", "ERASURE"):
        request = await opened(here, member, kind, official)
        given = asked(
            [member], purpose="SUBJECT_REQUEST", fields=["BANK_CARD", "RESIDENT_NUMBER"], caseReference=request
        )
        assert await here.codes(REVEAL, given, official) == ["BAD_CASE_REFERENCE"]
        await refused_entry(here, official, "SUBJECT_REQUEST", request, [member])
        if kind == "EXPORT":
            assert await here.codes(REVEAL, given, second) == ["BAD_CASE_REFERENCE"]
            await refused_entry(here, second, "SUBJECT_REQUEST", request, [member])
        else:
            assert (await here.ask(REVEAL, given, second))["errors"] == []
            await sql(here, second)
            await closes(here, request, second)
            assert await here.codes(REVEAL, given, second) == ["BAD_CASE_REFERENCE"]
            await refused_entry(here, second, "SUBJECT_REQUEST", request, [member])


async def test_an_agency_reconciles_by_an_enrolment_that_holds_and_is_in_its_sight(here):
    row = await here.pool.fetchrow(
        "SELECT i.id, i.member_id, e.division_id FROM insurance_enrolment i JOIN employer e ON e.id = i.participant_id"
        " WHERE i.valid_from <= current_date AND i.valid_to IS NULL ORDER BY 1 LIMIT 1"
    )
    agency = Caller("agency", 78, (Grant(Role.SOCIAL_SECURITY_AGENCY, division_id=row["division_id"]),))
    given = asked([row["member_id"]], purpose="INSURANCE_RECONCILIATION", fields=["NAME"])
    good = given | {"caseReference": f"ins_{row['id']:x}"}
    assert (await here.ask(REVEAL, good, agency))["errors"] == []
    other = await here.pool.fetchval(
        "SELECT id FROM insurance_enrolment WHERE member_id <> $1 LIMIT 1", row["member_id"]
    )
    for reference in (f"ins_{other:x}", "ins_7fffffff", "参保核对函"):
        assert await here.codes(REVEAL, given | {"caseReference": reference}, agency) == ["BAD_CASE_REFERENCE"]
        await refused_entry(here, agency, "INSURANCE_RECONCILIATION", reference, [row["member_id"]])
    await here.pool.execute("UPDATE insurance_enrolment SET valid_to = current_date WHERE id = $1", row["id"])
    assert await here.codes(REVEAL, good, agency) in (["BAD_CASE_REFERENCE"], ["NOT_FOUND"])


async def refused_entry(here, caller, purpose, reference, members, action="REVEAL"):
    """The database takes no entry, so that nothing could be answered if the first wall had let it through."""
    await here.signs_in(caller)
    async with acquired(here.served, scope_of(caller)) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="on a ground that exists"):
            await connection.execute(
                "INSERT INTO access_log (id, at, principal, action, purpose, case_reference, records, fields, previous, digest)"
                " VALUES (1, now(), $1, $2, $3, $4, $5, '[]', 'x', 'x')",
                caller.name, action, purpose, reference, json.dumps(gids(members)),
            )  # fmt: skip


@pytest.mark.parametrize(
    "action", ["REVEAL", "REVEAL_REPEATED", "VERIFY", "VERIFY_MISMATCH", "EXPORT", "DOCUMENT_READ"]
)
async def test_the_database_takes_no_entry_of_data_shown_without_a_ground(here, member, action):
    official = here.federation()
    tries = [
        ("BENEFIT_PAYMENT", "函字二号"), ("DISPUTE_CASE", "不存在1号"), ("SUBJECT_REQUEST", "sreq_1"), ("OWN_DATA", None),
        ("INSURANCE_RECONCILIATION", "ins_1"), ("SERVICE_CONTACT", "写给本人看的话"), ("EMERGENCY", "函字二号"), ("ANYTHING", None),
        ("DOCUMENT", "sreq_1"), (None, None), ("BENEFIT_PAYMENT", "aid_ffffffffffffffff"),
    ]  # fmt: skip
    for purpose, reference in tries:
        await refused_entry(here, official, purpose, reference, [member], action)


# --- The log


async def test_nothing_that_a_caller_wrote_gets_into_a_persons_log_but_as_a_code(here, member):
    words = "写给本人看的话"
    for caller in (here.federation(), here.federation(here.others), here.worker(here.members[1]), Caller("nobody", 5)):
        for purpose in ("DISPUTE_CASE", "BENEFIT_PAYMENT", "SERVICE_CONTACT", "EMERGENCY", "OWN_DATA"):
            given = asked([member], purpose=purpose, fields=["NAME"], caseReference=words)
            assert await here.codes(REVEAL, given, caller)
    assert "REVEAL_REFUSED" in await here.actions()
    assert (await here.ask(REVEAL, asked([member]), here.federation()))["errors"] == []
    old = here.federation(name="an official of before")
    await here.pool.execute("ALTER TABLE access_log DISABLE TRIGGER USER")
    last = await here.pool.fetchval("SELECT max(id) FROM access_log")
    await here.pool.execute(
        "INSERT INTO access_log (id, at, principal, action, purpose, case_reference, records, fields, operation, previous, digest)"
        " VALUES ($1, now(), $2, 'REVEAL', 'EMERGENCY', $3, $4, '[]', $3, 'x', 'x')",
        last + 1, old.name, words, json.dumps(gids([member])),
    )  # fmt: skip
    text = "{ accessLog(last: 20) { nodes { action caseReference operation principal fields } } }"
    nodes = (await read(here, text, here.worker(member)))["nodes"]
    assert [(node["action"], node["caseReference"], node["operation"]) for node in nodes] == [
        ("REVEAL", None, None),
        ("REVEAL", "TEXT", None),
    ]
    await here.pool.execute("DELETE FROM access_log WHERE id > $1", last)
    await here.pool.execute("ALTER TABLE access_log ENABLE TRIGGER USER")
    copy = (await here.ask(EXPORT, {}, here.worker(member)))["document"]
    assert words not in copy
    assert '"Op"' not in copy
    async with acquired(here.served, scope_of(here.worker(member))) as connection:
        rows = await connection.fetch("SELECT action FROM access_log WHERE principal <> $1", here.worker(member).name)
    assert {row["action"] for row in rows} == {"REVEAL"}


def test_the_sealed_columns_are_rotated():
    from db.rotate import TABLES

    assert {secret for table in TABLES if table.name == "subject_request" for secret in table.secrets} == {
        DOCUMENT,
        PROPOSAL,
    }
