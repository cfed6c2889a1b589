"""No official alone changes what identifies or pays a person: what one proposes is written once another has typed it again, by commands or
by SQL as the service's role."""

from datetime import timedelta

import pytest

from db.clock import today
from db.input_values import luhn
from db.members import BANK_CARD, PHONE, RESIDENT_NUMBER
from tests.resolvers.command_fixtures import (
    CARD,
    CLOSE,
    REVEAL,
    asked,
    change,
    clear,
    closes,
    decides,
    gids,
    held,
    key,
    opened,
    payable,
    read,
    refused,
    sql,
)

OWN_CARD = "621700987654321098" + luhn("621700987654321098")
CORRECTIONS = {"bankCard": CARD, "residentNumber": "110101199003070011", "phone": "16000000001"}
OTHERS = {"bankCard": OWN_CARD, "residentNumber": "11010119900307002X", "phone": "16000000002"}
COLUMNS = {"bankCard": BANK_CARD, "residentNumber": RESIDENT_NUMBER, "phone": PHONE}


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
        {field: OTHERS[field]},
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
