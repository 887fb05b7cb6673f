"""The catalogue's web site: every fault of its table is met here, by its name."""

import hashlib
import html
import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from data.wholesaler import pages, sheets, site
from data.wholesaler.faults import FAULTS
from data.wholesaler.truth import truth
from migrationlab import paths
from migrationlab.course import wholesaler_site
from migrationlab.errors import LabError
from tests.data.wholesaler_tools import served

HOST = "127.0.0.1:8000"

# What stands in the HTML of every page that has the fault.
WRITTEN = {
    "base_href": r'<base href="/book/">.*<aside>.*<a href="\d+">',
    "encoding_twice": "SÃ¸nnen pÃ¥ LÃ¦sÃ¸.*SÃ¸ren KjÃ¦r",
    "isbn_hyphens": r'class="isbn">978-\d\d-\d{4}-\d{3}-\d<',
    "isbn_10": r'class="isbn">\d{9}[\dx]<',
    "isbn_missing": r'class="isbn"><',
    "isbn_wrong_check_digit": r'class="isbn">\d{13}<',
    "isbn_on_an_older_page": r'class="isbn">978-',
    "isbn_on_a_newer_page": r'class="isbn">978-',
    "title_missing": r'<h1 class="title"></h1>',
    "title_entities": "Sm&oslash;rrebr&#248;d &amp; S&#xF8;n",
    "title_emoji": "🌙🚀",
    "title_right_to_left": "הספר",
    "title_spaces": "\n      Havet\u00a0og\n",
    "price_thousands": r"1\.299,00 kr\.",
    "price_thousands_only": r"Kr\. 1\.299<",
    "price_dash": "kr. 249,-<",
    "price_spaced": "1\u00a0349 kr<",
    "price_code": r">(DKK|SEK|NOK|EUR|GBP) \d+\.\d\d<",
    "price_euro_before": "€ 19.95",
    "price_euro_after": "19,95 €",
    "price_pounds_thousands": "£1,250.00",
    "price_reduced": "<del>999,95 kr.</del> ",
    "price_missing": 'class="price"></dd>',
    "price_sold_out": "Udsolgt",
    "price_on_request": "Ring for pris",
    "price_zero": ">0,00 kr.",
    "price_negative": ">-149,95 kr.",
    "price_absurd": r"9\.999\.999\.999,00 kr",
    "price_without_currency": 'class="price">199</dd>',
    "price_kroner_of_nobody": 'lang="en-GB".*class="price">199 kr.',
    "date_iso": r'class="priced">2026-\d\d-\d\d<',
    "date_dots": r'lang="da".*class="priced">\d\d\.\d\d\.2026<',
    "date_british": r'lang="en-GB".*class="priced">\d\d/\d\d/2026<',
    "date_american": r'lang="en-US".*class="priced">\d\d/\d\d/2026<',
    "date_clear_by_itself": r'lang="en".*class="priced">25/03/2026<',
    "date_unclear": r'lang="en".*class="priced">01/03/2026<',
    "date_month_only": r'class="published">03\.2024<',
    "date_missing": 'class="published"><',
    "date_impossible": r'class="published">31\.02\.2024<',
    "date_in_other_words": 'class="published">Kommer snart<',
}
# How a list links to the book.
LINKED = {
    "tracking_parameters": r"/book/{}\?utm_source=newsletter&utm_medium=email",
    "trailing_slash": "/book/{}/",
    "anchor": "/book/{}#reviews",
    "dots": r"/\./x/\.\./book/{}",
    "protocol_relative": f"//{HOST}/book/{{}}",
    "old_address": "/bog/{}",
}


def get(target: str, visit: int = 2) -> site.Answer:
    return site.answer(target, HOST, visit)


def text(target: str) -> str:
    answer = get(target)
    assert answer.status == 200, target
    return answer.body.decode("utf-8")


def lists() -> str:
    """All links of all lists, as one text."""
    last = -(-len(pages.listed()) // pages.PER_PAGE)
    return html.unescape("".join(text(f"/books?page={number}") for number in range(1, last + 1)))


def sitemaps() -> str:
    parts = re.findall(r"<loc>http://[^/]+(/sitemap-\d\.xml)</loc>", text("/sitemap.xml"))
    assert len(parts) == 3
    return "".join(text(part) for part in parts)


def is_in(page: sheets.Page, links: str) -> bool:
    return re.search(rf"/?book/{page.book.number}\b", links) is not None


# What a test is not about a book, or about more than its HTML


def relative_links():
    assert '<a href="../book/' in text("/category/krimi")
    assert '<a href="?page=2"' in text("/category/krimi")


def paging():
    assert '<link rel="next" href="?page=2">' in text("/books")
    assert "rel=next" in text("/books?page=49") and "rel=next" not in text("/books?page=50")


def page_past_the_end():
    for number in ("51", "999", "0", "-1", "x", "9" * 5000):
        assert get(f"/books?page={number}").status == 404
    assert "/books?page=999" in text("/about")


def robots_disallowed():
    rules = text("/robots.txt")
    assert "Disallow: /search\nDisallow: /basket/\nCrawl-delay: 0.02\n" in rules
    assert f"Sitemap: http://{HOST}/sitemap.xml" in rules
    assert 'href="/basket/"' in text("/") and 'href="/search?q="' in text("/")


def missing_from_sitemap():
    for page in sheets.having("missing_from_sitemap"):
        assert not is_in(page, sitemaps()) and is_in(page, lists())


def only_in_sitemap():
    for page in sheets.having("only_in_sitemap"):
        assert is_in(page, sitemaps()) and not is_in(page, lists())


def only_linked():
    for page in sheets.having("only_linked"):
        assert not is_in(page, sitemaps()) and not is_in(page, lists())
        assert is_in(page, text(f"/book/{page.book.number - 1}"))


def dead_link():
    for number in (9001, 9002):
        assert f"/book/{number}" in text("/about")
        assert get(f"/book/{number}").status == 404


def dead_in_sitemap():
    for number in (9003, 9004):
        assert f"/book/{number}</loc>" in sitemaps()
        assert get(f"/book/{number}").status == 404


def gone():
    assert "/book/9010" in text("/about") and get("/book/9010").status == 410


def redirect_loop():
    assert get("/loop/1").headers == {"Location": "/loop/2"}
    assert get("/loop/2").headers == {"Location": "/loop/1"}


def endless_calendar():
    assert "/calendar/2027/02" in text("/calendar/2027/01")
    assert "/calendar/2028/01" in text("/calendar/2027/12")
    assert get("/calendar/2027/13").status == 404


def growing_sort():
    grown = "/books?sort=title&sort=price"
    assert html.escape(grown) in text("/books?sort=title")
    assert html.escape(grown + "&sort=price") in text(grown)


def huge_page():
    answer = get("/everything")
    assert sum(map(len, answer.stream)) > 50_000_000


def pdf():
    assert get("/catalogue.pdf").type == "application/pdf"


def other_hosts():
    assert "https://www.nordlys.example/" in text("/about")


def not_pages():
    for link in ("mailto:", "tel:", "javascript:", "http://[broken"):
        assert f'href="{link}' in text("/about")


def prices_of_others():
    page = text("/book/1003")
    assert page.count('class="price"') == 3 and page.partition("</main>")[2].count("price") == 2


def bytes_say(fault: str, encoding: str, header: str, meta: str):
    for page in sheets.having(fault):
        answer = get(page.path)
        assert answer.type == f"text/html{header}"
        assert (f'<meta charset="{meta}">'.encode() in answer.body) == bool(meta)
        assert page.book.title in answer.body.decode(encoding)
        assert not page.book.title.isascii()


def encoding_declared_wrongly():
    bytes_say("encoding_declared_wrongly", "cp1252", "; charset=utf-8", "utf-8")


def encoding_not_declared():
    bytes_say("encoding_not_declared", "cp1252", "", "")


def encoding_two_opinions():
    bytes_say("encoding_two_opinions", "utf-8", "; charset=iso-8859-1", "utf-8")


def error_500_once():
    for page in sheets.having("error_500_once"):
        assert [get(page.path, visit).status for visit in (1, 2)] == [500, 200]


def busy_503_once():
    (page,) = sheets.having("busy_503_once")
    assert get(page.path, 1).status == 503 and get(page.path, 2).status == 200
    assert get(page.path, 1).headers == {"Retry-After": "1"}


def slow_once():
    (page,) = sheets.having("slow_once")
    assert get(page.path, 1).slow and not get(page.path, 2).slow


def cut_once():
    for page in sheets.having("cut_once"):
        assert get(page.path, 1).cut and not get(page.path, 2).cut


def shown(fault: str):
    """The test of a fault: one of the functions above, or what a page says."""
    if fault in globals():
        globals()[fault]()
        return
    for page in sheets.having(fault):
        if fault in LINKED:
            link = f'href="{LINKED[fault].format(page.book.number)}"'
            assert len(re.findall(link, lists())) == 1
        if fault in WRITTEN:
            assert re.search(WRITTEN[fault], get(page.path).body.decode(), re.DOTALL), page


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault):
    """Assert that the site has each fault of its table, on as many pages as the table says."""
    assert fault in globals() or fault in WRITTEN or fault in LINKED, "no test for it"
    assert len(sheets.having(fault)) == FAULTS[fault].books
    assert FAULTS[fault].why.endswith((".", "?", "…"))
    shown(fault)


def test_links_to_one_page_lead_to_one_text():
    """Assert that the second address of a page gives the page, and an old one leads there."""
    assert get("/book/1003/") == get("/book/1003?utm_source=x") == get("/book/1003")
    (page, *_) = sheets.having("old_address")
    moved = get(f"/bog/{page.book.number}")
    assert (moved.status, moved.headers) == (301, {"Location": page.path})


def test_the_truth():
    """Assert sizes, and that of two pages about one book the newer price is the truth."""
    found = truth("http://x/")
    assert len(found.pages) >= 1200
    assert set(found.rejects.values()) == {fault.reject for fault in FAULTS.values()} - {""}
    assert len(found.books) == books_without_rejects()
    for fault, newer in (("isbn_on_an_older_page", False), ("isbn_on_a_newer_page", True)):
        for page in sheets.having(fault):
            second = sheets.every()[page.book.number + sheets.SECOND_PAGE]
            assert (second.book.priced > page.book.priced) is newer
            true = found.books[page.book.isbn]
            assert true.url.endswith(second.path if newer else page.path)
            assert true.price == (second if newer else page).book.price


def books_without_rejects() -> int:
    """Counted otherwise than truth() does."""
    kept = [page for page in sheets.every().values() if not reject_of(page)]
    return len({page.book.isbn for page in kept})


def reject_of(page: sheets.Page) -> str:
    return FAULTS[page.fault].reject if page.fault else ""


def test_the_site_is_the_same_on_every_machine():
    """Assert the digest of all pages. Whoever changes the site on purpose writes down the new one.

    CI computes it on three systems and two versions of Python.
    """
    others = ["/", "/books", "/about", "/robots.txt", "/sitemap-1.xml", "/category/krimi?page=2"]
    digest = hashlib.sha256()
    for path in others + [page.path for page in sheets.every().values()]:
        digest.update(get(path).body)
    assert digest.hexdigest()[:16] == "814351ed7a53caa4"


# Over the network


@pytest.fixture(scope="module")
def served_site(tmp_path_factory):
    with served(tmp_path_factory.mktemp("site"), slow=1.0) as found:
        yield found


def test_a_page_over_http(served_site):
    """Assert status, type and one line of the log with who asked for what."""
    answer = httpx.get(served_site.address + "book/1003?x=%C3%A6", headers={"User-Agent": "me"})
    assert answer.status_code == 200 and answer.headers["Content-Type"] == site.HTML
    line = served_site.requests()[-1]
    assert line.pop("time") > "2026"
    assert line == {"method": "GET", "path": "/book/1003?x=%C3%A6", "status": 200, "agent": "me"}


def test_bad_moments_over_http(served_site):
    """Assert that a cut page is cut for the client, a slow one is slow, and then all is well."""
    (slow,), (cut, *_) = sheets.having("slow_once"), sheets.having("cut_once")
    with httpx.Client(base_url=served_site.address) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(cut.path)
        with pytest.raises(httpx.ReadTimeout):
            client.get(slow.path, timeout=0.3)
        assert client.get(cut.path).status_code == client.get(slow.path).status_code == 200


def test_a_client_that_goes_away_disturbs_nobody(served_site, capsys):
    """Assert that the endless page can be left in the middle."""
    with httpx.stream("GET", served_site.address + "everything") as answer:
        assert "Content-Length" not in answer.headers
        next(answer.iter_bytes())
    assert httpx.get(served_site.address).status_code == 200
    assert capsys.readouterr().err == ""


def begin(*options: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "data.wholesaler", *options],
        cwd=paths.PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def test_nobody_else_can_reach_it():
    """Assert that the program listens on 127.0.0.1 only."""
    with begin() as process:
        address = process.stdout.readline().strip()
        listening = [
            connection.laddr.ip
            for connection in psutil.Process(process.pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        process.stdin.close()
    assert address.startswith("http://127.0.0.1:")
    assert listening == ["127.0.0.1"]


def test_it_ends_with_its_standard_input():
    with begin() as process:
        process.stdout.readline()
        process.stdin.close()
        assert process.wait(10) == 0
        assert process.stdout.read() == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_ends_when_it_is_told(name):
    with begin() as process:
        process.stdout.readline()
        process.send_signal(signal.Signals[name])
        assert process.wait(10) == 0
        assert process.stdout.read() == ""


def test_a_port_that_is_taken_is_one_message():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        for port in (other.getsockname()[1], 99999):
            with begin(f"--port={port}") as process:
                said, _ = process.communicate(timeout=20)
            assert process.returncode == 1
            assert said.startswith("The catalogue cannot be served: ") and "Traceback" not in said


# In the lab


def test_the_lab_has_one_site(monkeypatch):
    """Assert that a second call gives the same one, and a new one after its end."""
    monkeypatch.setenv(wholesaler_site.VARIABLE, "")
    one = wholesaler_site.running()
    assert (
        wholesaler_site.running() is one
        and os.environ[wholesaler_site.VARIABLE] == str(one) == one.address
    )
    assert httpx.get(f"{one}book/1003").status_code == 200
    assert [line["path"] for line in one.log()] == ["/book/1003"]
    one.stop()
    other = wholesaler_site.running()
    assert other is not one and httpx.get(str(other)).status_code == 200
    other.stop()


def test_the_site_of_the_lab_ends_with_its_kernel():
    """Assert that nothing is left running when a kernel is killed."""
    code = (
        "import time; from migrationlab.course import wholesaler_site as site;"
        "print(site.running(), flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as kernel:
        address = kernel.stdout.readline().strip()
        assert httpx.get(address).status_code == 200
        kernel.kill()
    assert ends(address)


def test_the_terminal_serves_it_until_ctrl_c():
    """Assert that `lab.py catalogue` says where it is, and ends with its child."""
    with subprocess.Popen(
        [sys.executable, "-m", "migrationlab.cli", "catalogue"],
        cwd=paths.PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        address = process.stdout.readline().removeprefix("The catalogue is at ").split()[0]
        assert httpx.get(address).status_code == 200
        process.terminate()
        process.wait(20)
    assert ends(address)


def ends(address: str) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            httpx.get(address)
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False


def test_the_lab_says_why_there_is_no_site():
    with pytest.raises(LabError, match="cannot be served"):
        wholesaler_site.Website(port=99999)
