"""Records ⇄ files. The only place that writes artefacts: atomically, for the owner alone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.records import (
    SPLITS,
    DatasetCard,
    Document,
    Example,
    LossPoint,
    Message,
    Split,
    StyleReport,
    TrainRun,
    TrainSettings,
)
from morris_mlx.settings import Project

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
IGNORE_ALL = "# Somebody's own words: never to be committed.\n*\n"
ADAPTER_WEIGHTS, ADAPTER_CONFIG = "adapters.safetensors", "adapter_config.json"
RUN_FILE, REPORT_FILE, METRICS_FILE, CARD_FILE = (
    "run.json",
    "report.json",
    "metrics.jsonl",
    "card.json",
)


# --- writing ----------------------------------------------------------------------------
def make_folder(folder: Path) -> Path:
    """Make a private folder (0700); the project's own top folders get a .gitignore."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise MorrisError(f"Cannot make the folder {folder}: {error.strerror}.") from error
    return folder


def open_project(project: Project) -> None:
    """Make `data/` and `adapters/`, closed to others and ignored by git."""
    for folder in (project.data, project.adapters):
        make_folder(folder)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            write_text(ignore, IGNORE_ALL)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place only when the block succeeds."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(PRIVATE_FILE)
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise MorrisError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def append_jsonl(path: Path, row: Mapping[str, Any]) -> None:
    """One line to a log that grows; a torn last line is ignored by its readers."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"{path} is not there.") from None
    except (OSError, ValueError) as error:
        raise MorrisError(f"{path} cannot be read ({error}). Make it again.") from error
    if not isinstance(value, dict):
        raise MorrisError(f"{path} does not hold a JSON object. Make it again.")
    return value


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) for every line; an error names the file and the line."""
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise MorrisError(f"{path}, line {number}: not valid JSON ({error}).") from error
            if not isinstance(row, dict):
                raise MorrisError(f"{path}, line {number}: not a JSON object.")
            yield number, row


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- documents --------------------------------------------------------------------------
def write_documents(project: Project, documents: Sequence[Document]) -> None:
    open_project(project)
    lines = (json.dumps(asdict(d), ensure_ascii=False) + "\n" for d in documents)
    write_text(project.documents, "".join(lines))


def read_documents(project: Project) -> list[Document]:
    path = project.documents
    if not path.exists():
        raise MissingError(
            f"No documents in {project.data}. Run `morris collect PATH` on your texts first."
        )
    documents = []
    for number, row in read_jsonl(path):
        try:
            documents.append(Document(**row))
        except TypeError:
            raise MorrisError(
                f"{path}, line {number}: not a document. Run `morris collect PATH` again."
            ) from None
    return documents


def read_provenance(project: Project) -> dict[str, Any]:
    return read_json(project.provenance) if project.provenance.exists() else {}


# --- datasets ---------------------------------------------------------------------------
def message_rows(examples: Iterable[Example]) -> str:
    """The examples as OpenAI-style JSON lines: what mlx_lm.lora reads."""
    rows = ({"messages": [asdict(m) for m in e.messages]} for e in examples)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def dataset_digest(examples: Mapping[Split, Sequence[Example]]) -> str:
    return digest("\f".join(message_rows(examples[split]) for split in SPLITS))


def write_dataset(
    project: Project,
    examples: Mapping[Split, Sequence[Example]],
    card: DatasetCard,
    report: Mapping[str, Any],
) -> None:
    """Write rows, card and report as one folder; the old one is kept if an adapter names it."""
    open_project(project)
    fresh = Path(tempfile.mkdtemp(dir=project.data, prefix=".dataset."))
    try:
        for split in SPLITS:
            write_text(fresh / f"{split}.jsonl", message_rows(examples[split]))
        write_json(fresh / CARD_FILE, asdict(card))
        write_json(fresh / REPORT_FILE, report)
        _retire_dataset(project, card.digest)
        fresh.replace(project.dataset)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _retire_dataset(project: Project, new_digest: str) -> None:
    if not project.dataset.exists():
        return
    old = None
    with suppress(MorrisError):  # a damaged card: nobody can name that dataset
        old = str(read_json(project.dataset / CARD_FILE).get("digest"))
    named = {run.get("dataset_digest") for run in _adapter_runs(project)}
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
    """The dataset's folder: the present one, or the one with the digest `wanted`."""
    if not (project.dataset / CARD_FILE).exists() and wanted is None:
        raise MissingError(f"No dataset in {project.dataset}. Run `morris prepare` first.")
    if wanted is None:
        return project.dataset
    if (project.dataset / CARD_FILE).exists() and read_card(project.dataset).digest == wanted:
        return project.dataset
    kept = project.kept_datasets / wanted
    if kept.is_dir():
        return kept
    raise MissingError(
        f"The dataset {wanted[:12]}… is not in {project.data}. "
        "Collect and prepare the same texts again, or train a new adapter."
    )


def read_card(folder: Path) -> DatasetCard:
    value = read_json(folder / CARD_FILE)
    try:
        rows = {k: tuple((a, b) for a, b in v) for k, v in value.pop("rows").items()}
        return DatasetCard(**value, rows=rows)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise MorrisError(
            f"{folder / CARD_FILE} is not a dataset's card. Run `morris prepare` again."
        ) from None


def read_examples(folder: Path, split: Split) -> list[Example]:
    """The rows of one split with their source and task from the card, in order."""
    path = folder / f"{split}.jsonl"
    if not path.exists():
        raise MissingError(f"{path} is not there. Run `morris prepare` first.")
    origins = read_card(folder).rows.get(split, ())
    examples: list[Example] = []
    for number, row in read_jsonl(path):
        try:
            messages = tuple(Message(m["role"], m["content"]) for m in row["messages"])
        except (KeyError, TypeError, MorrisError) as error:
            raise MorrisError(
                f"{path}, line {number}: not a row of messages ({error}). "
                'Each line needs {"messages": [{"role": ..., "content": ...}]}.'
            ) from error
        source_id, task = origins[len(examples)] if len(examples) < len(origins) else ("", "")
        examples.append(Example(messages, source_id, task))
    return examples


# --- adapters ---------------------------------------------------------------------------
def write_run(folder: Path, run: TrainRun) -> None:
    write_json(folder / RUN_FILE, asdict(run))


def read_run(folder: Path) -> TrainRun:
    value = read_json(folder / RUN_FILE)
    try:
        value["settings"] = TrainSettings(**value["settings"])
        value["losses"] = tuple(LossPoint(**p) for p in value["losses"])
        return TrainRun(**value)
    except (KeyError, TypeError):
        raise MorrisError(
            f"{folder / RUN_FILE} is not a training run. Train the adapter again."
        ) from None


def write_style_report(folder: Path, report: StyleReport) -> Path:
    path = folder / REPORT_FILE
    write_json(path, asdict(report))
    return path
