"""Where texts came from, when, and on what ground they may be used: data/provenance.json.

One note a source, by its path or its address. A source is what was given to `morris collect`: a
file, a folder, an address; every chat export, also one that was found in a folder; and a file of
rows that was given to `morris prepare`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from morris_mlx.files import read_json, write_json
from morris_mlx.project.folder import Project

OWN_ROWS, GENERAL_ROWS = "rows", "general rows"  # kinds of what `morris prepare` is given
NOT_FROM_THE_WEB = "not from the web"


class Ground(StrEnum):
    """On what ground texts may be used."""

    own = "own"
    permission = "permission"
    public_domain = "public-domain"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is noted of one source.

    `kind` is "file", "folder", "chat export", "rows", "general rows", or what an address turned out
    to be; `rows` went into the dataset as they were given; `collected` is ISO 8601; `robots` is the
    verdict of robots.txt in words; `licences` are the texts that were found in it, each once;
    `pages` are those of the web, each with its own verdict and licence.
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
    """The note of each source, by its path or URL; empty when there is no file."""
    return read_json(project.provenance) if project.provenance.exists() else {}


def write_provenance(project: Project, notes: Mapping[str, Any]) -> None:
    write_json(project.provenance, notes)


def add_provenance(project: Project, sources: Mapping[str, Provenance]) -> None:
    """Note sources as collected now; an earlier note of the same one is replaced."""
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


def noted_ground(notes: Mapping[str, Any], source: str) -> Ground | None:
    """What was said of a source before, if anything."""
    note = notes.get(source)
    said = note.get("ground") if isinstance(note, dict) else None
    return Ground(said) if said in list(Ground) else None


def pages_of(note: Any) -> set[str]:
    """The addresses of a note's pages."""
    listed = note.get("pages") if isinstance(note, dict) else None
    listed = listed if isinstance(listed, list) else []
    return {str(p["url"]) for p in listed if isinstance(p, dict) and "url" in p}


def given_files(notes: Mapping[str, Any]) -> set[str]:
    """The files of rows that `morris prepare` was given."""
    kinds = (OWN_ROWS, GENERAL_ROWS)
    return {p for p, note in notes.items() if isinstance(note, dict) and note.get("kind") in kinds}


def each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
