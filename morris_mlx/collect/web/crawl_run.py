"""A whole collection: the store opened, every given address walked, the run marked as ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from morris_mlx.collect.web.address import AddressError
from morris_mlx.collect.web.crawl import Crawl, Visit
from morris_mlx.collect.web.documents import Harvest, left_out
from morris_mlx.collect.web.fetch import Fetcher, Outside
from morris_mlx.collect.web.links import Links
from morris_mlx.collect.web.page_store import Page, opened, run_key
from morris_mlx.collect.web.request import Outlook, SourceNote, WebCollected, WebRequest
from morris_mlx.collect.web.response_body import PageError
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.records.corpus import Skipped

REASONS_TOLD = 10
PRIVATE = "private address"  # in the reasons of `connection`
Told = Callable[[str], None]


def collect(request: WebRequest, folder: Path, told: Told, outside: Outside) -> WebCollected:
    """See the door."""
    seeds = request.urls
    with opened(folder) as store:
        key = run_key([seeds, sorted(request.follow)])
        now = outside.clock.now()
        began = now if request.offline else store.begin(key, now)
        fetcher = Fetcher(request, store, began, outside, told)
        harvest = Harvest(request.author)
        crawl = Crawl(request, fetcher, harvest, told)
        sources = tuple(_walked(crawl, fetcher, harvest, seed) for seed in seeds)
        if not harvest.documents:
            raise _nothing(harvest, request)
        if not request.offline:
            store.end(key, done=not (harvest.later or crawl.cut_short))
    return WebCollected(
        documents=tuple(sorted(harvest.documents, key=lambda d: (d.source, d.id))),
        skipped=tuple(dict.fromkeys(harvest.skipped)),
        sources=sources,
        later=tuple(dict.fromkeys(harvest.later)),
        requests=fetcher.requests,
        reused=fetcher.reused,
    )


def _walked(crawl: Crawl, fetcher: Fetcher, harvest: Harvest, seed: str) -> SourceNote:
    harvest.notes = []
    kind = crawl.walk(seed)
    return SourceNote(seed, kind, _verdict(fetcher, seed), tuple(harvest.notes))


def _verdict(fetcher: Fetcher, seed: str) -> str:
    """robots.txt on a given address, in words."""
    try:
        return fetcher.rules(seed).verdict(seed)
    except (PageError, AddressError) as error:
        return f"disallowed: {error}"


def _nothing(harvest: Harvest, request: WebRequest) -> MorrisError:
    """No article where some were expected: what kind of error that is, with the reasons."""
    left_out = [*harvest.later, *harvest.skipped]
    reasons = "".join(f"\n  {s.source}: {s.reason}" for s in left_out[:REASONS_TOLD])
    places = ", ".join(request.urls)
    if harvest.later and request.offline:
        step = "Run the same command without --offline."
        return MissingError(f"Nothing of {places} is stored. {step}{reasons}")
    if harvest.later:
        step = "Run the same command later: it goes on where this one ended."
        return MorrisError(f"No article could be had from {places} now. {step}{reasons}")
    if harvest.skipped and all(_is_refusal(s) for s in harvest.skipped):
        step = "Ask the site's owner for the texts, or collect them from files."
        if all(PRIVATE in s.reason for s in harvest.skipped):
            step = "If it is your own server, add --allow-private."
        return RefusedError(f"Nothing of {places} may be fetched. {step}{reasons}")
    step = "Check the address" + (
        f" and the author's name ({request.author!r})." if request.author else "."
    )
    if not request.follow:
        step += " For a page that lists articles, add --follow '/path/*'."
    return MissingError(f"No article found at {places}. {step}{reasons}")


def _is_refusal(skipped: Skipped) -> bool:
    return skipped.reason.startswith("disallowed") or PRIVATE in skipped.reason


# --- a dry run ----------------------------------------------------------------------------
class _Counter:
    """Keeps nothing: it notes what a collection would fetch."""

    def __init__(self, fetcher: Fetcher, author: str) -> None:
        self._fetcher, self._harvest = fetcher, Harvest(author)
        self.pages: list[str] = []
        self.stored = 0
        self.refused: dict[str, str] = {}

    def wants(self, visit: Visit) -> bool:
        if visit.role != "page":
            return True
        try:
            rules = self._fetcher.rules(visit.url)
        except (PageError, AddressError) as error:
            self.refused[visit.url] = str(error)
            return False
        if rules.allows(visit.url):
            self.pages.append(visit.url)
            self.stored += self._fetcher.stored(visit.url) is not None
        else:
            self.refused[visit.url] = rules.verdict(visit.url)
        return False

    def take(self, visit: Visit, page: Page, links: Links) -> bool:
        """A given page, which was fetched just now; it may turn out to be no article."""
        fresh = self._harvest.take(visit, page, links)
        for document in self._harvest.documents:
            self.pages.append(document.source)
            self.stored += 1
        for said in self._harvest.skipped:
            self.refused[said.source] = said.reason
        self._harvest.documents, self._harvest.skipped = [], []
        return fresh

    def skip(self, url: str, reason: str, later: bool = False) -> None:
        said = left_out(url, reason)
        self.refused[said.source] = said.reason


def preview(request: WebRequest, folder: Path, told: Told, outside: Outside) -> list[Outlook]:
    """See the door."""
    seeds = request.urls
    found: list[Outlook] = []
    with opened(folder) as store:
        now = outside.clock.now()
        key = run_key([seeds, sorted(request.follow)])
        began = now if request.offline else store.begin(key, now)
        fetcher = Fetcher(request, store, began, outside, told)
        for seed in seeds:
            counter = _Counter(fetcher, request.author)
            kind = Crawl(request, fetcher, counter, told).walk(seed)
            found.append(
                Outlook(
                    url=seed,
                    kind=kind,
                    robots=_verdict(fetcher, seed),
                    delay_seconds=fetcher.delay(seed),
                    pages=tuple(counter.pages[: request.max_pages]),
                    stored=counter.stored,
                    refused=counter.refused,
                )
            )
    return found
