"""Policy documents (政策文件) in the schema, with issuers and measures."""

from datetime import date

import strawberry

from db.model import Term
from db.policies import DocumentKind, IssuerKind
from schema.activities import ActivitiesOfMeasure, ActivityFilter
from schema.code_lists import describe
from schema.coverage import CoverageOfDocument, TargetFilter
from schema.fields import field, optional
from schema.filters import Choice, DateFilter, Held, IdFilter, IntFilter, Listed, Order, StringFilter, conditions
from schema.records import Sourced, Versioned
from schema.refs import DivisionFilterRef, DivisionRef, OrganizationFilterRef, OrganizationRef
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page


class PolicyDocumentField(Term):
    """Columns that policy documents can be ordered by (政策文件排序字段)."""

    TITLE = "Title (标题)"
    ISSUED_ON = "Day of issue (印发日期)"
    VALID_FROM = "First day in force (生效日期)"
    ISSUER_COUNT = "Number of issuing bodies (发文单位数)"
    MEASURE_COUNT = "Number of measures (措施数)"
    CHANGED_AT = "Time of the last change (变更时间)"


class PolicyIssuerField(Term):
    """Columns that issuers can be ordered by (发文单位排序字段)."""

    POSITION = "Position among the issuers (排序)"
    NAME = "Name (名称)"
    CHANGED_AT = "Time of the last change (变更时间)"


class PolicyMeasureField(Term):
    """Columns that measures can be ordered by (政策措施排序字段)."""

    POSITION = "Number in the document (序号)"
    AREA = "Group (方面)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (DocumentKind, IssuerKind, PolicyDocumentField, PolicyIssuerField, PolicyMeasureField):
    describe(kind)


@conditions("Which issuers (发文单位筛选)", changed=True)
class PolicyIssuerFilter:
    """Which issuers (发文单位筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    name: StringFilter | None = optional("Name (名称)")
    kind: Choice[IssuerKind] | None = optional("Kind (类型)")
    position: IntFilter | None = optional("Position among the issuers (排序)")
    organization: OrganizationFilterRef | None = optional("The union, if the issuer is one (工会)")


@conditions("Which measures (政策措施筛选)", changed=True)
class PolicyMeasureFilter:
    """Which measures (政策措施筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    position: IntFilter | None = optional("Number in the document (序号)")
    area: StringFilter | None = optional("Group (方面)")
    title: StringFilter | None = optional("Title (标题)")
    document: "PolicyDocumentFilter | None" = optional("The document (文件)")
    activities: Listed[ActivityFilter] | None = optional("Activities reported under it (落实活动)")


@conditions("Which policy documents (政策文件筛选)", changed=True, sourced=True)
class PolicyDocumentFilter:
    """Which policy documents (政策文件筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    title: StringFilter | None = optional("Title (标题)")
    number: StringFilter | None = optional("Number (文号)")
    kind: Choice[DocumentKind] | None = optional("Kind (类型)")
    issued_on: DateFilter | None = optional("Day of issue (印发日期)")
    valid_from: DateFilter | None = optional("First day in force (生效日期)")
    valid_to: DateFilter | None = optional("Day on which it ceased to be in force (失效日期)")
    issuer_count: IntFilter | None = optional("Number of bodies that issued it (发文单位数)")
    measure_count: IntFilter | None = optional("Number of measures (措施数)")
    organization: OrganizationFilterRef | None = optional("The union that took part in issuing it (发文工会)")
    division: DivisionFilterRef | None = optional("Where it applies (适用区划)")
    issuers: Listed[PolicyIssuerFilter] | None = optional("Bodies that issued it (发文单位)")
    measures: Listed[PolicyMeasureFilter] | None = optional("Its measures (政策措施)")
    targets: Held[TargetFilter] | None = optional("Targets that it sets (工作目标)")


@strawberry.type(description="Body that issued a document, alone or jointly (发文单位)")
class PolicyIssuer(Versioned, Node):
    """Body that issued a document (发文单位)."""

    position: int = field("Position among the issuers, from 1 (排序)")
    name: str = field("Name (名称)")
    kind: IssuerKind = field("Kind (类型)")
    document: "PolicyDocument | None" = field("The document (文件)")
    organization: OrganizationRef | None = field("The union, if the issuer is one (工会)")


@strawberry.type(description="Measure of a policy document (政策措施)")
class PolicyMeasure(ActivitiesOfMeasure, Versioned, Node):
    """Measure of a policy document (政策措施)."""

    position: int = field("Number in the document, from 1 (序号)")
    area: str | None = field("Group of measures that it belongs to (方面)")
    title: str = field("Title (标题)")
    document: "PolicyDocument | None" = field("The document (文件)")


@strawberry.type(description="Policy document, issued by one body or several (政策文件)")
class PolicyDocument(CoverageOfDocument, Sourced, Versioned, Node):
    """Policy document (政策文件)."""

    title: str = field("Title (标题)")
    number: str | None = field("Number (文号)")
    kind: DocumentKind = field("Kind (类型)")
    issued_on: date = field("Day of issue (印发日期)")
    valid_from: date = field("First day in force (生效日期)")
    valid_to: date | None = field("Day on which it ceased to be in force; empty while it is (失效日期)")
    issuer_count: int = field("Number of bodies that issued it (发文单位数)")
    measure_count: int = field("Number of measures (措施数)")
    area_count: int = field("Number of groups of measures (措施方面数)")
    organization: OrganizationRef | None = field("The union that took part in issuing it (发文工会)")
    division: DivisionRef | None = field("Where it applies (适用区划)")
    issuers: Connection[PolicyIssuer] = page(
        "Bodies that issued it, in order (发文单位)", PolicyIssuerFilter, Order[PolicyIssuerField]
    )
    measures: Connection[PolicyMeasure] = page(
        "Its measures, in order (政策措施)", PolicyMeasureFilter, Order[PolicyMeasureField]
    )


@strawberry.type(description="Policy documents at the root (政策文件查询)")
class PoliciesQuery:
    """Root fields, mixed into the query root."""

    policy_documents: Connection[PolicyDocument] | None = page(
        "Policy documents, everywhere or within a union (政策文件列表)",
        PolicyDocumentFilter,
        Order[PolicyDocumentField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Policy documents of a union (工会政策文件)")
class PoliciesOfOrganization:
    """Fields of unions, mixed into them."""

    policy_documents: Connection[PolicyDocument] = page(
        "Policy documents that it and the unions below took part in issuing (政策文件)",
        PolicyDocumentFilter,
        Order[PolicyDocumentField],
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Policy documents in a division (区划政策文件)")
class PoliciesOfDivision:
    """Fields of divisions, mixed into them."""

    policy_documents: Connection[PolicyDocument] = page(
        "Policy documents for it and the divisions below (辖区政策文件)",
        PolicyDocumentFilter,
        Order[PolicyDocumentField],
        DIVISION,
        DATED,
    )
