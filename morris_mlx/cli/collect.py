"""`morris collect`: files of one's own → data/documents.jsonl."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx import files, store
from morris_mlx.cli.options import Json
from morris_mlx.cli.output import list_skipped, print_json
from morris_mlx.settings import Project, current_project

if TYPE_CHECKING:
    from morris_mlx.collect import Collected


class Ground(StrEnum):
    """On what ground the texts may be used."""

    own = "own"
    permission = "permission"
    public_domain = "public-domain"


def collect(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: .txt, .md, .html.")],
    ground: Annotated[
        Ground, typer.Option(help="On what ground you may use these texts; it is noted.")
    ] = Ground.own,
    as_json: Json = False,
) -> None:
    """Read your texts into data/documents.jsonl.

    Texts that were collected before from other places stay; those from the same place are
    replaced. Files that cannot be read are named with the reason.

    \b
    Example:
        morris collect ~/columns notes.md
    """
    project = current_project()
    found, total = collect_into(project, paths, ground)
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
            }
        )
        return
    others = total - len(found.documents)
    more = f" (with {others} from other places)" if others > 0 else ""
    print(f"{len(found.documents)} texts, {words:,} words → {project.documents}{more}")
    print("Next: morris prepare")


def collect_into(project: Project, paths: list[Path], ground: Ground) -> tuple[Collected, int]:
    """Read, merge with what is there, write; (what was found, documents in all)."""
    from morris_mlx.collect import collect_files, merge_documents

    found = collect_files(paths)
    old = store.read_documents(project) if project.documents.exists() else []
    sources = [path.expanduser().resolve() for path in paths]
    documents, found = merge_documents(old, found, sources)
    store.write_documents(project, documents)
    _note_provenance(project, sources, ground, found)
    return found, len(documents)


def _note_provenance(
    project: Project, sources: list[Path], ground: Ground, found: Collected
) -> None:
    """Where texts came from, when, and on what ground they may be used."""
    notes = store.read_provenance(project)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for source in sources:
        count = sum(Path(d.source).is_relative_to(source) for d in found.documents)
        notes[str(source)] = {"ground": str(ground), "collected": now, "documents": count}
    files.write_json(project.provenance, notes)
