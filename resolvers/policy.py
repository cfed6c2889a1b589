"""Who sees which rows: for each lens, the condition that puts a row of a source in sight. The first of two walls.

A source that a lens does not name is out of its sight altogether. Divisions are open to everyone. The second wall, PostgreSQL's own
row-level security, says the same independently of this file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    any_,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from db.access import AccessGrant, Principal
from db.activities import Attendance
from db.agreements import CollectiveAgreement
from db.assistance import CooperationAgreement, RosterEntry
from db.care import CareCase
from db.certifications import Certification, CertificationRound
from db.disputes import DisputeCase, DisputeParty
from db.divisions import DivisionClosure
from db.employers import Employer
from db.insurance import InsuranceEnrolment
from db.mediation import LegalService, MediationBody
from db.members import Engagement, Member, Membership
from db.model import Model
from db.organizations import Hierarchy, IndustrialClosure, TerritorialClosure
from db.relief import Household
from db.security.audit_log import TOLD
from db.security.grant_rules import NO_ROWS, SEEN, Sees
from resolvers.access import Lens
from resolvers.engine.declare.columns import alias, one_of
from resolvers.engine.declare.sources import Source
from resolvers.engine.declare.validity import Period, holds
from resolvers.engine.plan.parameters import BIGINT, BIGINTS, TEXTS, Binder
from resolvers.engine.request import global_ids
from resolvers.reach import held_last

Condition = ColumnElement[bool]
Rule = Callable[["Sight", FromClause], Condition]

OPEN = frozenset(
    {"Division", "DivisionAlias", "PolicyDocument", "PolicyIssuer", "PolicyMeasure", "PublishedFigure", "Venue"}
)
"""Types that everyone sees: the territory, and what is published."""

HEALTH = frozenset({"CareCase", "CareStep", "CareShift", "MutualAidClaim"})
"""Types with health data: the handling union's itself and the patient's, and not those of a lens that sees everything else."""


class Sight:
    """The conditions of one lens, with its keys bound to one statement."""

    def __init__(self, lens: Lens, binder: Binder, *, last: bool = False) -> None:
        self.lens = lens
        self.binder = binder
        self.last = last
        """Whether what dissolved unions recorded is in sight too, as it is for counting."""

    def keys(self) -> ColumnElement[Any]:
        """The keys that the lens starts from."""
        lens = self.lens
        return any_(self.binder.bind(lambda inputs: list(inputs.caller.lenses.get(lens, ())), BIGINTS))

    def day(self) -> ColumnElement[date]:
        """Today."""
        return self.binder.day(None)

    def administered(self, column: ColumnElement[Any]) -> Condition:
        """The union in the column is one over whose subtree the caller administers access, along the lens's hierarchy, or below it."""
        keys = self.binder.bind(lambda inputs: list(inputs.caller.administered(self.hierarchy)), BIGINTS)
        return self.below(column, keys=any_(keys))

    def administrator(self) -> ColumnElement[Any]:
        """The caller's own key, if they administer access along the lens's hierarchy."""
        return self.binder.bind(
            lambda inputs: inputs.caller.principal_id if inputs.caller.administered(self.hierarchy) else None,
            BIGINT,
        )

    def principal(self) -> ColumnElement[Any]:
        """The caller's own key."""
        return self.binder.bind(lambda inputs: inputs.caller.principal_id, BIGINT)

    @property
    def hierarchy(self) -> Hierarchy:
        """The hierarchy along which the lens sees."""
        return Hierarchy.INDUSTRIAL if self.lens is Lens.INDUSTRIAL else Hierarchy.TERRITORIAL

    def below(self, column: ColumnElement[Any], keys: ColumnElement[Any] | None = None) -> Condition:
        """The union in the column is one of the keys (the lens's unless given) or below one today.

        Of few rows that is asked of each: the OFFSET keeps PostgreSQL from making a set of all unions below first.
        """
        closure = self._closure()
        above = self.keys() if keys is None else keys
        on = (closure.c.descendant_id == column, closure.c.ancestor_id == above, self._holds(closure))
        found = select(closure.c.descendant_id).where(*on).correlate_except(closure)
        return (found.offset(literal_column("0")) if self.binder.few else found).exists()

    def above(self, column: ColumnElement[Any]) -> Condition:
        """The union in the column is above one of the keys today."""
        closure = self._closure()
        return exists().where(
            closure.c.ancestor_id == column, closure.c.descendant_id == self.keys(), self._holds(closure)
        )

    def stands(self, column: ColumnElement[Any]) -> Condition:
        """The division in the column is one of the keys or below one."""
        closure = alias(DivisionClosure)
        return exists().where(closure.c.descendant_id == column, closure.c.ancestor_id == self.keys())

    def some(self, model: type[Model], on: Callable[[FromClause], Condition], source: str | None = None) -> Condition:
        """There is a row of another table that fits, and that is in sight itself when ``source`` names its type."""
        table = alias(model)
        parts = [on(table)]
        if source is not None:
            parts.append(RULES[self.lens][source](self, table))
        return exists(table.c.id).where(*parts)

    def _closure(self) -> FromClause:
        model = IndustrialClosure if self.lens is Lens.INDUSTRIAL else TerritorialClosure
        return alias(model)

    def _holds(self, closure: FromClause) -> Condition:
        period, day = Period(closure.c.valid_from, closure.c.valid_to), self.day()
        return held_last(closure, day) if self.last else holds(period, day)


def _own(column: str) -> Rule:
    return lambda sight, table: table.c[column] == sight.keys()


@dataclass(frozen=True)
class _Below:
    """The union that the column names is below, or one of the keys."""

    column: str

    def __call__(self, sight: Sight, table: FromClause) -> Condition:
        return sight.below(table.c[self.column])


@dataclass(frozen=True)
class _Of:
    """The row that the column ``key`` leads to is in sight."""

    model: type[Model]
    key: str

    def __call__(self, sight: Sight, table: FromClause) -> Condition:
        return sight.some(self.model, lambda other: other.c.id == table.c[self.key], self.model.__name__)


def _stands(sight: Sight, table: FromClause) -> Condition:
    return sight.stands(table.c.division_id)


def _any(*rules: Rule) -> Rule:
    return lambda sight, table: or_(*(rule(sight, table) for rule in rules))


_AGREEMENT: Mapping[str, Rule] = dict.fromkeys(
    ("AgreementParty", "AgreementCoverage", "AgreementStep"), _Of(CollectiveAgreement, "agreement_id")
)
_CASE: Mapping[str, Rule] = dict.fromkeys(
    ("DisputeParty", "DisputeClaim", "DisputeStep", "Recovery"), _Of(DisputeCase, "case_id")
)


def _unions(sight: Sight, table: FromClause) -> Condition:
    """Those below and, where they are not counted, those above."""
    return sight.below(table.c.id) if sight.last else or_(sight.below(table.c.id), sight.above(table.c.id))


def _members(sight: Sight, table: FromClause) -> Condition:
    """The active membership is below, or another one that has not ended: applied for, or known to end."""
    return or_(
        sight.below(table.c.organization_id),
        sight.some(
            Membership,
            lambda other: and_(
                other.c.member_id == table.c.id,
                or_(other.c.valid_to.is_(None), other.c.valid_to > sight.day()),
                sight.below(other.c.organization_id),
            ),
        ),
    )


def _also_of(model: type[Model], theirs: str, ours: str) -> Rule:
    """Of a union below, or with a row of another table that is: its ``theirs`` is ``ours`` here."""

    def beside(sight: Sight, table: FromClause) -> Condition:
        return sight.some(
            model, lambda other: and_(other.c[theirs] == table.c[ours], sight.below(other.c.organization_id))
        )

    return _any(_Below("organization_id"), beside)


def _named_by(model: type[Model], key: str) -> Rule:
    """A row in sight names it in ``key``."""
    return lambda sight, table: sight.some(model, lambda other: other.c[key] == table.c.id, model.__name__)


_AID_OF_UNIONS: Mapping[str, Rule] = {
    **dict.fromkeys(
        ("Household", "Dependant", "AidGrant", "Donation", "AidProject", "RosterEntry", "MutualAidEnrolment"),
        _Below("organization_id"),
    ),
    "Roster": _any(_Below("organization_id"), _named_by(RosterEntry, "roster_id")),
    "CooperationAgreement": _any(_Below("organization_id"), _Below("partner_id")),
    "CooperationLine": _Of(CooperationAgreement, "agreement_id"),
    "Wish": _any(_Below("organization_id"), _Below("claimant_id")),
    **dict.fromkeys(("CareCase", "MutualAidClaim"), _own("organization_id")),
    **dict.fromkeys(("CareStep", "CareShift"), _Of(CareCase, "case_id")),
}


def _own_key(sight: Sight, table: FromClause) -> Condition:
    return table.c.principal_id == sight.principal()


def _granted_over(sight: Sight, table: FromClause) -> Condition:
    """A grant over a union that the caller administers, along the same hierarchy."""
    return and_(table.c.hierarchy == sight.hierarchy, sight.administered(table.c.organization_id))


def _holders(sight: Sight, table: FromClause) -> Condition:
    """Who holds a grant in sight."""
    return sight.some(AccessGrant, lambda other: other.c.principal_id == table.c.id, "AdministeredGrant")


def _wholly(sight: Sight, table: FromClause) -> Condition:
    """The key is of who belongs to a union that the caller administers, and holds no role but over such unions."""

    def strays(other: FromClause) -> Condition:
        open_ = and_(other.c.revoked_at.is_(None), or_(other.c.valid_to.is_(None), other.c.valid_to > sight.day()))
        inside = func.coalesce(_granted_over(sight, other), false())
        return and_(
            other.c.principal_id == table.c.principal_id, not_(one_of(other.c.role, NO_ROWS)), open_, not_(inside)
        )

    def belongs(other: FromClause) -> Condition:
        return and_(other.c.id == table.c.principal_id, sight.administered(other.c.organization_id))

    return and_(sight.some(Principal, belongs), not_(sight.some(AccessGrant, strays)))


_SEES: Mapping[Sees, Rule] = {
    Sees.OVER: _granted_over,
    Sees.MADE: lambda sight, table: table.c.granted_by == sight.administrator(),
    Sees.HOLDERS: _holders,
    Sees.BELONGING: lambda sight, table: sight.administered(table.c.organization_id),
    Sees.OWN: _own_key,
    Sees.WHOLLY: _wholly,
}
"""The words of ``db.security.grant_rules`` as conditions."""

_UNION: Mapping[str, Rule] = {
    "Organization": _unions,
    "OrganizationLink": _Below("child_id"),
    "Member": _members,
    **dict.fromkeys(
        (
            "CommitteeTerm",
            "Employer",
            "EmployerCoverage",
            "Membership",
            "Engagement",
            "CollectiveAgreement",
            "InsuranceEnrolment",
            "DisputeCase",
            "CensusRound",
            "CensusRecord",
            "PopulationEstimate",
            "Target",
            "Designation",
            "ConstructionProject",
            "Programme",
            "Activity",
            "Attendance",
            "Exhibitor",
            "JobOffer",
            "MaterialDistribution",
            "ServiceTransaction",
            "MediationBody",
            "Mediator",
            "LegalService",
        ),
        _Below("organization_id"),
    ),
    "CertificationRound": _also_of(Certification, "round_id", "id"),
    "Certification": _also_of(CertificationRound, "id", "round_id"),
    "CertificationScore": _Of(Certification, "certification_id"),
    "MediationSeat": _Of(MediationBody, "body_id"),
    **_AGREEMENT,
    **_CASE,
    "SubjectRequest": _Of(Member, "member_id"),
    **_AID_OF_UNIONS,
    **{typename: _any(*(_SEES[each] for each in seen)) for typename, seen in SEEN.items()},
}

_AGREEMENTS_OF_DIVISION: Mapping[str, Rule] = {
    "Organization": _stands,
    "Employer": _stands,
    "CollectiveAgreement": lambda sight, table: and_(table.c.submitted_on.is_not(None), _stands(sight, table)),
    "MediationBody": _stands,
    "MediationSeat": _Of(MediationBody, "body_id"),
    **_AGREEMENT,
    "ApiKey": _own_key,
}

_ENROLMENTS_OF_DIVISION: Mapping[str, Rule] = {
    "ApiKey": _own_key,
    "Organization": _stands,
    "Employer": _stands,
    "InsuranceEnrolment": lambda sight, table: sight.some(
        Employer, lambda other: and_(other.c.id == table.c.participant_id, sight.stands(other.c.division_id))
    ),
    "Member": lambda sight, table: sight.some(
        InsuranceEnrolment, lambda other: other.c.member_id == table.c.id, "InsuranceEnrolment"
    ),
}


def _party(column: str) -> Rule:
    return lambda sight, table: sight.some(
        DisputeParty, lambda other: and_(other.c[column] == table.c.id, other.c.case_id == sight.keys())
    )


def _in_case(column: str) -> Rule:
    """A party to an assigned case, or named by the case itself."""
    named = _party(column)
    return lambda sight, table: or_(
        named(sight, table),
        sight.some(DisputeCase, lambda other: and_(other.c[column] == table.c.id, other.c.id == sight.keys())),
    )


_ASSIGNED: Mapping[str, Rule] = {
    "ApiKey": _own_key,
    "DisputeCase": _own("id"),
    **dict.fromkeys(("DisputeParty", "DisputeClaim", "DisputeStep", "Recovery"), _own("case_id")),
    "LegalService": _own("case_id"),
    "MediationBody": lambda sight, table: sight.some(
        LegalService, lambda other: and_(other.c.body_id == table.c.id, other.c.case_id == sight.keys())
    ),
    "Member": _party("member_id"),
    "Employer": _in_case("employer_id"),
    "Organization": _in_case("organization_id"),
}


def _own_case(key: str) -> Rule:
    """The worker is a party to the case in the column."""
    return lambda sight, table: sight.some(
        DisputeParty, lambda other: and_(other.c.case_id == table.c[key], other.c.member_id == sight.keys())
    )


def _named_in_own(model: type[Model], column: str) -> Rule:
    return lambda sight, table: sight.some(
        model, lambda other: and_(other.c[column] == table.c.id, other.c.member_id == sight.keys())
    )


_AID_OF_SELF: Mapping[str, Rule] = {
    **dict.fromkeys(
        ("Household", "Wish", "CareCase", "MutualAidEnrolment", "MutualAidClaim", "RosterEntry"), _own("member_id")
    ),
    "Dependant": _Of(Household, "household_id"),
    "AidGrant": _any(_own("member_id"), _Of(Household, "household_id")),
    "CareStep": _Of(CareCase, "case_id"),
    "CareShift": _any(_own("member_id"), _Of(CareCase, "case_id")),
    "Roster": _named_by(RosterEntry, "roster_id"),
}


def _logged(sight: Sight, table: FromClause) -> Condition:
    """The entry of the audit log names the worker's record, and says what was done with it: no refused attempt."""
    names = sight.binder.bind(
        lambda inputs: [global_ids.encode("mem", key) for key in inputs.caller.lenses[sight.lens]], TEXTS
    )
    return and_(table.c.records.has_any(names), table.c.action == any_(literal(sorted(TOLD), TEXTS)))


_SELF: Mapping[str, Rule] = {
    "ApiKey": _own_key,
    "Member": _own("id"),
    **dict.fromkeys(
        ("Membership", "Engagement", "InsuranceEnrolment", "Recovery", "SubjectRequest"), _own("member_id")
    ),
    **dict.fromkeys(("LegalService", "ServiceTransaction"), _own("member_id")),
    "Attendance": _any(_own("member_id"), _Of(Household, "household_id")),
    "Activity": _named_by(Attendance, "activity_id"),
    "AccessLog": _logged,
    "DisputeCase": _own_case("id"),
    **dict.fromkeys(("DisputeClaim", "DisputeStep"), _own_case("case_id")),
    "DisputeParty": lambda sight, table: and_(
        _own_case("case_id")(sight, table),
        or_(table.c.member_id == sight.keys(), table.c.employer_id.is_not(None), table.c.organization_id.is_not(None)),
    ),
    "Organization": _any(_named_in_own(Membership, "organization_id"), _named_in_own(Engagement, "organization_id")),
    "Employer": _any(_named_in_own(Engagement, "employer_id"), _named_in_own(InsuranceEnrolment, "participant_id")),
    **_AID_OF_SELF,
}

RULES: Mapping[Lens, Mapping[str, Rule]] = {
    Lens.TERRITORIAL: _UNION,
    Lens.INDUSTRIAL: _UNION,
    Lens.HR_BUREAU: _AGREEMENTS_OF_DIVISION,
    Lens.EMPLOYERS_BODY: _AGREEMENTS_OF_DIVISION,
    Lens.SOCIAL_SECURITY: _ENROLMENTS_OF_DIVISION,
    Lens.CASES: _ASSIGNED,
    Lens.SELF: _SELF,
    Lens.EVERYTHING: {name: rule for name, rule in _UNION.items() if name in HEALTH},
    Lens.AGGREGATES: {},
}


def countable(
    source: Source, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
) -> Condition | None:
    """The condition on the rows that count in a caller's statistics: those in sight, and what unions below had recorded when they were
    dissolved."""
    return _condition(source, lenses, table, lambda lens: Sight(lens, binder, last=True))


def pairs(
    closure: FromClause, lenses: tuple[Lens, ...], binder: Binder, source: Source, column: ColumnElement[Any]
) -> Condition | None:
    """The condition on the pairs of a closure that a caller sees, of which ``column`` names the lower union; None for all of them.

    Who sees links sees what is below what where the lower union is in sight; that the upper one is, is said by whatever the pairs are
    reached from. Who sees no links (bureaus, agencies, mediators, workers) knows of a union nothing but itself. Where rows of ``source``
    are in sight only as records of that lower union, it is not asked again.
    """
    if Lens.UNWALLED in lenses or Lens.EVERYTHING in lenses:
        return None
    linked = [lens for lens in lenses if "OrganizationLink" in RULES[lens]]
    showing = [lens for lens in lenses if source.typename in RULES[lens]]
    if showing and all(_tells(RULES[lens][source.typename], source.table, column) for lens in showing):
        return None
    sights = [Sight(lens, binder, last=True) for lens in linked]
    lower = closure.c.descendant_id
    seen = [condition for sight in sights for condition in (sight.below(lower), sight.above(lower))]
    return or_(closure.c.depth == 0, *seen)


def _tells(rule: Rule, table: FromClause, column: ColumnElement[Any]) -> bool:
    """Whether a rule puts rows of a table in sight only where the union that the column names is."""
    match rule:
        case _Of(model):
            return _tells(_UNION[model.__name__], model.__table__, column)
        case _Below(key):
            return column is table.c[key]
    return rule is _unions and column is table.c.id


def covers(kind: str, key: ColumnElement[Any], lenses: tuple[Lens, ...], binder: Binder) -> Condition | None:
    """Where a caller counts all records of a union and those below: at and below their own, in the same hierarchy."""
    if Lens.EVERYTHING in lenses:
        return true()
    found = [Sight(lens, binder).below(key) for lens in lenses if lens.name == kind]
    return or_(*found) if found else None


def visible(
    source: Source, lenses: tuple[Lens, ...], binder: Binder, table: FromClause | None = None
) -> Condition | None:
    """The condition on a source's rows that any of a caller's lenses sees; None when all are in sight.

    ``table`` is the source's table or an alias of it.
    """
    return _condition(source, lenses, table, lambda lens: Sight(lens, binder))


def _condition(
    source: Source, lenses: tuple[Lens, ...], table: FromClause | None, sight: Callable[[Lens], Sight]
) -> Condition | None:
    if (
        Lens.UNWALLED in lenses
        or source.typename in OPEN
        or (Lens.EVERYTHING in lenses and source.typename not in HEALTH)
    ):
        return None
    seen = [
        RULES[lens][source.typename](sight(lens), source.table if table is None else table)
        for lens in lenses
        if source.typename in RULES[lens]
    ]
    return or_(false(), *seen)
