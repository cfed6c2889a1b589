"""The address of the caller, also behind a proxy.

uvicorn's ``ProxyHeadersMiddleware`` reads ``X-Forwarded-For`` and ``X-Forwarded-Proto``, for HTTP and WebSockets alike, where the peer is
one of ``UNIONHUB_TRUSTED_PROXIES``: the caller is the first entry from the right that is not a trusted proxy. This module adds what
it lacks: it compares an IPv4 address in IPv6 form with IPv6 networks only, and accepts an entry that is not an address.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

MAPPED = "::ffff:"
"""Prefix of an IPv4 address in IPv6 form, as a proxy that listens on both protocols writes its peers."""

UNKNOWN = "unknown"
"""The source of callers for whom the proxy sends something that is not an address: all share one budget and count of failures."""


def trusted_hosts(networks: Iterable[IPv4Network | IPv6Network]) -> list[str]:
    """Networks for uvicorn's ``forwarded_allow_ips``; IPv4 networks in IPv6 form too."""
    found = []
    for network in networks:
        found.append(str(network))
        if isinstance(network, IPv4Network):
            found.append(f"{MAPPED}{network.network_address}/{network.prefixlen + 96}")
    return found


def source_of(scope: Scope) -> str:
    """The address of the caller; empty on a socket without addresses."""
    client = scope.get("client")
    return address_of(str(client[0])) if client and client[0] else ""


@lru_cache(4096)
def address_of(host: str) -> str:
    """An address as audit log and budgets use it: IPv4 also where it came in IPv6 form; ``unknown`` if it is not an address."""
    try:
        address = ip_address(host[:64])
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
