"""Venues (场所): places that unions run or maintain: service centres, stations, reading rooms, parks, recuperation bases, facilities."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.text_search import grams_index
from db.model import Dated, Keyed, Model, Sourced, Term, Versioned, dated_check


class VenueKind(Term):
    """Kind of venue (场所类型)."""

    RESPONSE_CENTRE = "Full-response centre for labour relations (工会劳动关系全响应中心)"
    STATION = "Station for outdoor workers (户外劳动者服务站点、驿站)"
    READING_ROOM = "Workers' reading room (职工书屋)"
    RECUPERATION_BASE = "Recuperation base (职工疗休养基地)"
    LOGISTICS_PARK = "Express logistics park (快递物流园区)"
    BUSINESS_BUILDING = "Business building or circle (商圈楼宇)"
    GREEN_WINDOW = "Green window of an agency (绿色窗口)"
    CANTEEN = "Small canteen (小食堂)"
    DORMITORY = "Small dormitory (小宿舍)"
    BATHROOM = "Small bathroom (小浴室)"
    LIBRARY = "Small library (小书屋)"
    NURSERY = "Mothers' room (爱心母婴室)"
    FITNESS_ROOM = "Fitness room (健身室)"


class Venue(Keyed, Dated, Sourced, Versioned, Model):
    """Venue (场所), run or maintained by a union from ``valid_from`` to ``valid_to``."""

    __tablename__ = "venue"

    name: Mapped[str]
    kind: Mapped[VenueKind]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    address: Mapped[str | None]

    __table_args__ = (
        dated_check(),
        Index("ix_venue_organization_id_id", "organization_id", "id"),
        Index("ix_venue_division_id_id", "division_id", "id"),
        grams_index("venue", "name"),
    )


class VenueCoverage(Keyed, Dated, Versioned, Model):
    """A union covers the workers at a venue, e.g. a logistics park (园区建会)."""

    __tablename__ = "venue_coverage"

    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))

    __table_args__ = (
        dated_check(),
        Index("ix_venue_coverage_venue_id_id", "venue_id", "id"),
        Index("ix_venue_coverage_organization_id_id", "organization_id", "id"),
    )
