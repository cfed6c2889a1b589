"""References to types of other slices by name, where an import would be circular.

GraphQL types form circles by nature (a union has members, a member has memberships of unions), so a slice names the types of a later slice
through this file; Strawberry resolves the names when it builds the schema. The imports for type checkers below are the only circular ones:
without this file the imports of ``schema`` have no circle.
"""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.activities import Activity, ActivityFilter
    from schema.assistance import CooperationLine, CooperationLineFilter
    from schema.disputes import DisputeCase, DisputeFilter
    from schema.divisions import Division, DivisionFilter
    from schema.employers import Employer, EmployerFilter
    from schema.insurance import EnrolmentFilter, InsuranceEnrolment
    from schema.members import Member, MemberFilter
    from schema.organizations import Organization, OrganizationFilter
    from schema.policies import PolicyDocument, PolicyDocumentFilter, PolicyMeasure, PolicyMeasureFilter
    from schema.relief import Household, HouseholdFilter
    from schema.venues import Venue, VenueFilter

DivisionRef = Annotated["Division", strawberry.lazy("schema.divisions")]
OrganizationRef = Annotated["Organization", strawberry.lazy("schema.organizations")]
EmployerRef = Annotated["Employer", strawberry.lazy("schema.employers")]
MemberRef = Annotated["Member", strawberry.lazy("schema.members")]
InsuranceEnrolmentRef = Annotated["InsuranceEnrolment", strawberry.lazy("schema.insurance")]
DisputeCaseRef = Annotated["DisputeCase", strawberry.lazy("schema.disputes")]
ActivityRef = Annotated["Activity", strawberry.lazy("schema.activities")]

DivisionFilterRef = Annotated["DivisionFilter", strawberry.lazy("schema.divisions")]
OrganizationFilterRef = Annotated["OrganizationFilter", strawberry.lazy("schema.organizations")]
EmployerFilterRef = Annotated["EmployerFilter", strawberry.lazy("schema.employers")]
MemberFilterRef = Annotated["MemberFilter", strawberry.lazy("schema.members")]
EnrolmentFilterRef = Annotated["EnrolmentFilter", strawberry.lazy("schema.insurance")]
DisputeFilterRef = Annotated["DisputeFilter", strawberry.lazy("schema.disputes")]

VenueRef = Annotated["Venue", strawberry.lazy("schema.venues")]
VenueFilterRef = Annotated["VenueFilter", strawberry.lazy("schema.venues")]
PolicyDocumentRef = Annotated["PolicyDocument", strawberry.lazy("schema.policies")]
PolicyDocumentFilterRef = Annotated["PolicyDocumentFilter", strawberry.lazy("schema.policies")]
PolicyMeasureRef = Annotated["PolicyMeasure", strawberry.lazy("schema.policies")]
PolicyMeasureFilterRef = Annotated["PolicyMeasureFilter", strawberry.lazy("schema.policies")]
ActivityFilterRef = Annotated["ActivityFilter", strawberry.lazy("schema.activities")]
CooperationLineRef = Annotated["CooperationLine", strawberry.lazy("schema.assistance")]
CooperationLineFilterRef = Annotated["CooperationLineFilter", strawberry.lazy("schema.assistance")]
HouseholdRef = Annotated["Household", strawberry.lazy("schema.relief")]
HouseholdFilterRef = Annotated["HouseholdFilter", strawberry.lazy("schema.relief")]
