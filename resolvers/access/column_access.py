"""Who sees which columns: for each personal column and lens, whether its rows show it in clear, in part, or not at all.

A mask is an SQL expression, so what the caller may not see does not leave the database; a column that none of their lenses shows is not
even read. With several lenses, each row shows the most that any lens shows which shows that row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    true,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from db.disputes import DisputeCase
from db.security.audit_log import SHOWN_REFERENCE
from resolvers.access.callers import Lens
from resolvers.access.row_access import visible
from resolvers.engine.declare.columns import alias
from resolvers.engine.declare.sources import Source
from resolvers.engine.plan.parameters import BIGINTS, TEXT, Binder
from resolvers.quality import is_listed

Columns = Callable[[FromClause], ColumnElement[Any]]
Condition = Callable[[Lens, Binder, FromClause], ColumnElement[bool]]


class Level(IntEnum):
    """How much of a column a lens shows."""

    HIDDEN = 0
    PART = 1
    CLEAR = 2


HIDDEN, PART, CLEAR = Level.HIDDEN, Level.PART, Level.CLEAR
UNSEEN: ColumnElement[Any] = type_coerce(literal("****"), TEXT)
NOTHING: ColumnElement[Any] = cast(null(), TEXT)
"""Null of a known type: PostgreSQL writes no JSON of any other."""

NO_DAY: ColumnElement[Any] = cast(null(), Date)
SHOWN_DAYS = 30
"""For how long a changed bank card, resident number or phone is shown as changed."""


@dataclass(frozen=True)
class Mask:
    """How a column is masked. A lens that ``levels`` does not name shows no row with the column.

    ``clear`` and ``part`` make the expressions on the table or an alias of it; ``hidden`` is the value where nothing is shown. A lens in
    ``only`` has its level for rows that fulfil a further condition, and shows nothing of the column in others.
    """

    levels: Mapping[Lens, Level]
    clear: Columns
    part: Columns
    hidden: ColumnElement[Any] = UNSEEN
    only: Mapping[Lens, Condition] = field(default_factory=dict)


def _column(name: str) -> Columns:
    return lambda table: table.c[name]


def _first(table: FromClause) -> ColumnElement[Any]:
    """张*: one star, whatever the length."""
    return func.left(table.c.name, 1, type_=TEXT) + "*"


def resident_number(table: FromClause) -> ColumnElement[Any]:
    """The region, as 371003************."""
    return table.c.resident_number_region + "*" * 12


def phone(table: FromClause) -> ColumnElement[Any]:
    """First three digits, as 138********."""
    return table.c.phone_head + "*" * 8


def bank_card(table: FromClause) -> ColumnElement[Any]:
    """Whether there is a card, and nothing of its number."""
    return case((table.c.bank_card.is_not(None), UNSEEN), else_=NOTHING)


def _ground(table: FromClause) -> ColumnElement[Any]:
    """The case reference of an entry in the log where it is an ID or the number of the person's case; TEXT for what else a caller wrote."""
    reference = table.c.case_reference
    known = or_(reference.regexp_match(SHOWN_REFERENCE), table.c.purpose == "DISPUTE_CASE")
    return case((known, reference), (reference.is_not(None), type_coerce(literal("TEXT"), TEXT)), else_=NOTHING)


def changed_on(name: str) -> Columns:
    """When a value was changed, for thirty days."""
    return lambda table: case((table.c[name] > func.wall.today(type_=Date()) - SHOWN_DAYS, table.c[name]), else_=NO_DAY)


def _party(table: FromClause) -> ColumnElement[Any]:
    """Employers and unions by their names; any other party is a person, also one that the hub does not know."""
    organized = or_(table.c.employer_id.is_not(None), table.c.organization_id.is_not(None))
    return case((organized, table.c.name), else_=_first(table))


def _handles(lens: Lens, binder: Binder, table: FromClause) -> ColumnElement[bool]:
    """One of the caller's unions itself handles the case, not one below."""
    cases = alias(DisputeCase)
    keys = any_(binder.bind(lambda inputs: list(inputs.caller.lenses[lens]), BIGINTS))
    return exists().where(cases.c.id == table.c.case_id, cases.c.organization_id == keys)


def _for_unions(level: Level) -> dict[Lens, Level]:
    return dict.fromkeys((Lens.EVERYTHING, Lens.TERRITORIAL, Lens.INDUSTRIAL), level)


def _change_date(column: str) -> Mask:
    """For the unions, which pay, and the person; null for others."""
    shown = {**_for_unions(CLEAR), Lens.SOCIAL_SECURITY: HIDDEN, Lens.CASES: HIDDEN, Lens.SELF: CLEAR}
    return Mask(shown, changed_on(column), changed_on(column), hidden=NO_DAY)


def _for_keepers(shown: Columns, kind: TypeEngine[Any], *others: Lens) -> Mask:
    """What says when a person's record was changed, whose it is in another system, or what else is on record of the person: for the
    unions, which keep it, and the person. It would tell ``others`` that a phone or a name is new, or find the person elsewhere."""
    levels = {**_for_unions(CLEAR), **dict.fromkeys(others, HIDDEN), Lens.SELF: CLEAR}
    return Mask(levels, shown, shown, hidden=cast(null(), kind))


def _for_handlers(column: str) -> Mask:
    """Health: for the union that handles the case and for the patient, who alone see its rows."""
    return Mask(
        {**_for_unions(CLEAR), Lens.SELF: CLEAR},
        _column(column),
        _column(column),
        hidden=NOTHING,
    )


CHANGES = ("bank_card_changed_on", "resident_number_changed_on", "phone_changed_on")
OF_RECORD: Mapping[str, TypeEngine[Any]] = {
    "version": Integer(),
    "changed_at": DateTime(timezone=True),
    "source_system": TEXT,
    "source_number": TEXT,
}
OTHERS = (Lens.SOCIAL_SECURITY, Lens.CASES)
"""Who sees members beside the unions and the person."""


def _recorded_twice(table: FromClause) -> ColumnElement[bool]:
    """See the rule MEMBER_RECORDED_TWICE."""
    return is_listed("probable_duplicates", table.c.id)


def _of_former_member(table: FromClause) -> ColumnElement[bool]:
    """See the rule ENROLMENT_OF_FORMER_MEMBER."""
    return and_(table.c.valid_to.is_(None), is_listed("former_members", table.c.member_id))


MASKS: Mapping[tuple[str, str], Mask] = {
    ("Member", "name"): Mask(
        {**_for_unions(PART), Lens.EVERYTHING: CLEAR, Lens.SOCIAL_SECURITY: PART, Lens.CASES: CLEAR, Lens.SELF: CLEAR},
        _column("name"),
        _first,
    ),
    ("Member", "resident_number"): Mask(
        {**_for_unions(PART), Lens.SOCIAL_SECURITY: PART, Lens.CASES: PART, Lens.SELF: PART},
        resident_number,
        resident_number,
    ),
    ("Member", "phone"): Mask(
        {**_for_unions(PART), Lens.SOCIAL_SECURITY: PART, Lens.CASES: PART, Lens.SELF: PART}, phone, phone
    ),
    ("Member", "bank_card"): Mask(
        {**_for_unions(HIDDEN), Lens.SOCIAL_SECURITY: PART, Lens.CASES: HIDDEN, Lens.SELF: PART}, bank_card, bank_card
    ),
    **{("Member", name): _change_date(name) for name in CHANGES},
    **{("Member", name): _for_keepers(_column(name), kind, *OTHERS) for name, kind in OF_RECORD.items()},
    ("Member", "is_probably_recorded_twice"): _for_keepers(_recorded_twice, Boolean(), *OTHERS),
    ("InsuranceEnrolment", "is_of_former_member"): _for_keepers(_of_former_member, Boolean(), Lens.SOCIAL_SECURITY),
    ("AccessLog", "case_reference"): Mask(
        {Lens.EVERYTHING: CLEAR, Lens.SELF: PART}, _column("case_reference"), _ground, hidden=NOTHING
    ),
    ("AccessLog", "operation"): Mask(
        {Lens.EVERYTHING: CLEAR, Lens.SELF: HIDDEN}, _column("operation"), _column("operation"), hidden=NOTHING
    ),
    ("DisputeParty", "name"): Mask(
        {**_for_unions(PART), Lens.EVERYTHING: CLEAR, Lens.CASES: CLEAR, Lens.SELF: CLEAR}, _column("name"), _party
    ),
    ("DisputeStep", "note"): Mask(
        {
            Lens.EVERYTHING: HIDDEN,
            Lens.TERRITORIAL: CLEAR,
            Lens.INDUSTRIAL: CLEAR,
            Lens.CASES: CLEAR,
            Lens.SELF: HIDDEN,
        },
        _column("note"),
        _column("note"),
        hidden=NOTHING,
        only={Lens.TERRITORIAL: _handles, Lens.INDUSTRIAL: _handles},
    ),
    ("AgreementParty", "chief_representative"): Mask(
        {**_for_unions(CLEAR), Lens.HR_BUREAU: CLEAR, Lens.EMPLOYERS_BODY: HIDDEN},
        _column("chief_representative"),
        _column("chief_representative"),
        hidden=NOTHING,
    ),
    ("CareCase", "diagnosis"): _for_handlers("diagnosis"),
    ("CareStep", "note"): _for_handlers("note"),
}
"""The masked columns by type and column. Names of officers in their public function (chairs, chief representatives) are not secret within
the unions; sealed columns (resident number, phone, bank card) are never in clear here: the command ``reveal`` shows them."""

SEALED = frozenset({("Member", "resident_number"), ("Member", "phone"), ("Member", "bank_card")})
"""Columns of which SQL can read a part only."""


def is_masked(typename: str, name: str, lenses: tuple[Lens, ...]) -> bool:
    """Whether a caller sees less of a column than the rows hold, for any row: filters and orders by it would disclose it."""
    mask = MASKS.get((typename, name))
    if mask is None:
        return False
    levels = {mask.levels[lens] for lens in lenses if lens in mask.levels}
    narrowed = any(lens in mask.only for lens in lenses)
    return (typename, name) in SEALED or levels != {CLEAR} or narrowed


def masked(
    source: Source, name: str, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
) -> ColumnElement[Any] | None:
    """The expression that answers a masked column of a source for these lenses; None when the column has no mask.

    ``table`` is the source's table or an alias of it. Conditions on the caller are bound to ``binder``.
    """
    mask = MASKS.get((source.typename, name))
    if mask is None:
        return None
    rows = source.table if table is None else table
    showing = [lens for lens in lenses if lens in mask.levels]
    shown: dict[Level, list[Lens]] = {}
    for lens in showing:
        if mask.levels[lens] is not HIDDEN:
            shown.setdefault(mask.levels[lens], []).append(lens)
    if len({mask.levels[lens] for lens in showing}) == 1 and not any(lens in mask.only for lens in showing):
        return _shown(mask, mask.levels[showing[0]], rows)
    cases = [
        (or_(*(_applies(mask, source, lens, binder, rows) for lens in shown[level])), _shown(mask, level, rows))
        for level in sorted(shown, reverse=True)
    ]
    return case(*cases, else_=mask.hidden) if cases else mask.hidden


def _shown(mask: Mask, level: Level, table: FromClause) -> ColumnElement[Any]:
    if level is CLEAR:
        return mask.clear(table)
    return mask.part(table) if level is PART else mask.hidden


def _applies(mask: Mask, source: Source, lens: Lens, binder: Binder, table: FromClause) -> ColumnElement[bool]:
    """The lens shows the row, with the column at the lens's level."""
    if lens in mask.only:
        return mask.only[lens](lens, binder, table)
    condition = visible(source, (lens,), binder, table)
    return true() if condition is None else condition
