"""Certifications (评选认定) in the schema: rounds, awards and scores."""

from datetime import date

import strawberry

from db.certifications import CertificationKind, CertificationLevel, CertificationStatus, Criterion
from db.model import Term
from schema.code_lists import describe
from schema.fields import field, optional
from schema.filters import (
    BooleanFilter,
    Choice,
    DateFilter,
    IdFilter,
    IntFilter,
    Listed,
    Order,
    StringFilter,
    conditions,
)
from schema.records import Sourced, Versioned
from schema.refs import (
    DivisionFilterRef,
    DivisionRef,
    OrganizationFilterRef,
    OrganizationRef,
    VenueFilterRef,
    VenueRef,
)
from schema.relay import DATED, DIVISION, SUBTREE, WITHIN, Connection, Node, page


class CertificationRoundField(Term):
    """Columns that rounds can be ordered by (评选批次排序字段)."""

    COHORT = "Number of the round (批次)"
    AWARDED_ON = "Day of award (授予日期)"
    CHANGED_AT = "Time of the last change (变更时间)"


class CertificationField(Term):
    """Columns that certifications can be ordered by (评选认定排序字段)."""

    APPLIED_ON = "Day of application (申报日期)"
    AWARDED_ON = "Day of award (授予日期)"
    VALID_TO = "Day on which it lapses (到期日期)"
    STATUS = "State (状态)"
    CHANGED_AT = "Time of the last change (变更时间)"


class CertificationScoreField(Term):
    """Columns that scores can be ordered by (评分排序字段)."""

    CRITERION = "Criterion (标准)"
    SCORE = "Score (得分)"
    CHANGED_AT = "Time of the last change (变更时间)"


for kind in (
    CertificationField, CertificationKind, CertificationLevel, CertificationRoundField, CertificationScoreField,
    CertificationStatus, Criterion,
):  # fmt: skip
    describe(kind)


@conditions("Which rounds (评选批次筛选)", changed=True, sourced=True)
class CertificationRoundFilter:
    """Which rounds (评选批次筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    kind: Choice[CertificationKind] | None = optional("Kind (种类)")
    level: Choice[CertificationLevel] | None = optional("Level (级别)")
    cohort: IntFilter | None = optional("Number of the round (批次)")
    name: StringFilter | None = optional("Name (名称)")
    publicised_from: DateFilter | None = optional("First day of publicity (公示开始日期)")
    publicised_to: DateFilter | None = optional("Day after the last of publicity (公示结束日期)")
    awarded_on: DateFilter | None = optional("Day of award (授予日期)")
    organization: OrganizationFilterRef | None = optional("The federation that awards (授予工会)")


@conditions("Which scores (评分筛选)", changed=True)
class CertificationScoreFilter:
    """Which scores (评分筛选)."""

    criterion: Choice[Criterion] | None = optional("Criterion (标准)")
    score: IntFilter | None = optional("Score, 0 to 100 (得分)")
    is_passed: BooleanFilter | None = optional("Whether passed (是否达标)")


@conditions("Which certifications (评选认定筛选)", changed=True, sourced=True)
class CertificationFilter:
    """Which certifications (评选认定筛选)."""

    id: IdFilter | None = optional("ID (标识)")
    status: Choice[CertificationStatus] | None = optional("State (状态)")
    applied_on: DateFilter | None = optional("Day of application (申报日期)")
    awarded_on: DateFilter | None = optional("Day of award (授予日期)")
    valid_to: DateFilter | None = optional("Day on which it lapses; before today if it has lapsed (到期日期)")
    round: CertificationRoundFilter | None = optional("The round (批次)")
    organization: OrganizationFilterRef | None = optional(
        "The union certified, or the one that runs the venue (认定工会)"
    )
    venue: VenueFilterRef | None = optional("The venue certified (认定场所)")
    division: DivisionFilterRef | None = optional("Where (所在区划)")
    scores: Listed[CertificationScoreFilter] | None = optional("Scores by criterion (评分)")


@strawberry.type(description="Round of a certification (评选批次)")
class CertificationRound(Sourced, Versioned, Node):
    """Round of a certification (评选批次)."""

    kind: CertificationKind = field("Kind (种类)")
    level: CertificationLevel = field("Level (级别)")
    cohort: int = field("Number of the round, from 1 (批次)")
    name: str = field("Name (名称)")
    publicised_from: date | None = field("First day of publicity for objections (公示开始日期)")
    publicised_to: date | None = field("Day after the last of publicity (公示结束日期)")
    awarded_on: date | None = field("Day of award (授予日期)")
    organization: OrganizationRef | None = field("The federation that awards (授予工会)")
    certifications: Connection["Certification"] = page(
        "Awards that are valid; applications by `validity: NOT_BEGUN` (评选认定)",
        CertificationFilter,
        Order[CertificationField],
        DATED,
    )


@strawberry.type(description="Certification of a union or a venue, valid for a time (评选认定)")
class Certification(Sourced, Versioned, Node):
    """Certification (评选认定)."""

    status: CertificationStatus = field("State (状态)")
    applied_on: date = field("Day of application (申报日期)")
    awarded_on: date | None = field("Day of award, from which it is valid (授予日期)")
    valid_to: date | None = field("Day on which it lapses; empty if it has no end (到期日期)")
    round: CertificationRound | None = field("The round (批次)")
    organization: OrganizationRef | None = field("The union certified, or the one that runs the venue (认定工会)")
    venue: VenueRef | None = field("The venue certified (认定场所)")
    division: DivisionRef | None = field("Where (所在区划)")
    scores: Connection["CertificationScore"] = page(
        "Scores by criterion (评分)", CertificationScoreFilter, Order[CertificationScoreField]
    )


@strawberry.type(description="Score of a certification by one criterion (评分)")
class CertificationScore(Versioned, Node):
    """Score of a certification by one criterion (评分)."""

    criterion: Criterion = field("Criterion (标准)")
    score: int = field("Score, 0 to 100 (得分)")
    is_passed: bool = field("Whether passed (是否达标)")
    evidence: str | None = field("Evidence (佐证材料)")
    certification: Certification | None = field("The certification (评选认定)")


@strawberry.type(description="Certifications at the root (评选认定查询)")
class CertificationsQuery:
    """Root fields, mixed into the query root."""

    certification_rounds: Connection[CertificationRound] | None = page(
        "Rounds, everywhere or within a union (评选批次列表)",
        CertificationRoundFilter,
        Order[CertificationRoundField],
        WITHIN,
        SUBTREE,
    )
    certifications: Connection[Certification] | None = page(
        "Certifications, everywhere or within a union (评选认定列表)",
        CertificationFilter,
        Order[CertificationField],
        WITHIN,
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Certifications of unions (工会评选认定)")
class CertificationsOfOrganization:
    """Fields of unions, mixed into them."""

    certification_rounds: Connection[CertificationRound] = page(
        "Rounds that it and the unions below hold (评选批次)",
        CertificationRoundFilter,
        Order[CertificationRoundField],
        SUBTREE,
    )
    certifications: Connection[Certification] = page(
        "Certifications of it and the unions below (评选认定)",
        CertificationFilter,
        Order[CertificationField],
        SUBTREE,
        DATED,
    )


@strawberry.type(description="Certifications in a division (区划评选认定)")
class CertificationsOfDivision:
    """Fields of divisions, mixed into them."""

    certifications: Connection[Certification] = page(
        "Certifications in it (辖区评选认定)", CertificationFilter, Order[CertificationField], DIVISION, DATED
    )


@strawberry.type(description="Certifications of a venue (场所评选认定)")
class CertificationsOfVenue:
    """Fields of venues, mixed into them."""

    certifications: Connection[Certification] = page(
        "Its certifications (评选认定)", CertificationFilter, Order[CertificationField], DATED
    )
