"""How grants, who holds them, and the keys of agencies are answered to those who administer access: ``resolvers.policy`` says to whom."""

from sqlalchemy import Date, cast, func, or_

from db.access import AccessGrant, ApiKey, Principal
from db.clock import SHANGHAI
from resolvers.engine.arguments import Arguments
from resolvers.engine.binder import Binder
from resolvers.engine.source import Many, One, Rows, Source, Walls
from resolvers.reach import By, Period, holds
from resolvers.registry import registry


class Administered(By):
    """The grants that hold on a day, today unless it is said otherwise; one that was ended before its time is over from that day on."""

    def rows(self, target: Source, parent: object, arguments: Arguments, binder: Binder, walls: Walls) -> Rows:
        """See ``Reach``."""
        day = binder.day(arguments.get("as_of"))
        ended = cast(func.timezone(SHANGHAI.key, AccessGrant.revoked_at), Date)
        where = [] if parent is None else [self.column == parent]
        where += [holds(Period.of(AccessGrant), day), or_(AccessGrant.revoked_at.is_(None), ended > day)]
        return Rows(target.table, where, [target.key])


GRANTS = Many("AdministeredGrant", Administered(AccessGrant.principal_id), expected=2)
KEYS = Many("ApiKey", By(ApiKey.principal_id), expected=2)

registry.add(
    Source(
        AccessGrant,
        "grant",
        hide=("principal_id", "organization_id", "division_id", "granted_by"),
        fields={
            "principal": One("Principal", AccessGrant.principal_id),
            "organization": One("Organization", AccessGrant.organization_id),
            "division": One("Division", AccessGrant.division_id),
            "granted_by": One("Principal", AccessGrant.granted_by),
        },
        name="AdministeredGrant",
    )
)
registry.add(
    Source(
        Principal,
        "prin",
        hide=("subject", "member_id", "organization_id"),
        fields={
            "organization": One("Organization", Principal.organization_id),
            "grants": GRANTS,
            "api_keys": KEYS,
        },
    )
)
registry.add(
    Source(
        ApiKey,
        "key",
        hide=("principal_id", "digest"),
        fields={"principal": One("Principal", ApiKey.principal_id)},
    )
)
registry.root("administered_grants", GRANTS)
registry.root("api_keys", KEYS)
