"""One page, one address: without this a crawler fetches the same page under many names."""

from collections import Counter
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

USUAL_PORTS = {"http": ":80", "https": ":443"}
LONGEST = 500  # characters; longer ones are made by programs that run in circles


def absolute(base: str, link: str) -> str | None:
    """Where a link of the page at `base` leads; None when it leads to no page (mailto:, …)."""
    try:
        address = urljoin(base, link.strip())
        parts = urlsplit(address)
        _ = parts.port  # raises ValueError if it is none
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname else None


def normal(address: str) -> str:
    """The one form of an address: no #fragment, no utm_… for statistics, the query in order."""
    parts = urlsplit(address)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.startswith("utm_")
    ]
    host = parts.netloc.lower().removesuffix(USUAL_PORTS.get(parts.scheme, ""))
    path = quote(parts.path.rstrip("/") or "/", safe="/%:@!$&'()*+,;=~")
    return urlunsplit((parts.scheme, host, path, urlencode(sorted(query), quote_via=quote), ""))


def site(address: str) -> str:
    """`http://host:port/`: what all pages of a site begin with."""
    parts = urlsplit(normal(address))
    return f"{parts.scheme}://{parts.netloc}/"


def is_local(address: str) -> bool:
    """Whether the site runs on this machine, where we disturb nobody but ourselves."""
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def is_trap(address: str) -> bool:
    """Whether the address looks like one of an endless row: ?sort=a&sort=b, /x/x/x, very long."""
    parts = urlsplit(address)
    names = Counter(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    folders = Counter(filter(None, parts.path.split("/")))
    return (
        len(address) > LONGEST
        or max(names.values(), default=0) > 1
        or max(folders.values(), default=0) > 2
    )
