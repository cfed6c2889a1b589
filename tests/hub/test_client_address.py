"""Whose request it is behind proxies that are trusted, and that nobody else can say so."""

from ipaddress import ip_network
from typing import Any, cast

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hub import serve
from hub.client_address import UNKNOWN, source_of, trusted_hosts
from hub.settings import BadSettingError, Settings, load

NETWORKS = [ip_network(each) for each in ("10.0.0.0/24", "192.0.2.9", "fd00::/8")]


async def seen(
    peer: str | None, *forwarded: str, proto: tuple[str, ...] = (), kind: str = "http", networks: Any = NETWORKS
) -> tuple[str, str]:
    """The source and the scheme of a request of a peer with these headers, as the application has them."""
    headers = [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]
    headers += [(b"x-forwarded-proto", each.encode("latin-1")) for each in proto]
    scope: dict[str, Any] = {"type": kind, "scheme": "ws" if kind == "websocket" else "http", "headers": headers}
    scope["client"] = None if peer is None else (peer, 4711)
    found = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.append((source_of(scope), scope["scheme"]))

    await ProxyHeadersMiddleware(cast(Any, application), trusted_hosts(networks))(cast(Any, scope), None, None)  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7, 10.0.0.2, 192.0.2.9"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["203.0.113.7:5000"], "203.0.113.7"),
        ("10.0.0.1", ["[2001:db8::7]:5000"], "2001:db8::7"),
        ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
        ("10.0.0.1", ["2001:DB8:0::7"], "2001:db8::7"),
        ("10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7, ::ffff:10.0.0.2"], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7, ::ffff:192.0.2.9"], "203.0.113.7"),
        ("::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("fd00::1", ["203.0.113.7"], "203.0.113.7"),
        ("fd00::1%eth0", ["203.0.113.7"], "203.0.113.7"),
    ],
)
async def test_the_caller_is_the_first_from_the_right_that_is_no_proxy(
    peer: str, forwarded: list[str], caller: str, kind: str
) -> None:
    assert (await seen(peer, *forwarded, kind=kind))[0] == caller


@pytest.mark.parametrize(
    ("forwarded", "caller"),
    [
        ([], "10.0.0.1"),
        ([""], "10.0.0.1"),
        (["203.0.113.7,"], "10.0.0.1"),
        (["unknown"], UNKNOWN),
        (["unix:"], UNKNOWN),
        (["203.0.113.7, unknown"], UNKNOWN),
        (["203.0.113.7, _hidden, 10.0.0.2"], UNKNOWN),
        (["203.0.113.999"], UNKNOWN),
        (["[2001:db8::7"], UNKNOWN),
        (["203.0.113.7\xff"], UNKNOWN),
        (["x" * 60_000], UNKNOWN),
        (["9" * 60_000], UNKNOWN),
        (["1.1.1.1," * 10_000 + "203.0.113.7"], "203.0.113.7"),
    ],
)
async def test_what_is_no_address_is_one_unknown_source(forwarded: list[str], caller: str) -> None:
    assert (await seen("10.0.0.1", *forwarded))[0] == caller


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("peer", ["10.0.1.1", "203.0.113.7", "2001:db8::1", "127.0.0.1", "::1", "", None])
async def test_nobody_else_is_believed(peer: str | None, kind: str) -> None:
    found = await seen(peer, "198.51.100.1", proto=("https",), kind=kind)
    assert found == (peer or "", "ws" if kind == "websocket" else "http")


@pytest.mark.parametrize(
    ("given", "kind", "scheme"),
    [
        ("https", "http", "https"),
        ("https", "websocket", "wss"),
        ("http", "websocket", "ws"),
        ("javascript", "http", "http"),
    ],
)
async def test_the_scheme_is_what_the_proxy_says(given: str, kind: str, scheme: str) -> None:
    assert (await seen("10.0.0.1", "203.0.113.7", proto=(given,), kind=kind))[1] == scheme


def test_nobody_is_trusted_unless_a_setting_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own variable, which is not ours
    config = serve.config(settings)
    assert (config.proxy_headers, config.forwarded_allow_ips) == (False, [])
    config = serve.config(settings.model_copy(update={"trusted_proxies": (ip_network("10.0.0.5"),)}))
    assert (config.proxy_headers, config.forwarded_allow_ips) == (True, ["10.0.0.5/32", "::ffff:10.0.0.5/128"])


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_TRUSTED_PROXIES", "10.0.0.5, 10.1.0.0/16 fd00::/8")
    found = load()
    assert found.trusted_proxies == tuple(map(ip_network, ("10.0.0.5", "10.1.0.0/16", "fd00::/8")))
    assert found.shown()["UNIONHUB_TRUSTED_PROXIES"] == "10.0.0.5/32, 10.1.0.0/16, fd00::/8"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("*", "must be addresses or networks"),
        ("proxy.example.org", "must be addresses or networks"),
        ("10.0.0.5/8", "must be addresses or networks"),
        ("0.0.0.0/0", "must not be all addresses"),
        ("10.0.0.5, ::/0", "must not be all addresses"),
    ],
)
def test_what_is_no_proxy_is_named(monkeypatch: pytest.MonkeyPatch, given: str, why: str) -> None:
    monkeypatch.setenv("UNIONHUB_TRUSTED_PROXIES", given)
    with pytest.raises(BadSettingError, match=f"UNIONHUB_TRUSTED_PROXIES: {why}"):
        load()
