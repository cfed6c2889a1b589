"""Organizations (工会组织): unions of every level and kind, their dated links in two hierarchies, and the terms of their committees."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.industries import INDUSTRY
from db.columns.text_search import grams_index
from db.model import Dated, Keyed, Model, Term, Versioned, dated_check


class OrganizationLevel(Term):
    """Level of a union (工会层级): Trade Union Law art. 11."""

    NATIONAL = "National (全国)"
    PROVINCIAL = "Provincial (省级)"
    CITY = "City or prefecture (市级)"
    COUNTY = "County (县级)"
    TOWNSHIP = "Township, subdistrict, development zone or park (乡镇街道)"
    VILLAGE = "Community or village (社区村)"
    GRASSROOTS = "Grassroots (基层)"


class OrganizationKind(Term):
    """Kind of union (工会类型)."""

    LOCAL_FEDERATION = "Local federation (地方总工会)"
    INDUSTRY_UNION = "Industry union (产业工会)"
    GRASSROOTS_UNION = "Grassroots union (基层工会)"


class OrganizationForm(Term):
    """Form of a union (组织形式). A joint union has persons as members, a federation of unions has unions: never add their persons."""

    FEDERATION = "General federation (总工会)"
    INDEPENDENT = "Union of a single unit (单独基层工会)"
    JOINT = "Joint union of several units (联合基层工会)"
    UNION_FEDERATION = "Regional or industry federation of unions (工会联合会)"
    WORKING_COMMITTEE = "Union working committee (工会工作委员会)"
    PROJECT = "Union of a construction project (项目工会)"
    NEW_FORM = "Union of workers in new forms of employment (新业态工会)"
    ONLINE_HOME = "Online home of members without a unit (网上会员之家)"
    BRANCH = "Branch or group (分会小组)"


class OrganizationStatus(Term):
    """State of a union (工会状态)."""

    PREPARING = "In preparation (筹建)"
    NORMAL = "Established (正常)"
    DISSOLVED = "Dissolved (撤销)"


class Hierarchy(Term):
    """One of the two hierarchies (隶属体系): Constitution of the Trade Unions art. 11."""

    TERRITORIAL = "Territorial: by place (地方)"
    INDUSTRIAL = "Industrial: by industry (产业)"


class CommitteeKind(Term):
    """Committee of a union (工会委员会种类)."""

    COMMITTEE = "Union committee (工会委员会)"
    ECONOMIC_REVIEW = "Economic review committee (经费审查委员会)"
    WOMEN = "Women workers' committee (女职工委员会)"
    LABOUR_SUPERVISION = "Labour law supervision committee (劳动法律监督委员会)"
    MEDIATION = "Labour dispute mediation committee (劳动争议调解委员会)"


class SuccessionKind(Term):
    """How a union succeeded another (沿革方式)."""

    MERGER = "Merger: the predecessor was merged into it (合并)"
    SPLIT = "Split: a part of the predecessor went to it (分立)"


class Organization(Keyed, Versioned, Model):
    """Union (工会组织). ``credit_code`` is the 18-character code of GB 32100, prefix 81, once registered as a legal person.

    ``industry`` is the letter and two digits of GB/T 4754-2017, e.g. ``G60``. A dissolved union stays, with ``dissolved_on``.
    ``source_system`` and ``source_number`` are the system that the union was imported from, and its number there.
    """

    __tablename__ = "organization"

    name: Mapped[str]
    level: Mapped[OrganizationLevel]
    kind: Mapped[OrganizationKind]
    form: Mapped[OrganizationForm]
    status: Mapped[OrganizationStatus]
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    industry: Mapped[str | None] = mapped_column(INDUSTRY)
    credit_code: Mapped[str | None] = mapped_column(unique=True)
    established_on: Mapped[date | None]
    dissolved_on: Mapped[date | None]
    source_system: Mapped[str | None]
    source_number: Mapped[str | None]

    __table_args__ = (
        Index("ix_organization_level_id", "level", "id"),
        Index("ix_organization_name", "name"),
        UniqueConstraint("source_number", "source_system"),
        grams_index("organization", "name"),
    )


class OrganizationLink(Keyed, Dated, Versioned, Model):
    """Dated link of a union to a parent in one hierarchy (隶属关系); exactly one link of a union leads on any day."""

    __tablename__ = "organization_link"

    child_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    hierarchy: Mapped[Hierarchy]
    is_lead: Mapped[bool]
    reason: Mapped[str | None]

    __table_args__ = (
        dated_check(),
        Index("ix_organization_link_parent_id_hierarchy_child_id", "parent_id", "hierarchy", "child_id"),
        Index(
            "uq_organization_link_lead", "child_id", unique=True, postgresql_where=text("valid_to IS NULL AND is_lead")
        ),
        Index(
            "uq_organization_link_open", "child_id", "hierarchy", unique=True, postgresql_where=text("valid_to IS NULL")
        ),
    )


class OrganizationSuccession(Keyed, Model):
    """A union took over another's unions, members and employers, or a part of them, on ``succeeded_on`` (沿革).

    A merged union is dissolved with the end of that day. It keeps the records that it made, and its last link leads to its successor and
    stays open, so that whoever sees the successor sees them.
    """

    __tablename__ = "organization_succession"

    predecessor_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    successor_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    kind: Mapped[SuccessionKind]
    succeeded_on: Mapped[date]
    reason: Mapped[str]

    __table_args__ = (
        UniqueConstraint("predecessor_id", "successor_id", "succeeded_on", name="uq_organization_succession_day"),
        CheckConstraint("predecessor_id <> successor_id", name="other"),
    )


class Closure(Dated):
    """Every dated pair of a union and one above it, or itself, in one hierarchy; ``depth`` counts the steps between."""

    ancestor_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    descendant_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    depth: Mapped[int]


def covering_key() -> PrimaryKeyConstraint:
    """The key of a closure, whose index has all columns that queries read of the unions below one."""
    return PrimaryKeyConstraint("ancestor_id", "descendant_id", "valid_from", postgresql_include=["valid_to", "depth"])


class TerritorialClosure(Closure, Model):
    """Closure of the territorial hierarchy."""

    __tablename__ = "territorial_closure"
    __table_args__ = (
        dated_check(),
        covering_key(),
        Index("ix_territorial_closure_descendant_id_depth", "descendant_id", "depth"),
        Index(
            "ix_territorial_closure_ended",
            "ancestor_id",
            "descendant_id",
            postgresql_where=text("valid_to IS NOT NULL"),
        ),
    )


class IndustrialClosure(Closure, Model):
    """Closure of the industrial hierarchy."""

    __tablename__ = "industrial_closure"
    __table_args__ = (
        dated_check(),
        covering_key(),
        Index("ix_industrial_closure_descendant_id_depth", "descendant_id", "depth"),
        Index(
            "ix_industrial_closure_ended", "ancestor_id", "descendant_id", postgresql_where=text("valid_to IS NOT NULL")
        ),
    )


class CommitteeTerm(Keyed, Dated, Versioned, Model):
    """Term of a committee (届期): three or five years at the grassroots, five above (Trade Union Law art. 16)."""

    __tablename__ = "committee_term"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    committee: Mapped[CommitteeKind]
    number: Mapped[int]
    elected_on: Mapped[date]
    chair_name: Mapped[str]

    __table_args__ = (dated_check(),)
