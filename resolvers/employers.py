"""Sources of employers and of their coverage by unions."""

from sqlalchemy import and_

from db.employers import Employer, EmployerCoverage
from db.input_values import canonical_credit_code
from resolvers import activities, agreements, coverage, disputes, fairs, insurance, members, services, venues
from resolvers.engine.declare.sources import Lookup, Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Rate, Statistic, where
from resolvers.engine.declare.validity import Period
from resolvers.quality import QualitySeverity, RecordRule, code_fails_check, declare
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

EMPLOYERS_WITHIN = Many("Employer", Within(Employer.organization_id, current=True))

OF_ORGANIZATION = {
    "coverages": Many("EmployerCoverage", By(EmployerCoverage.organization_id)),
    "employers": EMPLOYERS_WITHIN,
}
OF_DIVISION = {"employers": Many("Employer", WithinDivision(Employer.division_id))}

QUALITY = declare(
    "Employer",
    RecordRule(
        "EMPLOYER_CODE_FAILS_CHECK",
        "credit_code_fails_check",
        QualitySeverity.ERROR,
        code_fails_check(Employer.credit_code),
        column="credit_code",
    ),
    RecordRule(
        "EMPLOYER_WITHOUT_HEADCOUNT",
        "lacks_headcount",
        QualitySeverity.WARNING,
        and_(Employer.headcount == 0, Employer.closed_on.is_(None)),
        column="headcount",
    ),
)

registry.add(
    Source(
        Employer,
        "emp",
        period=Period(Employer.registered_on, Employer.closed_on, known=False),
        columns={"is_organized": coverage.IS_ORGANIZED, **QUALITY},
        hide=("division_id", "organization_id"),
        searchable=("name",),
        normalizers={"credit_code": canonical_credit_code},
        match_orders={"name_match": "name"},
        fields={
            "division": One("Division", Employer.division_id),
            "organization": One("Organization", Employer.organization_id),
            "coverages": Many("EmployerCoverage", By(EmployerCoverage.employer_id), expected=1),
            **members.OF_EMPLOYER,
            **agreements.OF_EMPLOYER,
            **insurance.OF_EMPLOYER,
            **disputes.OF_EMPLOYER,
            **coverage.OF_EMPLOYER,
            **venues.OF_EMPLOYER,
            **activities.OF_EMPLOYER,
            **fairs.OF_EMPLOYER,
            **services.OF_EMPLOYER,
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
registry.statistic(
    Statistic(
        "EMPLOYERS",
        Employer,
        organization=Employer.organization_id,
        division=Employer.division_id,
        begins=Employer.registered_on,
        ends=Employer.closed_on,
        known=False,
        dimensions={
            "KIND": Employer.kind,
            "INDUSTRY": Employer.industry,
            "IS_ORGANIZED": coverage.IS_ORGANIZED,
        },
        measures={"units": RECORDS, "organized": where(coverage.IS_ORGANIZED)},
        rates={"organized_share": Rate("organized", "records")},
        widespread=True,
    )
)
