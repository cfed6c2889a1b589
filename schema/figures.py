"""Published figures (公布数字) in the schema, each with its claim and the value counted from the records."""

from datetime import date
from decimal import Decimal

import strawberry

from db.columns.measurement_units import Qualifier, Unit
from db.model import Term
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import Choice, DateFilter, DecimalFilter, IdFilter, Order, StringFilter, conditions
from schema.refs import DivisionFilterRef, DivisionRef, OrganizationFilterRef, OrganizationRef
from schema.relay import SUBTREE, WITHIN, Connection, Node, page


class PublishedFigureField(Term):
    """Columns that published figures can be ordered by (公布数字排序字段)."""

    CODE = "Code (编号)"
    ARTICLE = "Article (文章)"
    CLAIM = "Claimed value (公布数值)"


describe(PublishedFigureField)


@conditions("Which published figures (公布数字筛选)")
class PublishedFigureFilter:
    """Which published figures (公布数字筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    code: StringFilter | None = optional("Code (编号)")
    article: StringFilter | None = optional("Article (文章)")
    phrase: StringFilter | None = optional("Phrase (原文)")
    claim: DecimalFilter | None = optional("Claimed value (公布数值)")
    unit: Choice[Unit] | None = optional("Unit (计量单位)")
    qualifier: Choice[Qualifier] | None = optional("How exact the claim is (约数)")
    starts_on: DateFilter | None = optional("First day of the period (起始日期)")
    ends_on: DateFilter | None = optional("Day on which the period ends (截止日期)")
    division: DivisionFilterRef | None = optional("Where it applies (区划)")
    organization: OrganizationFilterRef | None = optional("The union whose records are counted (工会)")


@strawberry.type(description="Published figure: the claim, and the query whose result it is compared with (公布数字)")
class PublishedFigure(Node):
    """Published figure (公布数字)."""

    code: str = field("Code (编号)")
    article: str = field("Article that states it (文章)")
    phrase: str = field("Wording in the article (原文)")
    question: str = field("The question that it answers, in words (问题)")
    claim: Decimal = field("Claimed value (公布数值)")
    unit: Unit = field("Unit (计量单位)")
    qualifier: Qualifier = field("How exact the claim is (约数)")
    is_sensitive: bool = field("Whether health records answer it (是否涉及健康信息)")
    starts_on: date | None = field("First day of the period; empty when it has no beginning (起始日期)")
    ends_on: date | None = field("Day on which the period ends, not in it; empty when it has no end (截止日期)")
    query: str = field("GraphQL query that answers it (查询语句)")
    path: str = field("Path to the value in the response: names and positions below `data` (取值路径)")
    value: Decimal | None = field(
        "Value of the query now; empty for callers who do not see all of the union's records (实际数值)"
    )
    agrees: bool | None = field(
        "Whether the value confirms the claim: equal to it, at least as much, or within 10 % of it, by its qualifier (是否相符)"
    )
    division: DivisionRef | None = field("Where it applies (区划)")
    organization: OrganizationRef | None = field(
        "The union whose records, with those of the unions below, are counted (工会)"
    )


@strawberry.type(description="Published figures at the root (公布数字查询)")
class FiguresQuery:
    """Root fields, mixed into the query root."""

    published_figures: Connection[PublishedFigure] | None = page(
        "Published figures, everywhere or of a union and those below it (公布数字列表)",
        PublishedFigureFilter,
        Order[PublishedFigureField],
        WITHIN,
        SUBTREE,
    )
