"""The book: one page, made by the command, opened as on a phone that has no network."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest
from bs4 import BeautifulSoup

from migrationlab import paths
from migrationlab.course import lessons
from migrationlab.course_book import lesson_html, notebook_html, redaction
from migrationlab.errors import LabError
from migrationlab.exam.bank import glossary, load_questions
from tests.cli.test_jupyterlab import BROWSERS, QUIET

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1400, "height": 900}
PICTURES = paths.PROJECT / ".lab" / "pictures"  # to be looked at


@pytest.fixture(scope="module")
def file(server, tmp_path_factory):
    """The page of lesson 00, made by the command."""
    target = tmp_path_factory.mktemp("book") / "Åse's phone" / "course.html"
    done = subprocess.run(
        [sys.executable, "-m", "migrationlab.cli", "book", "0", "--to", str(target)],
        cwd=paths.PROJECT,
        env=os.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "notebooks/00_start_here" in done.stdout
    assert "is written" in done.stdout
    return target


@pytest.fixture(scope="module")
def text(file):
    return file.read_text("utf-8")


@pytest.fixture(scope="module")
def soup(text):
    return BeautifulSoup(text, "html.parser")


@pytest.mark.slow
def test_has_outputs_questions_and_glossary(soup):
    """Assert that what the commands answered is there, every question, and every term."""
    shown = " ".join(each.get_text() for each in soup.select(".output"))
    assert "Running upgrade" in shown
    assert "Karen Sørensen" in shown
    assert soup.select(".output svg.mlpic") and soup.select(".output table")
    assert soup.select(".output pre.error")
    assert "\x1b" not in soup.get_text()
    for question in load_questions.of_lesson(lessons.find("0")):
        folded = soup.find(id=f"question-{question.id}")
        assert folded.name == "details" and not folded.has_attr("open")
        for language, words in question.words.items():
            part = folded.select_one(f"div[data-in={language}]").get_text(" ")
            assert plain(words.answer) in " ".join(part.split())
    assert all(soup.find(id=f"term-{id}") for id in glossary.every())


def plain(markdown: str) -> str:
    found = BeautifulSoup(notebook_html.inline(markdown), "html.parser").get_text(" ")
    return " ".join(found.split())


@pytest.mark.slow
def test_tells_nothing_of_this_machine(text, server):
    """Assert that no password, no folder of this machine and no account's name is in the page."""
    assert server.password and server.password not in text
    assert not re.search(r"PGPASSWORD\s*=\s*[^*\s$]", text)
    for folder in (paths.PROJECT, paths.home(), sys.prefix):
        assert str(folder) not in text
    assert str(server.port) not in text


@pytest.mark.slow
def test_every_anchor_and_id(soup):
    """Assert that no id stands twice and that every link inside the page leads somewhere."""
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    links = [link["href"] for link in soup.select("a[href]")]
    assert not [link for link in links if link.startswith("#") and link[1:] not in ids]
    assert not [link for link in links if not link.startswith(("#", "http"))]


@pytest.mark.slow
def test_fetches_nothing(soup):
    """Assert that nothing in the page has another address, and that the page itself forbids it."""
    assert not soup.select("script[src], iframe, object, embed")
    assert [link["href"] for link in soup.select("link")] == ["data:,"]
    assert all(image["src"].startswith("data:") for image in soup.select("img"))
    assert not re.search(r"@import|url\((?!#)", soup.select_one("style").get_text())
    policy = soup.select_one("meta[http-equiv=Content-Security-Policy]")["content"]
    assert policy.startswith("default-src 'none';")


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: the book was not looked at in a browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def show(browser, file):
    """Open the page as a device would, without a network; it may ask for nothing."""
    pages = []

    def show(viewport=PHONE, scheme="light"):
        context = browser.new_context(
            viewport=viewport, color_scheme=scheme, offline=True, has_touch=True
        )
        page = context.new_page()
        page.asked, page.faults = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda message: page.faults.append(message.text))
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield show
    for page in pages:
        assert page.faults == []
        assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []
        page.context.close()


def too_wide(page) -> list[str]:
    """What reaches over the right edge, apart from what scrolls in a box of its own."""
    return page.evaluate(
        """[...document.querySelectorAll("main *, header *")]
            .filter((e) => !e.parentElement.closest(".scroll, pre"))
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 60)}`)"""
    )


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_sideways_scrolling(show, viewport):
    """Assert that the page is as wide as the screen, with all that folds unfolded, too."""
    page = show(viewport)
    for language in ("en", "da"):
        page.evaluate(
            """(language) => {
                document.documentElement.dataset.language = language;
                document.querySelectorAll("details").forEach((each) => { each.open = true; });
            }""",
            language,
        )
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert too_wide(page) == []


@pytest.mark.slow
def test_search_finds_and_jumps(show):
    """Assert that a word is found, a tap leads to it, and a folded question opens for it."""
    page = show()
    page.fill("#query", "which sentence ordliste")
    page.get_by_text("Nothing found.").wait_for()
    page.fill("#query", "THREE meanings")
    hits = page.locator("#results a")
    hits.first.wait_for()
    assert "One sentence, three meanings" in hits.first.inner_text()  # headings come first
    hits.first.tap()
    assert page.locator("#results").is_hidden()
    assert page.locator(".jumped").bounding_box()["y"] < PHONE["height"]
    page.fill("#query", "It believes that nothing was run")  # in a follow-up of a question
    hits.nth(1).wait_for(state="detached")
    page.keyboard.press("Enter")
    found = page.locator(".jumped")
    assert "It believes that nothing was run" in found.inner_text()
    assert 0 < found.bounding_box()["y"] < PHONE["height"]
    assert page.evaluate("CSS.highlights.get('found').size") > 0
    page.fill("#query", "qqqxyz")
    page.get_by_text("Nothing found.").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dark_and_light(show, scheme):
    """Assert that the page is as the phone is, that the switch turns it, and pictures with it."""
    page = show(scheme=scheme)
    assert lightness(page, "body") == scheme
    assert lightness(page, "svg .panel", "fill") == scheme
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.locator(".picture").first.scroll_into_view_if_needed()
    page.screenshot(path=str(PICTURES / f"book-{scheme}.png"))
    page.locator("#theme").tap()
    other = {"light": "dark", "dark": "light"}[scheme]
    assert lightness(page, "body") == other
    assert lightness(page, "svg .panel", "fill") == other
    page.reload()
    assert lightness(page, "body") == other


def lightness(page, selector, what="backgroundColor") -> str:
    colour = page.evaluate(
        "([selector, what]) => getComputedStyle(document.querySelector(selector))[what]",
        [selector, what],
    )
    return "light" if sum(map(int, re.findall(r"\d+", colour)[:3])) > 3 * 128 else "dark"


@pytest.mark.slow
def test_questions_fold_in_both_languages(show):
    """Assert that a question is folded, opens by a tap, and is there in Danish after the switch."""
    page = show()
    question = page.locator("#question-00-1")
    answer = question.locator("> div[data-in=en] > p").first
    assert answer.is_hidden()
    question.locator("> summary").tap()
    assert answer.is_visible()
    assert "What is a migration?" in question.inner_text()
    page.locator("#language").tap()
    assert answer.is_hidden()
    assert "Hvad er en migration?" in question.inner_text()
    follow_up = question.locator("> div[data-in=da] details").first
    follow_up.locator("summary").tap()
    assert follow_up.locator("p").is_visible()


@pytest.mark.slow
def test_contents_lead_to_a_heading(show):
    """Assert that the contents open by a tap and lead to the heading that was touched."""
    page = show()
    page.locator("#menu").tap()
    page.locator("#contents summary").first.tap()
    page.locator("#contents").get_by_text("One sentence, three meanings").tap()
    page.wait_for_timeout(300)
    heading = page.locator("#lesson-00-one-sentence-three-meanings")
    assert 0 < heading.bounding_box()["y"] < 150
    assert page.locator("#contents").is_hidden()


def test_outputs_are_cleaned(server):
    """Assert that folders, the port and passwords are taken out, and numbers are left alone."""
    clean = redaction.cleaner(replace(server, password="s3cret-and-long", port=54321))
    said = f"{paths.PROJECT}/notebooks, {paths.home()}/work/x.py, s3cret-and-long"
    assert clean(said) == "~/migration-lab/notebooks, ~/migration-lab/work/x.py, ***"
    assert clean("http://127.0.0.1:54321 154321 1.54321") == "http://127.0.0.1:5432 154321 1.54321"
    invented = "postgresql://anna:7%25up@127.0.0.1/shop PGPASSWORD=$SECRET"  # a lesson shows it
    assert clean(invented) == invented
    short = redaction.cleaner(replace(server, password="p w"))
    assert clean_all(short, "the p w", "://lab:p%20w@x", "PGPASSWORD='p w'") == [
        "the p w",
        "://lab:***@x",
        "PGPASSWORD=***'",
    ]
    kept = "<div>folder <code>x</code>. Your earlier work was set aside as <code>y</code>.</div>"
    assert clean(kept) == "<div>folder <code>x</code>.</div>"


def clean_all(clean, *texts):
    return [clean(text) for text in texts]


def test_a_secret_stops_the_page(server):
    """Assert that a page with the server's password, or with the home folder, is not written."""
    named = replace(server, password="postgres")  # a word of every page, so only in its place
    redaction.insist_on_no_secret("postgres and its password", named)
    for page in ("postgresql://lab:postgres@host/x", "PGPASSWORD=postgres", f"cd {paths.home()}"):
        with pytest.raises(LabError):
            redaction.insist_on_no_secret(page, named)
    with pytest.raises(LabError):
        redaction.insist_on_no_secret(
            "so it is: l0ng-password", replace(server, password="l0ng-password")
        )


def test_links_between_notebooks():
    """Assert that a link to a lesson in the page is an anchor, and any other file's a mere text."""
    cell = nbformat.v4.new_markdown_cell(
        "# 00 T\n\n## A *b* `c`\n\n[next](01_ddl_and_dml.ipynb) "
        "[later](02_alembic_revisions.ipynb) "
        "[do](../exercises/00_start_here.ipynb) [web](https://example.org)\n\n## A b c"
    )
    html = notebook_html.notebook(nbformat.v4.new_notebook(cells=[cell]))
    shaped, contents = lesson_html.shaped(html, "00", ["00", "01"], set())
    soup = BeautifulSoup(shaped, "html.parser")
    links = [a["href"] for a in soup.select("a:not(.anchor)")]
    assert links == ["#lesson-01", "https://example.org"]
    assert "later do" in soup.get_text()
    assert [each.id for each in contents.below] == ["lesson-00-a-b-c", "lesson-00-a-b-c-2"]


def test_a_picture_from_elsewhere_is_refused():
    """Assert that a lesson with a picture that must be fetched makes no page."""
    with pytest.raises(LabError, match="https://example.org/x.png"):
        lesson_html.shaped('<img src="https://example.org/x.png">', "00", ["00"], set())


def test_a_long_output_is_folded():
    """Assert that a long traceback is folded, and its last line stays to be seen."""
    printed = "".join(f"line {number}\n" for number in range(lesson_html.LONG)) + "Error: why\n"
    html, _ = lesson_html.shaped(f'<div class="output"><pre>{printed}</pre></div>', "00", [], set())
    fold = BeautifulSoup(html, "html.parser").select_one("details.long")
    assert fold.select_one("summary").get_text(" ") == f"{lesson_html.LONG + 1} lines Error: why"
    assert "line 0" in fold.select_one("pre").get_text()


def test_a_picture_keeps_its_words():
    """Assert that what a lesson says of its picture for a screen reader is in the page."""
    data, words = {"image/png": "aGVq"}, {"image/png": {"alt": 'Bars: "a" 1 & b 2'}}
    output = nbformat.v4.new_output("display_data", data, metadata=words)
    cell = nbformat.v4.new_code_cell("plot()", outputs=[output])
    html = notebook_html.notebook(nbformat.v4.new_notebook(cells=[cell]))
    image = BeautifulSoup(html, "html.parser").select_one(".output img")
    assert image["alt"] == 'Bars: "a" 1 & b 2'
    assert image["src"] == "data:image/png;base64,aGVq"


def test_the_same_picture_twice():
    """Assert that a picture's second copy has ids of its own, and points at itself."""
    one = '<svg aria-labelledby="t1"><title id="t1">A</title><path marker-end="url(#t1)"/></svg>'
    html, _ = lesson_html.shaped(one * 2, "00", ["00"], set())
    pictures = BeautifulSoup(html, "html.parser").select("svg")
    assert [picture["aria-labelledby"] for picture in pictures] == ["t1", "t1-2"]
    assert pictures[1].select_one("path")["marker-end"] == "url(#t1-2)"


def test_wrong_words_before_anything_runs():
    """Assert that a folder as the file and an unknown language are told at once."""
    for words in (["--to", "."], ["--lang", "fr"]):
        done = subprocess.run(
            [sys.executable, "-m", "migrationlab.cli", "book", "0", *words],
            cwd=paths.PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr and "Starting" not in done.stdout
