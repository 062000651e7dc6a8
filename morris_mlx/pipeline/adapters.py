"""The adapters of a project: list them, look at one, rename one, remove one.

for adapter in list_adapters(project):
    print(adapter.name, adapter.base, adapter.best_loss)
"""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from morris_mlx.defaults import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    BUILT_IN_ADAPTERS,
    LAST,
    RUN_FILE,
    built_in_adapter,
)
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.files import cannot_write, locked, read_json, remove_folder
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.pipeline.audit_gate import reason_against
from morris_mlx.project.adapters import (
    ADAPTER_LOCK,
    check_adapter_name,
    has_checkpoints,
    is_being_trained,
    resolve_adapter,
    time_written,
)
from morris_mlx.project.audits import AUDIT_PAGE, audit_folder, read_audit
from morris_mlx.project.datasets import PAGE_FILE, REPORT_FILE
from morris_mlx.project.folder import Project
from morris_mlx.records.evaluation import RowName
from morris_mlx.records.generation import Adapter
from morris_mlx.records.training import TrainRun

FULL_STRENGTH = 1.0


class AdapterState(StrEnum):
    """The state of an adapter's folder."""

    READY = "ready"
    TRAINING = "training"
    UNFINISHED = "unfinished"  # its training was interrupted; an earlier adapter may be there
    NONE_KEPT = "none kept"  # no validation was better than the base
    DAMAGED = "damaged"


class AuditState(StrEnum):
    """The result of the last audit of the files as they are now."""

    NONE = "none"
    PASSED = "passed"
    FAILED = "failed"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class ListedAdapter:
    """An adapter with the figures by which one chooses among several.

    Attributes:
        name: The name for `--adapter`.
        built_in: True for an adapter that comes with Morris.
        state: The state of its folder.
        base: The base model, "" if it is not known.
        written: The time of its files as ISO 8601, "" without an adapter.
        best_loss: The best validation loss, in nats per supervised token.
        base_loss: The base's loss on the same rows.
        voice: The position between base (0) and author (1), None without a full evaluation.
        verdict: The kind of the verdict of that evaluation, "" without one.
        audit: The state of its audit.
        size_bytes: The size of all files of the folder.
        note: The reason why it is damaged, "" otherwise.
    """

    name: str
    built_in: bool
    state: AdapterState
    base: str = ""
    written: str = ""
    best_loss: float | None = None
    base_loss: float | None = None
    voice: float | None = None
    verdict: str = ""
    audit: AuditState = AuditState.NONE
    size_bytes: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class AdapterDetails:
    """An adapter, the record of its training, its verdict in a sentence, and its files."""

    listed: ListedAdapter
    run: TrainRun | None
    sentence: str
    folder: str
    files: tuple[tuple[str, int], ...]


def list_adapters(project: Project) -> list[ListedAdapter]:
    """Return the adapters of the project by name, then those that come with Morris."""
    own = [folder for folder in _own_folders(project) if _is_adapter(folder)]
    built_in = [built_in_adapter(name) for name in BUILT_IN_ADAPTERS]
    return [
        *(_listed(project, folder, built_in=False) for folder in own),
        *(_listed(project, folder, built_in=True) for folder in built_in if folder.is_dir()),
    ]


def newest_adapter(project: Project) -> str | None:
    """Return the name of the adapter of the project that was written last, None without any."""
    found = [
        (written, folder.name)
        for folder in _own_folders(project)
        if (folder / ADAPTER_WEIGHTS).is_file() and (written := time_written(folder))
    ]
    return max(found)[1] if found else None


def show_adapter(project: Project, name: str) -> AdapterDetails:
    """Return what is known about one adapter.

    Raises MissingError, with the names that there are, for an unknown one.
    """
    own = project.adapters / name
    # An adapter of which nothing was kept, or that is being trained, can be shown, too.
    inside = own.is_dir() and own.parent == project.adapters and _is_adapter(own)
    folder = own if inside else resolve_adapter(project, name).folder
    built_in = not inside and name in BUILT_IN_ADAPTERS
    run = None
    with suppress(MorrisError):
        run = read_run(folder)
    return AdapterDetails(
        _listed(project, folder, built_in, name),
        run,
        str(_evaluation(folder).get("verdict", {}).get("sentence", "")),
        str(folder),
        tuple(
            (str(path.relative_to(folder)), path.lstat().st_size) for path in _files_under(folder)
        ),
    )


def rename_adapter(project: Project, old: str, new: str) -> None:
    """Give an adapter of the project another name.

    Raises UsageError for a name that no adapter can have, MissingError for an unknown adapter, and
    RefusedError for a built-in one, one whose training can be resumed, and if there is an adapter
    of the new name. Raises MorrisError for one that is being trained.
    """
    folder = own_folder(project, old)
    check_adapter_name(new)
    target = project.adapters / new
    if target.exists() or target.is_symlink():
        raise RefusedError(f"There is {new} already. Choose another name, or remove it first.")
    if has_checkpoints(folder):
        raise RefusedError(
            f"The training of {old} has not come to its end, and its checkpoints are found by this "
            f"name. Finish it first: morris train --resume {old}"
        )
    with _idle(folder, old):
        run = None
        with suppress(MorrisError):
            run = read_run(folder)
        try:
            folder.rename(target)
        except OSError as error:
            raise cannot_write(target, error) from error
        if run is not None:
            write_run(target, replace(run, name=new))


def remove_adapter(project: Project, name: str) -> None:
    """Remove an adapter of the project with its checkpoints and reports.

    Texts and datasets stay. Raises the errors of `own_folder`, and MorrisError for an adapter that
    is being trained.
    """
    folder = own_folder(project, name)
    with _idle(folder, name):
        try:
            remove_folder(folder)
        except OSError as error:
            raise cannot_write(folder, error) from error


def own_folder(project: Project, name: str) -> Path:
    """Return the folder of an adapter that lies in the project itself.

    Raises RefusedError for a built-in adapter, and for a link, which leads out of the project;
    MissingError for an unknown one and for a path.
    """
    folder = project.adapters / name
    if name in ("", ".", "..") or Path(name).name != name:
        raise MissingError(
            f"{name!r} is a path or empty. Give the name of an adapter of this project."
        )
    if not folder.is_dir() or not _is_adapter(folder):
        if name in BUILT_IN_ADAPTERS:
            raise RefusedError(f"{name} comes with Morris and cannot be changed.")
        resolve_adapter(project, name)  # raises with the names that there are
        raise MissingError(f"{name} is not an adapter of this project.")
    if folder.is_symlink():
        raise RefusedError(f"{folder} is a link to {folder.resolve()}. Change that folder itself.")
    return folder


def find_report(project: Project, name: str | None) -> Path:
    """Return the page to open: an adapter's evaluation, else its audit; without a name the dataset.

    Raises MissingError if there is none, with the command that makes one.
    """
    if name is None:
        page = project.dataset / PAGE_FILE
        if not page.is_file():
            raise MissingError("There is no dataset yet, so it has no report. Run: morris prepare")
        return page
    adapter = resolve_adapter(project, name)
    pages = (adapter.folder / PAGE_FILE, audit_folder(project, adapter) / AUDIT_PAGE)
    found = next((page for page in pages if page.is_file()), None)
    if found is None:
        raise MissingError(f"{name} has no report yet. Make one: morris evaluate {name}")
    return found


def _own_folders(project: Project) -> list[Path]:
    """Return the folders in adapters/ by name, without the remains of an interrupted removal."""
    inside = project.adapters.iterdir() if project.adapters.is_dir() else ()
    return sorted(path for path in inside if path.is_dir() and not path.name.startswith("."))


def _is_adapter(folder: Path) -> bool:
    names = (ADAPTER_CONFIG, ADAPTER_WEIGHTS, RUN_FILE)
    return any((folder / name).exists() for name in names) or has_checkpoints(folder)


def _idle(folder: Path, name: str) -> AbstractContextManager[None]:
    """Hold the adapter's lock. Raises MorrisError while a training writes there."""
    return locked(
        folder / ADAPTER_LOCK,
        f"{name} is being trained. Stop it first (morris jobs), or wait for its end.",
    )


def _listed(
    project: Project, folder: Path, built_in: bool, name: str | None = None
) -> ListedAdapter:
    name = name or folder.name
    size = sum(path.lstat().st_size for path in _files_under(folder))
    state = _state(folder)
    try:
        run = read_run(folder)
    except MissingError:  # mlx-lm made it, or its first training has not validated yet
        return ListedAdapter(name, built_in, state, written=time_written(folder), size_bytes=size)
    except MorrisError as error:
        state = AdapterState.DAMAGED
        return ListedAdapter(name, built_in, state, size_bytes=size, note=str(error))
    kept = state is not AdapterState.NONE_KEPT
    evaluation = _evaluation(folder)
    return ListedAdapter(
        name=name,
        built_in=built_in,
        state=state,
        base=run.base_model,
        written=time_written(folder),
        best_loss=run.best_valid_loss if kept else None,
        base_loss=run.base_valid_loss,
        voice=_voice(evaluation),
        verdict=str(evaluation.get("verdict", {}).get("kind", "")),
        audit=_audit(project, folder) if kept else AuditState.NONE,
        size_bytes=size,
    )


def _state(folder: Path) -> AdapterState:
    if is_being_trained(folder):
        return AdapterState.TRAINING
    if has_checkpoints(folder):
        return AdapterState.UNFINISHED
    if not (folder / ADAPTER_CONFIG).exists() and (folder / LAST / ADAPTER_CONFIG).exists():
        return AdapterState.NONE_KEPT
    complete = all((folder / name).is_file() for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS))
    return AdapterState.READY if complete else AdapterState.DAMAGED


def _evaluation(folder: Path) -> dict[str, Any]:
    """Return the report of a full evaluation as it is stored, {} without a readable one."""
    with suppress(MorrisError):
        found = read_json(folder / REPORT_FILE)
        if isinstance(found.get("verdict"), dict):
            return found
    return {}


def _voice(evaluation: dict[str, Any]) -> float | None:
    with suppress(AttributeError, KeyError, TypeError):
        for row in evaluation["voice"]["rows"]:
            if row["name"] == RowName.ADAPTER and row["strength"] == FULL_STRENGTH:
                value = row["combined"]["value"]
                return float(value) if isinstance(value, int | float) else None
    return None


def _audit(project: Project, folder: Path) -> AuditState:
    with suppress(MorrisError):
        adapter: Adapter = resolve_adapter(project, str(folder.resolve()))
        report = read_audit(project, adapter)
        if report is None:
            return AuditState.NONE
        if not reason_against(project, adapter):
            return AuditState.PASSED
        same = (report.adapter_sha256, report.config_sha256) == (
            adapter.digest,
            adapter.config_digest,
        )
        return AuditState.FAILED if same and not report.passed else AuditState.OUTDATED
    return AuditState.OUTDATED  # a damaged audit opens no gate


def _files_under(folder: Path) -> list[Path]:
    """Return the files in a folder; links are not followed."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name != ADAPTER_LOCK
    )
