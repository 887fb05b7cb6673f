"""From page to page: take the next one, fetch it, write down what it brought."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bookshop.crawl import addresses, parse, robots
from bookshop.crawl.fetch import COME_AGAIN, Failed, Fetcher, Unreachable
from bookshop.crawl.frontier import Frontier, Link, Outcome
from bookshop.crawl.robots import Robots
from migrationlab.api import LabError

GIVE_UP = 5  # pages in a row that a sick site cost us


@dataclass(frozen=True)
class Limits:
    """A crawl without limits ends when the disk is full."""

    pages: int = 5000
    depth: int = 12  # clicks from the first page
    delay: float | None = None  # seconds between requests; None: what robots.txt says
    timeout: float = 2.0


def crawl(
    frontier: Frontier, start: str, limits: Limits, progress: Callable[[int, int], None]
) -> int:
    """Fetch what waits in the frontier, at most `limits.pages`; how many were fetched.

    `progress` is called with the pages fetched and those that still wait. Raises LabError when
    the site does not answer.
    """
    site = addresses.site(start)
    try:
        with Fetcher(site, limits.timeout) as fetcher:
            rules = robots.read(fetcher, site)
            fetcher.delay = rules.delay(site, limits.delay)
            frontier.add(_first_pages(start, site, rules), None, 0)
            return _go_on(frontier, fetcher, site, rules, limits, progress)
    except Unreachable:
        raise LabError(
            f"{site} does not answer.",
            todo="See that the address is right and the site runs. The same command goes on "
            "where this crawl was.",
        ) from None


def _first_pages(start: str, site: str, rules: Robots) -> tuple[Link, ...]:
    """Where the crawl begins: with what we were told, and with the sitemaps."""
    sitemaps = [addresses.absolute(site, link) for link in rules.sitemaps()]
    first = judged([start, *filter(None, sitemaps)], site, rules)
    if first[0].reason:
        raise LabError(f"{start} is not to be crawled: {first[0].reason}.")
    return first


def _go_on(
    frontier: Frontier,
    fetcher: Fetcher,
    site: str,
    rules: Robots,
    limits: Limits,
    progress: Callable[[int, int], None],
) -> int:
    fetched = in_a_row = 0
    while fetched < limits.pages and (page := frontier.next(limits.depth)):
        url, depth = page
        outcome = visit(fetcher, url, site, rules)
        frontier.finish(url, depth, outcome)
        fetched += 1
        progress(fetched, frontier.waiting(limits.depth))
        in_a_row = in_a_row + 1 if outcome.status in (None, *COME_AGAIN) else 0
        if in_a_row == GIVE_UP:
            raise LabError(
                f"{site} is not well: {GIVE_UP} pages in a row failed ({outcome.reason}).",
                todo="Try again later, with --again.",
            )
    return fetched


def visit(fetcher: Fetcher, url: str, site: str, rules: Robots) -> Outcome:
    """Fetch one page and read it. Raises Unreachable; every other trouble is an outcome."""
    try:
        page = fetcher.get(url)
    except Failed as failure:
        state = "skipped" if failure.reason == "not_html" else "failed"
        return Outcome(state, failure.status, failure.attempts, failure.reason)
    if page.moved_to:
        target = addresses.absolute(url, page.moved_to)
        links = judged([target] if target else [], site, rules)
        return Outcome("skipped", page.status, page.attempts, "moved", links)
    links = judged(parse.links(page.text, url), site, rules)
    return Outcome("done", page.status, page.attempts, None, links, parse.book(page.text))


def judged(found: Iterable[str], site: str, rules: Robots) -> tuple[Link, ...]:
    """The links in their normal form, each with a reason if it is not to be followed."""
    links: dict[str, Link] = {}
    for address in found:
        url = addresses.normal(address)
        if reason := _reason_against(address, url, site, rules):
            links.setdefault(url, Link(url, "skipped", reason))
        else:
            links[url] = Link(url)
    return tuple(links.values())


def _reason_against(address: str, url: str, site: str, rules: Robots) -> str | None:
    if not url.startswith(site):
        return "other_host"
    # Asked about the address as it was found: /basket/ may be forbidden and /basket not.
    if not (rules.allow(address) and rules.allow(url)):
        return "robots"
    if addresses.is_trap(url):
        return "trap"
    return None
