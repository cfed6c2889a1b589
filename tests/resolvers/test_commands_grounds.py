"""Data in clear are shown, and entries of it written, only on a ground that exists and that the caller did not make alone."""

import pytest

from db.access import Role
from db.clock import today
from resolvers.access.callers import Caller, Grant
from tests.resolvers.command_fixtures import (
    CARD,
    REVEAL,
    asked,
    change,
    closes,
    gids,
    opened,
    payable,
    refused_entry,
    sql,
)


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


async def test_a_grant_is_no_ground_for_who_wrote_it(here, member):
    await change(here, member, bankCard=CARD)
    reference, official = await payable(here, member), here.federation()
    given = asked([member], purpose="BENEFIT_PAYMENT", fields=["BANK_CARD"]) | {"caseReference": reference}
    await here.pool.execute("UPDATE aid_grant SET written_by = ARRAY[0, $1]", official.principal_id)
    assert await here.codes(REVEAL, given, official) == ["BAD_CASE_REFERENCE"]
    await refused_entry(here, official, "BENEFIT_PAYMENT", reference, [member])
    await here.pool.execute("UPDATE aid_grant SET written_by = ARRAY[$1::bigint]", official.principal_id + 1)
    assert (await here.ask(REVEAL, given, official))["members"][0]["bankCard"] == CARD


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
