"""The crawler and the load, against every fault of the site; killed in the middle; run again."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

import httpx
import pytest

from bookshop.crawl import addresses, clean, crawler, fetch, frontier, load, parse, robots
from bookshop.crawl.frontier import Frontier
from data.wholesaler import sheets, site
from data.wholesaler.faults import FAULTS
from data.wholesaler.truth import FAILED, SKIPPED, truth
from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.postgres import databases
from migrationlab.postgres.fingerprint import fingerprint
from tests.bookshop.bookshop_tools import migrate, query, run
from tests.data.wholesaler_tools import served

SLOW, TIMEOUT = 4.0, 3.0  # seconds; a busy machine may need two for any page
FAST = ("--delay=0", f"--timeout={TIMEOUT}")
ERRORS = ("error_500_once", "busy_503_once", "slow_once", "cut_once")


@pytest.fixture(scope="module")
def template(server):
    """A database at head with the bookshop's rows, made once."""
    name = f"template_{secrets.token_hex(4)}"
    databases.create(server, name)
    migrate(server, name, "head")
    assert run(server, name, "python", "-m", "bookshop.seeds").returncode == 0
    yield name
    databases.drop(server, name)


@pytest.fixture
def shop(server, template):
    """The name of a new database of the bookshop."""
    name = f"shop_{secrets.token_hex(4)}"
    databases.create(server, name, template=template)
    yield name
    databases.drop(server, name)


@pytest.fixture
def catalogue(tmp_path):
    with served(tmp_path, slow=SLOW) as found:
        yield found


def python(server, database, *words, code=0):
    """Run `python -m …` on a database; what it printed."""
    done = run(server, database, "python", "-m", *words)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    return said


def paths_of(catalogue) -> list[str]:
    return [line["path"] for line in catalogue.requests()]


def by_page(requests: list[str]) -> Counter:
    """How often each page was asked for. Every start must ask robots.txt; that is no page."""
    return Counter(path for path in requests if path != "/robots.txt")


# The whole site, once


@pytest.fixture(scope="module")
def crawled(server, template, tmp_path_factory):
    """(database, truth, requests) after one whole crawl and one load."""
    name = f"crawled_{secrets.token_hex(4)}"
    databases.create(server, name, template=template)
    with served(tmp_path_factory.mktemp("site"), slow=SLOW) as catalogue:
        said = python(server, name, "bookshop.crawl", catalogue.address, *FAST)
        assert "Next: python -m bookshop.crawl.load" in said
        said = python(server, name, "bookshop.crawl.load")
        assert "1110 inserted, 20 updated, 0 unchanged" in said
        yield name, truth(catalogue.address), catalogue.requests()
    databases.drop(server, name)


def in_state(server, database, state) -> dict[str, str]:
    return dict(
        query(server, database, "SELECT url, reason FROM crawl_pages WHERE state = %s", state)
    )


def loaded(server, database) -> dict[str, tuple]:
    """isbn -> what the shop holds of each book that has come from the catalogue."""
    rows = query(
        server,
        database,
        "SELECT isbn, title, price, currency, priced_on, published_year FROM books"
        " WHERE priced_on IS NOT NULL",
    )
    return {isbn: values for isbn, *values in rows}


def expected(true, years: dict[str, int]) -> list:
    """What the shop must hold of a book; a year that the page does not know stays as it was."""
    year = true.published.year if true.published else years.get(true.isbn)
    return [true.title, true.price, true.currency, true.priced, year]


def years_of_the_seeds(server, template) -> dict[str, int]:
    return dict(query(server, template, "SELECT isbn, published_year FROM books"))


def test_the_shop_holds_exactly_the_truth(server, template, crawled):
    database, true, _ = crawled
    years = years_of_the_seeds(server, template)
    assert loaded(server, database) == {
        isbn: expected(book, years) for isbn, book in true.books.items()
    }


def test_every_page_has_its_outcome(server, crawled):
    """Assert that all pages about books were staged, and what became of all the others."""
    database, true, _ = crawled
    staged = {url for (url,) in query(server, database, "SELECT url FROM crawl_books")}
    assert staged == true.pages
    assert true.pages <= set(in_state(server, database, "done"))
    assert in_state(server, database, "failed") == true.failed
    assert in_state(server, database, "skipped") == true.skipped
    rejected = dict(query(server, database, "SELECT url, reason FROM crawl_rejects"))
    assert rejected == true.rejects


@pytest.mark.parametrize("fault", [name for name, fault in FAULTS.items() if fault.books])
def test_fault_of_books(server, crawled, fault):
    """Assert for each fault by name that its pages became the right book, or a reject."""
    database, true, _ = crawled
    site_ = next(iter(true.pages)).partition("/book/")[0]
    for page in sheets.having(fault):
        url = site_ + page.path
        if FAULTS[fault].reject:
            ((reason, words, found),) = query(
                server,
                database,
                "SELECT reason, explanation, found FROM crawl_rejects WHERE url = %s",
                url,
            )
            assert reason == FAULTS[fault].reject and words.endswith(".")
            assert found.keys() == {"lang", *parse.FIELDS}
        else:
            book = true.books[page.book.isbn]
            title, price, currency, *_ = loaded(server, database)[page.book.isbn]
            assert (title, price, currency) == (book.title, book.price, book.currency)


@pytest.mark.parametrize("fault", [name for name, fault in FAULTS.items() if not fault.books])
def test_fault_of_the_site(server, crawled, fault):
    """Assert for each fault that is not about a book what the crawler has made of it."""
    database, true, requests = crawled
    host = next(iter(true.pages)).partition("/book/")[0] + "/"
    pages = query(server, database, "SELECT url, state, reason FROM crawl_pages")
    outcome = {url: (state, reason) for url, state, reason in pages}
    for state, groups in (("failed", FAILED), ("skipped", SKIPPED)):
        if fault in groups:
            addresses, reason = groups[fault]
            found = [outcome[url if "://" in url else host + url] for url in addresses]
            assert set(found) == {(state, reason)}
            return
    asked = [request["path"] for request in requests]
    if fault == "relative_links":  # one that led to a wrong place would be a page that is not there
        not_there = {r["path"] for r in requests if r["status"] == 404}
        assert {host + path[1:] for path in not_there} == {
            url for url, reason in true.failed.items() if reason == "http_404"
        }
    elif fault == "paging":
        lists = {int(path.partition("=")[2]) for path in asked if path.startswith("/books?page=")}
        last = max(lists - {999})
        assert lists == {*range(1, last + 1), 999}
        assert site.answer(f"/books?page={last + 1}", "x", 1).status == 404
    elif fault == "endless_calendar":
        assert outcome[host + "calendar/2027/12"] == ("waiting", None)
    elif fault == "not_pages":
        assert not [url for url in outcome if not url.startswith(("http://", "https://"))]
    elif fault == "prices_of_others":
        staged = dict(query(server, database, "SELECT url, price FROM crawl_books"))
        said = {page.path: page.sheet.price or None for page in sheets.every().values()}
        assert staged == {host + path[1:]: price for path, price in said.items()}
    else:
        pytest.fail("no test for it")


def test_nothing_is_fetched_twice_but_after_an_error(crawled):
    """Assert from the site's own log that each page was asked for once."""
    _, _, requests = crawled
    often = {path for path, count in by_page([r["path"] for r in requests]).items() if count > 1}
    assert often == {page.path for name in ERRORS for page in sheets.having(name)}


def test_the_crawler_is_polite(crawled):
    """Assert that robots.txt came first, was obeyed, and that we said who we are."""
    _, _, requests = crawled
    asked = [request["path"] for request in requests]
    assert asked[0] == "/robots.txt" and asked.count("/robots.txt") == 1
    assert not [path for path in asked if path.startswith(("/search", "/basket"))]
    assert {request["agent"] for request in requests} == {fetch.AGENT}
    assert "@" in fetch.AGENT


def test_the_traps_end(server, crawled):
    """Assert that the calendar was left after some months, and the growing query at once."""
    database, _, requests = crawled
    asked = [request["path"] for request in requests]
    assert 3 < sum(path.startswith("/calendar/") for path in asked) <= crawler.Limits().depth
    assert not [path for path in asked if path.count("sort=") > 1]
    waiting = in_state(server, database, "waiting")
    assert [url.partition("/calendar/")[2] for url in waiting] == ["2027/12"]


# Again, and after a kill


def frozen(server, database) -> list:
    """The rows of the shop and of the quarantine, with the transaction that wrote them."""
    return [
        query(server, database, f"SELECT xmin::text, ctid::text, t::text FROM {table} t ORDER BY 3")
        for table in ("books", "crawl_rejects")
    ]


def test_a_second_crawl_and_load_change_nothing(server, shop, catalogue):
    """Assert that no row of the shop is even written again."""
    crawl = ("bookshop.crawl", catalogue.address, "--max-pages=150", *FAST)
    python(server, shop, *crawl)
    python(server, shop, "bookshop.crawl.load")
    before = frozen(server, shop)
    asked = len(paths_of(catalogue))
    assert "0 inserted, 0 updated" in python(server, shop, "bookshop.crawl.load")
    assert frozen(server, shop) == before
    python(server, shop, *crawl, "--again")
    assert len(paths_of(catalogue)) - asked == 151
    assert "0 inserted, 0 updated" in python(server, shop, "bookshop.crawl.load")
    assert frozen(server, shop) == before


def test_the_load_takes_newer_prices_only(server, shop, catalogue):
    """Assert what a load does to a price that is older, newer, or changed by hand."""
    python(server, shop, "bookshop.crawl", catalogue.address, "--max-pages=60", *FAST)
    python(server, shop, "bookshop.crawl.load")
    price = "SELECT price, priced_on FROM books WHERE isbn = '9788793035195'"
    true = truth(catalogue.address).books["9788793035195"]
    assert query(server, shop, price) == [(true.price, true.priced)]
    change = "UPDATE books SET price = 1, priced_on = %s WHERE isbn = '9788793035195'"
    for day, kept in (("2026-12-31", True), ("2020-01-01", False), (None, False)):
        query(server, shop, change, day)
        said = python(server, shop, "bookshop.crawl.load")
        ((now, _),) = query(server, shop, price)
        assert (now == 1) is kept and ("1 updated" in said) is not kept


def test_a_page_that_was_mended_leaves_the_quarantine(server, shop, catalogue):
    python(server, shop, "bookshop.crawl", catalogue.address, "--max-pages=120", *FAST)
    python(server, shop, "bookshop.crawl.load")
    ((url, books),) = query(
        server,
        shop,
        "SELECT url, (SELECT count(*) FROM books) FROM crawl_rejects"
        " WHERE reason = 'no_price' LIMIT 1",
    )
    query(server, shop, "UPDATE crawl_books SET price = 'DKK 10' WHERE url = %s", url)
    assert "1 inserted, 0 updated" in python(server, shop, "bookshop.crawl.load")
    assert query(server, shop, "SELECT count(*) FROM books") == [(books + 1,)]
    assert query(server, shop, "SELECT 1 FROM crawl_rejects WHERE url = %s", url) == []


def start_crawl(server, database, address, *options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "bookshop.crawl", address, *options],
        cwd=paths.PROJECT,
        env=server.environment(database),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def when_asked(catalogue, count: int) -> None:
    """Wait until the site has had so many requests."""
    deadline = time.monotonic() + 60
    while catalogue.count() < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_at_many_points_and_resumed(server, template, shop, catalogue):
    """Assert that no page is lost, and none fetched twice but after an error or in a kill."""
    in_flight = Counter()
    for count in (1, 2, 5, 30, 31, 200, 500, 900, 1300):
        with start_crawl(server, shop, catalogue.address, *FAST) as process:
            when_asked(catalogue, count)
            process.kill()
        with closing(server.connect(shop)) as connection:
            known = Frontier(connection, catalogue.address)  # waits until the killed one is gone
            if page := known.next(crawler.Limits().depth):
                in_flight[page[0].removeprefix(catalogue.address[:-1])] += 1
    python(server, shop, "bookshop.crawl", catalogue.address, *FAST)
    python(server, shop, "bookshop.crawl.load")
    true, years = truth(catalogue.address), years_of_the_seeds(server, template)
    assert loaded(server, shop) == {
        isbn: expected(book, years) for isbn, book in true.books.items()
    }
    assert in_state(server, shop, "failed") == true.failed
    assert in_state(server, shop, "skipped") == true.skipped
    with_errors = {page.path for name in ERRORS for page in sheets.having(name)}
    too_often = {
        path: count
        for path, count in by_page(paths_of(catalogue)).items()
        if count > 1 + in_flight[path] + (path in with_errors)
    }
    assert too_often == {}


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a whole console")
def test_ctrl_c_is_a_pause(server, shop, catalogue):
    """Assert exit code 130, a word how to go on, and that it goes on."""
    with start_crawl(server, shop, catalogue.address, *FAST) as process:
        when_asked(catalogue, 40)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[0]
    assert process.returncode == 130
    assert "The same command goes on from here." in said and "Traceback" not in said
    done = len(in_state(server, shop, "done"))
    python(server, shop, "bookshop.crawl", catalogue.address, "--max-pages=10", *FAST)
    assert len(in_state(server, shop, "done")) >= done + 8
    assert max(by_page(paths_of(catalogue)).values()) <= 2


def test_a_database_that_goes_away_is_one_message(server, shop, catalogue):
    with start_crawl(server, shop, catalogue.address, *FAST) as process:
        when_asked(catalogue, 40)
        query(
            server,
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            shop,
        )
        said = process.communicate(timeout=20)[0]
    assert process.returncode == 1
    # The server's own words, or libpq's when it was the first to notice.
    assert "terminating connection" in said or "server closed the connection" in said
    assert "Traceback" not in said


def test_one_crawl_at_a_time(server, shop, monkeypatch):
    """Assert that a second crawler on the same frontier gives up, and one after the first does."""
    monkeypatch.setattr(frontier, "PATIENCE", "100ms")
    with closing(server.connect(shop)) as one, closing(server.connect(shop)) as other:
        Frontier(one, "http://x.example/")
        with pytest.raises(LabError, match="Another crawl is running"):
            Frontier(other, "http://x.example/")
        one.close()
        Frontier(other, "http://x.example/")


# Limits


def test_max_pages_and_max_depth(server, shop, catalogue):
    """Assert that they hold, and that a later crawl with wider ones goes on."""
    python(server, shop, "bookshop.crawl", catalogue.address, "--max-pages=7", *FAST)
    assert sum(by_page(paths_of(catalogue)).values()) == 7
    said = python(server, shop, "bookshop.crawl", catalogue.address, "--max-depth=1", *FAST)
    assert "too deep" in said
    assert set(by_page(paths_of(catalogue)).values()) == {1}
    depths = dict(query(server, shop, "SELECT state, max(depth) FROM crawl_pages GROUP BY state"))
    assert depths["done"] == 1 and depths["waiting"] == 2


def test_the_crawl_delay_is_kept(catalogue):
    """Assert the time between two requests, also of those that are tried again."""
    with fetch.Fetcher(catalogue.address, TIMEOUT) as fetcher:
        fetcher.delay = 0.1
        began = time.monotonic()
        for _ in range(4):
            fetcher.get(catalogue.address)
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    "rules, wanted, local, far",
    [
        ("", None, 1.0, 1.0),
        ("", 0.0, 0.0, 1.0),
        ("User-agent: *\nCrawl-delay: 0.02", None, 0.02, 0.02),
        ("User-agent: *\nCrawl-delay: 5", 0.0, 0.0, 5.0),
        ("User-agent: *\nCrawl-delay: 5", 9.0, 9.0, 9.0),
    ],
)
def test_nobody_elses_site_is_hurried(rules, wanted, local, far):
    """Assert that --delay can only slow us down, except on our own machine."""
    found = robots.Robots(rules)
    assert found.delay("http://127.0.0.1:80/", wanted) == local
    assert found.delay("https://www.example.org/", wanted) == far


def test_a_huge_page_is_left_early(catalogue, monkeypatch):
    sent = []
    endless = (sent.append(1) or b"x" * 100_000 for _ in range(10_000))
    monkeypatch.setattr(site, "_everything", lambda host: endless)
    with fetch.Fetcher(catalogue.address, 5) as fetcher, pytest.raises(fetch.Failed) as caught:
        fetcher.get(catalogue.address + "everything")
    assert caught.value.reason == "too_large" and len(sent) < 1000


# Sites that are not well


def answers(monkeypatch, catalogue, answer) -> None:
    """The site gives this answer to everything but robots.txt."""
    usual = site.answer

    def changed(target, host, visit):
        return usual(target, host, visit) if target == "/robots.txt" else answer

    monkeypatch.setattr(site, "answer", changed)
    monkeypatch.setattr(fetch, "BACK_OFF", 0.0)


def crawl_here(server, database, address, **limits):
    """The crawl in this process."""
    found = crawler.Limits(**{"delay": 0.0, "timeout": TIMEOUT} | limits)
    with closing(server.connect(database)) as connection:
        connection.autocommit = False
        known = Frontier(connection, address)
        return crawler.crawl(known, address, found, lambda fetched, waiting: None)


def test_a_sick_site_does_not_cost_us_all_its_pages(server, shop, catalogue, monkeypatch):
    """Assert that the crawl stops after some failed pages in a row, and can go on another day."""
    crawl_here(server, shop, catalogue.address, pages=20)
    with monkeypatch.context() as patch:
        answers(patch, catalogue, site.Answer(502))
        with pytest.raises(LabError, match="5 pages in a row failed .http_502"):
            crawl_here(server, shop, catalogue.address)
    failed = in_state(server, shop, "failed")
    assert set(failed.values()) == {"http_502"} and len(failed) == crawler.GIVE_UP
    attempts = "SELECT DISTINCT attempts FROM crawl_pages WHERE state = 'failed'"
    assert query(server, shop, attempts) == [(fetch.ATTEMPTS,)]
    python(server, shop, "bookshop.crawl", catalogue.address, "--max-pages=40", "--again", *FAST)
    assert in_state(server, shop, "failed") == {}


def test_a_site_that_dies_loses_no_page(server, shop, tmp_path):
    """Assert that the page that waited still waits, and the next crawl takes it."""
    with served(tmp_path) as catalogue:
        crawl_here(server, shop, catalogue.address, pages=20)
        address = catalogue.address
    count = "SELECT state, count(*) FROM crawl_pages GROUP BY state ORDER BY state"
    before = query(server, shop, count)
    said = python(server, shop, "bookshop.crawl", address, *FAST, code=1)
    assert "does not answer" in said
    assert query(server, shop, count) == before
    with served(tmp_path, port=urlsplit(address).port):
        assert crawl_here(server, shop, address, pages=5) == 5


def test_robots_txt_that_nobody_can_read(server, shop, catalogue, monkeypatch):
    """Assert that without the rules nothing is fetched, and that 404 means no rules."""
    monkeypatch.setattr(fetch, "BACK_OFF", 0.0)
    usual = site.answer
    for status, message in ((500, "http_500"), (301, "moved")):
        broken = site.Answer(status, headers={"Location": "/x"} if status == 301 else {})
        monkeypatch.setattr(site, "answer", lambda *_, answer=broken: answer)
        with pytest.raises(LabError, match=f"{message}.*nobody knows what is allowed"):
            crawl_here(server, shop, catalogue.address)
        assert set(paths_of(catalogue)) == {"/robots.txt"}

    def without_rules(target, host, visit):
        return site.Answer(404) if target == "/robots.txt" else usual(target, host, visit)

    monkeypatch.setattr(site, "answer", without_rules)
    assert crawl_here(server, shop, catalogue.address, pages=3) == 3


def test_robots_who_are_not_welcome(server, shop, catalogue, monkeypatch):
    rules = site.Answer(200, b"User-agent: BookshopCrawler\nDisallow: /\n", "text/plain")
    monkeypatch.setattr(site, "answer", lambda *_: rules)
    with pytest.raises(LabError, match="not to be crawled: robots"):
        crawl_here(server, shop, catalogue.address)


@pytest.mark.parametrize(
    "words, message",
    [
        ([], "Nothing is not the address of a web site."),
        (["nonsense"], "nonsense is not the address of a web site."),
        (["ftp://x.example/"], "ftp://x.example/ is not the address of a web site."),
        (["http://127.0.0.1:1/"], "http://127.0.0.1:1/ does not answer."),
        (["http://no-such-host.invalid/"], "http://no-such-host.invalid/ does not answer."),
        (["http://two words.example/"], "http://two words.example/ does not answer."),
    ],
)
def test_wrong_addresses(server, shop, words, message):
    """Assert one short message and exit code 1."""
    assert message in python(server, shop, "bookshop.crawl", *words, code=1)


@pytest.mark.parametrize("option", ["--max-pages=x", "--max-pages=-1", "--delay=-1", "--timeout=x"])
def test_wrong_numbers(server, shop, option):
    said = python(server, shop, "bookshop.crawl", "http://x.example/", option, code=2)
    assert "is not a number" in said


@pytest.mark.parametrize(
    "words", [["bookshop.crawl", "http://x.example/"], ["bookshop.crawl.load"]], ids=" ".join
)
def test_a_database_without_the_tables(server, database, words):
    """Assert that it says which command makes them, before any page is asked for."""
    assert "What to do: alembic upgrade head" in python(server, database, *words, code=1)


def test_a_database_that_is_not_there(server):
    said = python(server, "never_made", "bookshop.crawl.load", code=1)
    assert 'database "never_made" does not exist' in said


def test_the_address_may_come_from_the_environment(server, shop, catalogue):
    words = ("python", "-m", "bookshop.crawl", "--max-pages=2", *FAST)
    done = run(server, shop, *words, CATALOGUE_URL=catalogue.address)
    assert done.returncode == 0 and "2 pages fetched" in done.stdout


# The parts


@pytest.mark.parametrize(
    "address, normal",
    [
        ("HTTP://Shop.Example:80/", "http://shop.example/"),
        ("https://shop.example:443", "https://shop.example/"),
        ("http://shop.example:8080/book/1/", "http://shop.example:8080/book/1"),
        ("http://x.example/b?utm_source=a&b=2&a=1&utm_medium=c#top", "http://x.example/b?a=1&b=2"),
        ("http://x.example/search?q=", "http://x.example/search?q="),
        ("http://x.example/å b/%C3%A5", "http://x.example/%C3%A5%20b/%C3%A5"),
        ("http://x.example/?q=rød+grød", "http://x.example/?q=r%C3%B8d%20gr%C3%B8d"),
    ],
)
def test_one_address_for_one_page(address, normal):
    """Assert the normal form, and that it is its own normal form."""
    assert addresses.normal(address) == normal == addresses.normal(normal)


@pytest.mark.parametrize(
    "address, trap",
    [
        ("http://x.example/books?page=2&sort=title", False),
        ("http://x.example/books?sort=a&sort=b", True),
        ("http://x.example/a/b/a/b/a", True),
        ("http://x.example/a/b/a/b", False),
        ("http://x.example/" + "a" * 500, True),
    ],
)
def test_traps(address, trap):
    assert addresses.is_trap(address) is trap


@pytest.mark.parametrize(
    "link, leads_to",
    [
        ("../book/1", "http://x.example/book/1"),
        ("?page=2", "http://x.example/category/krimi?page=2"),
        ("//y.example/z", "http://y.example/z"),
        (" /a\n", "http://x.example/a"),
        ("#top", "http://x.example/category/krimi#top"),
        ("mailto:a@x.example", None),
        ("javascript:void(0)", None),
        ("tel:+45", None),
        ("http://[broken", None),
        ("http://x.example:port/", None),
        ("https://", None),
    ],
)
def test_where_links_lead(link, leads_to):
    assert addresses.absolute("http://x.example/category/krimi", link) == leads_to


def test_links_of_a_page_with_base():
    """Assert that <base href> counts for every link of the page, and each link comes once."""
    text = (
        '<base href="/book/"><a href="1">a</a><a href="1">b</a><a>c</a><link rel=next href="?p=2">'
    )
    assert parse.links(text, "http://x.example/about") == [
        "http://x.example/book/1",
        "http://x.example/book/?p=2",
    ]


def test_a_page_without_a_book():
    assert parse.book("<h1>Bøger</h1><aside><b class=price>1 kr.</b></aside>") is None
    assert parse.book("") is None


@pytest.mark.parametrize(
    "body, declared, text",
    [
        ("ærø".encode(), None, "ærø"),
        ("ærø".encode(), "iso-8859-1", "ærø"),
        ("ærø".encode("cp1252"), "utf-8", "ærø"),
        ("“ærø”".encode("cp1252"), None, "“ærø”"),
        ("\ufeffærø".encode(), None, "ærø"),
        ('<meta charset="iso-8859-2">ł'.encode("iso-8859-2"), None, '<meta charset="iso-8859-2">ł'),
        (b"\xe6", "no-such-encoding", "æ"),
        (b"\x81\xe6", None, "\ufffdæ"),
    ],
)
def test_letters(body, declared, text):
    assert fetch.decoded(body, declared) == text


@pytest.mark.parametrize(
    "text, lang, price",
    [
        ("249,95 kr.", "da", ("249.95", "DKK")),
        ("249,95 kr", "sv", ("249.95", "SEK")),
        ("kr 249", "nb", ("249", "NOK")),
        ("kr. 249,-", "da", ("249", "DKK")),
        ("1.299,00 kr.", "da", ("1299", "DKK")),
        ("Kr. 1.299", "da", ("1299", "DKK")),
        ("1\u00a0349 kr", "sv", ("1349", "SEK")),
        ("£1,250.00", "en-GB", ("1250", "GBP")),
        ("€ 19.95", "da", ("19.95", "EUR")),
        ("19,95 €", "en-US", ("19.95", "EUR")),
        ("SEK 199", "en", ("199", "SEK")),
        ("dkk 12.345.678,50", "en", ("12345678.50", "DKK")),
    ],
)
def test_prices(text, lang, price):
    assert clean.money(text, lang) == (Decimal(price[0]), price[1])


@pytest.mark.parametrize(
    "text, lang, reason",
    [
        ("", "da", "no_price"),
        ("Udsolgt", "da", "no_price"),
        ("0", "da", "bad_price"),
        ("0,00 kr.", "da", "bad_price"),
        ("-149,95 kr.", "da", "bad_price"),
        ("−149,95 kr.", "da", "bad_price"),
        ("12,3456 kr.", "da", "bad_price"),
        ("2 for 100 kr.", "da", "bad_price"),
        ("100-200 kr.", "da", "bad_price"),
        ("9.999.999.999,00 kr.", "da", "bad_price"),
        ("199", "da", "no_currency"),
        ("199 kr.", "en-GB", "no_currency"),
        ("199 kr.", "", "no_currency"),
        ("$ 199", "en-US", "no_currency"),
    ],
)
def test_prices_that_are_none(text, lang, reason):
    with pytest.raises(clean.Reject) as caught:
        clean.money(text, lang)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "text, lang, day",
    [
        ("2024-03-01", "da", date(2024, 3, 1)),
        ("1. marts 2024", "da", date(2024, 3, 1)),
        ("1 mars 2024", "sv", date(2024, 3, 1)),
        ("31. mai 2024", "nb", date(2024, 5, 31)),
        ("1 March 2024", "en-GB", date(2024, 3, 1)),
        ("March 1, 2024", "en-US", date(2024, 3, 1)),
        ("01.03.2024", "da", date(2024, 3, 1)),
        ("01/03/2024", "da", date(2024, 3, 1)),
        ("01/03/2024", "en-GB", date(2024, 3, 1)),
        ("01/03/2024", "en-US", date(2024, 1, 3)),
        ("25/03/2024", "en", date(2024, 3, 25)),
        ("03/25/2024", "en", date(2024, 3, 25)),
        ("03/03/2024", "", date(2024, 3, 3)),
        ("03.2024", "da", date(2024, 3, 1)),
        ("29.02.2024", "da", date(2024, 2, 29)),
        ("", "da", None),
    ],
)
def test_days(text, lang, day):
    assert clean.day(text, lang) == day


@pytest.mark.parametrize(
    "text, lang, reason",
    [
        ("31.02.2024", "da", "bad_date"),
        ("29.02.2023", "da", "bad_date"),
        ("13.2024", "da", "bad_date"),
        ("25/13/2024", "da", "bad_date"),
        ("1. floréal 2024", "da", "bad_date"),
        ("1. foo 2024", "da", "bad_date"),
        ("Kommer snart", "da", "bad_date"),
        ("01/03/2024", "en", "unclear_date"),
        ("01/03/2024", "", "unclear_date"),
    ],
)
def test_days_that_are_none(text, lang, reason):
    with pytest.raises(clean.Reject) as caught:
        clean.day(text, lang)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "text, number",
    [
        ("9788793011731", "9788793011731"),
        ("978-87-930117-3-1", "9788793011731"),
        ("978 87 930117 3 1", "9788793011731"),
        ("080442957X", "9780804429573"),
        ("0-8044-2957-x", "9780804429573"),
    ],
)
def test_isbn(text, number):
    assert clean.isbn(text) == number


@pytest.mark.parametrize(
    "text", ["9788793011732", "978879301173", "0804429571", "x", "١٢٣" * 4 + "١"]
)
def test_isbn_that_is_none(text):
    with pytest.raises(clean.Reject, match="no ISBN"):
        clean.isbn(text)


@pytest.mark.parametrize(
    "text, title",
    [
        ("SÃ¸nnen pÃ¥ LÃ¦sÃ¸", "Sønnen på Læsø"),
        ("Sønnen på Læsø", "Sønnen på Læsø"),
        ("A\u030aen", "Åen"),
        ("\n Havet\u00a0og \u200b", "Havet og"),
        ("הספר 🌙", "הספר 🌙"),
    ],
)
def test_titles(text, title):
    assert clean.title(text) == title


@pytest.mark.parametrize(
    "header, wait",
    [("1", 1.0), ("0", 0.0), ("-5", 0.0), ("9999", 60.0), ("", None), ("soon", None)]
    + [("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after(header, wait):
    answer = httpx.Response(503, headers={"Retry-After": header} if header else {})
    assert fetch._retry_after(answer) == wait


def test_the_load_is_all_or_nothing(server, shop, catalogue, monkeypatch):
    """Assert that a load that fails at its end leaves shop and quarantine as they were."""
    crawl_here(server, shop, catalogue.address, pages=60)
    with closing(server.connect(shop)) as connection:
        before = fingerprint(connection)

        def fails(cursor):
            raise ZeroDivisionError

        monkeypatch.setattr(load, "merge", fails)
        connection.autocommit = False
        with pytest.raises(ZeroDivisionError):
            load.load(connection)
        connection.rollback()
        assert fingerprint(connection) == before
