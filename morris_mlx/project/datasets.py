"""Reader and writer of datasets: data/dataset/ and, kept for adapters, data/datasets/DIGEST/.

A dataset is a folder with {train,valid,test}.jsonl, card.json, report.json and report.html. The
rows are OpenAI messages, as mlx_lm.lora reads them; the card has the source and task of each row.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from morris_mlx.defaults import RUN_FILE
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import (
    json_line,
    make_folder,
    read_json,
    read_jsonl,
    write_json,
    write_lines,
    write_text,
)
from morris_mlx.project.folder import Project, open_project
from morris_mlx.project.forgotten import explain_forgotten
from morris_mlx.records.corpus import SPLITS, DatasetCard, Example, Message, Split
from morris_mlx.typed_json import record_from_json

CARD_FILE, REPORT_FILE, PAGE_FILE = "card.json", "report.json", "report.html"


def rows_as_jsonl(examples: Iterable[Example]) -> Iterator[str]:
    """Yield examples as JSON lines of OpenAI messages."""
    for example in examples:
        messages = [{"role": m.role, "content": m.content} for m in example.messages]
        yield json_line({"messages": messages})


def dataset_digest(examples: Mapping[Split, Sequence[Example]]) -> str:
    """Return the hash of all rows, which identifies a dataset."""
    found = hashlib.sha256()
    for number, split in enumerate(SPLITS):
        found.update(b"\f" if number else b"")
        for line in rows_as_jsonl(examples[split]):
            found.update(line.encode("utf-8"))
    return found.hexdigest()


def write_dataset(
    project: Project,
    examples: Mapping[Split, Sequence[Example]],
    card: DatasetCard,
    report: Mapping[str, Any],
    page: str = "",
) -> None:
    """Write a dataset as data/dataset/, completely or not at all.

    `page` is the report in HTML. The previous dataset is kept if an adapter was trained on it.
    """
    open_project(project)
    fresh = Path(tempfile.mkdtemp(dir=project.data, prefix=".dataset."))
    try:
        fill_dataset(fresh, examples, card, report, page)
        _retire_dataset(project, card.digest)
        fresh.replace(project.dataset)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_share(
    project: Project, examples: Mapping[Split, Sequence[Example]], card: DatasetCard
) -> DatasetCard:
    """Write some of the rows of the dataset that has `card` as a dataset, and return its card."""
    rows: dict[str, tuple[tuple[str, str], ...]] = {
        split: tuple((e.source_id, e.task) for e in found) for split, found in examples.items()
    }
    share = replace(card, digest=dataset_digest(examples), rows=rows, lengths={})
    write_dataset(project, examples, share, {})
    return share


def fill_dataset(
    folder: Path,
    examples: Mapping[Split, Sequence[Example]],
    card: DatasetCard,
    report: Mapping[str, Any],
    page: str = "",
) -> None:
    """Write rows, card, report and its HTML page into an existing folder."""
    for split in SPLITS:
        write_lines(folder / f"{split}.jsonl", rows_as_jsonl(examples[split]))
    write_json(folder / CARD_FILE, asdict(card))
    write_json(folder / REPORT_FILE, report)
    if page:
        write_text(folder / PAGE_FILE, page)


def _retire_dataset(project: Project, new_digest: str) -> None:
    """Move the present dataset to the kept ones if an adapter names it, else remove it."""
    if not project.dataset.exists():
        return
    old = None
    with suppress(MorrisError):  # a damaged card: no adapter can name this dataset
        old = str(read_json(project.dataset / CARD_FILE).get("digest"))
    named = {str(run.get("dataset_digest")) for run in _adapter_runs(project)}
    if old and old != new_digest and old in named:
        target = make_folder(project.kept_datasets) / old
        if not target.exists():
            project.dataset.replace(target)
            return
    shutil.rmtree(project.dataset)


def _adapter_runs(project: Project) -> Iterator[dict[str, Any]]:
    for path in sorted(project.adapters.glob(f"*/{RUN_FILE}")):
        with suppress(MorrisError):
            yield read_json(path)


def find_dataset(project: Project, wanted: str | None = None) -> Path:
    """Return the folder of the present dataset, or of the one with the digest `wanted`.

    Raises MissingError when it does not exist.
    """
    present = (project.dataset / CARD_FILE).exists()
    if wanted is None and not present:
        raise MissingError(f"No dataset in {project.dataset}. Run `morris prepare` first.")
    if wanted is None or (present and read_card(project.dataset).digest == wanted):
        return project.dataset
    kept = project.kept_datasets / wanted
    if kept.is_dir():
        return kept
    raise MissingError(
        explain_forgotten(project, wanted)
        or f"The dataset {wanted[:12]}… is not in {project.data}. "
        "Collect and prepare the same texts again. If that gives another dataset, because Morris "
        "words its requests differently by now, train a new adapter."
    )


def read_card(folder: Path) -> DatasetCard:
    """Return the card of a dataset. Raises MissingError without one, MorrisError for damage."""
    value = read_json(folder / CARD_FILE)
    try:
        return record_from_json(DatasetCard, value)
    except MorrisError as error:
        raise MorrisError(
            f"{folder / CARD_FILE} is not the card of a dataset: {error} Run `morris prepare` "
            "again."
        ) from None


def read_examples(folder: Path, split: Split) -> list[Example]:
    """Return the rows of one split, in order, with source and task from the card.

    Raises MissingError without the file and MorrisError, with the line, for a damaged row.
    """
    path = folder / f"{split}.jsonl"
    if not path.exists():
        raise MissingError(f"There is no file {path}. Run `morris prepare` first.")
    origins = read_card(folder).rows.get(split, ())
    examples: list[Example] = []
    for number, row in read_jsonl(path):
        try:
            messages = messages_from_json(row.get("messages"))
        except MorrisError as error:
            raise MorrisError(
                f"{path}, line {number}: not a row of messages ({error}). "
                'Each line needs {"messages": [{"role": ..., "content": ...}]}.'
            ) from error
        source_id, task = origins[len(examples)] if len(examples) < len(origins) else ("", "")
        examples.append(Example(messages, source_id, task))
    return examples


def messages_from_json(rows: object) -> tuple[Message, ...]:
    """Return the messages of a JSON row, at least one. Raises MorrisError for anything else.

    It checks without typed_json, which is slow for the many messages of a dataset.
    """
    if not isinstance(rows, list) or not rows:
        raise MorrisError("it has no messages")
    for row in rows:
        if not isinstance(row, dict) or type(row.get("content")) is not str:
            raise MorrisError("a message has no text")
    return tuple(Message(row.get("role", ""), row["content"]) for row in rows)


def read_dataset(folder: Path) -> dict[Split, list[Example]]:
    """Return all splits. Raises MorrisError when rows were edited and no longer fit the card."""
    examples = {split: read_examples(folder, split) for split in SPLITS}
    if dataset_digest(examples) != read_card(folder).digest:
        raise MorrisError(f"The rows in {folder} were changed. Run `morris prepare` again.")
    return examples
