"""HTML and XML: what the pages look like."""

from html import escape

from data.wholesaler import sheets, words
from data.wholesaler.faults import FAULTS
from data.wholesaler.sheets import Page

PER_PAGE = 24
PER_SITEMAP = 500
STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:46rem;margin:auto;padding:1rem}"
    "nav a,p.pages a{margin-right:.7rem}dt{float:left;width:7rem;clear:left;color:#666}"
)
NAV = (
    '<nav><a href="/">Nordlys Engros</a> <a href="//{host}/books">Bøger</a> '
    '<a href="/about">Om os</a> <a href="/basket/">Kurv</a> <a href="/search?q=">Søg</a></nav>'
)


def listed() -> list[Page]:
    """The books that lists link to."""
    hidden = ("only_in_sitemap", "only_linked")
    return [page for page in sheets.every().values() if page.fault not in hidden]


def link(page: Page, host: str, usual: str = "/book/{number}") -> str:
    """How lists link to a book; some of them have a fault for it."""
    form = FAULTS[page.fault].link if page.fault else ""
    return (form or usual).format(number=page.book.number, host=host)


def document(
    host: str, title: str, body: str, *, lang: str = "da", head: str = "", meta: str = "utf-8"
) -> str:
    charset = f'<meta charset="{meta}">' if meta else ""
    return (
        f'<!doctype html>\n<html lang="{lang}"><head>{charset}<title>{title}</title>'
        f"<style>{STYLE}</style>{head}</head>\n<body>{NAV.format(host=host)}\n{body}\n"
        "</body></html>\n"
    )


def front(host: str) -> str:
    links = "".join(
        f'<li><a href="category/{slug}">{escape(name)}</a>'
        for slug, name in words.CATEGORIES.items()
    )
    return document(host, "Nordlys Engros", f"<h1>Nordlys Engros</h1><ul>{links}</ul>")


def book_list(host: str, number: int) -> str | None:
    """A page of the list of all books; None past its end."""
    entries = _entries(listed(), host, number, usual="book/{number}")
    if not entries:
        return None
    more = number < _last(len(listed()))
    return document(
        host,
        f"Bøger, side {number}",
        f"<h1>Bøger</h1>{_sorting('')}{entries}{_pager(len(listed()), number)}",
        head=f'<link rel="next" href="?page={number + 1}">' if more else "",
    )


def sorted_list(host: str, query: str) -> str:
    return document(host, "Bøger", f"<h1>Bøger</h1>{_sorting(query)}{_entries(listed(), host, 1)}")


def category(host: str, slug: str, number: int) -> str | None:
    """A page of one category; None when there is no such page."""
    found = [page for page in listed() if page.book.category == slug]
    entries = _entries(found, host, number, usual="../book/{number}")
    if not entries:
        return None
    name = escape(words.CATEGORIES[slug])
    return document(host, name, f"<h1>{name}</h1>{entries}{_pager(len(found), number)}")


def _last(count: int) -> int:
    return -(-count // PER_PAGE)


def _entries(pages: list[Page], host: str, number: int, usual: str = "/book/{number}") -> str:
    shown = pages[(number - 1) * PER_PAGE : number * PER_PAGE]
    items = (
        f'<li><a href="{escape(link(page, host, usual))}">{escape(page.book.title)}</a>'
        for page in shown
    )
    return f"<ul>{''.join(items)}</ul>" if shown else ""


def _pager(count: int, number: int) -> str:
    """Links to some pages: the first, every tenth, the last, and those next to this one."""
    last = _last(count)
    near = {1, *range(10, last, 10), number - 1, number + 1, last} - {number}
    links = [
        f'<a href="?page={other}"{" rel=next" if other == number + 1 else ""}>{other}</a>'
        for other in sorted(near)
        if 1 <= other <= last
    ]
    return f'<p class="pages">{"".join(links)}</p>'


def _sorting(query: str) -> str:
    """Links that leave the old order in the address and put another behind it: growing_sort."""
    links = "".join(
        f'<a href="/books?{escape(f"{query}&sort={key}".lstrip("&"))}">{name}</a> '
        for key, name in {"title": "Titel", "price": "Pris"}.items()
    )
    return f"<p>{links}</p>"


def book(host: str, page: Page) -> str:
    sheet, base = page.sheet, page.fault == "base_href"
    author = escape(sheet.author)
    before = f"<del>{escape(sheet.price_before)}</del> " if sheet.price_before else ""
    body = (
        f'<main><h1 class="title">{sheet.title_html or escape(sheet.title)}</h1>'
        f'<p>af <span class="author">{author}</span></p>\n<dl>'
        f'<dt>ISBN</dt><dd class="isbn">{sheet.isbn}</dd>\n'
        f'<dt>Pris</dt><dd class="price">{before}{escape(sheet.price)}</dd>\n'
        f'<dt>Gælder fra</dt><dd class="priced">{sheet.priced}</dd>\n'
        f'<dt>Udgivet</dt><dd class="published">{sheet.published}</dd></dl>\n'
        f'<h2 id="reviews">Anmeldelser</h2><p>Ingen endnu.</p></main>\n'
        f"<aside><h2>Andre købte også</h2><ul>{_others(page, '{}' if base else '/book/{}')}</ul>"
        "</aside>"
    )
    return document(
        host,
        f"Bog {page.book.number}",
        body,
        lang=sheet.lang,
        head='<base href="/book/">' if base else "",
        meta=sheet.meta,
    )


def _others(page: Page, form: str) -> str:
    """Two other books with their prices, and the next one if no list has it (only_linked)."""
    everything, place = listed(), page.book.number
    others = [everything[(place + step) % len(everything)] for step in (37, 411)]
    neighbour = sheets.every().get(page.book.number + 1)
    if neighbour and neighbour.fault == "only_linked":
        others.append(neighbour)
    return "".join(
        f'<li><a href="{form.format(other.book.number)}">Bog {other.book.number}</a> '
        f'<span class="price">{words.price_as_usual(other.book.price, "da")}</span>'
        for other in others
    )


def about(host: str) -> str:
    """The page with all the links that a crawler must not fall for."""
    return document(
        host,
        "Om os",
        f"""<main class="about"><h1>Om os</h1>
<p>Skriv til <a href="mailto:post@nordlys.example">post@nordlys.example</a>, ring til
<a href="tel:+4500000000">+45 00 00 00 00</a>, <a href="javascript:history.back()">tilbage</a>,
<a href="#">til toppen</a>.</p>
<ul><li><a href="https://www.nordlys.example/">Den nye hjemmeside</a>
<li><a href="//books.example/list?page=1">Vores venner</a>
<li><a href="http://[broken">En adresse, som ingen kan læse</a>
<li><a href="catalogue.pdf">Kataloget som PDF</a>
<li><a href="everything">Hele kataloget på én side</a>
<li><a href="calendar/2027/01">Arrangementer</a>
<li><a href="loop/1">Åbningstider</a>
<li><a href="/books?page=999">De ældste bøger</a>
<li><a href="/book/9001">Månedens bog</a>, <a href="/book/9002?utm_source=old">sidste måneds</a>
<li><a href="/book/9010">Årets bog 2019</a>
<li><a href="//{host}/search?q=%C3%A6bler">Bøger om æbler</a></ul></main>""",
    )


def calendar(host: str, year: int, month: int) -> str:
    """The first month of a calendar that never ends."""
    next_year, next_month = (year + 1, 1) if month == 12 else (year, month + 1)
    return document(
        host,
        f"{words.MONTHS['da'][month - 1]} {year}",
        f'<h1>{month}/{year}</h1><p>Ingen arrangementer. <a href="/calendar/{next_year}/'
        f'{next_month:02}">Næste måned</a></p>',
    )


def plain(host: str, text: str) -> str:
    return document(host, text, f"<h1>{text}</h1>")


def robots(host: str, delay: float) -> str:
    return (
        "# Nordlys Engros welcomes polite robots\n"
        f"User-agent: *\nDisallow: /search\nDisallow: /basket/\nCrawl-delay: {delay}\n\n"
        f"User-agent: GreedyBot\nDisallow: /\n\nSitemap: http://{host}/sitemap.xml\n"
    )


def sitemap_index(host: str) -> str:
    places = [
        f"<sitemap><loc>http://{host}/sitemap-{part}.xml</loc></sitemap>"
        for part in range(1, -(-len(_in_sitemap()) // PER_SITEMAP) + 1)
    ]
    return _xml("sitemapindex", places)


def sitemap_part(host: str, part: int) -> str | None:
    paths = _in_sitemap()[(part - 1) * PER_SITEMAP : part * PER_SITEMAP]
    places = [f"<url><loc>http://{host}{path}</loc></url>" for path in paths]
    return _xml("urlset", places) if places else None


def _in_sitemap() -> list[str]:
    left_out = ("missing_from_sitemap", "only_linked")
    found = [page.path for page in sheets.every().values() if page.fault not in left_out]
    return [*found, "/book/9003", "/book/9004"]  # dead_in_sitemap


def _xml(kind: str, places: list[str]) -> str:
    lines = "\n".join(places)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}\n</{kind}>\n'
    )
