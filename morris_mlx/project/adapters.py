"""A project's adapters: find one by its name, and the files beside it."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.defaults import (
    ADAPTER_CONFIG,
    BUILT_IN_ADAPTERS,
    SYSTEM_PROMPT,
    built_in_adapter,
)
from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.files import is_locked, write_json, write_text
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.find_adapter import (
    find_adapter,
    find_base_model,
    read_run,
)
from morris_mlx.project.datasets import PAGE_FILE, REPORT_FILE
from morris_mlx.project.folder import Project
from morris_mlx.records.generation import Adapter
from morris_mlx.records.reports import StyleReport

if TYPE_CHECKING:
    from morris_mlx.records.evaluation import Evaluation

QUICK_REPORT_FILE = "quick-report.json"
ADAPTER_LOCK = ".lock"  # held by the training that writes there
METRICS_FILE, EVENTS_FILE, LOG_FILE = "metrics.jsonl", "events.jsonl", "morris_bot.log"
CHECKPOINTS, REPLACED = "checkpoints", "replaced"  # beside the best adapter
LONGEST_NAME = 64  # characters of an adapter's name
MOST_BYTES = 200  # of it in UTF-8; file systems allow 255 for a name, with what is added to it


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
    """Return the adapter of the project by name, a built-in one, or a folder.

    Raises MissingError, with the names that there are, for an unknown adapter.
    """
    return find_adapter(name, project.adapters)


def check_adapter_name(name: str) -> None:
    """Raise UsageError unless `name` can be the name of a new adapter and of its folder.

    Letters of any script are allowed, with their marks, and digits, ".", "_" and "-".
    """
    allowed = all(c.isalnum() or c in "._-" or unicodedata.category(c)[0] == "M" for c in name)
    size = len(unicodedata.normalize("NFC", name).encode("utf-8", "replace"))
    if not (allowed and name[:1].isalnum() and len(name) <= LONGEST_NAME and size <= MOST_BYTES):
        raise UsageError(
            f"--name is {name!r}; use letters, digits, '.', '_' and '-' (at most {LONGEST_NAME}), "
            "and begin with a letter or a digit."
        )
    if name in BUILT_IN_ADAPTERS:
        raise UsageError(f"{name!r} is the name of a built-in adapter. Choose another --name.")


def is_being_trained(folder: Path) -> bool:
    """Return True while a training writes to the adapter's folder."""
    return is_locked(folder / ADAPTER_LOCK)


def has_checkpoints(folder: Path) -> bool:
    """Return True if a training of this adapter has not come to its end."""
    checkpoints = folder / CHECKPOINTS
    return checkpoints.is_dir() and any(p.name.isdigit() for p in checkpoints.iterdir())


def write_style_report(folder: Path, report: StyleReport) -> Path:
    """Write the report of a quick evaluation beside the adapter, and return its path.

    It has a file of its own, so that a full report and its page remain.
    """
    path = folder / QUICK_REPORT_FILE
    write_json(path, asdict(report))
    return path


def write_evaluation(folder: Path, evaluation: Evaluation, page: str) -> None:
    """Write a full evaluation beside the adapter, as report.json and as the page report.html."""
    write_json(folder / REPORT_FILE, evaluation_as_json(evaluation))
    write_text(folder / PAGE_FILE, page)


def evaluation_as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as JSON: the figures of the quick part, then those of all others."""
    values = asdict(evaluation)
    return {**values.pop("style"), **values}


# --- a list to choose from ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AdapterCard:
    """An adapter in a list to choose from.

    `system_prompt` is that of its training. `written` is the time of its files as ISO 8601, "" for
    an adapter that is being replaced.
    """

    name: str
    system_prompt: str
    base_model: str
    written: str = ""


def adapter_cards(project: Project, selection: ModelSelection) -> list[AdapterCard]:
    """Return the selected adapter, then all others that were trained on the selected base.

    Adapters without a readable run.json (mlx-lm writes none) are left out: their base is unknown.
    """
    configs = project.adapters.glob(f"*/{ADAPTER_CONFIG}")
    folders = {path.parent.name: path.parent for path in configs}
    for name in BUILT_IN_ADAPTERS:
        folders.setdefault(name, built_in_adapter(name))
    base, selected = selection.model.name, selection.adapter
    cards = []
    if selected is not None:
        folders.pop(selected.name, None)
        written = time_written(selected.folder)
        cards.append(AdapterCard(selected.name, selection.system_prompt, base, written))
    for name, folder in sorted(folders.items()):
        try:
            run = read_run(folder)
        except MorrisError:
            continue
        if run.base_model == base:
            cards.append(AdapterCard(name, run.system_prompt, base, time_written(folder)))
    return cards


def time_written(folder: Path) -> str:
    """Return the time of an adapter's files as ISO 8601, "" for one that is being replaced."""
    try:
        written = (folder / ADAPTER_CONFIG).stat().st_mtime
    except OSError:
        return ""
    return datetime.fromtimestamp(written).isoformat(timespec="seconds")
