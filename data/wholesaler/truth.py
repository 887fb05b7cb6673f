"""What a good crawler finds on this site: no more, no less."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from data.wholesaler import sheets
from data.wholesaler.faults import FAULTS
from data.wholesaler.sheets import Page


@dataclass(frozen=True)
class TrueBook:
    isbn: str
    title: str
    price: Decimal
    currency: str
    priced: date
    published: date | None
    url: str  # the page whose price counts


@dataclass(frozen=True)
class Truth:
    books: dict[str, TrueBook]  # isbn -> what the shop must hold
    pages: set[str]  # the addresses of all pages about books
    rejects: dict[str, str]  # address -> reason code: pages that cannot become a book
    failed: dict[str, str]  # address -> reason code: pages that cannot be had
    skipped: dict[str, str]  # address -> reason code: what is no page, or not to be fetched


FAILED = {
    "dead_link": (["book/9001", "book/9002"], "http_404"),
    "dead_in_sitemap": (["book/9003", "book/9004"], "http_404"),
    "page_past_the_end": (["books?page=999"], "http_404"),
    "gone": (["book/9010"], "http_410"),
    "huge_page": (["everything"], "too_large"),
}
SKIPPED = {
    "old_address": ([f"bog/{page.book.number}" for page in sheets.having("old_address")], "moved"),
    "redirect_loop": (["loop/1", "loop/2"], "moved"),
    "robots_disallowed": (["search?q=", "search?q=%C3%A6bler", "basket"], "robots"),
    "growing_sort": (
        [
            "books?sort=price&sort=price",
            "books?sort=price&sort=title",
            "books?sort=title&sort=title",
        ],
        "trap",
    ),
    "pdf": (["catalogue.pdf"], "not_html"),
    "other_hosts": (
        ["https://www.nordlys.example/", "http://books.example/list?page=1"],
        "other_host",
    ),
}


def truth(address: str = "http://127.0.0.1/") -> Truth:
    """The truth about the site at `address`, which ends with a slash. Addresses are normalised:

    no fragment, no utm_ parameters, the query sorted, no slash at the end of a path.
    """

    def url(page: Page) -> str:
        return address + page.path.removeprefix("/")

    rejects = {
        url(page): FAULTS[page.fault].reject
        for page in sheets.every().values()
        if page.fault and FAULTS[page.fault].reject
    }
    books: dict[str, TrueBook] = {}
    for page in sheets.every().values():
        if url(page) in rejects:
            continue
        book = page.book
        older = books.get(book.isbn)
        if older is None or older.priced < book.priced:  # the newer price counts
            books[book.isbn] = TrueBook(
                book.isbn,
                book.title,
                book.price,
                book.currency,
                book.priced,
                book.published,
                url(page),
            )
    return Truth(
        books=books,
        pages={url(page) for page in sheets.every().values()},
        rejects=rejects,
        failed=_addresses(address, FAILED),
        skipped=_addresses(address, SKIPPED),
    )


def _addresses(address: str, groups: dict) -> dict[str, str]:
    return {
        path if "://" in path else address + path: reason
        for paths, reason in groups.values()
        for path in paths
    }
