"""The caller as the field ``viewer`` shows it: name, kind and grants with the names of their scopes."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from db.access import PrincipalKind
from db.security.principals import SignedIn
from resolvers.access.callers import Caller, Grant
from resolvers.engine.request.global_ids import encode


@dataclass(frozen=True)
class NamedGrant(Grant):
    """A grant with its ID, the names of its scope and its period."""

    id: int | None = None
    organization_name: str | None = None
    division_name: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class KnownCaller(Caller):
    """A caller who is a principal in the database."""

    kind: PrincipalKind = PrincipalKind.PERSON


def caller_of(principal: SignedIn) -> KnownCaller:
    """A principal with its grants, cases and member, in the form of the engine."""
    return KnownCaller(
        principal.name,
        principal.id,
        tuple(
            NamedGrant(
                row.role,
                row.organization_id,
                row.hierarchy,
                row.division_id,
                row.id,
                row.organization_name,
                row.division_name,
                row.valid_from,
                row.valid_to,
            )
            for row in principal.grants
        ),
        principal.member_id,
        principal.cases,
        any(row.topmost for row in principal.grants),
        principal.kind,
    )


def viewer_fields(caller: Caller) -> dict[str, Any]:
    """The fields of ``viewer`` by their names in the schema: nested objects as dictionaries, enums and dates as text."""
    kind = caller.kind if isinstance(caller, KnownCaller) else PrincipalKind.ANALYST
    return {
        "__typename": "Viewer",
        "persona": caller.name if caller.principal_id is not None else None,
        "principal": {"__typename": "AccessPrincipal", "name": caller.name, "kind": kind.name},
        "grants": [grant_fields(grant) for grant in caller.grants],
    }


def grant_fields(grant: Grant) -> dict[str, Any]:
    """The fields of ``AccessGrant`` by their names in the schema."""
    named = (
        grant
        if isinstance(grant, NamedGrant)
        else NamedGrant(grant.role, grant.organization_id, grant.hierarchy, grant.division_id)
    )
    return {
        "__typename": "AccessGrant",
        "id": None if named.id is None else encode("grant", named.id),
        "role": named.role.name,
        "organizationId": None if named.organization_id is None else encode("org", named.organization_id),
        "organizationName": named.organization_name,
        "hierarchy": named.hierarchy.name if named.hierarchy else None,
        "divisionId": None if named.division_id is None else encode("div", named.division_id),
        "divisionName": named.division_name,
        "validFrom": named.valid_from.isoformat() if named.valid_from else None,
        "validTo": named.valid_to.isoformat() if named.valid_to else None,
    }
