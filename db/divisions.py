"""Divisions (行政区划): the territory, from provinces to villages, with statistical and functional zones that GB/T 2260 does not have."""

from sqlalchemy import ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from db.columns.text_search import grams_index
from db.model import Dated, Keyed, Model, Term, dated_check


class DivisionLevel(Term):
    """Level of a division (区划级别)."""

    PROVINCE = "Province, municipality or autonomous region (省级)"
    CITY = "City or prefecture (地级)"
    COUNTY = "County, district or county-level city (县级)"
    TOWNSHIP = "Township, town or subdistrict (乡级)"
    VILLAGE = "Village or residential community (村级)"


class DivisionKind(Term):
    """Standing of a division (区划性质)."""

    STATUTORY = "Statutory division of GB/T 2260 (法定行政区划)"
    STATISTICAL_ZONE = "Statistical code only, e.g. a development zone (统计用区划)"
    FUNCTIONAL_ZONE = "Functional zone without a code of its own (功能区)"
    HEADING = "Heading that only groups codes, no place: 市辖区, 县, 省（自治区）直辖县级行政区划 (代码分组)"
    REPETITION = "Row that repeats the division right above it: a city without counties as its own county, e.g. 东莞市 (与上级同名的重复项)"


FORMS = ((12, 9, "000"), (9, 6, "000"), (6, 4, "00"), (4, 2, "00"))
"""Length of a code, length of a code of the level above, and the zeros that fill it up."""


def canonical_code(text: str) -> str:
    """A code as it is stored, from any of its forms: ``330000``, ``330000000`` and ``330000000000`` are ``33``, ``330100`` is ``3301``.

    A code that a division shares with a row that repeats it below (``441900``) is the upper one's, as in GB/T 2260. Any other text is
    returned unchanged.
    """
    if text.isascii() and text.isdigit():
        for length, shorter, zeros in FORMS:
            if len(text) == length and text.endswith(zeros):
                text = text[:shorter]
    return text


class Division(Keyed, Dated, Model):
    """Division (行政区划): National Bureau of Statistics codes, 2023 edition (2, 4, 6, 9 or 12 digits by level).

    ``code`` is null for a functional zone. A renamed or re-coded division is closed and its successors name it as ``predecessor_id``.
    ``full_name`` runs from the province down, e.g. ``浙江省杭州市西湖区``.
    """

    __tablename__ = "division"

    code: Mapped[str | None]
    name: Mapped[str]
    full_name: Mapped[str]
    level: Mapped[DivisionLevel]
    kind: Mapped[DivisionKind]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"))

    __table_args__ = (
        dated_check(),
        Index("uq_division_code", "code", unique=True, postgresql_where=text("valid_to IS NULL")),
        Index("ix_division_level_code", "level", "code"),
        Index("ix_division_full_name", "full_name"),
        grams_index("division", "name"),
        grams_index("division", "full_name"),
    )


class DivisionAlias(Keyed, Model):
    """Another name of a division (区划别名), e.g. 临港区 for 威海临港经济技术开发区."""

    __tablename__ = "division_alias"

    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"), index=True)
    name: Mapped[str]


class DivisionClosure(Model):
    """Every pair of a division and one above it, or itself; ``depth`` counts the steps between.

    A closed division also has the pairs of its successors, marked ``inherited``, so that its code finds what is in them.
    """

    __tablename__ = "division_closure"

    ancestor_id: Mapped[int] = mapped_column(ForeignKey("division.id"), primary_key=True)
    descendant_id: Mapped[int] = mapped_column(ForeignKey("division.id"), primary_key=True)
    depth: Mapped[int]
    inherited: Mapped[bool] = mapped_column(server_default=false())

    __table_args__ = (Index("ix_division_closure_descendant_id_depth", "descendant_id", "depth"),)
