"""Options and output of `morris collect` for web pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx.cli.output import event_sink, list_skipped, print_json
from morris_mlx.defaults import CONTACT_VARIABLE
from morris_mlx.errors import StoppedError
from morris_mlx.pipeline.collect import preview_pages
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import Skipped
from morris_mlx.text.numbers import counted

if TYPE_CHECKING:
    from morris_mlx.collect import WebPreview, WebRequest


Follow = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Web: follow links whose path matches, such as '/columns/*'; may be repeated.",
    ),
]
MaxPages = Annotated[int, typer.Option(help="Web: maximum number of pages to visit.", min=1)]
Author = Annotated[
    str,
    typer.Option(help="Keep only texts by this author; from files, also texts without an author."),
]
Delay = Annotated[
    float,
    typer.Option(
        help="Web: seconds between requests to a host; robots.txt may ask for more.", min=0.0
    ),
]
Contact = Annotated[
    str,
    typer.Option(
        help="Web: your e-mail address or web page, sent to sites with each request.",
        envvar=CONTACT_VARIABLE,
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Web: read stored pages only; do not use the network.")
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Web: list the pages and the time needed; collect nothing."),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        help="Web: allow addresses on this machine or its local network.",
    ),
]


@contextmanager
def stopping_politely(project: Project) -> Iterator[None]:
    """On Ctrl-C, say where the fetched pages are kept."""
    try:
        yield
    except KeyboardInterrupt:
        if not project.raw_web.exists():
            raise
        raise StoppedError(
            f"The collection was stopped. The fetched pages are in {project.raw_web}. Run the "
            "same command again to continue."
        ) from None


def print_outlook(project: Project, request: WebRequest, as_json: bool) -> None:
    """Print what a collection would fetch. Writes nothing but the page store."""
    with stopping_politely(project), event_sink() as sink:
        outlooks = preview_pages(project, request, sink)
    if as_json:
        print_json({"sources": [asdict(o) | {"seconds": o.seconds} for o in outlooks]})
        return
    for outlook in outlooks:
        _print_one(outlook)
    print("Nothing was collected. The same command without --dry-run does it.")


def _print_one(outlook: WebPreview) -> None:
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
