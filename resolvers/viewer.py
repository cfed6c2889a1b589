"""Who is asking, as ``viewer`` tells them: name, kind, and each grant in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from db.access import PrincipalKind
from db.security.principals import SignedIn
from resolvers.access.callers import Caller, Grant
from resolvers.engine.request.global_ids import encode


@dataclass(frozen=True)
class ShownGrant(Grant):
    """A grant with what a person wants to read of it."""

    id: int | None = None
    organization_name: str | None = None
    division_name: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class KnownCaller(Caller):
    """A caller who is a principal of the database."""

    kind: PrincipalKind = PrincipalKind.PERSON


def caller_of(found: SignedIn) -> KnownCaller:
    """A principal with its grants, cases and member as the engine sees it."""
    return KnownCaller(
        found.name,
        found.id,
        tuple(
            ShownGrant(
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
            for row in found.grants
        ),
        found.member_id,
        found.cases,
        any(row.topmost for row in found.grants),
        found.kind,
    )


def viewer_fields(caller: Caller) -> dict[str, Any]:
    """All fields of ``viewer`` by their names in the schema, nested ones as dictionaries and lists of them, enums and dates as text."""
    kind = caller.kind if isinstance(caller, KnownCaller) else PrincipalKind.ANALYST
    return {
        "__typename": "Viewer",
        "persona": caller.name if caller.principal_id is not None else None,
        "principal": {"__typename": "AccessPrincipal", "name": caller.name, "kind": kind.name},
        "grants": shown(caller.grants),
    }


def shown(grants: Sequence[Grant]) -> list[dict[str, Any]]:
    """Grants as fields of ``AccessGrant``."""
    return [shown_grant(grant) for grant in grants]


def shown_grant(grant: Grant) -> dict[str, Any]:
    """One grant as fields of ``AccessGrant``."""
    named = (
        grant
        if isinstance(grant, ShownGrant)
        else ShownGrant(grant.role, grant.organization_id, grant.hierarchy, grant.division_id)
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
