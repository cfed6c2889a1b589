"""The rules of grants: who may grant which role to whom, who may end a grant, and which access rows an administrator sees.

The commands (``db/security/grants.py``), the first wall (``resolvers/access``) and ``docs/sign-in.md`` are made from this table. The
second wall repeats it in SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from db.access import Role
from db.organizations import Hierarchy


class ScopeKind(Enum):
    """The kind of scope that a role is granted over."""

    UNION = "a union, along a hierarchy (工会及隶属体系)"
    DIVISION = "a division (行政区划)"
    DIVISION_OR_NOTHING = "a division, or nothing (行政区划，或不设范围)"
    NOTHING = "nothing (不设范围)"


class Granter(Enum):
    """Who makes a grant."""

    OPERATOR = "Operator (运维人员)"
    NATIONAL = "National federation (全国总工会)"
    FEDERATION = "Federation (地方总工会)"
    INDUSTRY_UNION = "Industry union (产业工会)"


class Reach(Enum):
    """Over what a granter may grant a role; a granter without an entry for a role may not grant it."""

    ANYWHERE = "anywhere (不限)"
    SUBTREE = "over a union of its subtree (本级及下级工会)"
    STANDING = "without a division, or for divisions where it stands (不设区划，或其所在区划及以下)"
    UNSCOPED = "without a division (不设区划)"
    MEMBERS = "to a member of a union of its subtree (本级及下级工会会员)"
    CASES = "to who has no case of another's (未承办其他工会案件的)"


@dataclass(frozen=True)
class Rule:
    """The rule of one role: its kind of scope, its hierarchies, and the reach of each granter.

    ``shows_rows`` is false for a role that shows aggregates only.
    """

    over: ScopeKind
    by: Mapping[Granter, Reach]
    hierarchies: frozenset[Hierarchy] = frozenset()
    shows_rows: bool = True


_ABOVE = {Granter.OPERATOR: Reach.ANYWHERE, Granter.NATIONAL: Reach.ANYWHERE}
_FEDERATION, _INDUSTRY = Granter.FEDERATION, Granter.INDUSTRY_UNION
_OF_PLACE = Rule(ScopeKind.DIVISION, _ABOVE)
_OF_CASES = Rule(ScopeKind.NOTHING, {**_ABOVE, _FEDERATION: Reach.CASES, _INDUSTRY: Reach.CASES})

TABLE: Mapping[Role, Rule] = {
    Role.GRASSROOTS_UNION: Rule(
        ScopeKind.UNION, {**_ABOVE, _FEDERATION: Reach.SUBTREE, _INDUSTRY: Reach.SUBTREE}, frozenset(Hierarchy)
    ),
    Role.FEDERATION: Rule(ScopeKind.UNION, {**_ABOVE, _FEDERATION: Reach.SUBTREE}, frozenset({Hierarchy.TERRITORIAL})),
    Role.INDUSTRY_UNION: Rule(ScopeKind.UNION, {**_ABOVE, _INDUSTRY: Reach.SUBTREE}, frozenset({Hierarchy.INDUSTRIAL})),
    Role.HR_BUREAU: _OF_PLACE,
    Role.SOCIAL_SECURITY_AGENCY: _OF_PLACE,
    Role.EMPLOYERS_BODY: _OF_PLACE,
    Role.TRIBUNAL: _OF_CASES,
    Role.CASE_WORKER: _OF_CASES,
    Role.WORKER: Rule(ScopeKind.NOTHING, {**_ABOVE, _FEDERATION: Reach.MEMBERS, _INDUSTRY: Reach.MEMBERS}),
    Role.ANALYST: Rule(
        ScopeKind.DIVISION_OR_NOTHING,
        {**_ABOVE, _FEDERATION: Reach.STANDING, _INDUSTRY: Reach.UNSCOPED},
        shows_rows=False,
    ),
}
"""The rule of every role.

Federations and industry unions grant along the hierarchy of their own grant, no longer than it lasts, and only to principals who belong to
a union of their subtree. A principal who belongs elsewhere gets the same answer as one that does not exist.
"""

ADMINISTRATORS = frozenset({Role.FEDERATION, Role.INDUSTRY_UNION})
"""Roles that may grant within their subtree."""

NO_ROWS = frozenset(role for role, rule in TABLE.items() if not rule.shows_rows)
"""Roles that show no row: they say nothing about the union to which a principal belongs."""


class Ending(Enum):
    """Who may end a grant. A peer over the same union may not, nor the grant's own principal."""

    OPERATOR = "the operator (运维人员)"
    MAKER = "who made it, as long as they may still grant over its scope (授权人，且其现有授权仍覆盖该范围)"
    SUPERIOR = "an administrator whose subtree or divisions strictly contain its scope (上级：其范围严格包含该授权范围)"


class VisibleAccess(Enum):
    """Which rows an administrator of access sees."""

    OVER = "grants over a union of its subtree, along its hierarchy (所辖工会范围内的授权)"
    MADE = "grants that it made itself (由其授予的授权)"
    HOLDERS = "who holds a grant in sight (上述授权的持有者)"
    BELONGING = "who belongs to a union of its subtree (归属所辖工会的主体)"
    OWN = "its own (自己的)"
    WHOLLY = (
        "of who belongs to a union of its subtree and holds no role but over unions of it"
        " (归属所辖工会、且所有角色均在所辖工会范围内的主体的)"
    )


SEEN: Mapping[str, tuple[VisibleAccess, ...]] = {
    "AdministeredGrant": (VisibleAccess.OVER, VisibleAccess.MADE),
    "Principal": (VisibleAccess.HOLDERS, VisibleAccess.BELONGING),
    "ApiKey": (VisibleAccess.OWN, VisibleAccess.WHOLLY),
}
"""By type of the schema, the rows that a federation or industry union sees. Others see their own keys alone; the national federation and
the operator see all. A grant, whoever made it, does not make a key visible."""
