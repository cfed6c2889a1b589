"""What all tables share: the declarative base, the key, dated rows, versions, numbers of other systems, and code lists as enumerations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, Integer, MetaData, Numeric, Text, func
from sqlalchemy import Enum as EnumType
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Term(Enum):
    """A code list of the unions' field. A member's name is the code in database and API, its value the label: English (Chinese)."""

    @property
    def label(self) -> str:
        """The label in both languages, e.g. ``Courier (快递员)``."""
        return str(self.value)


@dataclass(frozen=True, eq=False)
class CodeList:
    """A code list of a standard that is too long for an enum of the schema. ``labels`` are English (Chinese)."""

    name: str
    labels: Mapping[str, str]
    listed: str
    """The document that has the list, for error messages."""


class CodeText(Text):
    """The type of a text column whose values are codes of a list."""

    def __init__(self, codes: CodeList) -> None:
        super().__init__()
        self.codes = codes


class Model(DeclarativeBase):
    """Base of all tables. Keys are 64-bit; money is ``numeric(14,2)`` yuan; dates are dates in Asia/Shanghai."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy reads it as a class attribute
        int: BigInteger,
        str: Text,
        # a code reads the same in SQL, Python and GraphQL: text with a CHECK
        Enum: EnumType(Enum, native_enum=False, create_constraint=True, length=40),
    }

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if issubclass(cls, Sourced):
            table, name = cls.__table__, cls.__tablename__
            table.append_constraint(CheckConstraint(SOURCE_WHOLE, name="source_whole"))  # type: ignore[attr-defined]
            number, system = table.c.source_number, table.c.source_system
            Index(f"uq_{name}_source", number, system, unique=True, postgresql_where=number.is_not(None))


class Keyed:
    """A row with an ``id``."""

    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-10)


class Dated:
    """A row that is valid in ``[valid_from, valid_to)``; ``valid_to`` is null while it is valid. Rows are closed, never deleted."""

    valid_from: Mapped[date] = mapped_column(sort_order=90)
    valid_to: Mapped[date | None] = mapped_column(sort_order=91)


class Versioned:
    """A record. ``version`` is 1 when it is written and counts its UPDATEs, and ``changed_at`` is the time of the transaction that wrote
    it last. The trigger ``version`` (migration 0047) keeps both, whatever a statement says; nobody writes them."""

    version: Mapped[int] = mapped_column(Integer, server_default="1", sort_order=95)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=96)


SOURCE_WHOLE = "num_nonnulls(source_system, source_number) <> 1"


class Sourced:
    """A record that may come from another system: ``source_system`` names that system, ``source_number`` is the record's number there. A
    record has both or none, and no two records of a table have the same."""

    source_system: Mapped[str | None] = mapped_column(sort_order=93)
    source_number: Mapped[str | None] = mapped_column(sort_order=94)


def dated_check() -> CheckConstraint:
    """The CHECK of a dated row: it ends after it begins."""
    return CheckConstraint("valid_to > valid_from", name="dated")


Money = Numeric(14, 2)
