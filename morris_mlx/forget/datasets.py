"""Search for a source's rows in datasets, and their removal without a risk for the other rows."""

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
from morris_mlx.forget.plan import DatasetChange, staging, working_folder
from morris_mlx.forget.sources import SelectedSources
from morris_mlx.project.datasets import dataset_digest, fill_dataset, read_card, read_dataset
from morris_mlx.project.folder import Project
from morris_mlx.records.corpus import SPLITS, DatasetCard, Example, Split

# Reasons for removing a dataset as a whole.
CHANGED = "its rows were changed by hand, so the rows of the source are not known"
UNREADABLE = "its card cannot be read, so the rows of the source are not known"
EMPTY = "without those rows one of its splits would be empty"


def dataset_folders(project: Project) -> Iterator[Path]:
    """Yield the folder of the current dataset and those of datasets kept for adapters."""
    kept = sorted(project.kept_datasets.glob("*")) if project.kept_datasets.is_dir() else []
    yield from (f for f in (project.dataset, *kept) if f.is_dir() and f.name[:1] != ".")


def row_sources(project: Project) -> dict[str, str]:
    """Return the source of every row of all datasets, by the ID of its text, as far as known."""
    found: dict[str, str] = {}
    for folder in dataset_folders(project):
        with suppress(MorrisError):
            found |= read_card(folder).sources
    return found


def ids_in_datasets(project: Project, wanted: SelectedSources) -> set[str]:
    """Return the IDs of a source's texts in all datasets, earlier versions included."""
    found: set[str] = set()
    for folder in dataset_folders(project):
        with suppress(MorrisError):
            sources = read_card(folder).sources
            found |= {i for i, source in sources.items() if wanted.includes(source)}
    return found


def find_dataset_change(
    project: Project, folder: Path, gone: Collection[str]
) -> DatasetChange | None:
    """Return the change that removing the IDs `gone` makes to a dataset; None for no change."""
    name = folder.relative_to(project.data).as_posix()
    try:
        card = read_card(folder)
    except MorrisError:
        return DatasetChange(name, "", 0, 0, "", UNREADABLE)
    rows = sum(i in gone for split in card.rows.values() for i, _ in split)
    of = sum(map(len, card.rows.values()))
    if not rows:
        return None
    part = DatasetChange(name, card.digest, rows, of, "")
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


def remove_rows(project: Project, part: DatasetChange, gone: Collection[str]) -> None:
    """Replace a dataset by one without the rows of `gone`, or remove it as a whole.

    The new dataset is complete on disk before the old one is moved away. The next call repairs a
    kill between the two renames.
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
            shutil.rmtree(fresh)  # the same dataset exists already, or a newer one was prepared
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
    """Return the report of a changed dataset: its rows alone, for the other counts are obsolete."""
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
