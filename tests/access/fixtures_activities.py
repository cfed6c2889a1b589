"""The activities, fair, services and mediation: one of everything in a place, every field filled."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

Put = Callable[..., Awaitable[int]]


async def furnish_activities(rows: Mapping[str, list[int]], put: Put, union: int, division: int, number: int) -> None:
    """Put a place's programme, activities, fair and services; what came before of the place stands in ``rows``."""
    day = date(2026, 4, number)
    here = {"organization_id": union, "division_id": division}
    employer, member = rows["Employer"][0], rows["Member"][0]
    whole = await put("Programme", "programme", organization_id=union, name=f"阶台{number}行动", valid_from=day)
    part = await put(
        "Programme", "programme", organization_id=union, name=f"阶台{number}分项", valid_from=day, parent_id=whole
    )
    window = await put("Venue", "venue", name=f"阶台{number}窗口", kind="GREEN_WINDOW", valid_from=day, **here)
    held = {
        **here, "mode": "OFFLINE", "title": f"阶台{number}活动", "starts_on": day, "ends_on": day, "skill": "COURIER", "is_free": True,
        "programme_id": part, "employer_id": employer, "venue_id": window,
        "measure_id": next(iter(rows.get("PolicyMeasure", ())), None), "line_id": rows["CooperationLine"][0],
    }  # fmt: skip
    fair = await put("Activity", "activity", kind="JOB_FAIR", **held)
    for kind in ("LEGAL_OUTREACH", "VISIT"):
        await put("Activity", "activity", kind=kind, parent_id=fair, **held)
    for order, subject in enumerate(
        ({"member_id": member}, {"member_id": rows["Member"][1]}, {"household_id": rows["Household"][0]})
    ):
        await put(
            "Attendance", "attendance", activity_id=rows["Activity"][order], employer_id=employer, role="CONTESTANT",
            attended_on=day, award="FIRST", certificate_number=f"阶{number}{order}", **here, **subject,
        )  # fmt: skip
    stand = await put("Exhibitor", "exhibitor", activity_id=fair, organization_id=union, employer_id=employer)
    await put(
        "JobOffer", "job_offer", exhibitor_id=stand, organization_id=union, title="分拣员", headcount=9, filled_count=4,
        monthly_wage=Decimal("6000.00"), is_flexible=True,
    )  # fmt: skip
    await put(
        "MaterialDistribution", "material_distribution", activity_id=fair, employer_id=employer, kind="BOOK",
        title="入会知识", quantity=100, unit="COPY", distributed_on=day, **here,
    )  # fmt: skip
    began = datetime(2026, 4, number, 2, 0, tzinfo=UTC)
    for served in rows["Member"][:2]:
        await put(
            "ServiceTransaction", "service_transaction", venue_id=window, member_id=served,
            enrolment_id=rows["InsuranceEnrolment"][0], started_at=began, ended_at=began + timedelta(minutes=5), **here,
        )  # fmt: skip


async def furnish_mediation(rows: Mapping[str, list[int]], put: Put, union: int, division: int, number: int) -> None:
    """Put a place's mediation body with a seat and a lawyer, and two links of legal service in the place's case."""
    day = date(2026, 4, number)
    here = {"organization_id": union, "division_id": division}
    body = await put(
        "MediationBody", "mediation_body", name=f"阶台{number}调解中心", kind="JOINT_TRIPARTITE", host="仲裁院",
        document_id=next(iter(rows.get("PolicyDocument", ())), None), valid_from=day, **here,
    )  # fmt: skip
    await put(
        "MediationSeat",
        "mediation_seat",
        body_id=body,
        side="UNION",
        name="工会",
        organization_id=union,
        valid_from=day,
    )
    lawyer = await put(
        "Mediator", "mediator", organization_id=union, body_id=body, kind="STATIONED_LAWYER", name=f"律{number}",
        firm="阶律师事务所", valid_from=day,
    )  # fmt: skip
    previous = None
    for order, link in enumerate(("CONSULTATION", "DAILY_MEDIATION")):
        previous = await put(
            "LegalService", "legal_service", link=link, outcome="PASSED_ON", body_id=body, mediator_id=lawyer,
            case_id=rows["DisputeCase"][0], member_id=rows["Member"][0], previous_id=previous,
            opened_on=day + timedelta(order), closed_on=day + timedelta(order + 1), **here,
        )  # fmt: skip
    await put("LegalService", "legal_service", link="OUTREACH", opened_on=day, member_id=rows["Member"][1], **here)
