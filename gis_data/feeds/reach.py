"""Where a bureau's feed or camera may be fetched from (docs/feeds.md), decided where the connection is made.

A name is resolved here, and what was checked is what is connected to: no name can say one address to the check and
another to the connection.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

_METADATA = frozenset(
    ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
"""Where clouds tell machines their own secrets, beside the link-local 169.254.0.0/16."""
_THIS_NETWORK = ip_network("0.0.0.0/8")


class Forbidden(httpx.ConnectError):
    """The address is none that may be asked; the text holds neither name nor number."""


def allowed(address: str, *, loopback: bool) -> bool:
    """Whether an IP address may be asked: any but this machine's own, its link's, and those of clouds' metadata.

    loopback : this machine itself may be asked, too. Private ranges may: bureaus are on the intranet.
    """
    spot = _plain(ip_address(address.partition("%")[0]))
    if spot.is_loopback:
        return loopback
    odd = spot.is_link_local or spot.is_unspecified or spot.is_multicast or spot.is_reserved
    return not (odd or spot in _METADATA or spot in _THIS_NETWORK)


def _plain(spot: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one only wraps."""
    if isinstance(spot, IPv6Address):
        return spot.ipv4_mapped or spot.sixtofour or spot
    return spot


class Door(httpx.AsyncBaseTransport):
    """Connects to addresses that may be asked; Forbidden when a name says any other.

    No connection is kept for the next request: two bureaus behind one address must not share one.
    """

    def __init__(self, *, loopback: bool, most: int = 64) -> None:
        self._loopback = loopback
        limits = httpx.Limits(max_connections=most, max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first of the host's addresses that takes a connection."""
        host = request.url.raw_host.decode("ascii")
        fault: httpx.TransportError = httpx.ConnectError("no address")
        for address in await self._addresses(host, request.url.port):
            there = httpx.Request(
                request.method, request.url.copy_with(host=address), headers=request.headers,
                stream=request.stream, extensions={**request.extensions, "sni_hostname": host},
            )  # fmt: skip
            try:
                return await self._inner.handle_async_request(there)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                fault = error
        raise fault

    async def _addresses(self, host: str, port: int | None) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError("no such name") from error
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not all(allowed(address, loopback=self._loopback) for address in addresses):
            raise Forbidden("an address that may not be asked")
        return addresses

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()
