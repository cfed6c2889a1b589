"""Sources of grants, principals and agencies' keys, as administrators of access see them (``resolvers.access.row_access``)."""

from sqlalchemy import Date, cast, func

from db.access import AccessGrant, ApiKey, Principal
from db.clock import SHANGHAI
from resolvers.engine.declare.sources import Many, One, Source
from resolvers.engine.declare.validity import Period
from resolvers.registry import registry
from resolvers.relations import By

ENDED_ON = func.least(
    AccessGrant.valid_to, cast(func.timezone(SHANGHAI.key, AccessGrant.revoked_at), Date), type_=Date()
)
"""A grant that was revoked before its last day is not valid from the day of the revocation on."""

GRANTS = Many("AdministeredGrant", By(AccessGrant.principal_id), expected=2)
KEYS = Many("ApiKey", By(ApiKey.principal_id), expected=2)

registry.add(
    Source(
        AccessGrant,
        "grant",
        period=Period(AccessGrant.valid_from, ENDED_ON),
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
