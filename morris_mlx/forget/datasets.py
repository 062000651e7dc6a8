"""Rows of a source in datasets: found, and taken out so that a kill loses none of the others."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.forget.plan import DatasetPart, staging, working_folder
from morris_mlx.forget.sources import Wanted
from morris_mlx.project.datasets import dataset_digest, fill_dataset, read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import SPLITS, DatasetCard, Example, Split

CHANGED = "its rows were changed by hand, so nobody can tell which are the source's"
UNREADABLE = "its card cannot be read, so nobody can tell which rows are the source's"
EMPTY = "without those rows one of its splits would be empty"


def dataset_folders(project: Project) -> Iterator[Path]:
    """The present dataset and all that were kept for adapters."""
    kept = sorted(project.kept_datasets.glob("*")) if project.kept_datasets.is_dir() else []
    yield from (f for f in (project.dataset, *kept) if f.is_dir() and f.name[:1] != ".")


def sources_of_rows(project: Project) -> dict[str, str]:
    """Where the rows of all datasets came from, by the ids of their texts, as far as cards say."""
    found: dict[str, str] = {}
    for folder in dataset_folders(project):
        with suppress(MorrisError):
            found |= read_card(folder).sources
    return found


def ids_in_datasets(project: Project, wanted: Wanted) -> set[str]:
    """Ids of the source's texts that cards know, also of earlier versions of them."""
    found: set[str] = set()
    for folder in dataset_folders(project):
        with suppress(MorrisError):
            sources = read_card(folder).sources
            found |= {i for i, source in sources.items() if wanted.takes(source)}
    return found


def find_part(project: Project, folder: Path, gone: Collection[str]) -> DatasetPart | None:
    """What a dataset has of the source; None when nothing."""
    name = folder.relative_to(project.data).as_posix()
    try:
        card = read_card(folder)
    except MorrisError:
        return DatasetPart(name, "", 0, 0, "", UNREADABLE)
    rows = sum(i in gone for split in card.rows.values() for i, _ in split)
    of = sum(map(len, card.rows.values()))
    if not rows:
        return None
    part = DatasetPart(name, card.digest, rows, of, "")
    try:
        examples = read_dataset(folder)
    except MorrisError:
        return replace(part, whole=CHANGED)
    left = _without(examples, gone)
    if any(examples[split] and not left[split] for split in SPLITS):
        return replace(part, whole=EMPTY)
    return replace(part, became=dataset_digest(left))


def _without(
    examples: dict[Split, list[Example]], gone: Collection[str]
) -> dict[Split, list[Example]]:
    return {s: [e for e in rows if e.source_id not in gone] for s, rows in examples.items()}


def remove_part(project: Project, part: DatasetPart, gone: Collection[str]) -> None:
    """The dataset without the source's rows, or none.

    What stays is whole on the disk before the old one leaves its place, and a kill between the two
    renames is mended by the next call.
    """
    folder = project.data / part.folder
    fresh, old = staging(project, part)
    if folder.is_dir() and _digest(folder) == part.digest:
        if part.became and not fresh.exists():
            _write(project, folder, fresh, part.became, gone)
        shutil.rmtree(old, ignore_errors=True)
        folder.replace(old)
        files.flush(folder.parent)
    if fresh.exists():
        target = folder if folder == project.dataset else folder.parent / part.became
        if target.exists():
            shutil.rmtree(fresh)  # the same is there already, or a newer one was prepared
        else:
            fresh.replace(target)
            files.flush(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _digest(folder: Path) -> str:
    try:
        return read_card(folder).digest
    except MorrisError:
        return ""


def _write(
    project: Project,
    folder: Path,
    fresh: Path,
    digest: str,
    gone: Collection[str],
) -> None:
    card = read_card(folder)
    left = _without(read_dataset(folder), gone)
    card = replace(
        card,
        digest=digest,
        rows={s: tuple((e.source_id, e.task) for e in left[s]) for s in SPLITS},
        sources={i: source for i, source in card.sources.items() if i not in gone},
        lengths={
            split: tuple(
                length
                for (i, _), length in zip(card.rows[split], lengths, strict=True)
                if i not in gone
            )
            for split, lengths in card.lengths.items()
        },
    )
    temporary = Path(tempfile.mkdtemp(dir=working_folder(project), prefix=files.UNFINISHED))
    fill_dataset(temporary, left, card, _report(card))
    files.flush(temporary)
    temporary.replace(fresh)


def _report(card: DatasetCard) -> dict[str, Any]:
    """What can still be said: the counts of the funnel were of other texts."""
    rows: dict[str, int] = {}
    for split in SPLITS:
        for _, task in card.rows[split]:
            key = f"{split}, {task}"
            rows[key] = rows.get(key, 0) + 1
    return {
        "rows": dict(sorted(rows.items())),
        "rows_in_all": sum(rows.values()),
        "window": card.window,
        "digest": card.digest,
        "changed_by": "morris forget",
    }
