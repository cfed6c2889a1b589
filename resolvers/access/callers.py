"""The caller, as the engine sees it: grants become lenses, and a lens says which rows of a source the caller sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from db.access import Role
from db.organizations import Hierarchy
from db.security import row_security
from db.security.grant_rules import ADMINISTRATORS
from db.security.row_security import LENSES, READER, SEVERAL, Scope


class Lens(Enum):
    """A way to see rows. A caller sees what any of their lenses shows; the set of lenses is part of a plan's key, their keys are bound."""

    UNWALLED = "unwalled"
    """No caller has it: for an engine without its first wall."""
    EVERYTHING = "everything"
    TERRITORIAL = "territorial"
    INDUSTRIAL = "industrial"
    HR_BUREAU = "hr_bureau"
    SOCIAL_SECURITY = "social_security"
    EMPLOYERS_BODY = "employers_body"
    CASES = "cases"
    SELF = "self"
    AGGREGATES = "aggregates"


@dataclass(frozen=True)
class Grant:
    """A role over a scope, valid today."""

    role: Role
    organization_id: int | None = None
    hierarchy: Hierarchy | None = None
    division_id: int | None = None


@dataclass(frozen=True)
class Caller:
    """A principal with the grants that hold today.

    ``everything`` is set when a federation's grant is on the topmost union; ``cases`` are those assigned today.
    """

    name: str
    principal_id: int | None = None
    grants: tuple[Grant, ...] = ()
    member_id: int | None = None
    cases: tuple[int, ...] = ()
    everything: bool = False

    @cached_property
    def lenses(self) -> Mapping[Lens, tuple[int, ...]]:
        """The caller's lenses, each with the keys that it starts from: unions, divisions, cases or the member.

        Those of ``EVERYTHING`` are the holder's own unions, since only the handling union sees health records. Those of ``AGGREGATES`` are
        the divisions in which finer geography is granted; none for the published one everywhere.
        """
        if self.everything:
            unions = {grant.organization_id for grant in self.grants if grant.organization_id is not None}
            return {Lens.EVERYTHING: tuple(sorted(unions))}
        keys_of: dict[Lens, set[int]] = {}
        for grant in self.grants:
            lens, keys = self._lens_of(grant)
            keys_of.setdefault(lens, set()).update(key for key in keys if key is not None)
        return {lens: tuple(sorted(keys)) for lens, keys in sorted(keys_of.items(), key=lambda item: item[0].value)}

    def _lens_of(self, grant: Grant) -> tuple[Lens, tuple[int | None, ...]]:
        """The lens of a grant with its keys. A grant whose scope is empty at the moment has its lens too: callers see what is their own."""
        match grant.role:
            case Role.GRASSROOTS_UNION | Role.FEDERATION | Role.INDUSTRY_UNION:
                industrial = grant.hierarchy is Hierarchy.INDUSTRIAL
                return Lens.INDUSTRIAL if industrial else Lens.TERRITORIAL, (grant.organization_id,)
            case Role.CASE_WORKER | Role.TRIBUNAL:
                return Lens.CASES, self.cases
            case Role.WORKER:
                return Lens.SELF, (self.member_id,)
            case _:
                return _BY_DIVISION[grant.role], (grant.division_id,)

    def administered(self, hierarchy: Hierarchy) -> tuple[int, ...]:
        """The unions over whose subtree the caller administers access, along one hierarchy."""
        unions = {
            grant.organization_id
            for grant in self.grants
            if grant.role in ADMINISTRATORS and grant.hierarchy is hierarchy and grant.organization_id is not None
        }
        return tuple(sorted(unions))

    @cached_property
    def shape(self) -> tuple[Lens, ...]:
        """The part of the caller that a plan depends on."""
        return tuple(self.lenses)

    @cached_property
    def scope(self) -> Scope:
        """The caller's scope in a database session, for row-level security."""
        roles = {ROLES[lens] for lens in self.lenses if lens in ROLES}
        role = next(iter(roles), READER) if len(roles) < 2 else SEVERAL
        others = {
            "me": () if self.principal_id is None else (self.principal_id,),
            "administered_territorial": self.administered(Hierarchy.TERRITORIAL),
            "administered_industrial": self.administered(Hierarchy.INDUSTRIAL),
        }
        keys = [others[name] if name in others else self.lenses.get(Lens(name), ()) for name in LENSES]
        return Scope(role, self.name, tuple(f"{{{','.join(map(str, each))}}}" for each in keys))

    @property
    def sees_rows(self) -> bool:
        """Whether the caller has more than aggregates; for others the number of rows of a statement would disclose small cells."""
        return self.shape != (Lens.AGGREGATES,)


ROLES: Mapping[Lens, str] = {
    Lens.EVERYTHING: row_security.EVERYTHING,
    Lens.TERRITORIAL: row_security.FEDERATION,
    Lens.INDUSTRIAL: row_security.FEDERATION,
    Lens.HR_BUREAU: row_security.BUREAU,
    Lens.EMPLOYERS_BODY: row_security.BUREAU,
    Lens.SOCIAL_SECURITY: row_security.SOCIAL_SECURITY,
    Lens.CASES: row_security.CASES,
    Lens.SELF: row_security.SELF,
}
"""The database role of the second wall that shows a lens's rows; aggregates show none."""

_BY_DIVISION = {
    Role.HR_BUREAU: Lens.HR_BUREAU,
    Role.SOCIAL_SECURITY_AGENCY: Lens.SOCIAL_SECURITY,
    Role.EMPLOYERS_BODY: Lens.EMPLOYERS_BODY,
    Role.ANALYST: Lens.AGGREGATES,
}

PUBLIC = Caller("public", grants=(Grant(Role.ANALYST),))
"""A caller without a token: the public analyst, who has aggregates only."""
