"""Sources of distributions of material and of transactions at windows."""

from sqlalchemy import Date, Integer, cast, extract, func

from db.employers import Employer
from db.services import MaterialDistribution, ServiceTransaction
from db.venues import Venue
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import Join, Ref, Statistic, distinct, median, total
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

MATERIALS_WITHIN = Many("MaterialDistribution", Within(MaterialDistribution.organization_id))
TRANSACTIONS_WITHIN = Many("ServiceTransaction", Within(ServiceTransaction.organization_id))

SERVED_ON = cast(func.timezone("Asia/Shanghai", ServiceTransaction.started_at), Date)
LENGTH = ServiceTransaction.ended_at - ServiceTransaction.started_at
SECONDS = cast(extract("epoch", LENGTH), Integer)

OF_ORGANIZATION = {"material_distributions": MATERIALS_WITHIN, "service_transactions": TRANSACTIONS_WITHIN}
OF_DIVISION = {
    "material_distributions": Many("MaterialDistribution", WithinDivision(MaterialDistribution.division_id)),
    "service_transactions": Many("ServiceTransaction", WithinDivision(ServiceTransaction.division_id)),
}
OF_MEMBER = {"service_transactions": Many("ServiceTransaction", By(ServiceTransaction.member_id))}
OF_EMPLOYER = {"material_distributions": Many("MaterialDistribution", By(MaterialDistribution.employer_id))}
OF_ACTIVITY = {"material_distributions": Many("MaterialDistribution", By(MaterialDistribution.activity_id))}
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
registry.statistic(
    Statistic(
        "MATERIAL_DISTRIBUTIONS",
        MaterialDistribution,
        organization=MaterialDistribution.organization_id,
        division=MaterialDistribution.division_id,
        begins=MaterialDistribution.distributed_on,
        joins=(Join(Employer, MaterialDistribution.employer_id),),
        dimensions={
            "KIND": MaterialDistribution.kind,
            "TITLE": MaterialDistribution.title,
            "UNIT": MaterialDistribution.unit,
            "EMPLOYER": Ref("Employer", MaterialDistribution.employer_id, Employer.name),
        },
        measures={
            "quantity": total(MaterialDistribution.quantity, MaterialDistribution.unit),
            "units": distinct(MaterialDistribution.employer_id),
        },
    )
)
registry.statistic(
    Statistic(
        "SERVICE_TRANSACTIONS",
        ServiceTransaction,
        organization=ServiceTransaction.organization_id,
        division=ServiceTransaction.division_id,
        begins=SERVED_ON,
        joins=(Join(Venue, ServiceTransaction.venue_id),),
        dimensions={"KIND": Venue.kind},
        measures={
            "persons": distinct(ServiceTransaction.member_id),
            "median_minutes": median(extract("epoch", LENGTH) / 60),
        },
        person=ServiceTransaction.member_id,
    )
)
