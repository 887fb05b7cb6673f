"""What the site answers to a request. No network here: an address in, an answer out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from data.wholesaler import pages, sheets, words

CRAWL_DELAY = 0.02  # seconds, as robots.txt says
HTML = "text/html; charset=utf-8"
XML = "application/xml"
GONE = {9010}


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)
    slow: bool = False  # wait before the answer
    cut: bool = False  # break off in the middle of the body
    stream: Iterator[bytes] | None = None  # a body whose length nobody has counted


def answer(target: str, host: str, visit: int = 1) -> Answer:
    """The answer to GET target; `visit` counts how often this page has been asked for."""
    address = urlsplit(target)
    path, query = address.path, address.query
    if match := re.fullmatch(r"/book/(\d{1,9})/?", path):
        return _book(int(match[1]), host, visit)
    if match := re.fullmatch(r"/category/([a-z]+)", path):
        known = match[1] in words.CATEGORIES
        return _html(pages.category(host, match[1], _page_number(query)) if known else None, host)
    if match := re.fullmatch(r"/calendar/(\d{4})/(0[1-9]|1[0-2])", path):
        return _html(pages.calendar(host, int(match[1]), int(match[2])), host)
    if match := re.fullmatch(r"/bog/(\d{1,9})", path):
        return _moved(f"/book/{match[1]}")
    if match := re.fullmatch(r"/sitemap-(\d{1,9})\.xml", path):
        part = pages.sitemap_part(host, int(match[1]))
        return Answer(200, part.encode(), XML) if part else _html(None, host)
    match path:
        case "/":
            return _html(pages.front(host), host)
        case "/books":
            return _html(_list(host, query), host)
        case "/about":
            return _html(pages.about(host), host)
        case "/robots.txt":
            return Answer(200, pages.robots(host, CRAWL_DELAY).encode(), "text/plain")
        case "/sitemap.xml":
            return Answer(200, pages.sitemap_index(host).encode(), XML)
        case "/search" | "/basket/":
            return _html(pages.plain(host, "Kun for mennesker"), host)
        case "/loop/1":
            return _moved("/loop/2")
        case "/loop/2":
            return _moved("/loop/1")
        case "/catalogue.pdf":
            return Answer(200, b"%PDF-1.4\n%%EOF\n", "application/pdf")
        case "/everything":
            return Answer(200, stream=_everything(host))
    return _html(None, host)


def _book(number: int, host: str, visit: int) -> Answer:
    if number in GONE:
        return _html(pages.plain(host, "410 Væk for altid"), host, 410)
    page = sheets.every().get(number)
    if page is None:
        return _html(None, host)
    first = visit == 1
    if first and page.fault == "error_500_once":
        return _html(pages.plain(host, "500 Noget gik galt"), host, 500)
    if first and page.fault == "busy_503_once":
        busy = pages.plain(host, "503 Kom igen om lidt").encode()
        return Answer(503, busy, headers={"Retry-After": "1"})
    sheet = page.sheet
    return Answer(
        200,
        pages.book(host, page).encode(sheet.encoding),
        f"text/html; charset={sheet.header}" if sheet.header else "text/html",
        slow=first and page.fault == "slow_once",
        cut=first and page.fault == "cut_once",
    )


def _html(text: str | None, host: str, status: int = 200) -> Answer:
    if text is None:
        return Answer(404, pages.plain(host, "404 Findes ikke").encode())
    return Answer(status, text.encode())


def _moved(path: str) -> Answer:
    return Answer(301, headers={"Location": path})


def _list(host: str, query: str) -> str | None:
    if "sort" in parse_qs(query):
        return pages.sorted_list(host, query)
    return pages.book_list(host, _page_number(query))


def _page_number(query: str) -> int:
    (text, *_) = parse_qs(query).get("page", ["1"])
    return int(text) if re.fullmatch(r"[1-9]\d{0,6}", text) else 10**7


def _everything(host: str) -> Iterator[bytes]:
    """50 MB."""
    yield pages.plain(host, "Hele kataloget").encode()
    for _ in range(800):
        yield b"<p>En bog til.</p>" * 3640
