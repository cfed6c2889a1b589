"""Certifications (评选认定): rounds, certificates with their validity, and scores by criterion."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Keyed, Model, Sourced, Term, Versioned


class CertificationKind(Term):
    """Kind of certification (评选种类)."""

    FIVE_GOOD_DEMONSTRATION = "Five-good union, demonstration unit (“五好”工会示范单位)"
    FIVE_GOOD = "Five-good union (“五好”工会)"
    MODEL_HOME = "Model home of workers (模范职工之家)"
    STAR_HOME = "Star-rated home of workers (星级职工之家)"
    RECUPERATION_BASE = "Recuperation base (职工疗休养基地)"
    HARMONIOUS_UNIT = "Enterprise with harmonious labour relations (劳动关系和谐企业)"


class CertificationLevel(Term):
    """Level of a certification (评选级别)."""

    NATIONAL = "National (国家级、全总)"
    PROVINCIAL = "Provincial (省级)"
    CITY = "City (市级)"
    COUNTY = "County (县级)"


class CertificationStatus(Term):
    """State of a certification (评选状态)."""

    APPLIED = "Applied (已申报)"
    INSPECTED = "Inspected (已考察)"
    PUBLICISED = "Publicised for objections (公示中)"
    AWARDED = "Awarded (已授予)"
    REVOKED = "Revoked (已撤销)"
    LAPSED = "Lapsed (已失效)"


class Criterion(Term):
    """Criterion of the five-good certification (“五好”标准)."""

    LEADERSHIP = "Good leadership (好班子)"
    TEAM = "Good team (好队伍)"
    PLACE = "Good place (好阵地)"
    FINANCE = "Good finances (好财务)"
    EXPERIENCE = "Good experience (好经验)"


class CertificationRound(Keyed, Sourced, Versioned, Model):
    """Round of a certification (评选批次). ``organization_id`` is the awarding federation; ``cohort`` numbers its rounds."""

    __tablename__ = "certification_round"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    kind: Mapped[CertificationKind]
    level: Mapped[CertificationLevel]
    cohort: Mapped[int]
    name: Mapped[str]
    publicised_from: Mapped[date | None]
    publicised_to: Mapped[date | None]
    awarded_on: Mapped[date | None]

    __table_args__ = (Index("ix_certification_round_organization_id_id", "organization_id", "id"),)


class Certification(Keyed, Sourced, Versioned, Model):
    """Certification (评选认定) of a union or a venue; valid in ``[awarded_on, valid_to)``. ``organization_id`` is the certified union, or
    the one that runs the venue."""

    __tablename__ = "certification"

    round_id: Mapped[int] = mapped_column(ForeignKey("certification_round.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    status: Mapped[CertificationStatus]
    applied_on: Mapped[date]
    awarded_on: Mapped[date | None]
    valid_to: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("valid_to > awarded_on", name="dated"),
        CheckConstraint("awarded_on IS NOT NULL OR status NOT IN ('AWARDED', 'REVOKED', 'LAPSED')", name="awarded"),
        Index("ix_certification_round_id_id", "round_id", "id"),
        Index("ix_certification_organization_id_id", "organization_id", "id"),
        Index("ix_certification_division_id_id", "division_id", "id"),
        Index("ix_certification_venue_id", "venue_id"),
    )


class CertificationScore(Keyed, Versioned, Model):
    """Score of a certification by one criterion (评分), 0 to 100, with the evidence."""

    __tablename__ = "certification_score"

    certification_id: Mapped[int] = mapped_column(ForeignKey("certification.id"))
    criterion: Mapped[Criterion]
    score: Mapped[int]
    is_passed: Mapped[bool]
    evidence: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("score BETWEEN 0 AND 100", name="in_range"),
        Index("uq_certification_score", "certification_id", "criterion", unique=True),
    )
