"""Code lists (代码) of the database as enums of the schema: the label of each code is its description."""

from typing import Any

import strawberry

from db.access import PrincipalKind, Role
from db.agreements import ActorRole, AgreementKind, AgreementStatus, PartySide
from db.columns.measurement_units import Qualifier, Unit
from db.disputes import ClaimKind, DisputeBody, DisputeCause, DisputePhase, DisputeStatus, PartyRole
from db.divisions import DivisionKind, DivisionLevel
from db.employers import EmployerKind
from db.insurance import InsuranceScheme
from db.members import (
    EngagementKind,
    MembershipChannel,
    MembershipEntry,
    MembershipExit,
    MembershipStatus,
    Sex,
    WorkerType,
)
from db.model import Term
from db.organizations import (
    CommitteeKind,
    Hierarchy,
    OrganizationForm,
    OrganizationKind,
    OrganizationLevel,
    OrganizationStatus,
    SuccessionKind,
)
from resolvers.commands.purposes import PersonalField, RevealPurpose
from resolvers.engine.declare.validity import Validity
from resolvers.scopes import Scope
from resolvers.writing.outcomes import OnConflict, OnError, Outcome


def describe(kind: type[Term]) -> None:
    """Make a code list an enum of the schema; its docstring and labels become the descriptions."""
    described: Any = strawberry.enum(kind, description=(kind.__doc__ or "").strip())
    for value in described.__strawberry_definition__.values:
        value.description = kind[value.name].label


TERMS: tuple[type[Term], ...] = (
    ActorRole, AgreementKind, AgreementStatus, ClaimKind, CommitteeKind, DisputeBody, DisputeCause, DisputePhase, DisputeStatus,
    DivisionKind, DivisionLevel, EmployerKind, EngagementKind, Hierarchy, InsuranceScheme, MembershipChannel, MembershipEntry,
    MembershipExit, MembershipStatus, OnConflict, OnError, OrganizationForm, OrganizationKind, OrganizationLevel, OrganizationStatus,
    Outcome, PartyRole, PartySide, PersonalField, PrincipalKind, Qualifier, RevealPurpose, Role, Scope, Sex, SuccessionKind, Unit, Validity,
    WorkerType,
)  # fmt: skip
"""All code lists that the schema has."""

for kind in TERMS:
    describe(kind)
