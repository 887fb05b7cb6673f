"""robots.txt: what a site's owner allows, and how fast."""

from protego import Protego

from bookshop.crawl.addresses import is_local
from bookshop.crawl.fetch import AGENT, Failed, Fetcher
from migrationlab.api import LabError

USUAL_DELAY = 1.0  # seconds between two requests, when robots.txt does not say


class Robots:
    def __init__(self, text: str):
        self._rules = Protego.parse(text)

    def allow(self, address: str) -> bool:
        return self._rules.can_fetch(address, AGENT)

    def sitemaps(self) -> list[str]:
        return list(self._rules.sitemaps)

    def delay(self, site: str, wanted: float | None) -> float:
        """Seconds between two requests. Only on our own machine may it be less than they ask."""
        asked = self._rules.crawl_delay(AGENT)
        asked = USUAL_DELAY if asked is None else float(asked)
        if wanted is None:
            return asked
        return wanted if is_local(site) else max(asked, wanted)


def read(fetcher: Fetcher, site: str) -> Robots:
    """The rules of a site. No robots.txt: all is allowed. One that cannot be read: nothing is."""
    try:
        page = fetcher.get(site + "robots.txt", types=None)
        if page.moved_to:
            raise Failed("moved", page.status)
        return Robots(page.text)
    except Failed as failure:
        if failure.status and 400 <= failure.status < 500:
            return Robots("")
        raise LabError(
            f"{site}robots.txt cannot be read ({failure.reason}), so nobody knows what is allowed.",
            todo="Try again later.",
        ) from None
