"""The address of who asks, behind a proxy too.

uvicorn's ``ProxyHeadersMiddleware`` reads ``X-Forwarded-For`` and ``X-Forwarded-Proto``, for HTTP and WebSockets alike, where the peer is
one of ``UNIONHUB_TRUSTED_PROXIES``: the caller is the first entry from the right that is no trusted proxy. Here stands only what it
lacks: it compares an IPv4 address in IPv6 form with networks of IPv6 only, and takes an entry that is no address for the caller's.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

MAPPED = "::ffff:"
"""Before an IPv4 address, its form in IPv6: how a proxy that listens on both sees and writes its peers."""

UNKNOWN = "unknown"
"""The source of callers whose proxy says of them what is no address: they are one, and share budget and failures."""


def trusted_hosts(networks: Iterable[IPv4Network | IPv6Network]) -> list[str]:
    """Networks as uvicorn's ``forwarded_allow_ips`` takes them; those of IPv4 in IPv6 form too."""
    found = []
    for network in networks:
        found.append(str(network))
        if isinstance(network, IPv4Network):
            found.append(f"{MAPPED}{network.network_address}/{network.prefixlen + 96}")
    return found


def source_of(scope: Scope) -> str:
    """The address of who asks; empty behind a socket that has none."""
    client = scope.get("client")
    return address_of(str(client[0])) if client and client[0] else ""


@lru_cache(4096)
def address_of(host: str) -> str:
    """An address as the audit log and the budgets have it: an IPv4 address in IPv6 form as IPv4; ``unknown`` for what is none."""
    try:
        address = ip_address(host[:64])
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
