"""How material that was handed out, and transactions at windows, are answered."""

from sqlalchemy import Date, Integer, cast, extract, func

from db.services import MaterialDistribution, ServiceTransaction
from resolvers.engine.source import Many, One, Source
from resolvers.reach import By, Within, WithinDivision
from resolvers.registry import registry

MATERIALS_WITHIN = Many("MaterialDistribution", Within(MaterialDistribution.organization_id))
TRANSACTIONS_WITHIN = Many("ServiceTransaction", Within(ServiceTransaction.organization_id))

SERVED_ON = cast(func.timezone("Asia/Shanghai", ServiceTransaction.started_at), Date)
SECONDS = cast(extract("epoch", ServiceTransaction.ended_at - ServiceTransaction.started_at), Integer)

OF_ORGANIZATION = {"material_distributions": MATERIALS_WITHIN, "service_transactions": TRANSACTIONS_WITHIN}
OF_DIVISION = {
    "material_distributions": Many("MaterialDistribution", WithinDivision(MaterialDistribution.division_id)),
    "service_transactions": Many("ServiceTransaction", WithinDivision(ServiceTransaction.division_id)),
}
OF_MEMBER = {"service_transactions": Many("ServiceTransaction", By(ServiceTransaction.member_id))}
OF_EMPLOYER = {"material_distributions": Many("MaterialDistribution", By(MaterialDistribution.employer_id))}
OF_VENUE = {"service_transactions": Many("ServiceTransaction", By(ServiceTransaction.venue_id))}

registry.add(
    Source(
        MaterialDistribution,
        "mat",
        hide=("organization_id", "division_id", "activity_id", "employer_id"),
        fields={
            "organization": One("Organization", MaterialDistribution.organization_id),
            "division": One("Division", MaterialDistribution.division_id),
            "activity": One("Activity", MaterialDistribution.activity_id),
            "employer": One("Employer", MaterialDistribution.employer_id),
        },
    )
)
registry.add(
    Source(
        ServiceTransaction,
        "trans",
        columns={"served_on": SERVED_ON, "seconds": SECONDS},
        hide=("organization_id", "division_id", "venue_id", "member_id", "enrolment_id"),
        fields={
            "organization": One("Organization", ServiceTransaction.organization_id),
            "division": One("Division", ServiceTransaction.division_id),
            "venue": One("Venue", ServiceTransaction.venue_id),
            "member": One("Member", ServiceTransaction.member_id),
            "enrolment": One("InsuranceEnrolment", ServiceTransaction.enrolment_id),
        },
    )
)
registry.root("material_distributions", MATERIALS_WITHIN)
registry.root("service_transactions", TRANSACTIONS_WITHIN)
