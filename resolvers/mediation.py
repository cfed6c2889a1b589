"""Sources of mediation bodies, mediators, and legal services by link of the chain."""

from sqlalchemy import BigInteger, Date, Text, and_, column, func, select, table
from sqlalchemy import distinct as distinct_

from db.mediation import LegalService, LegalServiceLink, LegalServiceOutcome, MediationBody, MediationSeat, Mediator
from db.organizations import Organization
from resolvers.engine.declare.columns import one_of
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import Join, Rate, Ref, Statistic, distinct, median, where
from resolvers.engine.declare.validity import Period
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

SETTLED = LegalService.outcome == LegalServiceOutcome.SETTLED
MEDIATION = one_of(LegalService.link, (LegalServiceLink.DAILY_MEDIATION, LegalServiceLink.PRE_ARBITRATION))
CONCLUDED = and_(MEDIATION, LegalService.closed_on.is_not(None))
"""Services at a link of mediation before arbitration that were closed."""

BODIES_WITHIN = Many("MediationBody", Within(MediationBody.organization_id))
MEDIATORS_WITHIN = Many("Mediator", Within(Mediator.organization_id))
SERVICES_WITHIN = Many("LegalService", Within(LegalService.organization_id))

OF_ORGANIZATION = {
    "mediation_bodies": BODIES_WITHIN,
    "mediators": MEDIATORS_WITHIN,
    "legal_services": SERVICES_WITHIN,
}
OF_DIVISION = {
    "mediation_bodies": Many("MediationBody", WithinDivision(MediationBody.division_id)),
    "legal_services": Many("LegalService", WithinDivision(LegalService.division_id)),
}
OF_MEMBER = {"legal_services": Many("LegalService", By(LegalService.member_id))}
OF_CASE = {"legal_services": Many("LegalService", By(LegalService.case_id, order=[LegalService.opened_on]), expected=3)}

MEDIATION_SIDES = table(
    "mediation_sides",
    column("body_id", BigInteger()),
    column("side", Text()),
    column("valid_to", Date()),
    schema="wall",
)
"""The body and the side of every seat, without its holder: whoever sees a body sees the number of its sides."""

SIDE_COUNT = (
    select(func.count(distinct_(MEDIATION_SIDES.c.side)))
    .where(MEDIATION_SIDES.c.body_id == MediationBody.id, MEDIATION_SIDES.c.valid_to.is_(None))
    .correlate(MediationBody.__table__)
    .scalar_subquery()
)

registry.add(
    Source(
        MediationBody,
        "body",
        columns={"side_count": SIDE_COUNT},
        hide=("organization_id", "division_id", "document_id"),
        fields={
            "organization": One("Organization", MediationBody.organization_id),
            "division": One("Division", MediationBody.division_id),
            "document": One("PolicyDocument", MediationBody.document_id),
            "seats": Many("MediationSeat", By(MediationSeat.body_id), expected=5),
            "mediators": Many("Mediator", By(Mediator.body_id)),
            "legal_services": Many("LegalService", By(LegalService.body_id)),
        },
    )
)
registry.add(
    Source(
        MediationSeat,
        "seat",
        hide=("body_id", "organization_id"),
        fields={
            "body": One("MediationBody", MediationSeat.body_id),
            "organization": One("Organization", MediationSeat.organization_id),
        },
    )
)
registry.add(
    Source(
        Mediator,
        "mtor",
        hide=("organization_id", "body_id", "principal_id"),
        fields={
            "organization": One("Organization", Mediator.organization_id),
            "body": One("MediationBody", Mediator.body_id),
            "legal_services": Many("LegalService", By(LegalService.mediator_id)),
        },
    )
)
registry.add(
    Source(
        LegalService,
        "serv",
        period=Period(LegalService.opened_on, LegalService.closed_on),
        hide=("organization_id", "division_id", "body_id", "mediator_id", "case_id", "member_id", "previous_id"),
        fields={
            "organization": One("Organization", LegalService.organization_id),
            "division": One("Division", LegalService.division_id),
            "body": One("MediationBody", LegalService.body_id),
            "mediator": One("Mediator", LegalService.mediator_id),
            "case": One("DisputeCase", LegalService.case_id),
            "member": One("Member", LegalService.member_id),
            "previous": One("LegalService", LegalService.previous_id),
            "next": Many("LegalService", By(LegalService.previous_id, ever=True), expected=1),
        },
    )
)
registry.root("mediation_bodies", BODIES_WITHIN)
registry.root("mediators", MEDIATORS_WITHIN)
registry.root("legal_services", SERVICES_WITHIN)
registry.statistic(
    Statistic(
        "MEDIATION_BODIES",
        MediationBody,
        organization=MediationBody.organization_id,
        division=MediationBody.division_id,
        begins=MediationBody.valid_from,
        ends=MediationBody.valid_to,
        dimensions={"KIND": MediationBody.kind},
    )
)
registry.statistic(
    Statistic(
        "MEDIATORS",
        Mediator,
        organization=Mediator.organization_id,
        division=Organization.division_id,
        begins=Mediator.valid_from,
        ends=Mediator.valid_to,
        joins=(Join(Organization, Mediator.organization_id),),
        dimensions={"KIND": Mediator.kind},
        personal=True,
    )
)
registry.statistic(
    Statistic(
        "LEGAL_SERVICES",
        LegalService,
        organization=LegalService.organization_id,
        division=LegalService.division_id,
        begins=LegalService.opened_on,
        ends=LegalService.closed_on,
        joins=(Join(Mediator, LegalService.mediator_id),),
        dimensions={
            "LINK": LegalService.link,
            "OUTCOME": LegalService.outcome,
            "MEDIATOR": Ref("Mediator", LegalService.mediator_id, Mediator.name),
        },
        measures={
            "persons": distinct(LegalService.member_id),
            "cases": distinct(LegalService.case_id),
            "median_days": median(LegalService.closed_on - LegalService.opened_on),
            "concluded": where(CONCLUDED),
            "settled_early": where(and_(CONCLUDED, SETTLED)),
        },
        rates={"settled_before_arbitration": Rate("settled_early", "concluded")},
        person=LegalService.member_id,
    )
)
