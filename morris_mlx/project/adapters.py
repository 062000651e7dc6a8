"""A project's adapters: find one by its name, and the files beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.files import write_json
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.find_adapter import (
    base_of,
    find_adapter,
    find_base_model,
    read_run,
    write_run,
)
from morris_mlx.project.datasets import REPORT_FILE
from morris_mlx.project.folder import Project
from morris_mlx.records.generation import Adapter
from morris_mlx.records.reports import StyleReport

ADAPTER_LOCK = ".lock"  # held by the training that writes there
METRICS_FILE, EVENTS_FILE, LOG_FILE = "metrics.jsonl", "events.jsonl", "morris_bot.log"
CHECKPOINTS, LAST, REPLACED = "checkpoints", "last", "replaced"  # beside the best adapter

__all__ = [
    "ADAPTER_LOCK",
    "CHECKPOINTS",
    "EVENTS_FILE",
    "LAST",
    "LOG_FILE",
    "METRICS_FILE",
    "REPLACED",
    "ModelSelection",
    "base_of",
    "has_checkpoints",
    "read_run",
    "resolve_adapter",
    "select_model",
    "write_run",
    "write_style_report",
]


@dataclass(frozen=True, slots=True)
class ModelSelection:
    """The model to generate with: the base, the adapter on it and the system prompt."""

    model: ModelFiles
    adapter: Adapter | None
    system_prompt: str

    @property
    def adapter_folder(self) -> Path | None:
        """The folder of the adapter, None for the base alone."""
        return None if self.adapter is None else self.adapter.folder


def select_model(
    project: Project, model: str | None, adapter: str | None, system_prompt: str | None
) -> ModelSelection:
    """Return the selection, where None stands for the adapter's own base and system prompt.

    Raises MissingError for an unknown adapter or model, and MorrisError when the adapter's base
    has changed.
    """
    found = None if adapter is None else resolve_adapter(project, adapter)
    files = find_base_model(model, found)
    if system_prompt is None:
        system_prompt = SYSTEM_PROMPT if found is None else found.system_prompt
    return ModelSelection(files, found, system_prompt)


def resolve_adapter(project: Project, name: str) -> Adapter:
    """Return the adapter of the project by name, the built-in sample, or a folder.

    Raises MissingError, with the names that there are, for an unknown adapter.
    """
    return find_adapter(name, project.adapters)


def has_checkpoints(folder: Path) -> bool:
    """Return True if a training of this adapter has not come to its end."""
    checkpoints = folder / CHECKPOINTS
    return checkpoints.is_dir() and any(p.name.isdigit() for p in checkpoints.iterdir())


def write_style_report(folder: Path, report: StyleReport) -> Path:
    """Write the report of an evaluation beside the adapter, and return its path."""
    path = folder / REPORT_FILE
    write_json(path, asdict(report))
    return path
