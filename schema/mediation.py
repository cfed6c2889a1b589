"""Mediation (调解) in the schema: bodies with their seats, mediators, and the links of legal service."""

from datetime import date

import strawberry

from db.disputes import DisputeBody
from db.mediation import BodySide, LegalServiceLink, LegalServiceOutcome, MediatorKind
from db.model import Term
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import Choice, DateFilter, Held, IdFilter, Order, StringFilter, conditions
from schema.records import Sourced, Versioned
from schema.refs import (
    DisputeCaseRef,
    DisputeFilterRef,
    DivisionFilterRef,
    DivisionRef,
    MemberFilterRef,
    MemberRef,
    OrganizationFilterRef,
    OrganizationRef,
    PolicyDocumentFilterRef,
    PolicyDocumentRef,
)
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page


class BodyField(Term):
    """Columns that mediation bodies can be ordered by (调解组织排序字段)."""

    NAME = "Name (名称)"
    VALID_FROM = "Day of opening (成立日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class MediatorField(Term):
    """Columns that mediators can be ordered by (调解人员排序字段)."""

    NAME = "Name (姓名)"
    KIND = "Kind (类型)"
    VALID_FROM = "First day (起始日期)"
    VALID_TO = "Day on which it ended (终止日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class LegalServiceField(Term):
    """Columns that legal services can be ordered by (法律服务排序字段)."""

    LINK = "Link of the chain (环节)"
    OPENED_ON = "Day of opening (开始日期)"
    CLOSED_ON = "Day of closing (办结日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (
    BodySide,
    LegalServiceLink,
    LegalServiceOutcome,
    MediatorKind,
    BodyField,
    MediatorField,
    LegalServiceField,
):
    describe(kind)


@conditions("Which mediation bodies (调解组织筛选)", changed=True, sourced=True)
class MediationBodyFilter:
    """Which mediation bodies (调解组织筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    kind: Choice[DisputeBody] | None = optional("Kind (类型)")
    host: StringFilter | None = optional("Place of its office (设立地点)")
    valid_from: DateFilter | None = optional("Day of opening (成立日期)")
    valid_to: DateFilter | None = optional("Day on which it was closed (撤销日期)")
    organization: OrganizationFilterRef | None = optional("The union that takes part (参与工会)")
    division: DivisionFilterRef | None = optional("Where (所在区划)")
    document: PolicyDocumentFilterRef | None = optional("The document on which it is based (依据文件)")


@conditions("Which mediators (调解人员筛选)", changed=True, sourced=True)
class MediatorFilter:
    """Which mediators (调解人员筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[MediatorKind] | None = optional("Kind (类型)")
    name: StringFilter | None = optional("Name (姓名)")
    firm: StringFilter | None = optional("Law firm (律师事务所)")
    valid_from: DateFilter | None = optional("First day (起始日期)")
    valid_to: DateFilter | None = optional("Day on which it ended (终止日期)")
    organization: OrganizationFilterRef | None = optional("The union that they work for (聘任工会)")
    body: MediationBodyFilter | None = optional("The body at which they are stationed (驻点调解组织)")
    legal_services: Held["LegalServiceFilter"] | None = optional("Legal services that they handle (办理记录)")


@conditions("Which legal services (法律服务筛选)", changed=True, sourced=True)
class LegalServiceFilter:
    """Which legal services (法律服务筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    link: Choice[LegalServiceLink] | None = optional("Link of the chain (环节)")
    outcome: Choice[LegalServiceOutcome] | None = optional("How it ended (结果)")
    opened_on: DateFilter | None = optional("Day of opening (开始日期)")
    closed_on: DateFilter | None = optional("Day of closing (办结日期)")
    organization: OrganizationFilterRef | None = optional("The union (工会)")
    division: DivisionFilterRef | None = optional("Where (服务区划)")
    body: MediationBodyFilter | None = optional("The mediation body (调解组织)")
    mediator: MediatorFilter | None = optional("The lawyer or mediator who handles it (办理人员)")
    case: DisputeFilterRef | None = optional("The case, once there is one (案件)")
    member: MemberFilterRef | None = optional("The worker (劳动者)")
    previous: "LegalServiceFilter | None" = optional("The service before it in the chain (上一环节)")


@strawberry.type(description="Legal service at one link of the chain (法律服务记录)")
class LegalService(Sourced, Versioned, Node):
    """Legal service at one link of the chain (法律服务记录)."""

    link: LegalServiceLink = field("Link of the chain (环节)")
    outcome: LegalServiceOutcome | None = field("How it ended; empty while open (结果)")
    opened_on: date = field("Day of opening (开始日期)")
    closed_on: date | None = field("Day of closing; empty while open (办结日期)")
    organization: OrganizationRef | None = field("The union (工会)")
    division: DivisionRef | None = field("Where (服务区划)")
    body: "MediationBody | None" = field("The mediation body (调解组织)")
    mediator: "Mediator | None" = field("The lawyer or mediator who handles it (办理人员)")
    case: DisputeCaseRef | None = field("The case, once there is one (案件)")
    member: MemberRef | None = field("The worker (劳动者)")
    previous: "LegalService | None" = field("The service before it in the chain (上一环节)")
    next: list["LegalService"] = field("The services after it in the chain (下一环节)")


@strawberry.type(description="Seat on a mediation body, for one side (三方席位)")
class MediationSeat(Versioned, Node):
    """Seat on a mediation body, for one side (三方席位)."""

    side: BodySide = field("Side (哪一方)")
    name: str = field("Name of the unit that has the seat (单位名称)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while it holds (终止日期)")
    body: "MediationBody | None" = field("The mediation body (调解组织)")
    organization: OrganizationRef | None = field("The union, when it is one (工会)")


@strawberry.type(description="Lawyer or mediator who works for a union (律师、调解员)")
class Mediator(Sourced, Versioned, Node):
    """Lawyer or mediator who works for a union (律师、调解员)."""

    kind: MediatorKind = field("Kind (类型)")
    name: str = field("Name (姓名)")
    firm: str | None = field("Law firm (律师事务所)")
    valid_from: date = field("First day (起始日期)")
    valid_to: date | None = field("Day on which it ended; empty while at work (终止日期)")
    organization: OrganizationRef | None = field("The union that they work for (聘任工会)")
    body: "MediationBody | None" = field("The body at which they are stationed (驻点调解组织)")
    legal_services: Connection[LegalService] = page(
        "Legal services that they handle (办理记录)", LegalServiceFilter, Order[LegalServiceField], DATED
    )


@strawberry.type(description="Mediation body (调解组织)")
class MediationBody(Sourced, Versioned, Node):
    """Mediation body (调解组织)."""

    name: str = field("Name (名称)")
    kind: DisputeBody = field("Kind (类型)")
    host: str | None = field("Place of its office (设立地点)")
    side_count: int = field("Sides that sit on it (参与方数)")
    valid_from: date = field("Day of opening (成立日期)")
    valid_to: date | None = field("Day on which it was closed; empty while open (撤销日期)")
    organization: OrganizationRef | None = field("The union that takes part (参与工会)")
    division: DivisionRef | None = field("Where (所在区划)")
    document: PolicyDocumentRef | None = field("The document on which it is based (依据文件)")
    seats: list[MediationSeat] = field("Its seats (三方席位)", **DATED)
    mediators: Connection[Mediator] = page(
        "Lawyers and mediators stationed there (驻点人员)", MediatorFilter, Order[MediatorField], DATED
    )
    legal_services: Connection[LegalService] = page(
        "Services that it handles (法律服务)", LegalServiceFilter, Order[LegalServiceField], DATED
    )


@strawberry.type(description="Mediation everywhere (调解查询)")
class MediationQuery:
    """Root fields, mixed into the query root."""

    mediation_bodies: Connection[MediationBody] | None = page(
        "Mediation bodies, everywhere or within a union (调解组织列表)",
        MediationBodyFilter,
        Order[BodyField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    mediators: Connection[Mediator] | None = page(
        "Lawyers and mediators, everywhere or within a union (律师、调解员列表)",
        MediatorFilter,
        Order[MediatorField],
        WITHIN,
        SUBTREE,
        DATED,
    )
    legal_services: Connection[LegalService] | None = page(
        "Legal services, everywhere or within a union (法律服务列表)",
        LegalServiceFilter,
        Order[LegalServiceField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Mediation of a union (工会的调解)")
class MediationOfOrganization:
    """Lists, mixed into the union."""

    mediation_bodies: Connection[MediationBody] = page(
        "Mediation bodies that it or a union below takes part in (调解组织)",
        MediationBodyFilter,
        Order[BodyField],
        SUBTREE,
        DATED,
    )
    mediators: Connection[Mediator] = page(
        "Lawyers and mediators of it and the unions below (律师、调解员)",
        MediatorFilter,
        Order[MediatorField],
        SUBTREE,
        DATED,
    )
    legal_services: Connection[LegalService] = page(
        "Legal services of it and the unions below (法律服务)",
        LegalServiceFilter,
        Order[LegalServiceField],
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Mediation in a division (辖区调解)")
class MediationOfDivision:
    """Lists, mixed into the division."""

    mediation_bodies: Connection[MediationBody] = page(
        "Mediation bodies in it (辖区调解组织)", MediationBodyFilter, Order[BodyField], DIVISION, DATED
    )
    legal_services: Connection[LegalService] = page(
        "Legal services in it (辖区法律服务)", LegalServiceFilter, Order[LegalServiceField], DIVISION, DATED
    )


@strawberry.type(description="Legal services of a member (会员的法律服务)")
class MediationOfMember:
    """Lists, mixed into the member."""

    legal_services: Connection[LegalService] = page(
        "Legal services to them (法律服务)", LegalServiceFilter, Order[LegalServiceField], DATED
    )


@strawberry.type(description="Legal services of a case (案件的法律服务)")
class MediationOfCase:
    """Lists, mixed into the dispute case."""

    legal_services: list[LegalService] = field(
        "Links of legal service that belong to it, the first one first (法律服务环节)", **DATED
    )
