"""Get one page: politely, patiently, and not more of it than we can use."""

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from bookshop.crawl.addresses import is_local

# Who we are, and whom to write to if we are a nuisance.
AGENT = "BookshopCrawler/1.0 (+mailto:crawler@bookshop.example)"
PAGES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")
LARGEST = 2_000_000  # bytes
ATTEMPTS = 3
BACK_OFF = 0.2  # seconds before the second attempt, twice that before the third
LONGEST_WAIT = 60.0
COME_AGAIN = (429, 500, 502, 503, 504)  # bad moments of a server; the rest is an answer


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    moved_to: str = ""  # where a redirect points
    attempts: int = 1


class Failed(Exception):
    """The page cannot be had, or is none of ours: `reason` is a code for the table."""

    def __init__(self, reason: str, status: int | None = None):
        super().__init__(reason)
        self.reason, self.status, self.attempts = reason, status, 1


class BadMoment(Failed):
    """It did not work now; it may in a while."""

    def __init__(self, reason: str, status: int | None = None, wait: float | None = None):
        super().__init__(reason, status)
        self.wait = wait


class Unreachable(Exception):
    """Nobody answers at this address: not a page is missing, but the whole site."""


class Fetcher:
    """One client, one request at a time, `delay` seconds between two of them."""

    def __init__(self, site: str, timeout: float):
        self.delay = 0.0
        self._last = 0.0
        self._client = httpx.Client(
            headers={"User-Agent": AGENT},
            timeout=timeout,
            follow_redirects=False,  # a redirect is a link like others: it may leave the site
            # The proxy of a school does not know our own machine.
            trust_env=not is_local(site),
        )

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_) -> None:
        self._client.close()

    def get(self, url: str, types: tuple[str, ...] | None = PAGES) -> Page:
        """The page, tried again after bad moments. Raises Failed, or Unreachable."""
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=_patience,
            retry=retry_if_exception_type((BadMoment, Unreachable)),
            reraise=True,
        )
        number = 0
        try:
            for attempt in retrying:
                with attempt:
                    number = attempt.retry_state.attempt_number
                    return replace(self._get_once(url, types), attempts=number)
        except Failed as failure:
            failure.attempts = number
            raise

    def _get_once(self, url: str, types: tuple[str, ...] | None) -> Page:
        time.sleep(max(0.0, self._last + self.delay - time.monotonic()))
        self._last = time.monotonic()
        try:
            with self._client.stream("GET", url) as answer:
                return self._read(answer, types)
        except (httpx.ConnectError, httpx.InvalidURL) as error:
            raise Unreachable from error
        except httpx.TimeoutException as error:
            raise BadMoment("timeout") from error
        except httpx.RequestError as error:  # such as a connection that was cut
            raise BadMoment("broken_off") from error

    def _read(self, answer: httpx.Response, types: tuple[str, ...] | None) -> Page:
        status = answer.status_code
        if status in COME_AGAIN:
            raise BadMoment(f"http_{status}", status, _retry_after(answer))
        if answer.has_redirect_location:
            return Page(status, "", answer.headers["Location"])
        if status != 200:
            raise Failed(f"http_{status}", status)
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if types and kind not in types:
            raise Failed("not_html", status)
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > LARGEST:
                raise Failed("too_large", status)
        return Page(status, decoded(bytes(body), answer.charset_encoding))


def decoded(body: bytes, declared: str | None) -> str:
    """The text of a page. What is valid UTF-8 is UTF-8, whatever anybody declares."""
    meta = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", body[:2048], re.IGNORECASE)
    for encoding in ("utf-8-sig", declared, meta and meta[1].decode("ascii", "replace")):
        try:
            if encoding:
                return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("cp1252", "replace")


def _patience(state: RetryCallState) -> float:
    """As long as the server asks for, otherwise longer and longer."""
    asked = getattr(state.outcome.exception(), "wait", None)
    return BACK_OFF * 2 ** (state.attempt_number - 1) if asked is None else asked


def _retry_after(answer: httpx.Response) -> float | None:
    """The header Retry-After in seconds: it holds a number or a date."""
    text = answer.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
