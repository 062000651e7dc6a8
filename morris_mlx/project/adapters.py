"""Who will speak: model, adapter and system prompt from what the user named."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from morris_mlx.defaults import (
    ADAPTER_CONFIG,
    RUN_FILE,
    SAMPLE_ADAPTER,
    SYSTEM_PROMPT,
    sample_folder,
)
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import read_json, resolve_path, write_json
from morris_mlx.models.catalog import default_model
from morris_mlx.models.find import ModelFiles, find_base, find_model
from morris_mlx.project.datasets import REPORT_FILE
from morris_mlx.project.folder import Project
from morris_mlx.records.reports import StyleReport
from morris_mlx.records.training import TrainRun
from morris_mlx.typed_json import record_from_json

ADAPTER_LOCK = ".lock"  # held by the training that writes there
METRICS_FILE, EVENTS_FILE, LOG_FILE = "metrics.jsonl", "events.jsonl", "morris_bot.log"
CHECKPOINTS, LAST, REPLACED = "checkpoints", "last", "replaced"  # beside the best adapter


@dataclass(frozen=True, slots=True)
class Voice:
    model: ModelFiles
    adapter: Path | None
    system_prompt: str


def find_voice(
    project: Project, model: str | None, adapter: str | None, system_prompt: str | None
) -> Voice:
    """Fill in what was not said: the adapter's own model and the prompt it learned with."""
    if adapter is None:
        files = find_model(default_model() if model is None else model)
        return Voice(files, None, SYSTEM_PROMPT if system_prompt is None else system_prompt)
    folder = find_adapter(project, adapter)
    if not (folder / RUN_FILE).exists():  # made by mlx-lm
        if model is None:
            raise MissingError(
                f"{folder} has no {RUN_FILE}, so its base model is not known. Name it by --model."
            )
        said = SYSTEM_PROMPT if system_prompt is None else system_prompt
        return Voice(find_model(model), folder, said)
    run = read_run(folder)
    files = find_model(model) if model else base_of(run)
    return Voice(files, folder, run.system_prompt if system_prompt is None else system_prompt)


def base_of(run: TrainRun) -> ModelFiles:
    """The base that an adapter was trained on. Raises MorrisError when it is another one now."""
    files = find_base(run.base_model, run.base_digest)
    if files is None:
        raise MorrisError(
            f"{run.base_model} is not the model that {run.name!r} was trained on any more. "
            "Train the adapter again on the model that is here."
        )
    return files


def find_adapter(project: Project, adapter: str) -> Path:
    """An adapter of the project by name, the built-in sample, or a folder."""
    options = [resolve_path(str(project.adapter(adapter))), resolve_path(adapter)]
    if adapter == SAMPLE_ADAPTER:
        options.insert(1, sample_folder() / "adapters" / SAMPLE_ADAPTER)
    for folder in filter(None, options):
        if (folder / ADAPTER_CONFIG).exists():
            return folder
    present = sorted(p.parent.name for p in project.adapters.glob(f"*/{ADAPTER_CONFIG}"))
    names = ", ".join([*present, SAMPLE_ADAPTER])
    raise MissingError(f"No adapter {adapter!r}. There is: {names}. Train one with `morris train`.")


def write_run(folder: Path, run: TrainRun) -> None:
    write_json(folder / RUN_FILE, asdict(run))


def read_run(folder: Path) -> TrainRun:
    if not (folder / RUN_FILE).exists():
        raise MissingError(
            f"{folder} has no {RUN_FILE}: `morris train` did not make it, so what it learned from "
            "is not known."
        )
    value = read_json(folder / RUN_FILE)
    try:
        return record_from_json(TrainRun, value)
    except MorrisError as error:
        raise MorrisError(
            f"{folder / RUN_FILE} is not a training run ({error}) Train the adapter again."
        ) from None


def has_checkpoints(folder: Path) -> bool:
    """Whether a training of this adapter has not come to its end."""
    checkpoints = folder / CHECKPOINTS
    return checkpoints.is_dir() and any(p.name.isdigit() for p in checkpoints.iterdir())


def write_style_report(folder: Path, report: StyleReport) -> Path:
    path = folder / REPORT_FILE
    write_json(path, asdict(report))
    return path
