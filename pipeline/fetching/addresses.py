"""Which addresses may be asked, and which one a colleague elsewhere can open."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import quote, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from pipeline.base.errors import FetchError

# In a path or query (RFC 3986, 3.3 and 3.4); what is percent-encoded already stays so.
SENT_AS_IT_IS = "/?:@!$&'()*+,;=~%[]"
PORTS = {"http": 80, "https": 443}
# IPv6 addresses whose last 32 bits are an IPv4 address (RFC 6052, 2.1; RFC 4291, 2.5.5).
HOLDING_IPV4 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0/96")))
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
Origin = tuple[str, str, int]


def origin_of(url: str) -> Origin:
    """Scheme, host and port. Raises `FetchError` for an address that is not http(s).

    >>> origin_of("https://Democracy.example.gov.uk/a?b#c")
    ('https', 'democracy.example.gov.uk', 443)
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = (parts.hostname or "").lower().removesuffix(".")
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise FetchError(
            f"{url[:200]} is not a web address that can be fetched.",
            "Only http and https addresses are, without a user name in them.",
        )
    return parts.scheme, host, port or PORTS[parts.scheme]


def join(base: str, link: str) -> str:
    """The address that a link on the page `base` leads to, without its fragment; "" for none.

    Spaces and the like in its path are written as browsers send them.

    >>> join("https://democracy.example.gov.uk/a", "/documents/s1/Visit report.pdf#page=2")
    'https://democracy.example.gov.uk/documents/s1/Visit%20report.pdf'
    """
    try:
        parts = urlsplit(urljoin(base, link.strip()))
    except ValueError:
        return ""
    path, query = (quote(part, safe=SENT_AS_IT_IS) for part in (parts.path, parts.query))
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


class Mirror:
    """The site that stands in for the public ones, if there is one (`--site`).

    Raises `FetchError` if `site` is not an http(s) address.
    """

    def __init__(self, site: str = "") -> None:
        self.origin = origin_of(site) if site else None
        self._netloc = urlsplit(site).netloc
        self._hosts: set[str] = set()  # those that it has stood in for

    def asked(self, url: str) -> str:
        """The address to ask for a public one."""
        if self.origin is None:
            return url
        self._hosts.add(origin_of(url)[1])
        return urlunsplit((self.origin[0], self._netloc, *urlsplit(url)[2:]))

    def redirected(self, url: str) -> str:
        """The address to ask where a redirect leads: a public site may name itself."""
        return self.asked(url) if origin_of(url)[1] in self._hosts else url

    def is_here(self, url: str) -> bool:
        """Whether an address is on the mirror, whatever its scheme and port."""
        if self.origin is None:
            return False
        here, host = self.origin[1], origin_of(url)[1]
        return host == here or {host, here} <= THIS_MACHINE


def check_public(url: str, named: Iterable[Origin]) -> None:
    """Raise `FetchError` if an address leads into a private network and nobody `named` its site.

    Otherwise a page could make this machine ask its own network on the page's behalf.
    """
    origin = origin_of(url)
    if origin in named:
        return
    _, host, port = origin
    for address in [host] if goes_by_proxy(url) else _addresses_of(host, port):
        check_address(address, url)


def check_address(address: str, url: str) -> None:
    """Raise `FetchError` if `address`, that of the host of `url`, is in a private network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        private = address == "localhost" or address.endswith((".localhost", ".local"))
    else:
        found = _ipv4_within(found)
        private = (
            not found.is_global or found.is_multicast or getattr(found, "is_site_local", False)
        )
    if private:
        raise FetchError(
            f"{url[:200]} is in a private network and is not fetched.",
            "If you trust it, name it yourself: with --site or in the list of --urls.",
        )


def _ipv4_within(
    found: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address leads to, if it does; else the address itself."""
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if any(found in network for network in HOLDING_IPV4):
        return ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
    return found.sixtofour or found


def goes_by_proxy(url: str) -> bool:
    """Whether this machine reaches the address through a proxy, which then looks up the host."""
    scheme, host, _ = origin_of(url)
    given = getproxies()
    proxied = bool(given.get(scheme) or given.get("all"))
    return host not in THIS_MACHINE and proxied and not proxy_bypass(host)


def _addresses_of(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return [host]
    return [str(entry[4][0]) for entry in found]
