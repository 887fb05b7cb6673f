"""THE table: everything that is wrong or odd with this web site, by name, and why it is there.

A fault of books changes what is true (`book`), what the page says (`sheet`), or how other pages
link to it (`link`). Those that have only a reason are done by `site` and `pages`, under the same
name. `reject` is the reason code with which a good crawler must put the page into quarantine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from data.wholesaler.books import Book


@dataclass(frozen=True)
class Fault:
    why: str
    books: int = 5  # how many books have it; 0: it is not about a book
    book: Callable[[Book], dict] | None = None  # what is really so
    sheet: Callable[[Book], dict] | None = None  # what the page says instead
    link: str = ""  # how lists link to the book
    reject: str = ""  # no book of the shop can be made of it: the reason's code


DANISH = {"lang": "da", "currency": "DKK"}
SWEDISH = {"lang": "sv", "currency": "SEK"}
BRITISH = {"lang": "en-GB", "currency": "GBP"}
AMERICAN = {"lang": "en-US", "currency": "EUR"}


def says(**texts: str) -> Callable[[Book], dict]:
    """The page says just this, whatever the book."""
    return lambda book: texts


def dates(form: str) -> Callable[[Book], dict]:
    """Both dates of the page in one form (see strftime)."""
    return lambda book: {
        "priced": book.priced.strftime(form),
        "published": book.published.strftime(form) if book.published else "",
    }


def hyphens(book: Book) -> dict:
    i = book.isbn
    return {"isbn": f"{i[:3]}-{i[3:5]}-{i[5:9]}-{i[9:12]}-{i[12]}"}


def isbn_10(book: Book) -> dict:
    """The number as it was printed before 2007: ten characters, the last one can be an X."""
    nine = book.isbn[3:12]
    check = -sum((10 - place) * int(digit) for place, digit in enumerate(nine)) % 11
    return {"isbn": nine + ("x" if check == 10 else str(check))}


def wrong_check_digit(book: Book) -> dict:
    return {"isbn": book.isbn[:12] + str((int(book.isbn[12]) + 1) % 10)}


FAULTS = {
    # How pages link to each other
    "tracking_parameters": Fault(
        "A newsletter wants to know who came through it; the page is the same.",
        link="/book/{number}?utm_source=newsletter&utm_medium=email",
    ),
    "trailing_slash": Fault("Two addresses, one page.", link="/book/{number}/"),
    "anchor": Fault("What follows # is a place in the page.", link="/book/{number}#reviews"),
    "dots": Fault("Written by a program that put paths together.", link="/./x/../book/{number}"),
    "protocol_relative": Fault(
        "A link may leave out http: and take that of its page.", link="//{host}/book/{number}"
    ),
    "old_address": Fault("301: the pages have moved, old links remain.", link="/bog/{number}"),
    "base_href": Fault("<base href> changes where every relative link of the page leads."),
    "relative_links": Fault("../book/1001 and ?page=2 need the address of their page.", books=0),
    "paging": Fault("A list has many pages; rel=next leads on.", books=0),
    "page_past_the_end": Fault("An old link to a page of the list that is gone: 404.", books=0),
    "robots_disallowed": Fault("robots.txt forbids /search and /basket/.", books=0),
    "missing_from_sitemap": Fault("A sitemap is never complete."),
    "only_in_sitemap": Fault("No page links to the book, the sitemap has it."),
    "only_linked": Fault("Neither list nor sitemap: one other book links to it."),
    "dead_link": Fault("404: the page is gone, its links remain.", books=0),
    "gone": Fault("410: the page is gone for ever, says the server.", books=0),
    "dead_in_sitemap": Fault("404: the sitemap was made last year.", books=0),
    "redirect_loop": Fault("301 to a page that answers 301 back.", books=0),
    "endless_calendar": Fault("Each month links to the next one, for ever.", books=0),
    "growing_sort": Fault("Every link adds another ?sort= to the address.", books=0),
    "huge_page": Fault("A page without an end must not fill the memory.", books=0),
    "pdf": Fault("Not every link leads to HTML.", books=0),
    "other_hosts": Fault("The crawl must not spread over the whole web.", books=0),
    "not_pages": Fault("mailto:, tel: and javascript: are no addresses of pages.", books=0),
    # How the server answers
    "error_500_once": Fault("A server has bad moments; the second time it works.", books=3),
    "busy_503_once": Fault("Retry-After: 1 says when to come again.", books=1),
    "slow_once": Fault("The page takes seconds, the second time it is in a cache.", books=1),
    "cut_once": Fault("The connection breaks in the middle of the page.", books=2),
    # Letters
    "encoding_declared_wrongly": Fault(
        "The header says UTF-8, the bytes are Windows-1252.",
        book=lambda book: {"title": "Blåbærgrød på Ærø"},
        sheet=says(encoding="cp1252"),
    ),
    "encoding_not_declared": Fault(
        "Nobody says what the bytes are: Windows-1252.",
        book=lambda book: {"title": "Åen, søen og “havet”"},
        sheet=says(encoding="cp1252", header="", meta=""),
    ),
    "encoding_two_opinions": Fault(
        "The header says ISO-8859-1, the page itself UTF-8; the page is right.",
        book=lambda book: {"title": "Gæs på græs – en bog om å og ø"},
        sheet=says(header="iso-8859-1"),
    ),
    "encoding_twice": Fault(
        "UTF-8 was taken for Windows-1252 and encoded again: SÃ¸ren.",
        book=lambda book: {"title": "Sønnen på Læsø", "author": "Søren Kjær"},
        sheet=lambda book: {
            field: getattr(book, field).encode().decode("cp1252") for field in ("title", "author")
        },
    ),
    # ISBN
    "isbn_hyphens": Fault("People read groups, not 13 digits.", sheet=hyphens),
    "isbn_10": Fault("Books from before 2007 had ten characters.", sheet=isbn_10),
    "isbn_missing": Fault("Not every book has one.", sheet=says(isbn=""), reject="no_isbn"),
    "isbn_wrong_check_digit": Fault(
        "A typing error: the check digit shows it.", sheet=wrong_check_digit, reject="bad_isbn"
    ),
    "isbn_on_an_older_page": Fault(
        "The same book on a second page, with an older price: this one counts.", sheet=hyphens
    ),
    "isbn_on_a_newer_page": Fault(
        "The same book on a second page, with a newer price: that one counts.", sheet=hyphens
    ),
    # Titles
    "title_missing": Fault("Somebody saved too early.", sheet=says(title=""), reject="no_title"),
    "title_entities": Fault(
        "HTML can write letters as &oslash; or &#8211;.",
        book=lambda book: {"title": "Smørrebrød & Søn – “1 < 2”"},
        sheet=says(
            title_html="Sm&oslash;rrebr&#248;d &amp; S&#xF8;n &ndash; &ldquo;1 &lt; 2&#8221;"
        ),
    ),
    "title_emoji": Fault("Letters beyond 16 bits.", book=says(title="Rejsen til månen 🌙🚀")),
    "title_right_to_left": Fault("Hebrew runs to the left.", book=says(title="הספר הכחול (Blå)")),
    "title_spaces": Fault(
        "Line breaks and hard spaces are layout, not title.",
        book=says(title="Havet og himlen"),
        sheet=says(title="\n      Havet\u00a0og\n      himlen \u200b "),
    ),
    # Prices
    "price_thousands": Fault(
        "Danes write a dot between thousands and a comma before the øre.",
        book=lambda book: DANISH | {"price": Decimal("1299.00")},
        sheet=says(price="1.299,00 kr."),
    ),
    "price_thousands_only": Fault(
        "1.299 is no small number.",
        book=lambda book: DANISH | {"price": Decimal("1299.00")},
        sheet=says(price="Kr. 1.299"),
    ),
    "price_dash": Fault(
        "A dash for no øre.",
        book=lambda book: DANISH | {"price": Decimal("249.00")},
        sheet=says(price="kr. 249,-"),
    ),
    "price_spaced": Fault(
        "Swedes put a space between thousands, one that does not break.",
        book=lambda book: SWEDISH | {"price": Decimal("1349.00")},
        sheet=says(price="1\u00a0349 kr"),
    ),
    "price_code": Fault("The bank's word.", sheet=lambda b: {"price": f"{b.currency} {b.price}"}),
    "price_euro_before": Fault(
        "The euro sign may stand before …",
        book=lambda book: {"currency": "EUR", "price": Decimal("19.95")},
        sheet=says(price="€ 19.95"),
    ),
    "price_euro_after": Fault(
        "… or after, also in a Danish shop.",
        book=lambda book: {"currency": "EUR", "price": Decimal("19.95")},
        sheet=says(price="19,95 €"),
    ),
    "price_pounds_thousands": Fault(
        "In English the comma is between thousands.",
        book=lambda book: BRITISH | {"price": Decimal("1250.00")},
        sheet=says(price="£1,250.00"),
    ),
    "price_reduced": Fault(
        "The old price is crossed out, the new one counts.",
        sheet=lambda book: {"price_before": "999,95 kr."},
    ),
    "price_missing": Fault("Nobody knows it yet.", sheet=says(price=""), reject="no_price"),
    "price_sold_out": Fault("Words for it.", sheet=says(price="Udsolgt"), reject="no_price"),
    "price_on_request": Fault(
        "Words for it.", sheet=says(price="Ring for pris"), reject="no_price"
    ),
    "price_zero": Fault("Nothing is free.", sheet=says(price="0,00 kr."), reject="bad_price"),
    "price_negative": Fault(
        "A credit note in the wrong place.", sheet=says(price="-149,95 kr."), reject="bad_price"
    ),
    "price_absurd": Fault(
        "More than the column can hold.",
        sheet=says(price="9.999.999.999,00 kr."),
        reject="bad_price",
    ),
    "price_without_currency": Fault("199 what?", sheet=says(price="199"), reject="no_currency"),
    "price_kroner_of_nobody": Fault(
        "kr. on an English page: Danish, Swedish or Norwegian?",
        book=lambda book: BRITISH,
        sheet=says(price="199 kr."),
        reject="no_currency",
    ),
    # Dates
    "date_iso": Fault("2024-03-01 is what everybody should write.", sheet=dates("%Y-%m-%d")),
    "date_dots": Fault(
        "01.03.2024: the day first.", book=lambda book: DANISH, sheet=dates("%d.%m.%Y")
    ),
    "date_british": Fault(
        "01/03/2024 on a British page: the day first.",
        book=lambda book: BRITISH,
        sheet=dates("%d/%m/%Y"),
    ),
    "date_american": Fault(
        "03/01/2024 on an American page: the month first.",
        book=lambda book: AMERICAN,
        sheet=dates("%m/%d/%Y"),
    ),
    "date_clear_by_itself": Fault(
        "25/03/2024 is clear whoever writes it: there is no month 25.",
        book=lambda book: BRITISH | {"priced": date(2026, 3, 25), "published": date(2024, 12, 31)},
        sheet=says(lang="en", priced="25/03/2026", published="12/31/2024"),
    ),
    "date_unclear": Fault(
        "01/03/2026 on a page that says only “English”: nobody can know.",
        book=lambda book: BRITISH | {"published": date(2024, 12, 31)},
        sheet=says(lang="en", priced="01/03/2026"),
        reject="unclear_date",
    ),
    "date_month_only": Fault(
        "Publishers promise a month: it counts as its first day.",
        book=lambda book: DANISH | {"published": date(2024, 3, 1)},
        sheet=says(published="03.2024"),
    ),
    "date_missing": Fault(
        "An unknown day is no reason to lose the book.", book=lambda book: {"published": None}
    ),
    "date_impossible": Fault(
        "There is no 31 February.", sheet=says(published="31.02.2024"), reject="bad_date"
    ),
    "date_in_other_words": Fault(
        "Words for it.", sheet=says(published="Kommer snart"), reject="bad_date"
    ),
    # The page
    "prices_of_others": Fault("“Others also bought” has prices too.", books=0),
}
