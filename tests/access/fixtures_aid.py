"""Relief, paired assistance and care of each place, every field filled."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

Put = Callable[..., Awaitable[int]]
Rows = Mapping[str, list[int]]


async def furnish_aid(rows: Rows, put: Put, union: int, division: int, number: int, elsewhere: int | None) -> None:
    """Everything of a place; ``elsewhere`` is the union that it helps and whose wish it takes on."""
    day, member = date(2026, 2, number), rows["Member"][0]
    household = await put(
        "Household", "household", organization_id=union, division_id=division, member_id=member, hardship="LOW_INCOME", size=3,
        valid_from=day, valid_to=day + timedelta(900),
    )  # fmt: skip
    child = await put(
        "Dependant", "dependant", household_id=household, organization_id=union, birth_year=2012, school_stage="PRIMARY"
    )
    for own in (member, None):
        await put(
            "AidGrant", "aid_grant", organization_id=union, division_id=division, kind="TUITION", status="PAID",
            household_id=household, dependant_id=child, member_id=own, amount=Decimal("2000.00"), item="书包", applied_on=day,
            approved_on=day + timedelta(3), paid_on=day + timedelta(9),
        )  # fmt: skip
    await _assistance(put, union, division, day, member, elsewhere or union, rows["Venue"][0])
    await furnish_care(rows, put, union, division, number)


async def _assistance(put: Put, union: int, division: int, day: date, member: int, other: int, venue: int) -> None:
    agreement: int | None = None
    for year in (0, 1):
        agreement = await put(
            "CooperationAgreement", "cooperation_agreement", title="阶台协议", organization_id=union, partner_id=other,
            predecessor_id=agreement, signed_on=day, valid_from=day + timedelta(366 * year),
            valid_to=day + timedelta(366 * (year + 1)),
        )  # fmt: skip
    line = await put("CooperationLine", "cooperation_line", agreement_id=agreement, kind="CARE", title="爱心帮扶")
    await put(
        "Wish", "wish", organization_id=union, division_id=division, line_id=line, member_id=member, is_collective=False,
        item="STUDY_GOODS", standard_value=Decimal("500.00"), status="CONFIRMED", claimant_kind="UNION", claimant_id=other,
        claimant_name="阶台某单位", proposed_on=day, claimed_on=day + timedelta(1), delivered_on=day + timedelta(2),
        confirmed_on=day + timedelta(3),
    )  # fmt: skip
    await put(
        "Donation", "donation", organization_id=union, division_id=division, line_id=line, donor_name="阶台某单位",
        item="AMBULANCE", quantity=Decimal("4.000"), unit="VEHICLE", donated_on=day,
    )  # fmt: skip
    await put(
        "AidProject", "aid_project", organization_id=union, division_id=division, line_id=line, venue_id=venue, kind="STATION",
        name="阶台驿站", budget=Decimal("50000.00"), spent=Decimal("49000.00"), started_on=day, completed_on=day + timedelta(90),
    )  # fmt: skip
    roster = await put("Roster", "roster", organization_id=union, line_id=line, name="阶台花名册", as_of=day)
    await put(
        "RosterEntry",
        "roster_entry",
        roster_id=roster,
        organization_id=union,
        division_id=division,
        member_id=member,
    )


async def furnish_care(rows: Rows, put: Put, union: int, division: int, number: int) -> None:
    """A care case and a claim of mutual aid that a union handles."""
    day, (patient, carer) = date(2026, 4, number), rows["Member"][:2]
    case = await put(
        "CareCase", "care_case", organization_id=union, member_id=patient, division_id=division, diagnosis="阶台病名",
        onset_on=day, opened_on=day, closed_on=day + timedelta(50),
    )  # fmt: skip
    await put(
        "CareStep", "care_step", case_id=case, kind="TRANSFER", occurred_on=day, from_division_id=division,
        to_division_id=division, note="病情稳定",
    )  # fmt: skip
    await put("CareShift", "care_shift", case_id=case, member_id=carer, served_on=day)
    enrolment = await put(
        "MutualAidEnrolment", "mutual_aid_enrolment", organization_id=union, member_id=patient, premium=Decimal("60.00"),
        valid_from=day, valid_to=day + timedelta(366),
    )  # fmt: skip
    await put(
        "MutualAidClaim", "mutual_aid_claim", enrolment_id=enrolment, case_id=case, organization_id=union, member_id=patient,
        status="PAID", filed_on=day, approved_on=day + timedelta(5), paid_on=day + timedelta(9), amount=Decimal("8000.00"),
    )  # fmt: skip
