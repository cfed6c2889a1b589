"""The types of other slices, by name: what lets slices refer to each other without importing each other."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.activities import Activity, ActivityFilter, AttendanceFilter
    from schema.agreements import AgreementCoverage, AgreementCoverageFilter, AgreementFilter, CollectiveAgreement
    from schema.assistance import CooperationLine
    from schema.assistance_filters import CooperationLineFilter
    from schema.certifications import Certification, CertificationFilter
    from schema.coverage import Target
    from schema.coverage_filters import TargetFilter
    from schema.disputes import DisputeCase, DisputeFilter
    from schema.divisions import Division, DivisionFilter
    from schema.employers import CoverageFilter, Employer, EmployerCoverage, EmployerFilter
    from schema.fairs import Exhibitor, ExhibitorFilter
    from schema.insurance import EnrolmentFilter, InsuranceEnrolment
    from schema.members import Engagement, Member, MemberFilter, Membership, MembershipFilter
    from schema.organizations import Organization, OrganizationFilter
    from schema.policies import PolicyDocument, PolicyDocumentFilter, PolicyMeasure, PolicyMeasureFilter
    from schema.relief import Household, HouseholdFilter
    from schema.services import MaterialDistribution, MaterialFilter
    from schema.statistics import Statistics
    from schema.venues import Venue, VenueFilter

StatisticsRef = Annotated["Statistics", strawberry.lazy("schema.statistics")]
DivisionRef = Annotated["Division", strawberry.lazy("schema.divisions")]
OrganizationRef = Annotated["Organization", strawberry.lazy("schema.organizations")]
EmployerRef = Annotated["Employer", strawberry.lazy("schema.employers")]
EmployerCoverageRef = Annotated["EmployerCoverage", strawberry.lazy("schema.employers")]
MemberRef = Annotated["Member", strawberry.lazy("schema.members")]
MembershipRef = Annotated["Membership", strawberry.lazy("schema.members")]
EngagementRef = Annotated["Engagement", strawberry.lazy("schema.members")]
CollectiveAgreementRef = Annotated["CollectiveAgreement", strawberry.lazy("schema.agreements")]
AgreementCoverageRef = Annotated["AgreementCoverage", strawberry.lazy("schema.agreements")]
InsuranceEnrolmentRef = Annotated["InsuranceEnrolment", strawberry.lazy("schema.insurance")]
DisputeCaseRef = Annotated["DisputeCase", strawberry.lazy("schema.disputes")]
ActivityRef = Annotated["Activity", strawberry.lazy("schema.activities")]
ExhibitorRef = Annotated["Exhibitor", strawberry.lazy("schema.fairs")]
MaterialRef = Annotated["MaterialDistribution", strawberry.lazy("schema.services")]

DivisionFilterRef = Annotated["DivisionFilter", strawberry.lazy("schema.divisions")]
OrganizationFilterRef = Annotated["OrganizationFilter", strawberry.lazy("schema.organizations")]
EmployerFilterRef = Annotated["EmployerFilter", strawberry.lazy("schema.employers")]
MemberFilterRef = Annotated["MemberFilter", strawberry.lazy("schema.members")]
MembershipFilterRef = Annotated["MembershipFilter", strawberry.lazy("schema.members")]
AgreementFilterRef = Annotated["AgreementFilter", strawberry.lazy("schema.agreements")]
EnrolmentFilterRef = Annotated["EnrolmentFilter", strawberry.lazy("schema.insurance")]
DisputeFilterRef = Annotated["DisputeFilter", strawberry.lazy("schema.disputes")]
CoverageFilterRef = Annotated["CoverageFilter", strawberry.lazy("schema.employers")]
AgreementCoverageFilterRef = Annotated["AgreementCoverageFilter", strawberry.lazy("schema.agreements")]

TargetRef = Annotated["Target", strawberry.lazy("schema.coverage")]
TargetFilterRef = Annotated["TargetFilter", strawberry.lazy("schema.coverage_filters")]
VenueRef = Annotated["Venue", strawberry.lazy("schema.venues")]
VenueFilterRef = Annotated["VenueFilter", strawberry.lazy("schema.venues")]
PolicyDocumentRef = Annotated["PolicyDocument", strawberry.lazy("schema.policies")]
PolicyDocumentFilterRef = Annotated["PolicyDocumentFilter", strawberry.lazy("schema.policies")]
PolicyMeasureRef = Annotated["PolicyMeasure", strawberry.lazy("schema.policies")]
PolicyMeasureFilterRef = Annotated["PolicyMeasureFilter", strawberry.lazy("schema.policies")]
CertificationRef = Annotated["Certification", strawberry.lazy("schema.certifications")]
CertificationFilterRef = Annotated["CertificationFilter", strawberry.lazy("schema.certifications")]
AttendanceFilterRef = Annotated["AttendanceFilter", strawberry.lazy("schema.activities")]
ActivityFilterRef = Annotated["ActivityFilter", strawberry.lazy("schema.activities")]
ExhibitorFilterRef = Annotated["ExhibitorFilter", strawberry.lazy("schema.fairs")]
MaterialFilterRef = Annotated["MaterialFilter", strawberry.lazy("schema.services")]
CooperationLineRef = Annotated["CooperationLine", strawberry.lazy("schema.assistance")]
CooperationLineFilterRef = Annotated["CooperationLineFilter", strawberry.lazy("schema.assistance_filters")]
HouseholdRef = Annotated["Household", strawberry.lazy("schema.relief")]
HouseholdFilterRef = Annotated["HouseholdFilter", strawberry.lazy("schema.relief")]
