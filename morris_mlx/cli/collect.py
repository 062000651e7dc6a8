"""`morris collect`: one's own files, web pages and chats → data/."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli import collect_web as web
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
    export_names,
    keep_chats,
    print_chats,
    read_chats,
    say_who,
)
from morris_mlx.cli.ground import settle_grounds
from morris_mlx.cli.options import Json
from morris_mlx.cli.output import counted, list_skipped, print_json, say
from morris_mlx.defaults import MAX_PAGES, WEB_DELAY_SECONDS
from morris_mlx.errors import UsageError
from morris_mlx.project.documents import read_documents, write_documents
from morris_mlx.project.folder import Project, current_project, open_project
from morris_mlx.project.provenance import Ground, Provenance, add_provenance, each_once
from morris_mlx.records.corpus import Skipped

if TYPE_CHECKING:
    from morris_mlx.collect import ChatOptions, Collected, WebCollected, WebRequest


def collect(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Files or folders (.txt, .md, .html, exports of chats), or addresses of pages.",
        ),
    ],
    ground: Annotated[
        Ground | None,
        typer.Option(
            help="On what ground you may use these texts; it is noted. Default: own for files; "
            "for web pages and chats you are asked once."
        ),
    ] = None,
    follow: web.Follow = None,
    max_pages: web.MaxPages = MAX_PAGES,
    author: web.Author = "",
    delay: web.Delay = WEB_DELAY_SECONDS,
    contact: web.Contact = "",
    offline: web.Offline = False,
    dry_run: web.DryRun = False,
    allow_private: web.AllowPrivate = False,
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
    options = chat_options(me, gap, window_turns, groups, only, exclude, max_share, dates)
    urls = tuple(word for word in paths if is_url(word))
    files = [Path(word) for word in paths if not is_url(word)]
    request = None
    if urls:
        request = WebRequest(
            urls=urls,
            follow=tuple(follow or ()),
            max_pages=max_pages,
            author=author,
            delay_seconds=delay,
            contact=contact,
            offline=offline,
            allow_private=allow_private,
        )
    elif follow or author or offline or dry_run or allow_private:
        raise UsageError(
            "--follow, --author, --offline, --dry-run and --allow-private are for web pages, "
            "and there is no address. Give one that begins with https://."
        )
    if request and dry_run:
        if files:
            raise UsageError(f"--dry-run is for web pages. Leave {files[0]} out.")
        web.print_outlook(project, request, as_json)
        return
    _tell(project, _collect(project, files, request, options, ground), as_json, offline)


@dataclass(frozen=True, slots=True)
class _Everything:
    """What one command brought: texts, what of them the web did, chats, and texts in all."""

    found: Collected
    total: int
    pages: WebCollected | None
    chats: ChatsCollected | None


def _collect(
    project: Project,
    files: list[Path],
    request: WebRequest | None,
    options: ChatOptions,
    said: Ground | None,
) -> _Everything:
    """The ground is settled before anything is read or fetched."""
    from morris_mlx.collect import Collected, find_chats

    exports, chat_files = find_chats(files)
    urls = request.urls if request else ()
    grounds = settle_grounds(project, urls, export_names(exports), said)
    read = read_chats(exports, options, grounds) if exports else None
    found, total = Collected((), ()), 0
    chats = None
    if files:
        found, total = collect_into(project, files, said or Ground.own, chat_files)
        chats = keep_chats(project, read, files)
    if request is None:
        return _Everything(found, total, None, chats)
    texts, pages, total = web.collect_pages(project, request, grounds)
    both = Collected(
        (*found.documents, *texts.documents), (*found.skipped, *texts.skipped), found.licences
    )
    return _Everything(both, total, pages, chats)


def collect_places(
    project: Project, places: list[Path], options: ChatOptions, ground: Ground | None
) -> tuple[Collected, int, ChatsCollected | None]:
    """Texts and chat exports of these places; nothing is written before all exports are read."""
    everything = _collect(project, places, None, options, ground)
    return everything.found, everything.total, everything.chats


def _tell(project: Project, everything: _Everything, as_json: bool, offline: bool) -> None:
    found, pages, chats = everything.found, everything.pages, everything.chats
    later = pages.later if pages else ()
    list_skipped((*found.skipped, *later))
    if later:
        step = (
            "Run it without --offline." if offline else "The same command later tries them again."
        )
        say(f"{counted(len(later), 'page')} could not be had now. {step}")
    words = sum(len(d.text.split()) for d in found.documents)
    if as_json:
        print_json(_as_json(project, everything, words))
        return
    if chats:
        say_who(chats)
        print_chats(chats, project)
    if not chats or found.documents:
        others = everything.total - len(found.documents)
        more = f" (and {others:,} from before)" if others > 0 else ""
        texts = counted(len(found.documents), "text")
        print(f"{texts}, {counted(words, 'word')} → {project.documents}{more}")
    if pages:
        requests, reused = counted(pages.requests, "request"), counted(pages.reused, "page")
        print(f"{requests}, {reused} from the store")
    print("Next: morris prepare")


def _as_json(project: Project, everything: _Everything, words: int) -> dict[str, Any]:
    found, pages, chats = everything.found, everything.pages, everything.chats
    more: dict[str, Any] = {}
    if pages:
        more = {"requests": pages.requests, "reused": pages.reused, "later": _rows(pages.later)}
    return {
        "collected": len(found.documents),
        "words": words,
        "skipped": _rows(found.skipped),
        "documents": everything.total,
        "file": str(project.documents),
        **more,
        **(chats.as_json(project) if chats else {}),
    }


def _rows(skipped: tuple[Skipped, ...]) -> list[dict[str, str]]:
    return [asdict(s) for s in skipped]


def collect_into(
    project: Project, paths: list[Path], ground: Ground, besides: Collection[Path] = ()
) -> tuple[Collected, int]:
    """Read files, merge with what is there, write; (what was found, documents in all).

    `besides` are files that are read as something else.
    """
    from morris_mlx.collect import collect_files, merge_documents

    found = collect_files(paths, besides)
    old = read_documents(project) if project.documents.exists() else []
    sources = [path.expanduser().resolve() for path in paths]
    documents, found = merge_documents(old, found, sources)
    if documents or project.documents.exists():
        write_documents(project, documents)
    _note(project, sources, ground, found, besides)
    return found, len(documents)


def _note(
    project: Project,
    sources: Sequence[Path],
    ground: Ground,
    found: Collected,
    besides: Collection[Path],
) -> None:
    """Where texts came from, when, and on what ground they may be used."""
    noted: dict[str, Provenance] = {}
    for source in sources:
        here = [d.source for d in found.documents if Path(d.source).is_relative_to(source)]
        if source in besides or (besides and not here):
            continue  # an export, which is noted with its chats
        noted[str(source)] = Provenance(
            kind="folder" if source.is_dir() else "file",
            ground=ground,
            documents=len(here),
            licences=each_once(_licences(found.licences, here)),
        )
    if noted:
        open_project(project)
        add_provenance(project, noted)


def _licences(licences: Mapping[str, str], sources: Sequence[str]) -> list[str]:
    return [licences[source] for source in sources if source in licences]
