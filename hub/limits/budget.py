"""What a caller may spend: points refilled over time, failed sign-ins by source, depth and pages by role; all in memory (ADR 0020)."""

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
"""Spenders remembered in one process; the one that spent longest ago is forgotten first."""

REQUEST_POINTS, STATEMENT_POINTS, MILLISECOND_POINTS, COMMAND_POINTS = 10, 10, 50, 1_000
"""What every request costs, each of its statements, each millisecond (db/meter.py), and each of its commands, which write to the
audit log also when they are refused. Each object that its pages may hold costs one more."""

FAILURES, FAILURE_SECONDS = 10, 300.0
"""Failed sign-ins of one source that are answered and logged one by one at once, and the time after which all of them are forgiven."""

Header = tuple[bytes, bytes]


class TokenBuckets:
    """Token buckets: each key has ``capacity`` points, refilled evenly over ``seconds``; it may be overdrawn once."""

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
        """The points that a key has now; below zero if it is overdrawn."""
        found = self.levels.get(key)
        if found is None:
            return self.capacity
        level, at = found
        return min(self.capacity, level + (self.clock() - at) * self.rate)

    def spend(self, key: Hashable, points: float) -> float:
        """Take points; what is left. A debt is at most one capacity, so that nobody waits for longer than ``seconds``."""
        left = max(self.left(key) - points, -self.capacity)
        self.levels.set(key, (left, self.clock()))
        return left

    def wait(self, key: Hashable, points: float = 1.0) -> int:
        """Whole seconds until a key has this many points; at least 1."""
        return max(1, math.ceil((points - self.left(key)) / self.rate))


class Budget:
    """The cost budget of each caller: a principal by its key, anonymous callers by their source.

    Args:
        points: what a principal may spend at once; 0 for no limit.
        public_points: what the anonymous callers of one source may spend at once.
        seconds: the time in which that is refilled.
    """

    def __init__(
        self, points: int, public_points: int, seconds: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.principals = TokenBuckets(points, seconds, clock=clock) if points else None
        self.anonymous = TokenBuckets(public_points, seconds, clock=clock) if points and public_points else None

    def buckets(self, caller: Caller) -> TokenBuckets | None:
        """Where the points of a caller are counted."""
        return self.anonymous if caller.principal_id is None else self.principals

    def require(self, caller: Caller, source: str) -> None:
        """Let a caller through who has any points.

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
                f"The budget of {buckets.capacity:,.0f} points in {buckets.seconds:.0f} s is spent. Ask again in {wait} s, "
                f"or for less: a request costs {REQUEST_POINTS} points, one for each object that its pages may hold, "
                f"{STATEMENT_POINTS} for each statement, {MILLISECOND_POINTS} for each millisecond, {COMMAND_POINTS:,} for each "
                "command.",
                [(b"retry-after", str(wait).encode()), *headers(buckets, buckets.left(key))],
            )

    def charge(self, caller: Caller, source: str, cost: float) -> tuple[Header, ...]:
        """Take points of a caller; the headers that say what is left."""
        buckets = self.buckets(caller)
        if buckets is None:
            return ()
        return headers(buckets, buckets.spend(spender(caller, source), cost))


class Account:
    """What one operation costs its caller, whatever becomes of it: charged when it is over."""

    __slots__ = ("budget", "caller", "meter", "paid", "source")

    def __init__(self, budget: Budget, caller: Caller, source: str) -> None:
        self.budget = budget
        self.caller = caller
        self.source = source
        self.meter = Meter()
        self.paid = 0.0

    def settle(self) -> tuple[Header, ...]:
        """Charge what was used since the last time; the headers that say what is left."""
        cost = points_of(self.meter)
        due, self.paid = cost - self.paid, cost
        return self.budget.charge(self.caller, self.source, due)


def points_of(meter: Meter) -> float:
    """The points that an operation costs, by what it used."""
    return (
        REQUEST_POINTS
        + meter.objects
        + meter.statements * STATEMENT_POINTS
        + meter.commands * COMMAND_POINTS
        + meter.seconds * 1000 * MILLISECOND_POINTS
    )


def spender(caller: Caller, source: str) -> Hashable:
    """Who pays for a request."""
    return caller.principal_id if caller.principal_id is not None else network(source)


def headers(buckets: TokenBuckets, left: float) -> tuple[Header, ...]:
    """``RateLimit`` and ``RateLimit-Policy`` of draft-ietf-httpapi-ratelimit-headers: what is left, and seconds until it is full."""
    full = math.ceil((buckets.capacity - left) / buckets.rate)
    return (
        (b"ratelimit-policy", b'"cost";q=%d;w=%d' % (buckets.capacity, buckets.seconds)),
        (b"ratelimit", b'"cost";r=%d;t=%d' % (max(0, left), full)),
    )


class Failures:
    """Failed sign-ins by source: after ten at once one more is answered and logged each half minute."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.buckets = TokenBuckets(FAILURES, FAILURE_SECONDS, clock=clock)

    def record(self, source: str) -> Refusal | None:
        """Count a failure; 429 TOO_MANY_FAILURES with ``Retry-After`` where the source has none left."""
        key = network(source)
        if self.buckets.left(key) >= 1:
            self.buckets.spend(key, 1)
            return None
        wait = self.buckets.wait(key)
        return Refusal(
            429,
            "TOO_MANY_FAILURES",
            "This token or key is refused, and too many sign-ins from this address have failed for it to be said why. "
            f"Ask again in {wait} s, or send a good one now.",
            [(b"retry-after", str(wait).encode())],
        )


@lru_cache(4096)
def network(source: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 of an IPv6 address, within which a caller has as many as they like."""
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
    """The limits of a caller: the widest of their roles; a role that is not named has the general ones.

    Args:
        general: for every role that is not named.
        named: by the role's name.
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
        """What the engine holds a caller to, where it is less than anybody may ask for."""
        limit = self.of(caller)
        return None if limit is self.general else Allowance(limit.objects, limit.page)

    def require_depth(self, caller: Caller, depth: int) -> None:
        """Let an operation of this depth through.

        Raises:
            Refusal: 403 TOO_DEEP_FOR_ROLE.
        """
        limit = self.of(caller).depth
        if depth > limit:
            raise Refusal(
                403, "TOO_DEEP_FOR_ROLE", f"Your role may ask for {limit} levels of fields; this operation has {depth}."
            )

    def tells_schema(self, caller: Caller) -> bool:
        """Whether a caller may ask for the schema."""
        return self.introspection == "all" or (self.introspection == "signed_in" and caller.principal_id is not None)

    def require_introspection(self, caller: Caller) -> None:
        """Let an operation that asks for the schema through.

        Raises:
            Refusal: 403 NO_INTROSPECTION.
        """
        if not self.tells_schema(caller):
            raise Refusal(
                403, "NO_INTROSPECTION", "The schema is not told to you here. The file schema.graphql has all of it."
            )
