"""Collection from the web: polite, and the only part of the package with network access of its own.

request = WebRequest(("https://example.org/feed.xml",), contact="you@example.org")
documents = collect_web(request, Path("data/raw/web")).documents
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.collect.web.request import (
    Outlook,
    PageNote,
    SourceNote,
    UnwantedPages,
    WebCollected,
    WebRequest,
)

if TYPE_CHECKING:
    from morris_mlx.collect.web.fetch import Outside


def collect_web(
    request: WebRequest,
    folder: Path,
    on_progress: Callable[[str], None] = lambda text: None,
    outside: Outside | None = None,
) -> WebCollected:
    """Fetch the pages of a request into the page store in `folder`, and read their articles.

    After an interruption, the same call resumes. `on_progress` receives a line of text for every
    page and every long wait. `outside` replaces clock, resolver and limits in tests.
    Raises RefusedError when rules forbid all pages, MissingError when there is no article, and
    MorrisError when servers were too busy.
    """
    from morris_mlx.collect.web import crawl_run, fetch

    return crawl_run.collect(request, folder, on_progress, outside or fetch.Outside())


def preview_web(
    request: WebRequest,
    folder: Path,
    on_progress: Callable[[str], None] = lambda text: None,
    outside: Outside | None = None,
) -> list[Outlook]:
    """Preview a collection, for each given URL. Fetches robots.txt, feeds and listings only."""
    from morris_mlx.collect.web import crawl_run, fetch

    return crawl_run.preview(request, folder, on_progress, outside or fetch.Outside())


def stored_pages(folder: Path, unwanted: UnwantedPages) -> int:
    """Return the number of fetches in the page store that are unwanted."""
    from morris_mlx.collect.web import page_removal

    return page_removal.count_unwanted(folder, unwanted)


def remove_pages(folder: Path, unwanted: UnwantedPages) -> None:
    """Remove unwanted fetches from the page store, with every body that no other fetch needs."""
    from morris_mlx.collect.web import page_removal

    page_removal.remove_unwanted(folder, unwanted)


__all__ = [
    "Outlook",
    "PageNote",
    "SourceNote",
    "UnwantedPages",
    "WebCollected",
    "WebRequest",
    "collect_web",
    "preview_web",
    "remove_pages",
    "stored_pages",
]
