"""Rows of JSON lines and items of lists that go with a source: drafts, redaction maps, notes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.forget.sources import Wanted, is_address
from morris_mlx.project.folder import Project
from morris_mlx.project.people import read_people, write_people
from morris_mlx.project.provenance import each_once, pages_of
from morris_mlx.text.folding import fold, same_case
from morris_mlx.text.pii import WORDS


# --- drafts -----------------------------------------------------------------------------
def count_drafts(project: Project, left: Collection[str]) -> int:
    """How many go; `left` are the ids of the texts that stay."""
    if not project.drafts.exists():
        return 0
    return sum(not stays for stays, _ in _drafts(project, left))


def remove_drafts(project: Project, left: Collection[str]) -> None:
    """All but those of texts that stay."""
    if not project.drafts.exists():
        return
    busy = f"{project.drafts} is being written by another process. Wait for it."
    with files.locked(project.drafts, busy):
        kept = [line for stays, line in _drafts(project, left) if stays]
        files.write_text(project.drafts, "".join(kept))


def _drafts(project: Project, left: Collection[str]) -> Iterator[tuple[bool, str]]:
    """(whether it stays, the line). One of no text, or of one that is not there any more, goes.

    It may be of the source's, in an earlier version of it, and can be made again.
    """
    # By \n alone: a draft may hold U+2028 and other ends of lines, which JSON leaves as they are.
    for line in project.drafts.read_text(encoding="utf-8", errors="replace").split("\n"):
        if not line:
            continue
        row: object = None
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
        of = row.get("source_id") if isinstance(row, dict) else None
        yield isinstance(of, str) and of in left, line + "\n"


# --- what was redacted ------------------------------------------------------------------
def remove_private_items(project: Project, texts: Iterable[str], became: Mapping[str, str]) -> None:
    """Keep only items that stand in a text that is left; a map that is damaged goes.

    A map that names its dataset, or is named after it, follows it to its new digest.
    """
    kept = sorted(project.kept_maps.glob("*.json"))
    maps = {path: _items(path) for path in (project.redaction_map, *kept) if path.exists()}
    everything = {str(row["real"]) for rows in maps.values() for row in rows or ()}
    left = _standing(everything, texts) if everything else set()
    for path, rows in maps.items():
        if rows is None:
            path.unlink()
            continue
        value = files.read_json(path)
        dataset = str(value.get("dataset", ""))
        if became.get(dataset):
            value["dataset"] = became[dataset]
        value["replaced"] = [row for row in rows if row["real"] in left]
        files.write_json(path, value)
        if path.stem in became:
            new = became[path.stem]
            path.replace(path.with_stem(new)) if new else path.unlink()


def _items(path: Path) -> list[dict[str, Any]] | None:
    try:
        rows = files.read_json(path).get("replaced")
    except MorrisError:
        return None
    if not isinstance(rows, list) or not all(isinstance(r, dict) and "real" in r for r in rows):
        return None
    return rows


def _standing(items: Collection[str], texts: Iterable[str]) -> set[str]:
    """Which items stand in one of the texts, folded as redaction looks for them."""
    pending: dict[str, list[tuple[str, str]]] = {}
    found: set[str] = set()
    for item in items:
        shown = same_case(fold(item).text).strip()
        if first := WORDS.search(shown):
            pending.setdefault(first.group(), []).append((shown[first.start() :], item))
    for text in texts:
        seen = same_case(fold(text).text)
        for word in set(WORDS.findall(seen)) & pending.keys():
            here = [item for shown, item in pending[word] if shown in seen]
            found.update(here)
            pending[word] = [pair for pair in pending[word] if pair[1] not in here]
    return found


# --- people -----------------------------------------------------------------------------
def remove_people(project: Project, wanted: Wanted) -> None:
    """Whom exports named; a list that is damaged goes, for `morris collect` makes it anew."""
    try:
        people = read_people(project)
    except MorrisError:
        project.people.unlink()
        return
    left = {source: known for source, known in people.items() if not wanted.takes(source)}
    if left != people:
        write_people(project, left)


# --- provenance -------------------------------------------------------------------------
def trimmed(
    notes: Mapping[str, Any], gone: Collection[str], wanted: Wanted, documents: Collection[str]
) -> dict[str, Any]:
    """The notes that stay, without pages that went; `documents` are the sources that are left."""
    kept: dict[str, Any] = {}
    for name, note in notes.items():
        if name in gone:
            continue
        kept[name] = note
        if not isinstance(note, dict):
            continue
        if any(wanted.takes(page) for page in pages_of(note)):
            pages = [p for p in note["pages"] if not wanted.takes(str(p.get("url")))]
            licences = each_once(str(p.get("licence", "")) for p in pages)
            count = sum(str(p.get("url")) in documents for p in pages)
            kept[name] = note | {"pages": pages, "documents": count, "licences": list(licences)}
        elif not is_address(name) and any(Path(p).is_relative_to(name) for p in wanted.paths):
            count = sum(
                not is_address(source) and Path(source).is_relative_to(name) for source in documents
            )
            kept[name] = note | {"documents": count}
    return kept


def recounted(notes: Mapping[str, Any], conversations: Mapping[str, int]) -> dict[str, Any]:
    """The notes, those of chat exports with how many conversations are left of them."""
    return {
        name: note | {"conversations": conversations.get(name, 0)}
        if isinstance(note, dict) and note.get("kind") == "chat export"
        else note
        for name, note in notes.items()
    }
