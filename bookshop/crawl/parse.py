"""Read a page: where its links lead, and what it says about a book. Nothing is cleaned here."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bookshop.crawl.addresses import absolute

FIELDS = ("isbn", "title", "author", "price", "priced", "published")


def links(html: str, url: str) -> list[str]:
    """The addresses that a page (or a sitemap) links to, absolute, each once."""
    tree = LexborHTMLParser(html)
    base = tree.css_first("base[href]")
    start = (base and absolute(url, base.attributes["href"] or "")) or url
    found = [node.attributes["href"] or "" for node in tree.css("a[href], link[rel=next][href]")]
    found += [node.text() for node in tree.css("loc")]  # of a sitemap
    return list(dict.fromkeys(filter(None, (absolute(start, link) for link in found))))


def book(html: str) -> dict[str, str | None] | None:
    """What the page says about its book, as text; None when it is not about one."""
    tree = LexborHTMLParser(html)
    # Only here: beside it stand the prices of other books.
    main = tree.css_first("main")
    if main is None or main.css_first(".price") is None:
        return None
    for crossed_out in main.css("del"):
        crossed_out.decompose()
    said = {field: _text(main.css_first(f".{field}")) for field in FIELDS}
    return {"lang": tree.css_first("html").attributes.get("lang")} | said


def _text(node: LexborNode | None) -> str | None:
    return node.text().strip() or None if node else None
