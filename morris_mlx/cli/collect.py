"""`morris collect`: one's own files, web pages and chats → documents and conversations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx import store
from morris_mlx.cli.collect_chats import (
    ChatsCollected,
    DateOrder,
    Exclude,
    Gap,
    Groups,
    MaxShare,
    Me,
    Only,
    WindowTurns,
    chat_options,
    keep_chats,
    print_chats,
    read_chats,
)
from morris_mlx.cli.collect_web import Ground, collect_pages, grounds_for, print_outlook
from morris_mlx.cli.options import Json
from morris_mlx.cli.output import list_skipped, print_json, say
from morris_mlx.errors import UsageError
from morris_mlx.records import Skipped
from morris_mlx.settings import (
    CONTACT_VARIABLE,
    MAX_PAGES,
    WEB_DELAY_SECONDS,
    Project,
    current_project,
)

if TYPE_CHECKING:
    from morris_mlx.collect import ChatOptions, Collected, WebCollected, WebRequest


def collect(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Files or folders: .txt, .md, .html, exports of chats; or addresses of web pages."
        ),
    ],
    ground: Annotated[
        Ground | None,
        typer.Option(
            help="On what ground you may use these texts; it is noted. Default: own for files; "
            "for web pages and chats you are asked once."
        ),
    ] = None,
    follow: Annotated[
        list[str] | None,
        typer.Option(help="Follow a page's links whose path fits, like '/columns/*'."),
    ] = None,
    max_pages: Annotated[int, typer.Option(help="Visit at most so many pages.", min=1)] = MAX_PAGES,
    author: Annotated[str, typer.Option(help="Keep only texts with this byline.")] = "",
    delay: Annotated[
        float,
        typer.Option(
            help="Seconds between two requests to a host; robots.txt may ask for more.",
            min=0.0,
        ),
    ] = WEB_DELAY_SECONDS,
    contact: Annotated[
        str,
        typer.Option(
            help="Whom a site's owner may write to about your requests: an e-mail or a page.",
            envvar=CONTACT_VARIABLE,
        ),
    ] = "",
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Read stored pages only."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say what may be fetched and how long it takes.",
        ),
    ] = False,
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private",
            help="The given addresses may be on this machine or network: your own server.",
        ),
    ] = False,
    me: Me = None,
    gap: Gap = "1d",
    window_turns: WindowTurns = 0,
    groups: Groups = False,
    only: Only = None,
    exclude: Exclude = None,
    max_share: MaxShare = 1.0,
    dates: DateOrder = None,
    as_json: Json = False,
) -> None:
    """Read your texts into data/documents.jsonl, your chats into data/conversations.jsonl.

    Texts that were collected before from other places stay; those from the same place are
    replaced. What cannot be read is named with the reason. Exports of Telegram, WhatsApp,
    Messages, Discord, Slack and mail are recognised by what is in them; of chats, the private
    ones are taken, and everything left out is counted.

    \b
    Example:
        morris collect ~/columns notes.md
        morris collect result.json --ground own --me Anna
        morris collect https://example.org/feed.xml
        morris collect https://example.org/author/me --follow '/columns/*' --author "My Name"
    """
    from morris_mlx.collect import WebRequest, is_url

    project = current_project()
    chats = chat_options(me, gap, window_turns, groups, only, exclude, max_share, dates)
    urls = [word for word in paths if is_url(word)]
    files = [Path(word) for word in paths if not is_url(word)]
    if not urls:
        if follow or author or offline or dry_run or allow_private:
            raise UsageError(
                "--follow, --author, --offline, --dry-run and --allow-private are for web pages, "
                "and there is no address. Give one that begins with https://."
            )
        found, total, kept = collect_places(project, files, chats, ground)
        _tell(project, found, total, None, kept, as_json)
        return
    request = WebRequest(
        urls=tuple(urls),
        follow=tuple(follow or ()),
        max_pages=max_pages,
        author=author,
        delay_seconds=delay,
        contact=contact,
        offline=offline,
        allow_private=allow_private,
    )
    if dry_run:
        if files:
            raise UsageError(f"--dry-run is for web pages. Leave {files[0]} out.")
        print_outlook(project, request, as_json)
        return
    _collect_both(project, files, chats, request, ground, as_json)


def collect_places(
    project: Project, places: list[Path], options: ChatOptions, ground: Ground | None
) -> tuple[Collected, int, ChatsCollected | None]:
    """Texts and chat exports of these places; nothing is written before all is read."""
    from morris_mlx.collect import find_chats

    exports, chat_files = find_chats(places)
    chats = read_chats(project, exports, options, ground) if exports else None
    found, total = collect_into(project, places, ground or Ground.own, chat_files)
    return found, total, keep_chats(project, chats, places)


def _collect_both(
    project: Project,
    places: list[Path],
    options: ChatOptions,
    request: WebRequest,
    ground: Ground | None,
    as_json: bool,
) -> None:
    from morris_mlx.collect import Collected

    grounds = grounds_for(project, request, ground)  # asked before anything is fetched
    read, kept = Collected((), ()), None
    if places:
        read, _, kept = collect_places(project, places, options, ground)
    web, fetched, total = collect_pages(project, request, grounds)
    found = Collected((*read.documents, *web.documents), (*read.skipped, *web.skipped))
    _tell(project, found, total, fetched, kept, as_json)


def _tell(
    project: Project,
    found: Collected,
    total: int,
    web: WebCollected | None,
    chats: ChatsCollected | None,
    as_json: bool,
) -> None:
    later = web.later if web else ()
    list_skipped((*found.skipped, *later))
    words = sum(len(d.text.split()) for d in found.documents)
    if later:
        say(f"{len(later)} pages could not be had now. The same command later tries them again.")
    if as_json:
        more = (
            {"requests": web.requests, "reused": web.reused, "later": _rows(later)} if web else {}
        )
        print_json(
            {
                "collected": len(found.documents),
                "words": words,
                "skipped": _rows(found.skipped),
                "documents": total,
                "file": str(project.documents),
                **more,
                **(chats.as_json(project) if chats else {}),
            }
        )
        return
    if chats:
        print_chats(chats, project)
    if chats and not found.documents and not web:
        print("Next: morris prepare")
        return
    others = total - len(found.documents)
    more_texts = f" (with {others} from other places)" if others > 0 else ""
    print(f"{len(found.documents)} texts, {words:,} words → {project.documents}{more_texts}")
    if web:
        print(f"{web.requests} requests, {web.reused} pages from the store")
    print("Next: morris prepare")


def _rows(skipped: tuple[Skipped, ...]) -> list[dict[str, str]]:
    return [asdict(s) for s in skipped]


def collect_into(
    project: Project, paths: list[Path], ground: Ground, besides: Collection[Path] = ()
) -> tuple[Collected, int]:
    """Read, merge with what is there, write; (what was found, documents in all).

    `besides` are files that are read as something else.
    """
    from morris_mlx.collect import collect_files, merge_documents

    found = collect_files(paths, besides)
    old = store.read_documents(project) if project.documents.exists() else []
    sources = [path.expanduser().resolve() for path in paths]
    documents, found = merge_documents(old, found, sources)
    if documents or project.documents.exists():
        store.write_documents(project, documents)
    _note_provenance(project, sources, ground, found, besides)
    return found, len(documents)


def _note_provenance(
    project: Project,
    sources: list[Path],
    ground: Ground,
    found: Collected,
    besides: Collection[Path],
) -> None:
    """Where texts came from, when, and on what ground they may be used."""
    notes = store.read_provenance(project)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for source in sources:
        count = sum(Path(d.source).is_relative_to(source) for d in found.documents)
        if source in besides or (besides and not count):
            continue  # an export, which is noted with its chats
        notes[str(source)] = {"ground": str(ground), "collected": now, "documents": count}
    if notes:
        store.write_provenance(project, notes)
