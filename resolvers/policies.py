"""Sources of policy documents, their issuers and their measures."""

from sqlalchemy import func, select

from db.policies import PolicyDocument, PolicyIssuer, PolicyMeasure
from resolvers import activities, coverage
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.statistics import RECORDS, Join, Statistic
from resolvers.registry import registry
from resolvers.relations import By, Within, WithinDivision

DOCUMENTS_WITHIN = Many("PolicyDocument", Within(PolicyDocument.organization_id))

OF_ORGANIZATION = {"policy_documents": DOCUMENTS_WITHIN}
OF_DIVISION = {"policy_documents": Many("PolicyDocument", WithinDivision(PolicyDocument.division_id))}

ISSUER_COUNT = (
    select(func.count(PolicyIssuer.id))
    .where(PolicyIssuer.document_id == PolicyDocument.id)
    .correlate(PolicyDocument.__table__)
    .scalar_subquery()
)
MEASURE_COUNT = (
    select(func.count(PolicyMeasure.id))
    .where(PolicyMeasure.document_id == PolicyDocument.id)
    .correlate(PolicyDocument.__table__)
    .scalar_subquery()
)

AREA_COUNT = (
    select(func.count(PolicyMeasure.area.distinct()))
    .where(PolicyMeasure.document_id == PolicyDocument.id)
    .correlate(PolicyDocument.__table__)
    .scalar_subquery()
)

registry.add(
    Source(
        PolicyDocument,
        "doc",
        columns={"issuer_count": ISSUER_COUNT, "measure_count": MEASURE_COUNT, "area_count": AREA_COUNT},
        hide=("organization_id", "division_id"),
        fields={
            "organization": One("Organization", PolicyDocument.organization_id),
            "division": One("Division", PolicyDocument.division_id),
            "issuers": Many("PolicyIssuer", By(PolicyIssuer.document_id, order=[PolicyIssuer.position]), expected=5),
            "measures": Many("PolicyMeasure", By(PolicyMeasure.document_id, order=[PolicyMeasure.position])),
            **coverage.OF_DOCUMENT,
        },
    )
)
registry.add(
    Source(
        PolicyIssuer,
        "issuer",
        hide=("document_id", "organization_id"),
        fields={
            "document": One("PolicyDocument", PolicyIssuer.document_id),
            "organization": One("Organization", PolicyIssuer.organization_id),
        },
    )
)
registry.add(
    Source(
        PolicyMeasure,
        "measure",
        hide=("document_id",),
        fields={"document": One("PolicyDocument", PolicyMeasure.document_id), **activities.OF_MEASURE},
    )
)
registry.root("policy_documents", DOCUMENTS_WITHIN)
registry.statistic(
    Statistic(
        "POLICY_DOCUMENTS",
        PolicyDocument,
        organization=PolicyDocument.organization_id,
        division=PolicyDocument.division_id,
        begins=PolicyDocument.valid_from,
        ends=PolicyDocument.valid_to,
        dimensions={"KIND": PolicyDocument.kind},
        measures={"items": RECORDS},
    )
)
registry.statistic(
    Statistic(
        "POLICY_MEASURES",
        PolicyMeasure,
        organization=PolicyDocument.organization_id,
        division=PolicyDocument.division_id,
        begins=PolicyDocument.valid_from,
        ends=PolicyDocument.valid_to,
        joins=(Join(PolicyDocument, PolicyMeasure.document_id),),
        dimensions={"KIND": PolicyDocument.kind, "AREA": PolicyMeasure.area},
        measures={"items": RECORDS},
    )
)
