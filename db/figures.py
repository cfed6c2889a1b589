"""Published figures (公布数字): the claims of a page, each with the query whose answer it is compared with. A claim is never the answer."""

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.measurement_units import Qualifier, Unit
from db.model import Keyed, Model


class PublishedFigure(Keyed, Model):
    """Published figure (公布数字). ``query`` is a GraphQL query without variables; ``path`` leads through its answer to the value.

    ``organization_id`` is the union whose records, with those of the unions below it, give the answer. A figure of health records
    ``is_sensitive``: only the union that handles the records sees it.
    """

    __tablename__ = "published_figure"

    code: Mapped[str] = mapped_column(unique=True)
    article: Mapped[str]
    phrase: Mapped[str]
    question: Mapped[str]
    claim: Mapped[Decimal] = mapped_column(Numeric)
    unit: Mapped[Unit]
    qualifier: Mapped[Qualifier]
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    is_sensitive: Mapped[bool]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    query: Mapped[str]
    path: Mapped[str]

    __table_args__ = (
        Index("ix_published_figure_division_id_id", "division_id", "id"),
        Index("ix_published_figure_organization_id_id", "organization_id", "id"),
    )
