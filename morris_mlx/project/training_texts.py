"""The texts that an adapter was trained on: the writer's own words, verified by their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from morris_mlx import files
from morris_mlx.defaults import (
    BUILT_IN_ADAPTERS,
    RUN_FILE,
    SAMPLE_ADAPTER,
    SAMPLE_COLUMNS,
    built_in_adapter,
    sample_folder,
)
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.project.datasets import find_dataset
from morris_mlx.project.folder import Project
from morris_mlx.project.forgotten import explain_forgotten
from morris_mlx.records.corpus import SPLITS
from morris_mlx.records.training import TrainRun
from morris_mlx.text.front_matter import without_front_matter


def training_texts(project: Project, run: TrainRun) -> Iterator[str]:
    """Yield the assistant messages of the training split that `run` was trained on.

    For the built-in adapters of the sample columns these are the columns. The dataset is found and
    verified at the call, before the first text. Raises MissingError when it is gone and MorrisError
    when it was changed: without the exact rows, copies cannot be excluded.
    """
    try:
        folder = find_dataset(project, run.dataset_digest)
    except MissingError:
        if run.dataset_digest in sample_dataset_digests(SAMPLE_ADAPTER, SAMPLE_COLUMNS):
            return map(_column_text, sorted((sample_folder() / "columns").glob("*.md")))
        raise MissingError(
            explain_forgotten(project, run.dataset_digest)
            or f"The dataset {run.dataset_digest[:12]}… that {run.name!r} was trained on is not in "
            f"{project.data}, so copying cannot be checked. Collect and prepare the same texts "
            "again, train a new adapter, or leave the check out."
        ) from None
    try:
        sound = _rows_digest(folder) == run.dataset_digest
    except OSError:
        sound = False
    if not sound:
        raise MorrisError(
            f"The rows in {folder} were changed, so copying cannot be checked. "
            "Run `morris prepare` again, or leave the check out."
        )
    return _assistant_turns(folder / "train.jsonl")


def find_training_dataset(project: Project, run: TrainRun) -> Path:
    """Return the folder of the dataset that `run` was trained on.

    Raises MissingError when it is gone, or for a built-in adapter, whose dataset is in no project
    unless the user made it.
    """
    try:
        return find_dataset(project, run.dataset_digest)
    except MissingError:
        if run.dataset_digest not in sample_dataset_digests():
            raise
        raise MissingError(
            f"The dataset of the built-in adapter {run.name!r} does not come with Morris, so this "
            "adapter cannot be evaluated or audited here. Train one on your own texts, with "
            "`morris collect`, `morris prepare` and `morris train`."
        ) from None


def _assistant_turns(path: Path) -> Iterator[str]:
    for _, row in files.read_jsonl(path):
        yield from (m["content"] for m in row["messages"] if m["role"] == "assistant")


def _rows_digest(folder: Path) -> str:
    """Return the digest of a dataset's rows without loading them. Raises OSError."""
    found = hashlib.sha256()
    for number, split in enumerate(SPLITS):
        found.update(b"\f" if number else b"")
        with (folder / f"{split}.jsonl").open("rb") as file:
            for line in file:
                found.update(line)
    return found.hexdigest()


def sample_dataset_digests(*names: str) -> frozenset[str]:
    """Return the digests of the datasets of built-in adapters; without names, of all of them."""
    paths = [built_in_adapter(name) / RUN_FILE for name in names or BUILT_IN_ADAPTERS]
    return frozenset(
        str(files.read_json(path).get("dataset_digest")) for path in paths if path.exists()
    )


def _column_text(path: Path) -> str:
    """Return a sample column without its front matter."""
    return without_front_matter(path.read_text(encoding="utf-8")).strip()
