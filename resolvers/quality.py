"""Quality of data (数据质量): rules that records should keep, each declared in its slice as one SQL condition on the records that break it.

A rule is a field of its records, true where it is broken, by which lists are filtered. So its count is that of a list, behind the same
walls, and opens the list's rows. What a condition needs of rows that not everybody sees with the record comes from a view of the owner's
that has keys alone (migration 0051), so that all callers are told the same of a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, ColumnElement, Date, exists, func
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table

from db.model import Term
from resolvers.engine.declare.columns import Expression, expression


class QualityRule(Term):
    """What is wrong with a record (数据质量规则)."""

    UNION_CODE_FAILS_CHECK = "The credit code of a union fails its check digit (工会的统一社会信用代码校验不符)"
    UNION_TERM_OVER = (
        "The term of a union's committee is over, and no later one is on record (工会届期已满，未登记换届)"
    )
    EMPLOYER_CODE_FAILS_CHECK = "The credit code of an employer fails its check digit (单位的统一社会信用代码校验不符)"
    EMPLOYER_WITHOUT_HEADCOUNT = "An employer that is not closed has no headcount (单位未填职工人数)"
    MEMBER_RECORDED_TWICE = (
        "A person is probably recorded twice: the same name and phone, or the same name, years of birth and union without a resident number"
        " (会员疑似重复登记)"
    )
    MEMBER_OF_TWO_UNIONS = "A person is a member of two unions at once (同时为两个工会的会员)"
    MEMBERSHIP_IN_DISSOLVED_UNION = "A membership goes on in a union that is dissolved (工会已撤销，会籍未终止)"
    AGREEMENT_PAST_ITS_END = "An agreement is in force past its end (集体合同期满，状态仍为生效)"
    ENROLMENT_OF_FORMER_MEMBER = "An enrolment goes on of a person who has left their union (会员已离会，参保未终止)"
    CASE_CLOSED_WITHOUT_DAY = "A dispute case has ended without a day (案件已办结，未填结案日期)"


class QualitySeverity(Term):
    """How grave a fault is (严重程度)."""

    ERROR = "Cannot be right (错误)"
    WARNING = "Should be looked at (提示)"


@dataclass(frozen=True, eq=False)
class RecordRule:
    """A rule: its code, a name of ``QualityRule``; the field of the records that is true where it is broken, and its condition, which is
    never null; the column that a report of an import marks."""

    code: str
    field: str
    severity: QualitySeverity
    condition: ColumnElement[bool]
    column: str | None = None

    @property
    def name(self) -> QualityRule:
        """The rule in the schema."""
        return QualityRule[self.code]


RULES: dict[str, tuple[RecordRule, ...]] = {}
"""The rules by the type of the records, filled while the slices are imported."""


def declare(typename: str, *rules: RecordRule) -> Mapping[str, Expression]:
    """Register the rules of a type; returns the ``columns`` of its source that answer their fields."""
    RULES[typename] = rules
    return {rule.field: rule.condition for rule in rules}


def is_listed(view: str, key: Expression) -> ColumnElement[bool]:
    """SQL: the key of a record is in a view of keys, ``wall.…``."""
    keys = sql_table(view, sql_column("id", BigInteger()), schema="wall")
    of_record = expression(key)
    return exists(keys.c.id).where(keys.c.id == of_record).correlate_except(keys)


def code_fails_check(code: Expression) -> ColumnElement[bool]:
    """SQL: there is a credit code, and it is none (GB 32100)."""
    return func.coalesce(func.wall.credit_code_fails(expression(code)), False)


def today() -> ColumnElement[date]:
    """SQL: the day in Asia/Shanghai."""
    return func.wall.today(type_=Date())
