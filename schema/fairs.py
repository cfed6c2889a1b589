"""Job fairs (招聘会) in the schema: exhibitors and the posts that they offer."""

from decimal import Decimal

import strawberry

from db.model import Term
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import BooleanFilter, DecimalFilter, IdFilter, IntFilter, Listed, Order, StringFilter, conditions
from schema.records import Versioned
from schema.refs import (
    ActivityFilterRef,
    ActivityRef,
    EmployerFilterRef,
    EmployerRef,
    OrganizationFilterRef,
    OrganizationRef,
)
from schema.relay import SUBTREE, WITHIN, Connection, Node, page


class ExhibitorField(Term):
    """Columns that exhibitors can be ordered by (参会企业排序字段)."""

    ID = "Order of registration (登记顺序)"
    CHANGED_AT = "Time of the last change (变更时间)"


class JobOfferField(Term):
    """Columns that posts can be ordered by (招聘岗位排序字段)."""

    TITLE = "Title (岗位名称)"
    HEADCOUNT = "Posts offered (招聘人数)"
    FILLED_COUNT = "Posts filled (录用人数)"
    MONTHLY_WAGE = "Monthly wage (月薪)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (ExhibitorField, JobOfferField):
    describe(kind)


@conditions("Which exhibitors (参会企业筛选)", changed=True)
class ExhibitorFilter:
    """Which exhibitors (参会企业筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    activity: ActivityFilterRef | None = optional("The fair (招聘会)")
    organization: OrganizationFilterRef | None = optional("The union that holds the fair (主办工会)")
    employer: EmployerFilterRef | None = optional("The employer (参会单位)")
    job_offers: Listed["JobOfferFilter"] | None = optional("The posts that it offers (招聘岗位)")


@conditions("Which posts (招聘岗位筛选)", changed=True)
class JobOfferFilter:
    """Which posts (招聘岗位筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    title: StringFilter | None = optional("Title (岗位名称)")
    headcount: IntFilter | None = optional("Posts offered, persons (招聘人数)")
    filled_count: IntFilter | None = optional("Posts filled, persons (录用人数)")
    monthly_wage: DecimalFilter | None = optional("Monthly wage, yuan (月薪)")
    is_flexible: BooleanFilter | None = optional("Whether flexible employment (是否灵活用工)")
    exhibitor: ExhibitorFilter | None = optional("The exhibitor that offers them (参会企业)")
    organization: OrganizationFilterRef | None = optional("The union that holds the fair (主办工会)")


@strawberry.type(description="Posts of one title that an exhibitor offers (招聘岗位)")
class JobOffer(Versioned, Node):
    """Posts of one title that an exhibitor offers (招聘岗位)."""

    title: str = field("Title (岗位名称)")
    headcount: int = field("Posts offered, persons (招聘人数)")
    filled_count: int | None = field("Posts filled, persons; empty while unknown (录用人数)")
    monthly_wage: Decimal | None = field("Monthly wage, yuan (月薪)")
    is_flexible: bool = field("Whether flexible employment (是否灵活用工)")
    exhibitor: "Exhibitor | None" = field("The exhibitor that offers them (参会企业)")
    organization: OrganizationRef | None = field("The union that holds the fair (主办工会)")


@strawberry.type(description="Exhibitor at a job fair (参会企业)")
class Exhibitor(Versioned, Node):
    """Exhibitor at a job fair (参会企业)."""

    activity: ActivityRef | None = field("The fair (招聘会)")
    organization: OrganizationRef | None = field("The union that holds the fair (主办工会)")
    employer: EmployerRef | None = field("The employer (参会单位)")
    job_offers: Connection[JobOffer] = page("The posts that it offers (招聘岗位)", JobOfferFilter, Order[JobOfferField])


@strawberry.type(description="Job fairs everywhere (招聘会查询)")
class FairsQuery:
    """Root fields, mixed into the query root."""

    exhibitors: Connection[Exhibitor] | None = page(
        "Exhibitors at job fairs, everywhere or within a union (参会企业列表)",
        ExhibitorFilter,
        Order[ExhibitorField],
        WITHIN,
        SUBTREE,
    )
    job_offers: Connection[JobOffer] | None = page(
        "Posts offered at job fairs, everywhere or within a union (招聘岗位列表)",
        JobOfferFilter,
        Order[JobOfferField],
        WITHIN,
        SUBTREE,
    )


@strawberry.type(description="Job fairs of a union (工会的招聘会)")
class FairsOfOrganization:
    """Lists, mixed into the union."""

    exhibitors: Connection[Exhibitor] = page(
        "Exhibitors at its job fairs and those below (参会企业)", ExhibitorFilter, Order[ExhibitorField], SUBTREE
    )
    job_offers: Connection[JobOffer] = page(
        "Posts offered at its job fairs and those below (招聘岗位)", JobOfferFilter, Order[JobOfferField], SUBTREE
    )


@strawberry.type(description="Job fairs of an employer (单位参加的招聘会)")
class FairsOfEmployer:
    """Lists, mixed into the employer."""

    exhibitors: Connection[Exhibitor] = page(
        "Job fairs at which it exhibited (参会记录)", ExhibitorFilter, Order[ExhibitorField]
    )


@strawberry.type(description="Exhibitors of a job fair (招聘会参会企业)")
class FairsOfActivity:
    """Lists, mixed into the activity."""

    exhibitors: Connection[Exhibitor] = page(
        "Employers that exhibit at the fair (参会企业)", ExhibitorFilter, Order[ExhibitorField]
    )
