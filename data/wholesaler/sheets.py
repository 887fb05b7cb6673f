"""What each page about a book says, faults included."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

from data.wholesaler import books, words
from data.wholesaler.books import Book
from data.wholesaler.faults import FAULTS

EVERY = 4  # every fourth book has a fault
STRIDE = 77  # so that equal faults do not stand side by side
SECOND_PAGE = 2000  # the second page about book 1001 is /book/3001


@dataclass(frozen=True)
class Sheet:
    """The texts of a page about a book, and how its letters become bytes."""

    lang: str
    isbn: str
    title: str
    author: str
    price: str
    priced: str
    published: str
    title_html: str = ""  # the title as HTML, where it is not just the title's letters
    price_before: str = ""  # a price that is crossed out
    encoding: str = "utf-8"  # what the bytes are
    header: str = "utf-8"  # what the header says they are
    meta: str = "utf-8"  # what the page says they are


@dataclass(frozen=True)
class Page:
    book: Book  # what is true
    sheet: Sheet  # what the page says
    fault: str = ""

    @property
    def path(self) -> str:
        return f"/book/{self.book.number}"


@cache
def every() -> dict[int, Page]:
    """All pages about books, by number."""
    fault_of = _faults_by_number()
    pages = [_page(book, fault_of.get(book.number, "")) for book in books.every()]
    pages += [_second(page) for page in pages if page.fault.startswith("isbn_on_a")]
    return {page.book.number: page for page in pages}


def having(fault: str) -> list[Page]:
    return [page for page in every().values() if page.fault == fault]


def _faults_by_number() -> dict[int, str]:
    names = [name for name, fault in FAULTS.items() for _ in range(fault.books)]
    places = books.COUNT // EVERY
    return {
        books.FIRST + 1 + EVERY * (turn * STRIDE % places): name for turn, name in enumerate(names)
    }


def _page(book: Book, name: str) -> Page:
    if not name:
        return Page(book, _as_usual(book))
    fault = FAULTS[name]
    if fault.book:
        book = replace(book, **fault.book(book))
    sheet = _as_usual(book)
    if fault.sheet:
        sheet = replace(sheet, **fault.sheet(book))
    return Page(book, sheet, name)


def _as_usual(book: Book) -> Sheet:
    return Sheet(
        lang=book.lang,
        isbn=book.isbn,
        title=book.title,
        author=book.author,
        price=words.price_as_usual(book.price, book.lang),
        priced=words.date_in_words(book.priced, book.lang),
        published=words.date_in_words(book.published, book.lang) if book.published else "",
    )


def _second(page: Page) -> Page:
    """Another page about the same book, with another price and day."""
    newer = page.fault == "isbn_on_a_newer_page"
    return _page(
        replace(
            page.book,
            number=page.book.number + SECOND_PAGE,
            price=page.book.price + Decimal("5.00"),
            priced=page.book.priced + timedelta(days=30 if newer else -30),
        ),
        "",
    )
