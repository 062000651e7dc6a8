"""Search for the adapters that were trained on removed rows, and removal of their quotations.

A training run names the digest of its dataset, and the dataset's card names the source of each row.
"""

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
from morris_mlx.forget.plan import TrainedAdapter
from morris_mlx.project.adapters import CHECKPOINTS, EVENTS_FILE
from morris_mlx.project.audits import AUDIT_FILE, AUDIT_PAGE, AUDITED_FILES
from morris_mlx.project.blind_tests import ANSWERS_FILE, PAIRS_FILE
from morris_mlx.project.datasets import REPORT_FILE, read_card
from morris_mlx.project.folder import Project
from morris_mlx.project.forgotten import read_forgotten
from morris_mlx.project.training_texts import sample_dataset_digests
from morris_mlx.records.corpus import DatasetCard

STATE_FILE = "state.json"  # in a checkpoint; it holds the training run


def find_trained_adapters(project: Project, gone: Collection[str]) -> tuple[TrainedAdapter, ...]:
    """Return adapters and unfinished trainings that used rows with the IDs `gone`.

    Adapters whose dataset no longer exists are included, marked as unknown. A dataset that an
    earlier removal changed is looked up under its new digest.
    """
    cards: dict[str, DatasetCard] = {}
    for folder in dataset_folders(project):
        with suppress(MorrisError):
            card = read_card(folder)
            cards[card.digest] = card
    became = read_forgotten(project)
    found: list[TrainedAdapter] = []
    for folder in sorted(p for p in project.adapters.glob("*") if p.is_dir()):
        learned = held_out = 0
        unknown = False
        for digest in sorted(_digests(folder)):
            known = _present(digest, cards, became)
            unknown |= known is None and digest not in sample_dataset_digests()
            if known:
                train, rest = _rows(known, gone)
                learned, held_out = max(learned, train), max(held_out, rest)
        if learned or held_out or unknown:
            found.append(TrainedAdapter(folder.name, learned, held_out, not unknown))
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
    """Return the number of removed rows in the training split and in the other splits."""
    counts = {split: sum(i in gone for i, _ in rows) for split, rows in card.rows.items()}
    train = counts.get("train", 0)
    return train, sum(counts.values()) - train


def _digests(folder: Path) -> set[str]:
    """Return the digests of the datasets of an adapter, its predecessor and its checkpoints."""
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
    """Remove an adapter's reports, audit and kept answers, and the samples in its event log.

    All of them quote rows. The other events, and the choices of blind tests, are numbers and stay.
    An audit of an adapter on texts
    that are gone cannot be repeated, so it must open no gate.
    """
    folder = project.adapter(name)
    for report in folder.glob(f"*{Path(REPORT_FILE).stem}.*"):
        report.unlink()
    for file in (AUDIT_FILE, AUDIT_PAGE, AUDITED_FILES, ANSWERS_FILE, PAIRS_FILE):
        (folder / file).unlink(missing_ok=True)
    remove_samples(project, folder / EVENTS_FILE)


def remove_blind_pairs(project: Project) -> None:
    """Remove the passages of blind tests of adapters that are not in the project."""
    for pairs in project.audits.glob(f"*/{PAIRS_FILE}"):
        pairs.unlink()
