"""Sources of care cases and mutual medical aid, which only the handling union sees (``resolvers.access.row_access``)."""

from db.care import CareCase, CareShift, CareStep, MutualAidClaim, MutualAidEnrolment
from resolvers.bank_card_changes import card_changed_on
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Join, Statistic, distinct, median
from resolvers.engine.declare.validity import Period
from resolvers.registry import registry
from resolvers.relations import By, Within

CARE_CASES_WITHIN = Many("CareCase", Within(CareCase.organization_id))
AID_ENROLMENTS_WITHIN = Many("MutualAidEnrolment", Within(MutualAidEnrolment.organization_id))
CLAIMS_WITHIN = Many("MutualAidClaim", Within(MutualAidClaim.organization_id))

OF_ORGANIZATION = {
    "care_cases": CARE_CASES_WITHIN,
    "mutual_aid_enrolments": AID_ENROLMENTS_WITHIN,
    "mutual_aid_claims": CLAIMS_WITHIN,
}
OF_MEMBER = {
    "care_cases": Many("CareCase", By(CareCase.member_id)),
    "mutual_aid_enrolments": Many("MutualAidEnrolment", By(MutualAidEnrolment.member_id), expected=1),
}

registry.add(
    Source(
        CareCase,
        "care",
        period=Period(CareCase.opened_on, CareCase.closed_on),
        hide=("organization_id", "member_id", "division_id"),
        fields={
            "organization": One("Organization", CareCase.organization_id),
            "member": One("Member", CareCase.member_id),
            "division": One("Division", CareCase.division_id),
            "steps": Many("CareStep", By(CareStep.case_id, order=[CareStep.occurred_on]), expected=8),
            "shifts": Many("CareShift", By(CareShift.case_id, order=[CareShift.served_on])),
            "mutual_aid_claims": Many("MutualAidClaim", By(MutualAidClaim.case_id), expected=1),
        },
    )
)
registry.add(
    Source(
        CareStep,
        "cstep",
        hide=("case_id", "from_division_id", "to_division_id"),
        fields={
            "case": One("CareCase", CareStep.case_id),
            "from_division": One("Division", CareStep.from_division_id),
            "to_division": One("Division", CareStep.to_division_id),
        },
    )
)
registry.add(
    Source(
        CareShift,
        "cshift",
        hide=("case_id", "member_id"),
        fields={
            "case": One("CareCase", CareShift.case_id),
            "member": One("Member", CareShift.member_id),
        },
    )
)
registry.add(
    Source(
        MutualAidEnrolment,
        "maid",
        hide=("organization_id", "member_id"),
        fields={
            "organization": One("Organization", MutualAidEnrolment.organization_id),
            "member": One("Member", MutualAidEnrolment.member_id),
            "mutual_aid_claims": Many("MutualAidClaim", By(MutualAidClaim.enrolment_id), expected=1),
        },
    )
)
registry.add(
    Source(
        MutualAidClaim,
        "maclaim",
        columns={"bank_card_changed_on": card_changed_on("claim_card_changed", MutualAidClaim.id)},
        hide=("enrolment_id", "case_id", "organization_id", "member_id"),
        fields={
            "enrolment": One("MutualAidEnrolment", MutualAidClaim.enrolment_id),
            "case": One("CareCase", MutualAidClaim.case_id),
            "organization": One("Organization", MutualAidClaim.organization_id),
            "member": One("Member", MutualAidClaim.member_id),
        },
    )
)
registry.root("care_cases", CARE_CASES_WITHIN)
registry.root("mutual_aid_enrolments", AID_ENROLMENTS_WITHIN)
registry.root("mutual_aid_claims", CLAIMS_WITHIN)
registry.statistic(
    Statistic(
        "CARE_CASES",
        CareCase,
        organization=CareCase.organization_id,
        division=CareCase.division_id,
        begins=CareCase.opened_on,
        ends=CareCase.closed_on,
        measures={
            "cases": RECORDS,
            "persons": distinct(CareCase.member_id),
            "median_days": median(CareCase.closed_on - CareCase.opened_on),
        },
        person=CareCase.member_id,
    )
)
registry.statistic(
    Statistic(
        "CARE_STEPS",
        CareStep,
        organization=CareCase.organization_id,
        division=CareCase.division_id,
        begins=CareStep.occurred_on,
        joins=(Join(CareCase, CareStep.case_id),),
        dimensions={"KIND": CareStep.kind},
        measures={"cases": distinct(CareStep.case_id)},
        person=CareCase.member_id,
    )
)
registry.statistic(
    Statistic(
        "CARE_SHIFTS",
        CareShift,
        organization=CareCase.organization_id,
        division=CareCase.division_id,
        begins=CareShift.served_on,
        joins=(Join(CareCase, CareShift.case_id),),
        measures={
            "attendances": RECORDS,
            "persons": distinct(CareShift.member_id),
            "cases": distinct(CareShift.case_id),
        },
        person=CareShift.member_id,
    )
)
