"""Reader and writer of data/provenance.json: the origin of all texts and the right to use them.

It has one entry per source, by path or web address. A source is a file, folder or address given to
`morris collect`, a chat export (also one found in such a folder), or a file of rows given to
`morris prepare`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from morris_mlx.files import read_json, write_json
from morris_mlx.project.folder import Project

NOT_FROM_THE_WEB = "not from the web"


class SourceKind(StrEnum):
    """The kind of a source. A web address has a kind of its own: "page", "feed", "sitemap" …."""

    file = "file"
    folder = "folder"
    chat_export = "chat export"
    rows = "rows"  # the writer's own rows, given to `morris prepare`
    general_rows = "general rows"  # rows mixed in against forgetting


class Ground(StrEnum):
    """The right by which texts may be used."""

    own = "own"
    permission = "permission"
    public_domain = "public-domain"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The entry of one source.

    `kind` is a SourceKind or the kind of a web address; `rows` is the number of rows used as given;
    `robots` is the verdict of robots.txt in words; `licences` are the licence texts found, without
    repeats; `pages` are the web pages, each with its own verdict and licence.
    """

    kind: str
    ground: Ground
    documents: int = 0
    conversations: int = 0
    rows: int = 0
    robots: str = NOT_FROM_THE_WEB
    licences: tuple[str, ...] = ()
    pages: tuple[Mapping[str, Any], ...] = ()


def read_provenance(project: Project) -> dict[str, Any]:
    """Return the entry of each source, by its path or address; empty when there is no file."""
    return read_json(project.provenance) if project.provenance.exists() else {}


def write_provenance(project: Project, notes: Mapping[str, Any]) -> None:
    """Write all entries."""
    write_json(project.provenance, notes)


def add_provenance(project: Project, sources: Mapping[str, Provenance]) -> None:
    """Add entries of sources collected now; they replace earlier entries of the same sources."""
    if not sources:
        return
    now = datetime.now(UTC).isoformat(timespec="seconds")
    notes = read_provenance(project)
    for name, source in sources.items():
        note = asdict(source) | {"ground": str(source.ground), "collected": now}
        if not source.pages:
            del note["pages"]
        notes[name] = note
    write_provenance(project, notes)


def recorded_ground(notes: Mapping[str, Any], source: str) -> Ground | None:
    """Return the ground that was given for a source earlier, or None."""
    note = notes.get(source)
    ground = note.get("ground") if isinstance(note, dict) else None
    return Ground(ground) if ground in list(Ground) else None


def page_urls(note: Any) -> set[str]:
    """Return the addresses of an entry's pages."""
    listed = note.get("pages") if isinstance(note, dict) else None
    listed = listed if isinstance(listed, list) else []
    return {str(p["url"]) for p in listed if isinstance(p, dict) and "url" in p}


def given_row_files(notes: Mapping[str, Any]) -> set[str]:
    """Return the paths of all files of rows given to `morris prepare`."""
    kinds = (SourceKind.rows, SourceKind.general_rows)
    return {p for p, note in notes.items() if isinstance(note, dict) and note.get("kind") in kinds}


def unique_texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that are not empty, without repeats, in order."""
    return tuple(dict.fromkeys(text for text in texts if text))
