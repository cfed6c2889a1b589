"""Substring search over names, in any script, without an extension: a GIN index on single characters and neighbouring pairs."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Index, Text, and_, cast, func, literal, text
from sqlalchemy.dialects.postgresql import ARRAY

def grams_index(table: str, column: str) -> Index:
    """The index that ``contains`` needs on ``column`` of ``table``."""
    return Index(f"ix_{table}_{column}_grams", text(f"grams({column})"), postgresql_using="gin")


def contains(column: ColumnElement[str], needle: BindParameter[Any] | str) -> ColumnElement[bool]:
    """The condition that ``column`` contains ``needle``, which may be bound at run time; ``%``, ``_`` and ``\\`` are plain characters.

    The column needs a ``grams_index``. Under ``plan_cache_mode = force_custom_plan`` PostgreSQL knows how rare the needle is and
    picks the index for a rare one and the order's own index for a common one.
    """
    bound = cast(needle if isinstance(needle, BindParameter) else literal(needle), Text)
    grams = ARRAY(Text)
    return and_(
        func.grams(column, type_=grams).op("@>", is_comparison=True)(func.needle_grams(bound, type_=grams)),
        column.like(func.like_pattern(bound)),
    )
