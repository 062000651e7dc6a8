"""`morris collect`: files of one's own → data/documents.jsonl."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx import files, store
from morris_mlx.cli.collect_chats import (
    DateOrder,
    Exclude,
    Gap,
    Ground,
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
from morris_mlx.cli.options import Json
from morris_mlx.cli.output import list_skipped, print_json
from morris_mlx.settings import Project, current_project

if TYPE_CHECKING:
    from morris_mlx.collect import Collected


def collect(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files or folders: .txt, .md, .html, and exports of chats."),
    ],
    ground: Annotated[
        Ground | None,
        typer.Option(
            help="On what ground you may use these texts; it is noted. Default: own; chats ask."
        ),
    ] = None,
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
    replaced. Files that cannot be read are named with the reason. Exports of Telegram, WhatsApp,
    Messages, Discord, Slack and mail are recognised by what is in them; of chats, the private
    ones are taken, and everything left out is counted.

    \b
    Example:
        morris collect ~/columns notes.md
        morris collect result.json --ground own --me Anna
    """
    from morris_mlx.collect import find_chats

    project = current_project()
    options = chat_options(me, gap, window_turns, groups, only, exclude, max_share, dates)
    exports, chat_files = find_chats(paths)
    chats = read_chats(project, exports, options, ground) if exports else None
    found, total = collect_into(project, paths, ground or Ground.own, chat_files)
    kept = keep_chats(project, chats, paths)
    list_skipped(found.skipped)
    words = sum(len(d.text.split()) for d in found.documents)
    if as_json:
        print_json(
            {
                "collected": len(found.documents),
                "words": words,
                "skipped": [asdict(s) for s in found.skipped],
                "documents": total,
                "file": str(project.documents),
                **(kept.as_json(project) if kept else {}),
            }
        )
        return
    if kept:
        print_chats(kept, project)
    if kept and not found.documents:
        print("Next: morris prepare")
        return
    others = total - len(found.documents)
    more = f" (with {others} from other places)" if others > 0 else ""
    print(f"{len(found.documents)} texts, {words:,} words → {project.documents}{more}")
    print("Next: morris prepare")


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
        files.write_json(project.provenance, notes)
