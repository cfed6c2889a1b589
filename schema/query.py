"""The root of all reading (查询)."""

import strawberry

from schema.access_log import AccessLogQuery
from schema.activities import ActivitiesQuery
from schema.agreements import AgreementsQuery
from schema.assistance import AssistanceQuery
from schema.care import CareQuery
from schema.certifications import CertificationsQuery
from schema.coverage import CoverageQuery
from schema.disputes import DisputesQuery
from schema.divisions import DivisionsQuery
from schema.employers import EmployersQuery
from schema.fairs import FairsQuery
from schema.figures import FiguresQuery
from schema.grants import GrantsQuery
from schema.imports import ImportsQuery
from schema.insurance import InsuranceQuery
from schema.mediation import MediationQuery
from schema.members import MembersQuery
from schema.organizations import OrganizationsQuery
from schema.policies import PoliciesQuery
from schema.relay import NodeQuery
from schema.relief import ReliefQuery
from schema.services import ServicesQuery
from schema.statistics import StatisticsQuery
from schema.subject_requests import SubjectRequestsQuery
from schema.venues import VenuesQuery
from schema.viewer import ViewerQuery


@strawberry.type(description="The root of all reading (查询入口)")
class Query(
    CoverageQuery,
    VenuesQuery,
    PoliciesQuery,
    CertificationsQuery,
    ReliefQuery,
    AssistanceQuery,
    CareQuery,
    ActivitiesQuery,
    FairsQuery,
    ServicesQuery,
    MediationQuery,
    FiguresQuery,
    AccessLogQuery,
    SubjectRequestsQuery,
    GrantsQuery,
    ImportsQuery,
    ViewerQuery,
    NodeQuery,
    DivisionsQuery,
    OrganizationsQuery,
    EmployersQuery,
    StatisticsQuery,
    MembersQuery,
    AgreementsQuery,
    InsuranceQuery,
    DisputesQuery,
):
    """The root of all reading."""
