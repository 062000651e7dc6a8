"""The web → documents, politely: the only place that collects over the network."""

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
    told: Callable[[str], None] = lambda text: None,
    outside: Outside | None = None,
) -> WebCollected:
    """Fetch what the request leads to into the page store in `folder`, and read its articles.

    Interrupted, it goes on where it was when it is called again. `told` hears how far it is.
    Raises RefusedError where rules forbid it, MissingError when there is no article, MorrisError
    when servers had no time.
    """
    from morris_mlx.collect.web import crawl_run, fetch

    return crawl_run.collect(request, folder, told, outside or fetch.Outside())


def preview_web(
    request: WebRequest,
    folder: Path,
    told: Callable[[str], None] = lambda text: None,
    outside: Outside | None = None,
) -> list[Outlook]:
    """What a collection would fetch, for each given address: reads robots.txt, feeds and lists."""
    from morris_mlx.collect.web import crawl_run, fetch

    return crawl_run.preview(request, folder, told, outside or fetch.Outside())


def stored_pages(folder: Path, unwanted: UnwantedPages) -> int:
    """How many fetches in the page store are unwanted."""
    from morris_mlx.collect.web import page_removal

    return page_removal.count(folder, unwanted)


def remove_pages(folder: Path, unwanted: UnwantedPages) -> None:
    """Take unwanted fetches out of the page store, with every body that no other one needs."""
    from morris_mlx.collect.web import page_removal

    page_removal.remove(folder, unwanted)


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
