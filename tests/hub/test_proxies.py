"""Whose request it is behind proxies that are trusted, and that nobody else can say so."""

from ipaddress import ip_network
from typing import Any

import pytest

from hub.proxies import Proxies

PROXIES = Proxies([ip_network(each) for each in ("10.0.0.0/24", "192.0.2.9", "fd00::/8")])


def seen(peer: str | None, *forwarded: str, proto: tuple[str, ...] = (), kind: str = "http") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]
    headers += [(b"x-forwarded-proto", each.encode("latin-1")) for each in proto]
    scope: dict[str, Any] = {"type": kind, "scheme": "ws" if kind == "websocket" else "http", "headers": headers}
    scope["client"] = None if peer is None else (peer, 4711)
    PROXIES.apply(scope)
    return scope


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("10.0.0.1", ["203.0.113.7"], ("203.0.113.7", 0)),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.7"], ("203.0.113.7", 0)),
        ("10.0.0.1", ["203.0.113.7, 10.0.0.2, 192.0.2.9"], ("203.0.113.7", 0)),
        ("10.0.0.1", ["198.51.100.1", "203.0.113.7", "10.0.0.2"], ("203.0.113.7", 0)),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], ("10.0.0.3", 0)),
        ("10.0.0.1", ["203.0.113.7:5000"], ("203.0.113.7", 5000)),
        ("10.0.0.1", ["[2001:db8::7]:5000"], ("2001:db8::7", 5000)),
        ("10.0.0.1", ["[2001:db8::7]"], ("2001:db8::7", 0)),
        ("10.0.0.1", ["2001:DB8:0::7"], ("2001:db8::7", 0)),
        ("10.0.0.1", ["::ffff:203.0.113.7"], ("203.0.113.7", 0)),
        ("10.0.0.1", ["203.0.113.7, ::ffff:10.0.0.2"], ("203.0.113.7", 0)),
        ("::ffff:10.0.0.1", ["203.0.113.7"], ("203.0.113.7", 0)),
        ("fd00::1", ["203.0.113.7"], ("203.0.113.7", 0)),
        ("fd00::1%eth0", ["203.0.113.7"], ("203.0.113.7", 0)),
    ],
)
def test_the_caller_is_the_first_from_the_right_that_is_no_proxy(
    peer: str, forwarded: list[str], caller: tuple[str, int]
) -> None:
    assert seen(peer, *forwarded)["client"] == caller


@pytest.mark.parametrize(
    ("forwarded", "caller"),
    [
        ([], "10.0.0.1"),
        ([""], "10.0.0.1"),
        (["unknown"], "10.0.0.1"),
        (["203.0.113.7, unknown"], "10.0.0.1"),
        (["203.0.113.7,"], "10.0.0.1"),
        (["203.0.113.7, _hidden, 10.0.0.2"], "10.0.0.2"),
        (["203.0.113.999"], "10.0.0.1"),
        (["[2001:db8::7"], "10.0.0.1"),
        (["[2001:db8::7]x"], "10.0.0.1"),
        (["203.0.113.7:port"], "203.0.113.7"),
        (["203.0.113.7\xff"], "10.0.0.1"),
        (["9" * 60_000], "10.0.0.1"),
        (["1.1.1.1," * 10_000 + "203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7" + ", 10.0.0.2" * 10_000], "10.0.0.2"),
    ],
)
def test_what_is_no_address_is_nobody_and_the_proxy_that_wrote_it_is_the_caller(
    forwarded: list[str], caller: str
) -> None:
    assert seen("10.0.0.1", *forwarded)["client"][0] == caller


@pytest.mark.parametrize("peer", ["10.0.1.1", "203.0.113.7", "2001:db8::1", "testclient", "", None])
def test_nobody_else_is_believed(peer: str | None) -> None:
    scope = seen(peer, "198.51.100.1", proto=("https",))
    assert (scope["client"], scope["scheme"]) == (None if peer is None else (peer, 4711), "http")


@pytest.mark.parametrize(
    ("given", "kind", "scheme"),
    [
        (("https",), "http", "https"),
        (("HTTPS",), "http", "https"),
        (("https",), "websocket", "wss"),
        (("wss",), "websocket", "wss"),
        (("wss",), "http", "https"),
        (("http",), "websocket", "ws"),
        (("https, http",), "http", "http"),
        (("https", "https"), "http", "http"),
        (("javascript",), "websocket", "ws"),
        ((), "http", "http"),
    ],
)
def test_the_scheme_is_what_the_proxy_says(given: tuple[str, ...], kind: str, scheme: str) -> None:
    assert seen("10.0.0.1", proto=given, kind=kind)["scheme"] == scheme
