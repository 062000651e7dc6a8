"""Adapters from the checkpoints of an unfinished training: "mine@120" is that of step 120."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_WEIGHTS, LAST
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import cannot_write, file_digest
from morris_mlx.models.find_adapter import CHECKPOINT_NAME, write_run
from morris_mlx.project.adapters import CHECKPOINTS, resolve_adapter
from morris_mlx.project.folder import Project


@contextmanager
def checkpoints_as_adapters(project: Project, names: Sequence[str]) -> Iterator[list[str]]:
    """Yield the names, with folders in place of those of checkpoints; the folders are temporary.

    Raises MissingError for a checkpoint that is not there, and MorrisError for a damaged one.
    """
    with tempfile.TemporaryDirectory(prefix="morris-") as temporary:
        yield [
            str(_write(project, match["name"], int(match["step"]), Path(temporary) / str(number)))
            if (match := CHECKPOINT_NAME.fullmatch(name))
            else name
            for number, name in enumerate(names)
        ]


def _write(project: Project, name: str, step: int, folder: Path) -> Path:
    """Write a checkpoint as the files of an adapter in `folder`; return the adapter's folder."""
    from morris_mlx.train.checkpoint_files import checkpoint_steps, read_checkpoint
    from morris_mlx.train.lora import save_arrays

    own = project.adapter(name)
    if not own.is_dir():
        resolve_adapter(project, name)  # raises an error with the names that there are
    steps = checkpoint_steps(own / CHECKPOINTS)
    configs = [path for place in (own, own / LAST) if (path := place / ADAPTER_CONFIG).exists()]
    if step not in steps or not configs:
        there = f"There are those of the steps {', '.join(map(str, steps))}. " if steps else ""
        raise MissingError(
            f"There is no checkpoint of {name} at step {step} that can be used. {there}"
            "Checkpoints are kept until a training has ended and while it has an adapter that is "
            f"better than the base; {name}/{LAST} is the adapter of its last step."
        )
    try:
        checkpoint = read_checkpoint(own / CHECKPOINTS, step)
    except (MorrisError, OSError) as error:  # or its training has just removed it
        raise MorrisError(
            f"The checkpoint of {name} at step {step} cannot be read: {error}. Name another step."
        ) from error
    folder /= f"{own.name}@{step}"
    try:
        folder.mkdir(parents=True)
        save_arrays(folder / ADAPTER_WEIGHTS, checkpoint.adapter)
        shutil.copy(configs[0], folder / ADAPTER_CONFIG)
        digest = file_digest(folder / ADAPTER_WEIGHTS)
    except OSError as error:
        raise cannot_write(folder, error) from error
    write_run(folder, replace(checkpoint.run, adapter_sha256=digest))
    return folder
