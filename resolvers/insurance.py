"""Sources of insurance enrolments."""

from sqlalchemy import and_

from db.insurance import InsuranceEnrolment
from db.organizations import Organization
from resolvers.counted_persons import COUNTED_PERSONS
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import Join, Rollup, Statistic, distinct
from resolvers.quality import QualitySeverity, RecordRule, declare, is_listed
from resolvers.registry import registry
from resolvers.relations import By, Within

ENROLMENTS_WITHIN = Many(
    "InsuranceEnrolment", Within(InsuranceEnrolment.organization_id), counted_by="INSURANCE_ENROLMENTS"
)

OF_ORGANIZATION = {"insurance_enrolments": ENROLMENTS_WITHIN}
OF_MEMBER = {"insurance_enrolments": Many("InsuranceEnrolment", By(InsuranceEnrolment.member_id))}
OF_EMPLOYER = {"insurance_enrolments": Many("InsuranceEnrolment", By(InsuranceEnrolment.participant_id))}

QUALITY = declare(
    "InsuranceEnrolment",
    RecordRule(
        "ENROLMENT_OF_FORMER_MEMBER",
        "is_of_former_member",
        QualitySeverity.WARNING,
        and_(InsuranceEnrolment.valid_to.is_(None), is_listed("former_members", InsuranceEnrolment.member_id)),
        column="valid_to",
    ),
)

registry.add(
    Source(
        InsuranceEnrolment,
        "ins",
        columns=QUALITY,
        hide=("organization_id", "member_id", "participant_id"),
        fields={
            "organization": One("Organization", InsuranceEnrolment.organization_id),
            "member": One("Member", InsuranceEnrolment.member_id),
            "participant": One("Employer", InsuranceEnrolment.participant_id),
        },
    )
)
registry.root("insurance_enrolments", ENROLMENTS_WITHIN)
registry.statistic(
    Statistic(
        "INSURANCE_ENROLMENTS",
        InsuranceEnrolment,
        organization=InsuranceEnrolment.organization_id,
        division=Organization.division_id,
        begins=InsuranceEnrolment.valid_from,
        ends=InsuranceEnrolment.valid_to,
        joins=(
            Join(COUNTED_PERSONS, InsuranceEnrolment.member_id),
            Join(Organization, InsuranceEnrolment.organization_id),
        ),
        dimensions={
            "SCHEME": InsuranceEnrolment.scheme,
            "COHORT": InsuranceEnrolment.cohort,
            "WORKER_TYPE": COUNTED_PERSONS.c.worker_type,
            "SEX": COUNTED_PERSONS.c.sex,
            "INDUSTRY": Organization.industry,
        },
        measures={
            "persons": distinct(InsuranceEnrolment.member_id),
            "units": distinct(InsuranceEnrolment.participant_id),
        },
        person=InsuranceEnrolment.member_id,
        rollup=Rollup(
            "insurance_enrolment",
            {
                "SCHEME": "scheme",
                "COHORT": "cohort",
                "WORKER_TYPE": "worker_type",
                "SEX": "sex",
                "INDUSTRY": "industry",
            },
        ),
        widespread=True,
    )
)
