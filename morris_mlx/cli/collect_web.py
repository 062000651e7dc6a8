"""The part of `morris collect` that is about web pages: the ground, the outlook, the notes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import typer

from morris_mlx import store
from morris_mlx.cli.output import list_skipped, print_json, progress
from morris_mlx.errors import RefusedError, StoppedError
from morris_mlx.records import Skipped
from morris_mlx.settings import Project

if TYPE_CHECKING:
    from morris_mlx.collect import Collected, Outlook, WebCollected, WebRequest


class Ground(StrEnum):
    """On what ground the texts may be used."""

    own = "own"
    permission = "permission"
    public_domain = "public-domain"


GROUNDS = ", ".join(Ground)


def grounds_for(project: Project, request: WebRequest, said: Ground | None) -> Mapping[str, Ground]:
    """By given address: what was said now, else noted earlier, else asked once on a terminal.

    Raises RefusedError when there is no answer.
    """
    notes = store.read_provenance(project)
    grounds = {url: said or _noted(notes.get(url)) for url in request.urls}
    if unknown := [url for url, ground in grounds.items() if ground is None]:
        answer = _ask(unknown)
        grounds |= dict.fromkeys(unknown, answer)
    return {url: ground for url, ground in grounds.items() if ground is not None}


def _noted(note: Any) -> Ground | None:
    said = note.get("ground") if isinstance(note, dict) else None
    return Ground(said) if said in list(Ground) else None


def _ask(urls: list[str]) -> Ground:
    refusal = (
        f"On what ground may the texts of {', '.join(urls)} be used? Say it with --ground: "
        "own (you wrote them), permission (their writer agreed) or public-domain."
    )
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusedError(refusal)
    typer.echo(f"On what ground may you use the texts of {', '.join(urls)}?", err=True)
    for _ in range(3):
        answer = str(typer.prompt(f"({GROUNDS})", default="", show_default=False, err=True))
        if answer.strip().lower() in list(Ground):
            return Ground(answer.strip().lower())
    raise RefusedError(refusal)


def collect_pages(
    project: Project, request: WebRequest, grounds: Mapping[str, Ground]
) -> tuple[Collected, WebCollected, int]:
    """Fetch, merge with what is there, write.

    Returns what is new, what the web brought, and the number of documents in all.
    """
    from morris_mlx.collect import Collected, collect_web, merge_documents

    store.open_project(project)
    try:
        with progress("Collecting") as moving:
            web = collect_web(request, project.raw_web, moving.show)
    except KeyboardInterrupt:
        raise StoppedError(
            f"Stopped. What was fetched is in {project.raw_web}; the same command goes on there."
        ) from None
    old = store.read_documents(project) if project.documents.exists() else []
    notes = store.read_provenance(project)
    found = Collected(web.documents, web.skipped)
    replaced = _replaced(notes, request) | {d.source for d in web.documents}
    documents, found = merge_documents(old, found, (), replaced)
    store.write_documents(project, documents)
    kept = {d.source for d in found.documents}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for source in web.sources:
        notes[source.url] = {
            "ground": str(grounds[source.url]),
            "collected": now,
            "documents": sum(p.url in kept for p in source.pages),
            "kind": source.kind,
            "robots": source.robots,
            "pages": [asdict(page) for page in source.pages],
        }
    store.write_provenance(project, notes)
    return found, web, len(documents)


def _replaced(notes: Mapping[str, Any], request: WebRequest) -> set[str]:
    """Pages that came from the given addresses before, and from no other."""

    def pages(note: Any) -> set[str]:
        listed = note.get("pages", []) if isinstance(note, dict) else []
        return {str(p["url"]) for p in listed if isinstance(p, dict) and "url" in p}

    given = set(request.urls)
    before = set().union(*(pages(notes.get(url)) for url in given))
    return before - set().union(*(pages(n) for url, n in notes.items() if url not in given))


def print_outlook(project: Project, request: WebRequest, as_json: bool) -> None:
    """What a collection would do. Writes nothing but the page store."""
    from morris_mlx.collect import preview_web

    store.open_project(project)
    with progress("Looking") as moving:
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
    here = f", {outlook.stored} of them stored already" if outlook.stored else ""
    print(f"  {len(outlook.pages)} pages found{here}")
    print(f"  at least {_duration(outlook.seconds)}: {outlook.delay_seconds:g} s between pages")
    list_skipped([Skipped(url, reason) for url, reason in outlook.refused.items()])


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
