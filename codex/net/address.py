"""The destination of a request: URLs split into parts, and the proxy that the environment names.

Pure. Must not put user names, passwords or query values into a message for the user.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from codex.net.failure import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORTS = {"http": 80, "https": 443}
SENDABLE = "%/:@!$&'()*+,;=~[]|"
"""Characters that are not percent-encoded in a path or query, besides letters and digits."""
MAX_LABEL_CHARS = 63
"""Longest label of a host name, by RFC 1035."""
MAX_PORT_DIGITS = 5


class Address(NamedTuple):
    """The parts of a URL that a request needs."""

    scheme: str
    host: str
    """Host name or IP address, in ASCII, without brackets."""
    port: int
    target: str
    """Path and query, percent-encoded; may be empty."""
    userinfo: str | None = None
    """What the URL has before `@`, decoded: `user:password` or `user`; None if it has none."""

    @property
    def origin(self) -> str:
        """`scheme://host`, with the port if it is not the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    def __str__(self) -> str:
        """Return the URL for messages: without user name, password and query."""
        return self.origin + self.target.partition("?")[0]


class Proxy(NamedTuple):
    """A proxy, and the name of the environment variable that holds its URL."""

    address: Address
    variable: str


def endpoint(base_url: str, path: str, query: Mapping[str, str]) -> Address:
    """Return the address of `path` below `base_url`; `query` is added to the query of `base_url`.

    Raises: RequestError, if `base_url` is not an http or https URL.
    """
    base = parse_url(base_url, ("http", "https"), what="base_url")
    base_path, _, base_query = base.target.partition("?")
    pairs = [*parse_qsl(base_query, keep_blank_values=True), *query.items()]
    encoded = urlencode(pairs, errors="replace")
    target = base_path.rstrip("/") + path + (f"?{encoded}" if pairs else "")
    return base._replace(target=target)


def parse_url(url: str, schemes: tuple[str, ...], *, what: str) -> Address:
    """Parse a URL; a port that it does not give is the scheme's default.

    Args: what: name of the setting or variable that holds the URL, for the error.
    Raises: RequestError, if the URL is invalid, has no host, or its scheme is not in `schemes`.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError as error:
        # Python's message quotes the invalid port, which may be a part of a password.
        raise RequestError(
            f"{what} is not a valid URL: its host or port cannot be read",
            kind="config",
            phase="request",
            advice="A user name or password in a URL must be percent-encoded.",
        ) from error
    if parts.scheme not in schemes or not _is_host(host):
        raise RequestError(
            f"{what} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)} "
            f"and name a host, got scheme {parts.scheme!r} and host {host!r}",
            kind="config",
            phase="request",
        )
    target = quote(parts.path, SENDABLE, errors="replace")
    if parts.query:
        target += "?" + quote(parts.query, SENDABLE + "?", errors="replace")
    userinfo, at, _ = parts.netloc.rpartition("@")
    return Address(parts.scheme, host, port, target, unquote(userinfo) if at else None)


def _is_host(host: str) -> bool:
    """Return whether the host is safe to look up and to write into a request."""
    is_clean = all(char.isalnum() or char in "-._:%" for char in host)
    return bool(host) and is_clean and max(map(len, host.split("."))) <= MAX_LABEL_CHARS


def proxy_for(address: Address, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for `address`; None if no proxy is set, or NO_PROXY exempts the address.

    As in curl, the lower-case name of a variable takes precedence.
    Raises: RequestError, if the variable does not name a usable proxy.
    """
    if _is_exempt(address, _get(environ, "NO_PROXY")[1]):
        return None
    for name in (f"{address.scheme}_proxy".upper(), "ALL_PROXY"):
        variable, value = _get(environ, name)
        if value:
            url = value if "://" in value else f"http://{value}"
            return Proxy(parse_url(url, ("http", "https"), what=variable), variable)
    return None


def _get(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    variable = name.lower() if environ.get(name.lower(), "").strip() else name
    return variable, environ.get(variable, "").strip()


def _is_exempt(address: Address, no_proxy: str) -> bool:
    entries = no_proxy.replace(",", " ").split()
    return any(_matches(entry.lower(), address) for entry in entries)


def _matches(entry: str, address: Address) -> bool:
    """Return whether a NO_PROXY entry covers the address.

    An entry is `*`, a host, a domain (with all below it), an IP address or a CIDR block, perhaps
    with a port.
    """
    if entry == "*":
        return True
    pattern, port = _split_port(entry)
    if port is not None and port != address.port:
        return False
    if _is_in_network(address.host, pattern):
        return True
    domain = pattern.removeprefix("*").lstrip(".")
    host = address.host.lower()
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        return host, _port(rest[1:])
    host, _, digits = entry.rpartition(":")
    port = _port(digits)
    # More than one colon is an IPv6 address without brackets.
    return (host, port) if host and ":" not in host and port is not None else (entry, None)


def _port(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= MAX_PORT_DIGITS else None


def _is_in_network(host: str, pattern: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


def basic_authorization(userinfo: str) -> str:
    """Return the value of an Authorization header for `user:password`."""
    data = userinfo.encode("utf-8", "replace")
    return f"Basic {binascii.b2a_base64(data, newline=False).decode()}"
