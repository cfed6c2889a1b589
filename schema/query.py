"""The root of all reading (查询)."""

import strawberry

from schema.access import AccessGrant, AccessPrincipal
from schema.access_log import AccessLogQuery
from schema.activities import ActivityQuery
from schema.agreements import AgreementField, AgreementFilter, CollectiveAgreement
from schema.assistance import AssistanceQuery
from schema.care import CareQuery
from schema.certifications import CertificationsQuery
from schema.coverage import CoverageQuery
from schema.disputes import DisputeCase, DisputeField, DisputeFilter
from schema.divisions import Division, DivisionField, DivisionFilter
from schema.employers import Employer, EmployerField, EmployerFilter
from schema.fairs import FairQuery
from schema.fields import Argument, field
from schema.figures import FiguresQuery
from schema.filters import Order
from schema.grants import GrantsQuery
from schema.insurance import EnrolmentField, EnrolmentFilter, InsuranceEnrolment
from schema.mediation import MediationQuery
from schema.members import Member, MemberField, MemberFilter, Membership, MembershipField, MembershipFilter
from schema.organizations import Organization, OrganizationField, OrganizationFilter
from schema.policies import PoliciesQuery
from schema.relay import DATED, DIVISION, HIERARCHY, PLACED, SUBTREE, WITHIN, Connection, Node, page
from schema.relief import ReliefQuery
from schema.services import ServiceQuery
from schema.statistics import Statistics, statistics
from schema.venues import VenuesQuery

_ID = {"id": Argument(strawberry.ID | None, "Its global ID (全局标识)")}


@strawberry.type(description="Who is asking (当前调用者)")
class Viewer:
    """Who is asking."""

    persona: str | None = field("The persona whose token came with the request (身份)")
    principal: AccessPrincipal = field("Who it is, as access control knows them (访问主体)")
    grants: list[AccessGrant] = field("What is granted to them today (授权)")


@strawberry.type(description="The root of all reading (查询入口)")
class Query(
    CoverageQuery,
    VenuesQuery,
    PoliciesQuery,
    CertificationsQuery,
    ReliefQuery,
    AssistanceQuery,
    CareQuery,
    ActivityQuery,
    FairQuery,
    ServiceQuery,
    MediationQuery,
    FiguresQuery,
    AccessLogQuery,
    GrantsQuery,
):
    """The root of all reading."""

    viewer: Viewer = field("Who is asking (当前调用者)")
    node: Node | None = field(
        "Any record by its global ID (按全局标识查询)", id=Argument(strawberry.ID, "Global ID (全局标识)")
    )
    nodes: list[Node | None] = field(
        "Records by their global IDs, in the order of the IDs; at most 200 (按全局标识批量查询)",
        ids=Argument(list[strawberry.ID], "Global IDs (全局标识)"),
    )
    division: Division | None = field(
        "A division by exactly one of its ID and its code (行政区划)",
        **_ID,
        code=Argument(
            str | None,
            "Code of any form: 2, 4, 6, 9 or 12 digits, e.g. `33`, `330000`, `330106`; also one that is used no more (区划代码)",
        ),
    )
    divisions: Connection[Division] | None = page(
        "Divisions, everywhere or within one (行政区划列表)",
        DivisionFilter,
        Order[DivisionField],
        {
            "within": Argument(
                strawberry.ID | None,
                "ID of the division within which to look; one that does not exist is NOT_FOUND (所属区划)",
            )
        },
        DIVISION,
        DATED,
    )
    organization: Organization | None = field(
        "A union by exactly one of its ID and its credit code (工会)",
        **_ID,
        credit_code=Argument(str | None, "Unified social credit code, GB 32100 (统一社会信用代码)"),
    )
    organizations: Connection[Organization] | None = page(
        "Unions, everywhere or within one (工会列表)",
        OrganizationFilter,
        Order[OrganizationField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    employer: Employer | None = field(
        "An employer by exactly one of its ID and its credit code (用人单位)",
        **_ID,
        credit_code=Argument(str | None, "Unified social credit code, GB 32100 (统一社会信用代码)"),
    )
    employers: Connection[Employer] | None = page(
        "Employers, everywhere or within a union (用人单位列表)",
        EmployerFilter,
        Order[EmployerField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    statistics: Statistics | None = statistics(
        "Counts and sums of a kind of record, everywhere or within a union and those below it (统计)",
        WITHIN,
        HIERARCHY,
    )
    members: Connection[Member] | None = page(
        "Members, everywhere or within a union (会员列表)",
        MemberFilter,
        Order[MemberField],
        WITHIN,
        SUBTREE,
        PLACED,
    )
    memberships: Connection[Membership] | None = page(
        "Memberships in force, everywhere or within a union; applications by `validity: NOT_BEGUN` (会籍列表)",
        MembershipFilter,
        Order[MembershipField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    collective_agreement: CollectiveAgreement | None = field(
        "A collective agreement by exactly one of its ID and its number (集体合同)",
        **_ID,
        number=Argument(str | None, "Its number (编号)"),
    )
    collective_agreements: Connection[CollectiveAgreement] | None = page(
        "Collective agreements in term, everywhere or within a union; those under way by `validity: NOT_BEGUN` (集体合同列表)",
        AgreementFilter,
        Order[AgreementField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    insurance_enrolments: Connection[InsuranceEnrolment] | None = page(
        "Insurance enrolments, everywhere or within a union (参保记录列表)",
        EnrolmentFilter,
        Order[EnrolmentField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    dispute_case: DisputeCase | None = field(
        "A dispute case by exactly one of its ID and its number (劳动争议案件)",
        **_ID,
        number=Argument(str | None, "Its number (案号)"),
    )
    dispute_cases: Connection[DisputeCase] | None = page(
        "Dispute cases, everywhere or within a union (劳动争议案件列表)",
        DisputeFilter,
        Order[DisputeField],
        WITHIN,
        SUBTREE,
        DATED,
    )
