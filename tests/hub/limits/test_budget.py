"""Budgets, failures and limits by role."""

import pytest

from db.access import Role
from hub.errors import Refusal
from hub.limits.budget import FAILURES, Budget, Failures, RoleLimits, TokenBuckets, network
from hub.settings import RoleLimit
from resolvers.access.callers import PUBLIC, Caller, Grant

WORKER = Caller("w", 7, (Grant(Role.WORKER),), member_id=1)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def header(given: object, name: bytes) -> str:
    return dict(given)[name].decode()  # type: ignore[call-overload,no-any-return]


def test_budget_is_spent_refilled_and_told() -> None:
    clock = Clock()
    budget = Budget(1_000, 100, 60, clock=clock)
    budget.require(WORKER, "192.0.2.1")
    given = budget.charge(WORKER, "192.0.2.1", 600)
    assert header(given, b"ratelimit-policy") == '"cost";q=1000;w=60'
    assert header(given, b"ratelimit") == '"cost";r=400;t=36'
    budget.charge(WORKER, "192.0.2.1", 600)
    with pytest.raises(Refusal) as caught:
        budget.require(WORKER, "192.0.2.9")
    assert (caught.value.status, caught.value.code) == (429, "TOO_MANY_REQUESTS")
    assert int(dict(caught.value.headers)[b"retry-after"]) == 13
    clock.now += 13
    budget.require(WORKER, "192.0.2.1")


def test_debt_is_bounded_by_one_capacity() -> None:
    clock = Clock()
    budget = Budget(1_000, 100, 60, clock=clock)
    for _ in range(50):
        budget.charge(WORKER, "", 10**9)
    clock.now += 61
    budget.require(WORKER, "")


def test_anonymous_callers_pay_by_their_network() -> None:
    budget = Budget(1_000, 100, 60, clock=Clock())
    budget.charge(PUBLIC, "2001:db8:1:2::1", 200)
    with pytest.raises(Refusal):
        budget.require(PUBLIC, "2001:db8:1:2:ffff::9")
    budget.require(PUBLIC, "2001:db8:1:3::1")
    budget.require(WORKER, "2001:db8:1:2::1")


def test_zero_is_no_limit() -> None:
    budget = Budget(0, 100, 60)
    assert budget.charge(WORKER, "", 10**9) == ()
    budget.require(WORKER, "")


def test_buckets_are_bounded() -> None:
    buckets = TokenBuckets(10, 10, max_count=100)
    for number in range(1_000):
        buckets.spend(number, 1)
    buckets.levels.run_pending_tasks()
    assert buckets.levels.count() == 100
    assert buckets.left(0) == 10
    assert buckets.left(999) < 10, "the one that spent longest ago is forgotten first"


def test_failures_of_one_source_end_in_429_and_are_forgiven() -> None:
    clock = Clock()
    failures = Failures(clock=clock)
    for _ in range(FAILURES):
        assert failures.record("192.0.2.1") is None
    held = failures.record("::ffff:192.0.2.1")
    assert held is not None
    assert (held.status, held.code) == (429, "TOO_MANY_FAILURES")
    assert failures.record("192.0.2.2") is None
    clock.now += int(dict(held.headers)[b"retry-after"])
    assert failures.record("192.0.2.1") is None
    assert failures.record("192.0.2.1") is not None


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:0db8:0000:0000::/64"),
        ("fe80::1%eth0", "fe80:0000:0000:0000::/64"),
        ("", ""),
        ("x" * 500, "x" * 64),
    ],
)
def test_source_is_an_address_or_its_network(source: str, found: str) -> None:
    assert network(source) == found


def test_roles_widen_each_other() -> None:
    limits = RoleLimits(RoleLimit(20, 25_000, 200), {"ANALYST": RoleLimit(12, 9, 50), "WORKER": RoleLimit(8, 99, 900)})
    assert limits.of(PUBLIC) == (12, 9, 50)
    assert limits.of(WORKER) == (8, 99, 200)
    assert limits.of(Caller("b", 1, (Grant(Role.WORKER), Grant(Role.ANALYST)))) == (12, 99, 200)
    assert limits.of(Caller("b", 1, (Grant(Role.WORKER), Grant(Role.HR_BUREAU, division_id=1)))) == (20, 25_000, 200)
    assert limits.of(Caller("n", 1, (Grant(Role.ANALYST),), everything=True)) == (20, 25_000, 200)
    assert limits.allowance(WORKER) == (99, 200)
    assert limits.allowance(Caller("n", 1, (Grant(Role.ANALYST),), everything=True)) is None
    with pytest.raises(Refusal) as caught:
        limits.require_depth(WORKER, 9)
    assert (caught.value.status, caught.value.code) == (403, "TOO_DEEP_FOR_ROLE")
