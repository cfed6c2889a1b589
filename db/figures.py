"""Published figures (公布数字): what a page claims, and the query whose answer is held against it. A claim is never the answer."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Keyed, Model
from db.units import Qualifier, Unit


class PublishedFigure(Keyed, Model):
    """Published figure (公布数字). ``query`` is a GraphQL document with ``variables``; ``path`` leads through its answer to the value."""

    __tablename__ = "published_figure"

    code: Mapped[str] = mapped_column(unique=True)
    article: Mapped[str]
    phrase: Mapped[str]
    question: Mapped[str]
    claim: Mapped[Decimal] = mapped_column(Numeric(16, 4))
    unit: Mapped[Unit]
    qualifier: Mapped[Qualifier]
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    query: Mapped[str]
    variables: Mapped[dict[str, Any]] = mapped_column(JSONB)
    path: Mapped[str]
