"""Filters: the operators of each type of value, conditions on lists, and orders."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar, dataclass_transform

import strawberry

from db.model import Term
from resolvers.engine.declare.validity import Validity
from schema.code_lists import describe
from schema.fields import optional

T = TypeVar("T")
Kind = TypeVar("Kind", bound=type)

LOGIC = {
    "and": "All of these hold (且)",
    "or": "At least one of these holds (或)",
    "not": "This does not hold (非)",
}


NULL_RULE = "a condition whose variable is left out is ignored, at any depth; null is refused: use `isNull`"
NULL_RULE_CHINESE = "未提供变量的条件会被忽略；不接受 null，请用 isNull"

FOLDED = "; width and case of letters, digits and brackets are ignored, except in codes"
FOLDED_CHINESE = "；不区分全角半角和大小写，代码除外"


def with_null_rule(description: str) -> str:
    """A filter's description with the rule on conditions that are null or left out, in both languages."""
    english, _, chinese = description.rpartition(" (")
    return f"{english}; {NULL_RULE} ({chinese.removesuffix(')')}；{NULL_RULE_CHINESE})"


@dataclass_transform(field_specifiers=(strawberry.field, optional))
def conditions(description: str, *, changed: bool = False, sourced: bool = False) -> Callable[[Kind], Kind]:
    """Make a class a filter: an input whose fields are conditions, followed by ``and``, ``or`` and ``not`` of filters of the same class.

    A filter of records with versions has a condition on when they ``changed``; one of records that may come from another system
    (``sourced``), on their number there.
    """

    def decorate(kind: Kind) -> Kind:
        more: dict[str, tuple[Any, str]] = {}
        if sourced:
            more["source_system"] = (StringFilter, "The system that it comes from (来源系统)")
            more["source_number"] = (StringFilter, "Its number in that system (来源编号)")
        if changed:
            more["changed_at"] = (DateTimeFilter, "Time of the last change (最近变更时间)")
        for name, (type_, meaning) in more.items():
            kind.__annotations__[name] = type_ | None
            setattr(kind, name, optional(meaning))
        for name, meaning in LOGIC.items():
            type_ = kind.__name__ if name == "not" else f"list[{kind.__name__}]"
            kind.__annotations__[f"{name}_"] = f"{type_} | None"
            setattr(kind, f"{name}_", strawberry.field(name=name, default=strawberry.UNSET, description=meaning))
        return strawberry.input(kind, description=with_null_rule(description))

    return decorate


class Direction(Term):
    """Direction of an order (排序方向)."""

    ASC = "Ascending, empty values last (升序)"
    DESC = "Descending, empty values last (降序)"


describe(Direction)


@strawberry.input(description=with_null_rule("Condition on an ID (标识条件)"))
class IdFilter:
    """Condition on an ID."""

    eq: strawberry.ID | None = optional("Is this one (等于)")
    ne: strawberry.ID | None = optional("Is not this, or is empty (不等于，含空值)")
    in_: list[strawberry.ID] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="Is one of these (属于)"
    )
    not_in: list[strawberry.ID] | None = optional("Is none of these, or is empty (不属于，含空值)")


@strawberry.input(description=with_null_rule("Condition on a text (文本条件)"))
class StringFilter:
    """Condition on a text."""

    eq: str | None = optional("Equals this text exactly (等于)")
    ne: str | None = optional("Is not this, or is empty (不等于，含空值)")
    in_: list[str] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="Is one of these texts (属于)"
    )
    not_in: list[str] | None = optional("Is none of these, or is empty (不属于，含空值)")
    contains: str | None = optional(f"Contains this text{FOLDED} (包含{FOLDED_CHINESE})")
    starts_with: str | None = optional(f"Begins with this text{FOLDED} (开头为{FOLDED_CHINESE})")
    ends_with: str | None = optional(f"Ends with this text{FOLDED} (结尾为{FOLDED_CHINESE})")
    is_null: bool | None = optional("True: is empty; false: is not empty (为空)")


@strawberry.input(description=with_null_rule("Condition on a whole number (整数条件)"))
class IntFilter:
    """Condition on a whole number."""

    eq: int | None = optional("Equals (等于)")
    ne: int | None = optional("Is not this, or is empty (不等于，含空值)")
    in_: list[int] | None = strawberry.field(name="in", default=strawberry.UNSET, description="Is one of these (属于)")
    not_in: list[int] | None = optional("Is none of these, or is empty (不属于，含空值)")
    gt: int | None = optional("Is greater than (大于)")
    gte: int | None = optional("Is at least (大于等于)")
    lt: int | None = optional("Is less than (小于)")
    lte: int | None = optional("Is at most (小于等于)")
    is_null: bool | None = optional("True: is empty; false: is not empty (为空)")


@strawberry.input(description=with_null_rule("Condition on an amount or rate (金额条件)"))
class DecimalFilter:
    """Condition on an amount or rate."""

    eq: Decimal | None = optional("Equals (等于)")
    ne: Decimal | None = optional("Is not this, or is empty (不等于，含空值)")
    in_: list[Decimal] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="Is one of these (属于)"
    )
    not_in: list[Decimal] | None = optional("Is none of these, or is empty (不属于，含空值)")
    gt: Decimal | None = optional("Is greater than (大于)")
    gte: Decimal | None = optional("Is at least (大于等于)")
    lt: Decimal | None = optional("Is less than (小于)")
    lte: Decimal | None = optional("Is at most (小于等于)")
    is_null: bool | None = optional("True: is empty; false: is not empty (为空)")


@strawberry.input(description=with_null_rule("Condition on a date (日期条件)"))
class DateFilter:
    """Condition on a date."""

    eq: date | None = optional("Is this day (等于)")
    ne: date | None = optional("Is not this, or is empty (不等于，含空值)")
    in_: list[date] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="Is one of these days (属于)"
    )
    not_in: list[date] | None = optional("Is none of these, or is empty (不属于，含空值)")
    gt: date | None = optional("Is after this day (晚于)")
    gte: date | None = optional("Is this day or later (不早于)")
    lt: date | None = optional("Is before this day (早于)")
    lte: date | None = optional("Is this day or earlier (不晚于)")
    is_null: bool | None = optional("True: is empty; false: is not empty (为空)")


@strawberry.input(description=with_null_rule("Condition on a moment (时刻条件)"))
class DateTimeFilter:
    """Condition on a moment."""

    eq: datetime | None = optional("Is this moment (等于)")
    ne: datetime | None = optional("Is not this, or is empty (不等于，含空值)")
    in_: list[datetime] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="Is one of these moments (属于)"
    )
    not_in: list[datetime] | None = optional("Is none of these, or is empty (不属于，含空值)")
    gt: datetime | None = optional("Is after this moment (晚于)")
    gte: datetime | None = optional("Is this moment or later (不早于)")
    lt: datetime | None = optional("Is before this moment (早于)")
    lte: datetime | None = optional("Is this moment or earlier (不晚于)")
    is_null: bool | None = optional("True: is empty; false: is not empty (为空)")


@strawberry.input(description=with_null_rule("Condition on a Boolean (是否条件)"))
class BooleanFilter:
    """Condition on a Boolean."""

    eq: bool | None = optional("Is this (等于)")
    ne: bool | None = optional("Is not this, or is empty (不等于，含空值)")
    is_null: bool | None = optional("True: is empty; false: is not empty (为空)")


@strawberry.input(description=with_null_rule("Condition on a code (代码条件)"))
class Choice(Generic[T]):
    """Condition on a code."""

    eq: T | None = optional("Is this code (等于)")
    ne: T | None = optional("Is not this, or is empty (不等于，含空值)")
    in_: list[T] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="Is one of these codes (属于)"
    )
    not_in: list[T] | None = optional("Is none of these, or is empty (不属于，含空值)")
    is_null: bool | None = optional("True: is empty; false: is not empty (为空)")


@strawberry.input(
    name="List", description=with_null_rule("Condition on the rows that the list has without arguments (列表条件)")
)
class Listed(Generic[T]):
    """Condition on the rows of a list: ``Listed[VenueFilterRef]`` is ``VenueFilterList`` in the schema."""

    some: T | None = optional("At least one row of the list fulfils this (至少一条满足)")
    none: T | None = optional("No row of the list fulfils this; with `{}` the list is empty (没有一条满足)")


@strawberry.input(
    name="List",
    description=with_null_rule(
        "Condition on the rows of a list, those that hold today unless `validity` says otherwise (列表条件，默认仅限今日有效的)"
    ),
)
class Held(Generic[T]):
    """Condition on the rows of a list whose rows have a validity; see ``Listed``."""

    some: T | None = optional("At least one row of the list fulfils this (至少一条满足)")
    none: T | None = optional("No row of the list fulfils this; with `{}` the list is empty (没有一条满足)")
    validity: Validity | None = optional(
        "Which rows count, by their validity today; HOLDING by default (有效状态，默认仅限有效)"
    )


@strawberry.input(description="A column to order by (排序项)")
class Order(Generic[T]):
    """A column to order by."""

    field: T = strawberry.field(
        description="The column; texts are ordered by code point, not by pinyin (排序字段；文本按编码而非拼音排序)"
    )
    direction: Direction | None = optional("Ascending by default (排序方向，默认升序)")
