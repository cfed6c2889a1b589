"""Employers (用人单位): legal persons apart from their unions, and the dated coverage of employers by unions."""

from datetime import date

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.industries import INDUSTRY
from db.columns.text_search import grams_index
from db.model import Dated, Keyed, Model, Sourced, Term, Versioned, dated_check


class EmployerKind(Term):
    """Kind of employer (单位类型)."""

    STATE_ENTERPRISE = "State-owned enterprise (国有企业)"
    PRIVATE_ENTERPRISE = "Private enterprise (民营企业)"
    FOREIGN_ENTERPRISE = "Enterprise with foreign investment (外商投资企业)"
    PUBLIC_INSTITUTION = "Public institution (事业单位)"
    GOVERNMENT_BODY = "Government body (机关)"
    SOCIAL_ORGANIZATION = "Social organization (社会组织)"
    SELF_EMPLOYED = "Self-employed business (个体工商户)"
    PLATFORM = "Platform enterprise (平台企业)"


class Employer(Keyed, Sourced, Versioned, Model):
    """Employer (用人单位), a legal person apart from its union (Supreme People's Court interpretation on union law art. 1).

    ``organization_id`` is the union responsible for it: the one that covers it or, while none does, the federation of its township or
    county. ``credit_code`` is GB 32100, ``industry`` the letter and two digits of GB/T 4754-2017, ``headcount`` in persons;
    ``is_platform_head`` marks a leading platform enterprise (平台头部企业).
    """

    __tablename__ = "employer"

    name: Mapped[str]
    kind: Mapped[EmployerKind]
    credit_code: Mapped[str | None] = mapped_column(unique=True)
    industry: Mapped[str | None] = mapped_column(INDUSTRY)
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    headcount: Mapped[int]
    is_platform_head: Mapped[bool] = mapped_column(server_default=false())
    registered_on: Mapped[date | None]
    closed_on: Mapped[date | None]

    __table_args__ = (
        Index(
            "ix_employer_organization_id_id",
            "organization_id",
            "id",
            postgresql_include=["kind", "industry", "registered_on", "closed_on"],
        ),
        Index("ix_employer_division_id_id", "division_id", "id"),
        Index("ix_employer_name", "name"),
        grams_index("employer", "name"),
    )


class EmployerCoverage(Keyed, Dated, Versioned, Model):
    """A union covers an employer's workers (工会覆盖单位), many to many: a joint union covers several, a group has several unions."""

    __tablename__ = "employer_coverage"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))

    __table_args__ = (
        dated_check(),
        Index("ix_employer_coverage_organization_id_id", "organization_id", "id"),
        Index("ix_employer_coverage_employer_id", "employer_id", postgresql_include=["valid_from", "valid_to"]),
    )
