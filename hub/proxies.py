"""Who asks behind a proxy: ``X-Forwarded-For`` and ``X-Forwarded-Proto``, of proxies that are trusted by a setting and of nobody else."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

SCHEMES = {b"http": "http", b"https": "https", b"ws": "http", b"wss": "https"}

MAX_HOPS = 32
"""Entries of ``X-Forwarded-For`` that are looked at, from its end."""


class Proxies:
    """The proxies that are trusted.

    The rule is that of uvicorn's ``ProxyHeadersMiddleware``: each proxy appends whom it was asked by, so that the first entry from the right
    that is no trusted proxy is the caller; if all are trusted, the leftmost is. Beyond that an IPv4 address in IPv6 form is the IPv4 address,
    and an entry that is no address ends the search: the caller is then the proxy that wrote it.

    Args:
        networks: of the proxies.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self.networks = tuple(networks)
        self.trusts = lru_cache(4096)(self._trusts)

    def _trusts(self, host: str) -> bool:
        address = address_of(host)
        return address is not None and any(address in network for network in self.networks)

    def apply(self, scope: Scope) -> None:
        """Put the caller's address and scheme in the place of the proxy's, if the peer is a proxy that is trusted."""
        client = scope.get("client")
        if not client or not self.trusts(client[0]):
            return
        forwarded: list[bytes] = []
        protocols: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                forwarded.append(value)
            elif name == b"x-forwarded-proto":
                protocols.append(value)
        if forwarded:
            scope["client"] = self.caller(b",".join(forwarded).decode("latin-1"), client)
        scheme = SCHEMES.get(protocols[0].strip().lower()) if len(protocols) == 1 else None
        if scheme is not None:
            scope["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme

    def caller(self, forwarded: str, peer: tuple[str, int]) -> tuple[str, int]:
        """The address and port (0 if it is not said) that ``X-Forwarded-For`` of a trusted peer names as the caller's."""
        found = peer
        for entry in reversed(forwarded.split(",")[-MAX_HOPS:]):
            host, port = split(entry.strip())
            address = address_of(host)
            if address is None:
                return found
            found = (str(address), port)
            if not self.trusts(found[0]):
                return found
        return found


def split(entry: str) -> tuple[str, int]:
    """The host and the port of ``192.0.2.1``, ``192.0.2.1:5000``, ``2001:db8::1`` or ``[2001:db8::1]:5000``; 0 where there is no port."""
    host, port = entry, ""
    if entry.startswith("["):
        host, closed, port = entry[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            return entry, 0
        port = port[1:]
    elif entry.count(":") == 1:
        host, _, port = entry.partition(":")
    return host, int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0


def address_of(host: str) -> Address | None:
    """The address that a text is; an IPv4 address in IPv6 form is the IPv4 address. None for any other text."""
    try:
        address = ip_address(host.partition("%")[0] if len(host) <= 64 else "")
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
