"""The subject of an audit: an adapter with its dataset and base, and the hashes of their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_NAME, ADAPTER_WEIGHTS, RUN_FILE
from morris_mlx.errors import MorrisError
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.find_adapter import base_of, read_run
from morris_mlx.project.adapters import resolve_adapter
from morris_mlx.project.audits import read_audited_files
from morris_mlx.project.datasets import (
    CARD_FILE,
    dataset_digest,
    read_card,
    read_examples,
)
from morris_mlx.project.folder import Project
from morris_mlx.project.training_texts import find_training_dataset, sample_dataset_digests
from morris_mlx.records.corpus import NOT_BY_THE_WRITER, SPLITS, DatasetCard, Example, Split
from morris_mlx.records.generation import Adapter
from morris_mlx.records.training import TrainRun


@dataclass(frozen=True, slots=True)
class Verification:
    """The number of files, and a sentence for each difference.

    Every file is compared only with the hashes of an audit (`audited`). Without one, these are the
    weights, the rows and the base, whose hashes the training recorded.
    """

    files: int
    changes: tuple[str, ...]
    audited: bool


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """An adapter with everything that it was made of."""

    adapter: Adapter
    run: TrainRun
    base: ModelFiles
    dataset: Path
    card: DatasetCard
    examples: Mapping[Split, Sequence[Example]]

    @property
    def train(self) -> list[tuple[int, Example]]:
        """The writer's training rows with their numbers from 1."""
        rows = enumerate(self.examples["train"], 1)
        return [(number, row) for number, row in rows if row.task not in NOT_BY_THE_WRITER]

    @property
    def is_public(self) -> bool:
        """True for the dataset of a built-in adapter, whose texts come with Morris."""
        return self.card.digest in sample_dataset_digests()

    @property
    def rows_changed(self) -> bool:
        """True if the rows are not those of the training."""
        digest = dataset_digest(self.examples)
        return not digest == self.card.digest == self.run.dataset_digest

    @property
    def own_texts(self) -> dict[str, str]:
        """The writer's text of each training source: its answers, each once."""
        answers: dict[str, dict[str, None]] = {}
        for _, row in self.train:
            known = answers.setdefault(row.source_id, {})
            known.update((m.content, None) for m in row.messages if m.role == "assistant")
        return {source: "\n".join(texts) for source, texts in answers.items()}

    @property
    def files(self) -> dict[str, Path]:
        """The files of adapter, dataset and base, by name."""
        return audited_paths(self.adapter, self.dataset, self.base)


def find_subject(project: Project, name: str) -> AuditSubject:
    """Return an adapter with everything that it was made of, as it is on disk now.

    Raises MissingError for an adapter, dataset or base that is not there, and MorrisError for
    damage.
    """
    adapter = resolve_adapter(project, name)
    run = read_run(adapter.folder)
    dataset = find_training_dataset(project, run)
    examples = {split: read_examples(dataset, split) for split in SPLITS}
    return AuditSubject(adapter, run, base_of(run), dataset, read_card(dataset), examples)


def verify(project: Project, name: str = ADAPTER_NAME) -> Verification:
    """Compute all hashes of an adapter, its dataset and its base again.

    They are compared with those of its last audit, if there is one, and with those that the
    training recorded. Raises MissingError for an adapter or a dataset that is not there.
    """
    from morris_mlx.audit.fingerprints import find_changes

    adapter = resolve_adapter(project, name)
    run = read_run(adapter.folder)
    dataset = find_training_dataset(project, run)
    changes: list[str] = []
    base = None
    try:
        base = base_of(run)
    except MorrisError as error:
        changes.append(str(error))
    paths = audited_paths(adapter, dataset, base)
    known = read_audited_files(project, adapter)
    if known is not None:
        changes += find_changes(known.files, paths)
    if adapter.digest not in (run.adapter_sha256, run.adapter_sha256_before):
        changes.append(f"{adapter.folder / ADAPTER_WEIGHTS} are not the weights of the training.")
    try:
        rows = dataset_digest({split: read_examples(dataset, split) for split in SPLITS})
    except MorrisError as error:
        changes.append(str(error))
    else:
        if rows != run.dataset_digest:
            changes.append(f"The rows in {dataset} are not those of the training.")
    return Verification(len(paths), tuple(changes), known is not None)


def audited_paths(adapter: Adapter, dataset: Path, base: ModelFiles | None) -> dict[str, Path]:
    """Return the files that an audit is about, by name."""
    names = (*(f"{split}.jsonl" for split in SPLITS), CARD_FILE)
    paths = {f"dataset/{name}": dataset / name for name in names}
    for name in (ADAPTER_WEIGHTS, ADAPTER_CONFIG, RUN_FILE):
        paths[f"adapter/{name}"] = adapter.folder / name
    if base is not None:
        for pattern in ("*.json", "model*.safetensors"):
            files = sorted(base.folder.glob(pattern))
            paths |= {f"base/{path.name}": path for path in files if path.is_file()}
    return paths
