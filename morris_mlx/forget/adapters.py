"""Which adapters learned from a source: by the dataset that their runs name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from morris_mlx.defaults import RUN_FILE
from morris_mlx.errors import MorrisError
from morris_mlx.files import read_json
from morris_mlx.forget.datasets import dataset_folders
from morris_mlx.forget.event_logs import remove_samples
from morris_mlx.forget.plan import Learner
from morris_mlx.project.adapters import CHECKPOINTS, EVENTS_FILE
from morris_mlx.project.datasets import REPORT_FILE, read_card
from morris_mlx.project.folder import Project
from morris_mlx.project.forgotten import read_forgotten
from morris_mlx.project.training_texts import sample_dataset
from morris_mlx.records.corpus import DatasetCard

STATE_FILE = "state.json"  # of a checkpoint, whose run it holds


def find_learners(project: Project, gone: Collection[str]) -> tuple[Learner, ...]:
    """Adapters and unfinished trainings with rows of the source, and those of which none can tell.

    A dataset that an earlier removal changed is looked up by what it became.
    """
    cards: dict[str, DatasetCard] = {}
    for folder in dataset_folders(project):
        with suppress(MorrisError):
            card = read_card(folder)
            cards[card.digest] = card
    became = read_forgotten(project)
    found: list[Learner] = []
    for folder in sorted(p for p in project.adapters.glob("*") if p.is_dir()):
        learned = held_out = 0
        unknown = False
        for digest in sorted(_digests(folder)):
            known = _present(digest, cards, became)
            unknown |= known is None and digest != sample_dataset()
            if known:
                train, rest = _rows(known, gone)
                learned, held_out = max(learned, train), max(held_out, rest)
        if learned or held_out or unknown:
            found.append(Learner(folder.name, learned, held_out, not unknown))
    return tuple(found)


def _present(
    digest: str, cards: dict[str, DatasetCard], became: dict[str, str]
) -> DatasetCard | None:
    seen: set[str] = set()
    while digest not in cards and digest in became and digest not in seen:
        seen.add(digest)
        digest = became[digest]
    return cards.get(digest)


def _rows(card: DatasetCard, gone: Collection[str]) -> tuple[int, int]:
    counts = {split: sum(i in gone for i, _ in rows) for split, rows in card.rows.items()}
    train = counts.get("train", 0)
    return train, sum(counts.values()) - train


def _digests(folder: Path) -> set[str]:
    """Of the adapter itself, of the one that it replaced, of the last one, of checkpoints."""
    return {str(run["dataset_digest"]) for run in _runs(folder) if run.get("dataset_digest")}


def _runs(folder: Path) -> Iterator[dict[str, Any]]:
    for pattern in (RUN_FILE, f"*/{RUN_FILE}"):
        for path in sorted(folder.glob(pattern)):
            with suppress(MorrisError):
                yield read_json(path)
    for path in sorted((folder / CHECKPOINTS).glob(f"*/{STATE_FILE}")):
        with suppress(MorrisError):
            run = read_json(path).get("run")
            if isinstance(run, dict):
                yield run


def remove_quotations(project: Project, name: str) -> None:
    """An adapter's reports, and the samples of its training: requests of held-out rows, answered.

    What else its training noted stays: numbers. Nothing unfinished is left beside the adapter.
    """
    folder = project.adapter(name)
    for report in folder.glob(f"{Path(REPORT_FILE).stem}.*"):
        report.unlink()
    remove_samples(project, folder / EVENTS_FILE)
