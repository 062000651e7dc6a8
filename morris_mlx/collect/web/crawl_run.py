"""A whole run: open the store, crawl every given URL, and mark the run as ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from morris_mlx.collect.web.address import AddressError
from morris_mlx.collect.web.crawl import Crawl, Role, Visit
from morris_mlx.collect.web.documents import DocumentCollector, printable_skip
from morris_mlx.collect.web.fetch import Fetcher, Outside
from morris_mlx.collect.web.links import Links
from morris_mlx.collect.web.page_error import PageError, SkipKind
from morris_mlx.collect.web.page_store import Page, open_store, run_key
from morris_mlx.collect.web.request import SourceNote, WebCollected, WebPreview, WebRequest
from morris_mlx.errors import MissingError, MorrisError, RefusedError

SHOWN_REASONS = 10
OnProgress = Callable[[str], None]


def collect(
    request: WebRequest, folder: Path, on_progress: OnProgress, outside: Outside
) -> WebCollected:
    """Collect the documents of a request into the store in `folder`; see `collect_web`."""
    seeds = request.urls
    with open_store(folder) as store:
        key = run_key([seeds, sorted(request.follow)])
        now = outside.clock.now()
        began = now if request.offline else store.begin_run(key, now)
        fetcher = Fetcher(request, store, began, outside, on_progress)
        collector = DocumentCollector(request.author)
        crawl = Crawl(request, fetcher, collector, on_progress)
        sources = tuple(_crawl_source(crawl, fetcher, collector, seed) for seed in seeds)
        if not collector.documents:
            raise _no_documents_error(collector, request)
        if not request.offline:
            store.end_run(key, done=not (collector.later or crawl.cut_short))
    return WebCollected(
        documents=tuple(sorted(collector.documents, key=lambda d: (d.source, d.id))),
        skipped=tuple(dict.fromkeys(collector.skipped)),
        sources=sources,
        later=tuple(dict.fromkeys(collector.later)),
        requests=fetcher.requests,
        reused=fetcher.reused,
    )


def _crawl_source(
    crawl: Crawl, fetcher: Fetcher, collector: DocumentCollector, seed: str
) -> SourceNote:
    collector.notes = []
    kind = crawl.walk(seed)
    return SourceNote(seed, kind, _robots_verdict(fetcher, seed), tuple(collector.notes))


def _robots_verdict(fetcher: Fetcher, seed: str) -> str:
    """Return the verdict of robots.txt on a given URL, in words."""
    try:
        return fetcher.rules(seed).verdict(seed)
    except (PageError, AddressError) as error:
        return f"disallowed: {error}"


def _no_documents_error(collector: DocumentCollector, request: WebRequest) -> MorrisError:
    """Return the error for a run without any article, with the first reasons."""
    left_out = [*collector.later, *collector.skipped]
    reasons = "".join(f"\n  {s.source}: {s.reason}" for s in left_out[:SHOWN_REASONS])
    places = ", ".join(request.urls)
    if collector.later and request.offline:
        step = "Run the same command without --offline."
        return MissingError(f"Nothing of {places} is stored. {step}{reasons}")
    if collector.later:
        step = "Run the same command later: it resumes where this run ended."
        return MorrisError(f"No article could be fetched from {places} now. {step}{reasons}")
    kinds = collector.skip_kinds
    if kinds and kinds <= {SkipKind.DISALLOWED, SkipKind.PRIVATE}:
        step = "Ask the site's owner for the texts, or collect them from files."
        if kinds == {SkipKind.PRIVATE}:
            step = "If it is your own server, add --allow-private."
        return RefusedError(f"Nothing of {places} may be fetched. {step}{reasons}")
    if kinds == {SkipKind.ELSEWHERE}:
        step = (
            "The entries are on a different site than the feed. Give the address of that site's "
            "feed."
        )
        return MissingError(f"No article found at {places}. {step}{reasons}")
    step = "Check the address" + (
        f" and the author's name ({request.author!r})." if request.author else "."
    )
    if not request.follow:
        step += " For a page that lists articles, add --follow '/path/*'."
    return MissingError(f"No article found at {places}. {step}{reasons}")


# --- a dry run ----------------------------------------------------------------------------
class _PreviewHandler:
    """A page handler that keeps nothing, and notes the pages that a collection would fetch."""

    def __init__(self, fetcher: Fetcher, author: str) -> None:
        self._fetcher, self._collector = fetcher, DocumentCollector(author)
        self.pages: list[str] = []
        self.stored = 0
        self.refused: dict[str, str] = {}

    def should_fetch(self, visit: Visit) -> bool:
        """Return False for pages, which are counted or refused; feeds and listings are fetched."""
        if visit.role is not Role.PAGE:
            return True
        try:
            rules = self._fetcher.rules(visit.url)
        except (PageError, AddressError) as error:
            self.refused[visit.url] = str(error)
            return False
        if rules.allows(visit.url):
            self.pages.append(visit.url)
            self.stored += self._fetcher.stored_page(visit.url) is not None
        else:
            self.refused[visit.url] = rules.verdict(visit.url)
        return False

    def handle(self, visit: Visit, page: Page, links: Links) -> bool:
        """Count a given page, which has just been fetched, if it is an article."""
        is_new = self._collector.handle(visit, page, links)
        for document in self._collector.documents:
            self.pages.append(document.source)
            self.stored += 1
        for skipped in self._collector.skipped:
            self.refused[skipped.source] = skipped.reason
        self._collector.documents, self._collector.skipped = [], []
        return is_new

    def skip(
        self, url: str, reason: str, later: bool = False, kind: SkipKind = SkipKind.FAILED
    ) -> None:
        """Note a URL that would be left out."""
        skipped = printable_skip(url, reason)
        self.refused[skipped.source] = skipped.reason


def preview(
    request: WebRequest, folder: Path, on_progress: OnProgress, outside: Outside
) -> list[WebPreview]:
    """Preview a collection, for each given URL; see `preview_web`."""
    seeds = request.urls
    found: list[WebPreview] = []
    with open_store(folder) as store:
        now = outside.clock.now()
        key = run_key([seeds, sorted(request.follow)])
        began = now if request.offline else store.begin_run(key, now)
        fetcher = Fetcher(request, store, began, outside, on_progress)
        for seed in seeds:
            handler = _PreviewHandler(fetcher, request.author)
            kind = Crawl(request, fetcher, handler, on_progress).walk(seed)
            found.append(
                WebPreview(
                    url=seed,
                    kind=kind,
                    robots=_robots_verdict(fetcher, seed),
                    delay_seconds=fetcher.delay(seed),
                    pages=tuple(handler.pages[: request.max_pages]),
                    stored=handler.stored,
                    refused=handler.refused,
                )
            )
    return found
