"""Checkpoints: everything that a training needs to continue as if it had never stopped.

A checkpoint is a folder `NNNNNNNN` (its step) that appears whole or not at all: it is written under
a temporary name with the SHA-256 of every file in its manifest, flushed to the disk, and renamed.
It is used only after its hashes were checked: MLX loads flipped bits without an error.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.models.adapters import load_arrays
from morris_mlx.records.training import TrainRun
from morris_mlx.train.lora import save_arrays
from morris_mlx.typed_json import record_from_json

KEPT = 3  # the newest checkpoints: if one is damaged, the one before it is used
ADAPTER, OPTIMIZER, STATE, MANIFEST = (
    "adapter.safetensors",
    "optimizer.safetensors",
    "state.json",
    "manifest.json",
)
NAME = re.compile(r"\d{8}")
Arrays = Mapping[str, mx.array]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state after `step` optimizer steps.

    `adapter` and `optimizer` are flat trees of arrays. No random state is needed: the order of the
    rows and the dropout are functions of the seed and the step. `metrics_bytes` is the size of
    metrics.jsonl at this step, and `train_losses` are the losses since the last validation.
    """

    step: int
    run: TrainRun
    adapter: Arrays
    optimizer: Arrays
    metrics_bytes: int
    train_losses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class _State:
    """The fields of state.json; its `random` is only informative and is not read."""

    step: int
    run: TrainRun
    metrics_bytes: int
    train_losses: tuple[float, ...]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write the checkpoint into `folder`, then remove all but the newest KEPT.

    Raises:
        OSError: If the disk is full or cannot be written. The checkpoints that exist stay.
    """
    files.make_folder(folder)
    target = folder / f"{checkpoint.step:08}"
    state = {
        "step": checkpoint.step,
        "random": {"seed": checkpoint.run.settings.seed, "step": checkpoint.step},
        "metrics_bytes": checkpoint.metrics_bytes,
        "train_losses": checkpoint.train_losses,
        "run": asdict(checkpoint.run),
    }
    with files.replacing_folder(target) as new:
        save_arrays(new / ADAPTER, checkpoint.adapter)
        save_arrays(new / OPTIMIZER, checkpoint.optimizer)
        files.write_json(new / STATE, state)
        hashes = {name: files.file_digest(new / name) for name in (ADAPTER, OPTIMIZER, STATE)}
        files.write_json(new / MANIFEST, {"files": hashes, "digest": _digest(hashes)})
    for old in _folders(folder)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def read_newest(folder: Path, damaged: list[str]) -> Checkpoint | None:
    """Return the newest intact checkpoint; newer damaged ones are described in `damaged`."""
    for path in _folders(folder):
        try:
            return _read(path)
        except (MorrisError, OSError) as error:
            damaged.append(f"{path.name}: {error}")
    return None


def checkpoint_steps(folder: Path) -> list[int]:
    """Return the steps of the checkpoints in a folder, the first one first."""
    return sorted(int(path.name) for path in _folders(folder))


def read_checkpoint(folder: Path, step: int) -> Checkpoint:
    """Return the checkpoint of a step. Raises MorrisError if it is damaged."""
    return _read(folder / f"{step:08}")


def has_checkpoints(folder: Path) -> bool:
    """Return True if there is a checkpoint, intact or not."""
    return bool(_folders(folder))


def remove_newer(folder: Path, step: int) -> None:
    """Remove checkpoints newer than `step`: damaged ones whose names come again."""
    for path in _folders(folder):
        if int(path.name) > step:
            files.remove_folder(path)


def _folders(folder: Path) -> list[Path]:
    """Return the folders of checkpoints, newest first."""
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if NAME.fullmatch(p.name)), reverse=True)


def _read(path: Path) -> Checkpoint:
    manifest = files.read_json(path / MANIFEST)
    hashes = manifest.get("files")
    if not isinstance(hashes, dict) or manifest.get("digest") != _digest(hashes):
        raise MorrisError(f"{MANIFEST} is damaged")
    if set(hashes) != {ADAPTER, OPTIMIZER, STATE}:
        raise MorrisError(f"{MANIFEST} does not name the files of a checkpoint")
    for name, expected in hashes.items():
        if not (path / name).exists():
            raise MorrisError(f"{name} is missing")
        if files.file_digest(path / name) != expected:
            raise MorrisError(f"{name} is damaged")
    state = files.read_json(path / STATE)
    state.pop("random", None)
    known = record_from_json(_State, state)
    try:
        adapter, optimizer = (load_arrays(path / name) for name in (ADAPTER, OPTIMIZER))
    except (RuntimeError, ValueError) as error:
        raise MorrisError(f"its arrays cannot be read ({error})") from error
    return Checkpoint(
        known.step, known.run, adapter, optimizer, known.metrics_bytes, known.train_losses
    )


def _digest(hashes: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
