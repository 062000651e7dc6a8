"""The part of `morris collect` that is about web pages: options, the outlook, the notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli.output import Progress, counted, list_skipped, print_json, progress
from morris_mlx.defaults import CONTACT_VARIABLE
from morris_mlx.errors import StoppedError
from morris_mlx.project.documents import read_documents, write_documents
from morris_mlx.project.folder import Project, open_project
from morris_mlx.project.provenance import (
    Ground,
    Provenance,
    add_provenance,
    each_once,
    pages_of,
    read_provenance,
)
from morris_mlx.records.corpus import Skipped

if TYPE_CHECKING:
    from morris_mlx.collect import Collected, Outlook, WebCollected, WebRequest


Follow = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Web: follow links whose path fits, like '/columns/*'; may be repeated.",
    ),
]
MaxPages = Annotated[int, typer.Option(help="Web: visit at most so many pages.", min=1)]
Author = Annotated[str, typer.Option(help="Web: keep only texts with this byline.")]
Delay = Annotated[
    float,
    typer.Option(
        help="Web: seconds between two requests to a host; robots.txt may ask for more.", min=0.0
    ),
]
Contact = Annotated[
    str,
    typer.Option(
        help="Web: whom a site's owner may write to about your requests: an e-mail or a page.",
        envvar=CONTACT_VARIABLE,
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Web: read the stored pages alone, without the network.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Web: say what may be fetched and how long it takes.")
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        help="Web: the given addresses may be on this machine or in its network: your own server.",
    ),
]


def collect_pages(
    project: Project, request: WebRequest, grounds: Mapping[str, Ground]
) -> tuple[Collected, WebCollected, int]:
    """Fetch, merge with what is there, write.

    Returns what is new, what the web brought, and the number of documents in all.
    """
    from morris_mlx.collect import Collected, collect_web, merge_documents

    open_project(project)
    with _moving(project, "Collecting") as moving:
        web = collect_web(request, project.raw_web, moving.show)
    old = read_documents(project) if project.documents.exists() else []
    notes = read_provenance(project)
    found = Collected(web.documents, web.skipped)
    earlier = _earlier(notes, web)
    stay = {str(page["url"]) for pages in earlier.values() for page in pages}
    replaced = (_replaced(notes, request) | {d.source for d in web.documents}) - stay
    documents, found = merge_documents(old, found, (), replaced)
    write_documents(project, documents)
    here = {d.source for d in documents}
    noted = {}
    for source in web.sources:
        pages = (*earlier.get(source.url, ()), *map(asdict, source.pages))
        noted[source.url] = Provenance(
            kind=source.kind,
            ground=grounds[source.url],
            documents=sum(page["url"] in here for page in pages),
            robots=source.robots,
            licences=each_once(str(page.get("licence", "")) for page in pages),
            pages=pages,
        )
    add_provenance(project, noted)
    return found, web, len(documents)


def _earlier(notes: Mapping[str, Any], web: WebCollected) -> dict[str, list[dict[str, Any]]]:
    """By feed, what was noted of pages that it no longer names: feeds tell of the latest only."""
    visited = {s.source for s in (*web.skipped, *web.later)} | {d.source for d in web.documents}
    visited |= {page.url for each in web.sources for page in each.pages}
    found = {}
    for source in web.sources:
        if source.kind == "feed" and (gone := pages_of(notes.get(source.url)) - visited):
            found[source.url] = [p for p in notes[source.url]["pages"] if p.get("url") in gone]
    return found


@contextmanager
def _moving(project: Project, label: str) -> Iterator[Progress]:
    """A moving line; Ctrl-C is told what is kept."""
    try:
        with progress(label) as moving:
            yield moving
    except KeyboardInterrupt:
        raise StoppedError(
            f"Stopped. What was fetched is in {project.raw_web}; the same command goes on there."
        ) from None


def _replaced(notes: Mapping[str, Any], request: WebRequest) -> set[str]:
    """Pages that came from the given addresses before, and from no other."""
    given = set(request.urls)
    before = set().union(*(pages_of(notes.get(url)) for url in given))
    return before - set().union(*(pages_of(n) for url, n in notes.items() if url not in given))


def print_outlook(project: Project, request: WebRequest, as_json: bool) -> None:
    """What a collection would do. Writes nothing but the page store."""
    from morris_mlx.collect import preview_web

    open_project(project)
    with _moving(project, "Looking") as moving:
        outlooks = preview_web(request, project.raw_web, moving.show)
    if as_json:
        print_json({"sources": [asdict(o) | {"seconds": o.seconds} for o in outlooks]})
        return
    for outlook in outlooks:
        _print_one(outlook)
    print("Nothing was collected. The same command without --dry-run does it.")


def _print_one(outlook: Outlook) -> None:
    print(f"{outlook.url} ({outlook.kind})")
    print(f"  robots: {outlook.robots}")
    here = f", {outlook.stored} stored already" if outlook.stored else ""
    print(f"  {counted(len(outlook.pages), 'page')} found{here}")
    print(f"  at least {_duration(outlook.seconds)}: {outlook.delay_seconds:g} s between pages")
    list_skipped([Skipped(url, reason) for url, reason in outlook.refused.items()])


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
