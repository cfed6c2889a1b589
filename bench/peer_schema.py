"""The peer's types and root fields: what the benchmark's operations ask for, named as in the hub's schema."""

import base64
from datetime import date
from enum import Enum
from typing import Annotated, Union

import strawberry
from asyncpg import Record as Row
from strawberry.extensions import ParserCache, ValidationCache

from bench import peer_sql as sql
from bench.peer_loaders import Connection, Info, connection, key_of, sized
from db.clock import today
from db.disputes import DisputeCause, DisputePhase, DisputeStatus, PartyRole
from db.insurance import InsuranceScheme
from db.members import Sex, WorkerType
from db.organizations import OrganizationForm, OrganizationKind, OrganizationLevel, OrganizationStatus


class Validity(Enum):
    """Which records a list has: all, whether they hold or not, which is what the operations ask for."""

    ANY = "ANY"


for _enum in (
    Validity,
    *(DisputeCause, DisputePhase, DisputeStatus, PartyRole, InsuranceScheme, Sex, WorkerType),
    *(OrganizationForm, OrganizationKind, OrganizationLevel, OrganizationStatus),
):
    strawberry.enum(_enum)


@strawberry.type
class InsuranceEnrolment:
    """Enrolment of a worker in a scheme."""

    id: strawberry.ID
    scheme: InsuranceScheme
    cohort: int | None
    valid_from: date
    valid_to: date | None

    @classmethod
    def of(cls, row: Row) -> "InsuranceEnrolment":
        """The object of a row."""
        return cls(
            id=strawberry.ID(f"ins_{row['id']:x}"),
            scheme=InsuranceScheme[row["scheme"]],
            cohort=row["cohort"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


@strawberry.type
class Member:
    """Member of a union."""

    key: strawberry.Private[int]
    id: strawberry.ID
    name: str
    sex: Sex
    birth_year_from: int | None
    worker_type: WorkerType
    is_migrant_worker: bool
    is_model_worker: bool

    @strawberry.field
    async def insurance_enrolments(
        self, info: Info, validity: Validity, first: int = 20
    ) -> Connection[InsuranceEnrolment]:
        """Enrolments, by key."""
        return await info.context.page(sql.ENROLMENTS, InsuranceEnrolment.of, first).load(self.key)

    @classmethod
    def of(cls, row: Row) -> "Member":
        """The object of a row."""
        return cls(
            key=row["id"],
            id=strawberry.ID(f"mem_{row['id']:x}"),
            name=row["name"],
            sex=Sex[row["sex"]],
            birth_year_from=row["birth_year_from"],
            worker_type=WorkerType[row["worker_type"]],
            is_migrant_worker=row["is_migrant_worker"],
            is_model_worker=row["is_model_worker"],
        )


@strawberry.type
class Employer:
    """Employer."""

    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: Row) -> "Employer":
        """The object of a row."""
        return cls(id=strawberry.ID(f"emp_{row['id']:x}"), name=row["name"])


DisputeSubject = Annotated[Union[Member, Employer, "Organization"], strawberry.union("DisputeSubject")]


@strawberry.type
class DisputeParty:
    """Party to a case."""

    row: strawberry.Private[Row]
    id: strawberry.ID
    role: PartyRole
    name: str

    @strawberry.field
    async def subject(self, info: Info) -> DisputeSubject | None:
        """The member, employer or union that the party is."""
        row = self.row
        if row["member_id"] is not None:
            return await info.context.one(sql.MEMBER, Member.of).load(row["member_id"])
        if row["employer_id"] is not None:
            return await info.context.one(sql.EMPLOYER, Employer.of).load(row["employer_id"])
        if row["organization_id"] is not None:
            return await info.context.one(sql.ORGANIZATION, Organization.of).load(row["organization_id"])
        return None

    @classmethod
    def of(cls, row: Row) -> "DisputeParty":
        """The object of a row."""
        return cls(row=row, id=strawberry.ID(f"dparty_{row['id']:x}"), role=PartyRole[row["role"]], name=row["name"])


@strawberry.input
class PartyRoleChoice:
    """A condition on a role."""

    eq: PartyRole


@strawberry.input
class DisputePartyFilter:
    """A condition on parties."""

    role: PartyRoleChoice


@strawberry.type
class DisputeCase:
    """Dispute case."""

    key: strawberry.Private[int]
    id: strawberry.ID
    number: str
    cause: DisputeCause
    phase: DisputePhase
    status: DisputeStatus
    received_on: date
    closed_on: date | None

    @strawberry.field
    async def parties(
        self, info: Info, first: int = 20, filter: DisputePartyFilter | None = None
    ) -> Connection[DisputeParty]:
        """Parties, by key."""
        role = filter.role.eq.name if filter else None
        return await info.context.page(sql.PARTIES, DisputeParty.of, first, role).load(self.key)

    @classmethod
    def of(cls, row: Row) -> "DisputeCase":
        """The object of a row."""
        return cls(
            key=row["id"],
            id=strawberry.ID(f"case_{row['id']:x}"),
            number=row["number"],
            cause=DisputeCause[row["cause"]],
            phase=DisputePhase[row["phase"]],
            status=DisputeStatus[row["status"]],
            received_on=row["received_on"],
            closed_on=row["closed_on"],
        )


@strawberry.input
class OrganizationKindChoice:
    """A condition on a kind."""

    eq: OrganizationKind


@strawberry.input
class IdFilter:
    """A condition on an ID."""

    in_: list[strawberry.ID] = strawberry.field(name="in")


@strawberry.input
class OrganizationFilter:
    """A condition on unions."""

    kind: OrganizationKindChoice | None = None
    id: IdFilter | None = None


@strawberry.type
class Organization:
    """Union."""

    key: strawberry.Private[int]
    id: strawberry.ID
    name: str
    level: OrganizationLevel
    kind: OrganizationKind
    form: OrganizationForm
    status: OrganizationStatus
    industry: str | None
    credit_code: str | None
    established_on: date | None
    dissolved_on: date | None

    @strawberry.field
    async def children(
        self, info: Info, first: int = 20, filter: OrganizationFilter | None = None
    ) -> Connection["Organization"]:
        """Unions right below in the territorial hierarchy, today."""
        kind = filter.kind.eq.name if filter and filter.kind else None
        return await info.context.page(sql.CHILDREN, Organization.of, first, kind, today()).load(self.key)

    @strawberry.field
    async def members(self, info: Info, first: int = 20) -> Connection[Member]:
        """Members of the subtree, today."""
        return await info.context.page(sql.MEMBERS_WITHIN, Member.of, first, today()).load(self.key)

    @strawberry.field
    async def dispute_cases(self, info: Info, validity: Validity, first: int = 20) -> Connection[DisputeCase]:
        """Cases of the subtree."""
        return await info.context.page(sql.CASES_WITHIN, DisputeCase.of, first, today()).load(self.key)

    @classmethod
    def of(cls, row: Row) -> "Organization":
        """The object of a row."""
        return cls(
            key=row["id"],
            id=strawberry.ID(f"org_{row['id']:x}"),
            name=row["name"],
            level=OrganizationLevel[row["level"]],
            kind=OrganizationKind[row["kind"]],
            form=OrganizationForm[row["form"]],
            status=OrganizationStatus[row["status"]],
            industry=row["industry"],
            credit_code=row["credit_code"],
            established_on=row["established_on"],
            dissolved_on=row["dissolved_on"],
        )


@strawberry.type
class Query:
    """Where queries start."""

    @strawberry.field
    async def organization(self, info: Info, id: strawberry.ID) -> Organization | None:
        """A union by its ID."""
        return await info.context.one(sql.ORGANIZATION, Organization.of).load(key_of(id, "org"))

    @strawberry.field
    async def organizations(self, info: Info, filter: OrganizationFilter, first: int = 20) -> Connection[Organization]:
        """Unions by their IDs."""
        keys = [key_of(text, "org") for text in filter.id.in_] if filter.id else []
        rows = await info.context.pool.fetch(sql.ORGANIZATIONS, keys, sized(first) + 1)
        return connection(rows, Organization.of, first)

    @strawberry.field
    async def members(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Member]:
        """Members of today, by key."""
        place = int(base64.b64decode(after)) if after else 0
        rows = await info.context.pool.fetch(sql.MEMBERS, place, sized(first) + 1, today())
        return connection(rows, Member.of, first)


schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
