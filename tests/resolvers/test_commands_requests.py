"""No official stands on both sides of a person's request: who opened it on paper does not close it, by commands or by SQL as the service's
role."""

import base64
import hashlib
from datetime import date, timedelta

import pytest

from db.access import Role
from db.clock import today
from resolvers.access.callers import Caller, Grant
from resolvers.commands.documents import MAX_SCAN
from tests.resolvers.command_fixtures import (
    CLOSE,
    OPEN,
    READ_DOCUMENT,
    closes,
    gids,
    held,
    key,
    on_paper,
    opened,
    refused,
    sql,
)

PNG, JPEG = b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0...."


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
