"""`morris collect`: the user's files, web pages and chat exports → data/."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from morris_mlx.cli import collect_web as web
from morris_mlx.cli.ask_user import ASK_ON_TERMINAL
from morris_mlx.cli.collect_chats import (
    As,
    DateOrder,
    Exclude,
    Gap,
    Groups,
    MaxShare,
    Me,
    Only,
    WindowTurns,
    as_answer,
    chat_options,
    print_chats,
    say_who,
)
from morris_mlx.cli.collect_web import stopping_politely
from morris_mlx.cli.options import Json
from morris_mlx.cli.output import event_sink, list_skipped, print_json, say
from morris_mlx.defaults import MAX_PAGES, WEB_DELAY_SECONDS
from morris_mlx.errors import UsageError
from morris_mlx.files import shown_path
from morris_mlx.pipeline.collect import CollectRequest, CollectResult, skipped_rows
from morris_mlx.pipeline.collect import collect as collect_sources
from morris_mlx.pipeline.texts import FileCounts
from morris_mlx.project.folder import Project, current_project
from morris_mlx.project.provenance import Ground
from morris_mlx.records.corpus import SplitAt
from morris_mlx.text.numbers import counted

MAX_DIVISIBLE = 3  # files that are named as holding several texts

Split = Annotated[
    SplitAt | None,
    typer.Option(
        help="Files: split each file into several texts, at its headings or at lines of "
        "asterisks or dashes."
    ),
]

MAX_AUTHORS_SHOWN = 5


def collect(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="Files, folders, zips and exports, or web addresses.",
        ),
    ],
    ground: Annotated[
        Ground | None,
        typer.Option(
            help="Your right to use these texts; it is recorded. Default: own for files; "
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
    read_as: As = None,
    split: Split = None,
    as_json: Json = False,
) -> None:
    """Read your texts and chats into the project.

    Texts go to data/documents.jsonl, chats to data/conversations.jsonl. If a source was collected
    before, its texts are replaced; those of other sources stay. Documents and the exports of
    blogs, networks, notes, chats and mail are recognized by their content. A file that looks like a
    chat in an unknown layout is left out; --as text or --as chat overrides this. Group chats are
    read only with --groups.

    Every file is accounted for: a file that cannot be read is listed with the reason, or counted by
    kind, and does not stop the others. The exit code is 1 if a chat export could not be read or
    nothing was collected from a file or folder that you named, and 3 if no text and no chat was
    found.

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
    elif follow or offline or dry_run or allow_private:
        raise UsageError(
            "--follow, --offline, --dry-run and --allow-private are for web pages, "
            "and there is no address. Give one that begins with https:// or http://."
        )
    if request and dry_run:
        if files:
            raise UsageError(f"--dry-run is for web pages. Leave {files[0]} out.")
        web.print_outlook(project, request, as_json)
        return
    wanted = CollectRequest(
        files=tuple(files),
        chats=options,
        web=request,
        ground=ground,
        read_as=as_answer(read_as),
        author=author,
        split=split,
    )
    with stopping_politely(project), event_sink() as sink:
        found = collect_sources(project, wanted, sink, ASK_ON_TERMINAL)
    _print_result(project, found, as_json, offline)
    _fail_for(found.texts.failed)


def _print_result(project: Project, result: CollectResult, as_json: bool, offline: bool) -> None:
    texts, pages, chats = result.texts, result.web, result.chats
    later = pages.later if pages else ()
    list_skipped((*texts.skipped, *later))
    if later:
        step = "Run it without --offline." if offline else "Run the same command again later."
        say(f"{counted(len(later), 'page')} could not be fetched now. {step}")
    if as_json:
        print_json(_as_json(project, result))
        return
    if chats and chats.found.messages:
        say_who(chats)
        print_chats(chats, project)
    if not chats or texts.found:
        others = texts.total - texts.found
        more = f" (and {others:,} from before)" if others > 0 else ""
        number, words = counted(texts.found, "text"), counted(texts.words, "word")
        print(f"{number}, {words} → {project.documents}{more}")
    _say_divisible(texts.divisible)
    if texts.files.total > 1:
        print(_file_counts(texts.files))
    if len(texts.authors) > 1:
        say(_several_authors(texts.authors))
    if pages:
        requests, reused = counted(pages.requests, "request"), counted(pages.reused, "page")
        print(f"{requests}, {reused} from the store")
    print("Next: morris prepare")


def _several_authors(authors: Mapping[str, int]) -> str:
    """Return a note that the texts name several authors, and how to take those of one."""
    shown = [f"{name} {number:,}" for name, number in list(authors.items())[:MAX_AUTHORS_SHOWN]]
    others = len(authors) - MAX_AUTHORS_SHOWN
    more = f" and {others:,} more" if others > 0 else ""
    return (
        f"morris: the texts name several authors: {', '.join(shown)}{more}. "
        "To take the texts of one author, run the command again with --author NAME."
    )


def _file_counts(files: FileCounts) -> str:
    """Return the number of files with texts, in chat exports, and left out, in words."""
    places = (
        (files.texts, "with texts"),
        (files.chats, "in chat exports"),
        (files.left_out, "left out"),
    )
    shown = ", ".join(f"{number:,} {place}" for number, place in places if number)
    return f"{counted(files.total, 'file')}: {shown}"


def _fail_for(failed: Sequence[str]) -> None:
    """End with exit code 1 if nothing was collected from a given path or an export."""
    if failed:
        names = ", ".join(map(shown_path, failed))
        say(f"morris: nothing was collected from {names}; the reasons are above.")
        raise typer.Exit(1)


def _say_divisible(divisible: Mapping[str, int]) -> None:
    """Say which files seem to contain several texts, and how to take them one by one."""
    files = {source: n for source, n in divisible.items() if Path(source).is_file()}
    longest = sorted(files, key=lambda source: (-files[source], source))
    for source in longest[:MAX_DIVISIBLE]:
        say(
            f"morris: {shown_path(source)} seems to contain {files[source]} texts. To take them "
            f"one by one, run `morris collect {shlex.quote(source)} --split {SplitAt.headings}`."
        )
    if (more := len(longest) - MAX_DIVISIBLE) > 0:
        say(f"morris: {counted(more, 'more file')} may contain several texts, too.")


def _as_json(project: Project, result: CollectResult) -> dict[str, Any]:
    texts, pages, chats = result.texts, result.web, result.chats
    more: dict[str, Any] = {}
    if pages:
        more = {
            "requests": pages.requests,
            "reused": pages.reused,
            "later": skipped_rows(pages.later),
        }
    return {
        "collected": texts.found,
        "words": texts.words,
        "files": texts.files.as_json(),
        "skipped": skipped_rows(texts.skipped),
        "failed": list(texts.failed),
        "authors": dict(texts.authors),
        "documents": texts.total,
        "file": str(project.documents),
        "divisible": dict(texts.divisible),
        **more,
        **(chats.as_json(project) if chats else {}),
    }
