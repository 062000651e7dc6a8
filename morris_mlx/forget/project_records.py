"""Removal of rows and list items: drafts, redaction maps, people, left-out files, provenance."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.forget.sources import SelectedSources, is_address
from morris_mlx.project.folder import Project
from morris_mlx.project.left_out import LeftOutItems, read_left_out, write_left_out
from morris_mlx.project.people import read_people, write_people
from morris_mlx.project.provenance import SourceKind, page_urls, unique_texts
from morris_mlx.text.folding import fold, lowercase
from morris_mlx.text.words import ITEM_WORD


# --- drafts -----------------------------------------------------------------------------
def count_drafts(project: Project, left: Collection[str]) -> int:
    """Return the number of drafts to remove; `left` are the IDs of the remaining texts."""
    if not project.drafts.exists():
        return 0
    return sum(not stays for stays, _ in _drafts(project, left))


def remove_drafts(project: Project, left: Collection[str]) -> None:
    """Remove all drafts except those of the remaining texts, whose IDs are `left`."""
    if not project.drafts.exists():
        return
    busy = f"{project.drafts} is being written by another process. Wait for it."
    with files.locked(project.drafts, busy):
        kept = [line for stays, line in _drafts(project, left) if stays]
        files.write_text(project.drafts, "".join(kept))


def _drafts(project: Project, left: Collection[str]) -> Iterator[tuple[bool, str]]:
    """Yield (True if the draft stays, its line).

    A draft without a text, or of a text that no longer exists, is removed: it may belong to an
    earlier version of the source, and it can be made again.
    """
    # Split at \n alone: a draft may hold U+2028 and similar, which JSON does not escape.
    for line in project.drafts.read_text(encoding="utf-8", errors="replace").split("\n"):
        if not line:
            continue
        row: object = None
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
        of = row.get("source_id") if isinstance(row, dict) else None
        yield isinstance(of, str) and of in left, line + "\n"


# --- redaction maps ------------------------------------------------------------------
def remove_redacted_items(
    project: Project, texts: Iterable[str], became: Mapping[str, str]
) -> None:
    """Keep only the items of redaction maps that occur in one of the remaining `texts`.

    A damaged map is removed. `became` has the new digests of changed datasets; their maps are
    updated and renamed with them.
    """
    kept = sorted(project.kept_maps.glob("*.json"))
    maps = {path: _items(path) for path in (project.redaction_map, *kept) if path.exists()}
    everything = {str(row["real"]) for rows in maps.values() for row in rows or ()}
    left = _occurring(everything, texts) if everything else set()
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


def _occurring(items: Collection[str], texts: Iterable[str]) -> set[str]:
    """Return the items that occur in one of the texts, folded in the way redaction compares."""
    pending: dict[str, list[tuple[str, str]]] = {}
    found: set[str] = set()
    for item in items:
        shown = lowercase(fold(item).text).strip()
        if first := ITEM_WORD.search(shown):
            pending.setdefault(first.group(), []).append((shown[first.start() :], item))
    for text in texts:
        seen = lowercase(fold(text).text)
        for word in set(ITEM_WORD.findall(seen)) & pending.keys():
            here = [item for shown, item in pending[word] if shown in seen]
            found.update(here)
            pending[word] = [pair for pair in pending[word] if pair[1] not in here]
    return found


# --- people -----------------------------------------------------------------------------
def remove_people(project: Project, wanted: SelectedSources) -> None:
    """Remove the people of the wanted exports; remove a damaged list, as collecting rebuilds it."""
    try:
        people = read_people(project)
    except MorrisError:
        project.people.unlink()
        return
    left = {source: known for source, known in people.items() if not wanted.includes(source)}
    if left != people:
        write_people(project, left)


def remove_left_out(project: Project, wanted: SelectedSources) -> None:
    """Remove the names of files that were left out of the wanted sources.

    A damaged list is removed, as collecting rebuilds it.
    """
    try:
        known = read_left_out(project)
    except MorrisError:
        project.left_out.unlink()
        return
    left = {source: _without(items, wanted) for source, items in known.items()}
    left = {source: items for source, items in left.items() if not wanted.includes(source)}
    if left != known:
        write_left_out(project, left)


def _without(items: Sequence[LeftOutItems], wanted: SelectedSources) -> tuple[LeftOutItems, ...]:
    """Return the items without examples that the wanted sources include."""
    return tuple(
        replace(one, examples=tuple(e for e in one.examples if not wanted.includes(e)))
        for one in items
    )


# --- provenance -------------------------------------------------------------------------
def remove_notes(
    notes: Mapping[str, Any],
    gone: Collection[str],
    wanted: SelectedSources,
    documents: Collection[str],
) -> dict[str, Any]:
    """Return the remaining entries of provenance.json, without removed pages.

    `gone` are the names of removed entries; `documents` are the sources of remaining documents.
    """
    kept: dict[str, Any] = {}
    for name, note in notes.items():
        if name in gone:
            continue
        kept[name] = note
        if not isinstance(note, dict):
            continue
        if any(wanted.includes(page) for page in page_urls(note)):
            pages = [p for p in note["pages"] if not wanted.includes(str(p.get("url")))]
            licences = unique_texts(str(p.get("licence", "")) for p in pages)
            count = sum(str(p.get("url")) in documents for p in pages)
            kept[name] = note | {"pages": pages, "documents": count, "licences": list(licences)}
        elif not is_address(name) and any(Path(p).is_relative_to(name) for p in wanted.paths):
            count = sum(
                not is_address(source) and Path(source).is_relative_to(name) for source in documents
            )
            kept[name] = note | {"documents": count}
    return kept


def recount_conversations(
    notes: Mapping[str, Any], conversations: Mapping[str, int]
) -> dict[str, Any]:
    """Return the entries with the number of remaining conversations for each chat export."""
    return {
        name: note | {"conversations": conversations.get(name, 0)}
        if isinstance(note, dict) and note.get("kind") == SourceKind.chat_export
        else note
        for name, note in notes.items()
    }
