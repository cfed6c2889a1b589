"""How employers and their coverage by unions are answered."""

from sqlalchemy import select

from db.agreements import AgreementCoverage
from db.disputes import DisputeCase
from db.employers import Employer, EmployerCoverage
from db.insurance import InsuranceEnrolment
from db.members import Engagement
from resolvers.engine.source import Lookup, Many, One, Source
from resolvers.reach import By, Within
from resolvers.registry import registry

EMPLOYERS_WITHIN = Many(
    "Employer", Within(Employer.organization_id, period=(Employer.registered_on, Employer.closed_on))
)
COVERED = (EmployerCoverage.valid_from, EmployerCoverage.valid_to)

IS_ORGANIZED = (
    select(EmployerCoverage.id)
    .where(EmployerCoverage.employer_id == Employer.id, EmployerCoverage.valid_to.is_(None))
    .correlate(Employer.__table__)
    .exists()
)

registry.add(
    Source(
        Employer,
        "emp",
        columns={"is_organized": IS_ORGANIZED},
        hide=("division_id", "organization_id"),
        searchable=("name",),
        fields={
            "division": One("Division", Employer.division_id),
            "organization": One("Organization", Employer.organization_id),
            "coverages": Many("EmployerCoverage", By(EmployerCoverage.employer_id, period=COVERED), expected=1),
            "engagements": Many(
                "Engagement", By(Engagement.employer_id, period=(Engagement.valid_from, Engagement.valid_to))
            ),
            "agreement_coverages": Many(
                "AgreementCoverage",
                By(AgreementCoverage.employer_id, period=(AgreementCoverage.valid_from, AgreementCoverage.valid_to)),
            ),
            "insurance_enrolments": Many(
                "InsuranceEnrolment",
                By(
                    InsuranceEnrolment.participant_id,
                    period=(InsuranceEnrolment.valid_from, InsuranceEnrolment.valid_to),
                ),
            ),
            "dispute_cases": Many(
                "DisputeCase", By(DisputeCase.employer_id, period=(DisputeCase.received_on, DisputeCase.closed_on))
            ),
        },
    )
)
registry.add(
    Source(
        EmployerCoverage,
        "cover",
        hide=("organization_id", "employer_id"),
        fields={
            "organization": One("Organization", EmployerCoverage.organization_id),
            "employer": One("Employer", EmployerCoverage.employer_id),
        },
    )
)
registry.root("employer", Lookup("Employer", {"id": Employer.id, "credit_code": Employer.credit_code}))
registry.root("employers", EMPLOYERS_WITHIN)
