"""Limits of callers: points that are refilled over time, failed sign-ins by source, depth and page size by role; in memory (ADR 0020)."""

import math
import time
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Literal

from moka_py import Moka

from db.meter import Meter
from hub.errors import Refusal
from hub.settings import RoleLimit
from resolvers.access.callers import Caller
from resolvers.engine.request.limits import Allowance

MAX_BUCKETS = 10_000
"""Callers and sources whose points are kept in one process; the least recently charged is evicted first."""

REQUEST_POINTS, STATEMENT_POINTS, MILLISECOND_POINTS, COMMAND_POINTS = 10, 10, 50, 1_000
"""The cost of a request, of each of its statements, of each millisecond (db/meter.py) and of each of its commands, which write to the audit
log also when they are refused. Each object that the operation brings costs one point more."""

FAILURES, FAILURE_SECONDS = 10, 300.0
"""Failed sign-ins of one source that are each answered with their code and logged, and the time in which these are refilled."""

Header = tuple[bytes, bytes]


class TokenBuckets:
    """Token buckets: each key has ``capacity`` points, refilled evenly over ``seconds``. A bucket may be overdrawn."""

    def __init__(
        self,
        capacity: float,
        seconds: float,
        *,
        max_count: int = MAX_BUCKETS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.capacity = capacity
        self.seconds = seconds
        self.rate = capacity / seconds
        self.clock = clock
        self.levels: Moka[Hashable, tuple[float, float]] = Moka(max_count, policy="lru")

    def left(self, key: Hashable) -> float:
        """The points that a key has now; negative if it is overdrawn."""
        found = self.levels.get(key)
        if found is None:
            return self.capacity
        level, at = found
        return min(self.capacity, level + (self.clock() - at) * self.rate)

    def spend(self, key: Hashable, points: float) -> float:
        """Take points, and return what is left. A debt is at most ``capacity``, so that nobody waits for longer than ``seconds``."""
        left = max(self.left(key) - points, -self.capacity)
        self.levels.set(key, (left, self.clock()))
        return left

    def wait(self, key: Hashable, points: float = 1.0) -> int:
        """Whole seconds until a key has so many points, at least 1."""
        return max(1, math.ceil((points - self.left(key)) / self.rate))


class Budget:
    """The cost budget of each caller: a principal by its key, anonymous callers by their source.

    Args:
        points: the points of a principal; 0 for no limit.
        public_points: the points of all anonymous callers of one source.
        seconds: the time in which they are refilled.
    """

    def __init__(
        self, points: int, public_points: int, seconds: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.principals = TokenBuckets(points, seconds, clock=clock) if points else None
        self.anonymous = TokenBuckets(public_points, seconds, clock=clock) if points and public_points else None

    def buckets(self, caller: Caller) -> TokenBuckets | None:
        """The buckets in which the points of a caller are counted."""
        return self.anonymous if caller.principal_id is None else self.principals

    def require(self, caller: Caller, source: str) -> None:
        """Require that a caller has points.

        Raises:
            Refusal: 429 TOO_MANY_REQUESTS with ``Retry-After``.
        """
        buckets = self.buckets(caller)
        if buckets is None:
            return
        key = spender(caller, source)
        if buckets.left(key) < 1:
            wait = buckets.wait(key)
            raise Refusal(
                429,
                "TOO_MANY_REQUESTS",
                f"The budget of {buckets.capacity:,.0f} points in {buckets.seconds:.0f} s is used up. Try again in {wait} s, "
                f"or ask for less: a request costs {REQUEST_POINTS} points, and 1 for each object that it brings, "
                f"{STATEMENT_POINTS} for each statement, {MILLISECOND_POINTS} for each millisecond, {COMMAND_POINTS:,} for each "
                "command.",
                [(b"retry-after", str(wait).encode()), *headers(buckets, buckets.left(key))],
            )

    def charge(self, caller: Caller, source: str, cost: float) -> tuple[Header, ...]:
        """Take points of a caller, and return the headers that say what is left."""
        buckets = self.buckets(caller)
        if buckets is None:
            return ()
        return headers(buckets, buckets.spend(spender(caller, source), cost))


class Account:
    """The cost of one operation, charged when it ends, also where it fails or is cancelled."""

    __slots__ = ("budget", "caller", "meter", "paid", "source")

    def __init__(self, budget: Budget, caller: Caller, source: str) -> None:
        self.budget = budget
        self.caller = caller
        self.source = source
        self.meter = Meter()
        self.paid = 0.0

    def settle(self) -> tuple[Header, ...]:
        """Charge what was used since the last call, and return the headers that say what is left."""
        cost = points_of(self.meter)
        due, self.paid = cost - self.paid, cost
        return self.budget.charge(self.caller, self.source, due)


def points_of(meter: Meter) -> float:
    """The points that an operation costs, by its meter."""
    return (
        REQUEST_POINTS
        + meter.objects
        + meter.statements * STATEMENT_POINTS
        + meter.commands * COMMAND_POINTS
        + meter.seconds * 1000 * MILLISECOND_POINTS
    )


def spender(caller: Caller, source: str) -> Hashable:
    """The key under which a caller is charged: the principal, or the source of an anonymous caller."""
    return caller.principal_id if caller.principal_id is not None else network(source)


def headers(buckets: TokenBuckets, left: float) -> tuple[Header, ...]:
    """``RateLimit`` and ``RateLimit-Policy`` of draft-ietf-httpapi-ratelimit-headers: the points left, and when all are refilled."""
    full = math.ceil((buckets.capacity - left) / buckets.rate)
    return (
        (b"ratelimit-policy", b'"cost";q=%d;w=%d' % (buckets.capacity, buckets.seconds)),
        (b"ratelimit", b'"cost";r=%d;t=%d' % (max(0, left), full)),
    )


class Failures:
    """Failed sign-ins by source: ten at once, then one each half minute; all others get TOO_MANY_FAILURES."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.buckets = TokenBuckets(FAILURES, FAILURE_SECONDS, clock=clock)

    def record(self, source: str) -> Refusal | None:
        """Count a failure. Returns 429 TOO_MANY_FAILURES with ``Retry-After`` if the source has used up its failures."""
        key = network(source)
        if self.buckets.left(key) >= 1:
            self.buckets.spend(key, 1)
            return None
        wait = self.buckets.wait(key)
        return Refusal(
            429,
            "TOO_MANY_FAILURES",
            "This token or key is refused. The reason is not given, since too many sign-ins from this address have failed. "
            f"Try again in {wait} s, or send a valid one now.",
            [(b"retry-after", str(wait).encode())],
        )


@lru_cache(4096)
def network(source: str) -> str:
    """The source of an address: an IPv4 address itself, the /64 of an IPv6 address, since a caller has all addresses of a /64."""
    try:
        address = ip_address(source.partition("%")[0])
    except ValueError:
        return source[:64]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{address.exploded[:19]}::/64"
    return str(address)


class RoleLimits:
    """The limits of a caller: the widest of their roles. A role that is not named has the general limits.

    Args:
        general: limits of every role that is not named.
        named: limits by the role's name.
        introspection: who may ask for the schema.
    """

    def __init__(
        self,
        general: RoleLimit,
        named: Mapping[str, RoleLimit],
        introspection: Literal["all", "signed_in", "nobody"] = "all",
    ) -> None:
        self.general = general
        self.introspection = introspection
        self.named = {role: RoleLimit(*map(min, limit, general)) for role, limit in named.items()}

    def of(self, caller: Caller) -> RoleLimit:
        """The limits of a caller."""
        if not self.named or caller.everything:
            return self.general
        found = [self.named.get(grant.role.name, self.general) for grant in caller.grants]
        return RoleLimit(*map(max, *found, found[0])) if found else self.general

    def allowance(self, caller: Caller) -> Allowance | None:
        """The limits that the engine applies to a caller, where they are lower than the general ones."""
        limit = self.of(caller)
        return None if limit is self.general else Allowance(limit.objects, limit.page)

    def require_depth(self, caller: Caller, depth: int) -> None:
        """Require that a caller may run an operation of this depth.

        Raises:
            Refusal: 403 TOO_DEEP_FOR_ROLE.
        """
        limit = self.of(caller).depth
        if depth > limit:
            raise Refusal(
                403, "TOO_DEEP_FOR_ROLE", f"Your role may ask for {limit} levels of fields; this operation has {depth}."
            )

    def tells_schema(self, caller: Caller) -> bool:
        """Whether a caller may introspect the schema."""
        return self.introspection == "all" or (self.introspection == "signed_in" and caller.principal_id is not None)

    def require_introspection(self, caller: Caller) -> None:
        """Require that a caller may introspect the schema.

        Raises:
            Refusal: 403 NO_INTROSPECTION.
        """
        if not self.tells_schema(caller):
            raise Refusal(
                403, "NO_INTROSPECTION", "You may not introspect the schema. The file schema.graphql has all of it."
            )
