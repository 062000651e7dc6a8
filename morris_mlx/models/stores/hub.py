"""Models in the Hugging Face cache, which many programs share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from morris_mlx.errors import MorrisError
from morris_mlx.models.config import CONFIG, read_config
from morris_mlx.models.find import find_cached
from morris_mlx.models.gguf_files import PART, SUFFIX
from morris_mlx.models.hub_cache import BRANCH, NAME_PREFIX, SNAPSHOTS, cache_folder
from morris_mlx.models.names import REPOSITORY
from morris_mlx.models.stores.gguf_header import read_gguf_header
from morris_mlx.models.stores.record import Form, StoredModel, printable

WEIGHTS_SUFFIXES = (".safetensors", ".npz")


def list_hub() -> Iterator[StoredModel]:
    """Yield the models in the Hugging Face cache, in the order of their names, damaged ones too."""
    try:
        folders = sorted(cache_folder().iterdir(), key=os.fsencode)
    except OSError:
        return
    for folder in folders:
        if folder.name.startswith(NAME_PREFIX):
            repository = folder.name.removeprefix(NAME_PREFIX).replace("--", "/", 1)
            yield from _models_of(folder, repository)


def _models_of(folder: Path, repository: str) -> Iterator[StoredModel]:
    """Yield the model of a repository, or each downloaded file of a repository of GGUF files."""
    shown = printable(repository)
    try:
        snapshot = _snapshot(folder)
        files = [] if snapshot is None else sorted(p for p in snapshot.iterdir() if p.is_file())
    except OSError as error:
        problem = f"{printable(str(folder))} cannot be read ({error.strerror or error})."
        yield StoredModel(shown, Form.NONE, problem=problem)
        return
    ggufs = [f for f in files if f.name.lower().endswith(SUFFIX) and _is_first_part(f)]
    if snapshot is not None and (snapshot / CONFIG).is_file():
        yield _folder(snapshot, files, repository)
    elif not ggufs:
        problem = "it contains no files that Morris reads."
        yield StoredModel(shown, Form.NONE, problem=problem)
    for path in ggufs:
        yield _gguf(path)


def _snapshot(folder: Path) -> Path | None:
    """Return the folder of the branch's commit, else of the newest commit, or None."""
    ref = folder / "refs" / BRANCH
    if ref.is_file():
        named = folder / SNAPSHOTS / ref.read_text(encoding="ascii", errors="replace").strip()[:64]
        if named.is_dir():
            return named
    found = [path for path in (folder / SNAPSHOTS).glob("*") if path.is_dir()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _is_first_part(path: Path) -> bool:
    part = PART.fullmatch(path.name)
    return part is None or int(part["number"]) == 1


def _folder(snapshot: Path, files: list[Path], repository: str) -> StoredModel:
    size = sum(f.stat().st_size for f in files if f.suffix in WEIGHTS_SUFFIXES)
    name = printable(repository)
    if not REPOSITORY.fullmatch(repository):
        return StoredModel(name, Form.NONE, problem="its name is not that of a repository.")
    try:
        config = read_config(snapshot)
        whole = find_cached(repository)
    except MorrisError as error:
        return StoredModel(name, Form.NONE, problem=printable(str(error)))
    family, precision = config.model_type or "", f"{config.bits} bits"
    note = "" if whole else "incomplete: a command that uses it downloads the rest"
    return StoredModel(name, Form.FOLDER, whole or snapshot, size, family, precision, note)


def _gguf(path: Path) -> StoredModel:
    name = printable(str(path))
    try:
        header = read_gguf_header(path)
        size = path.stat().st_size
    except (MorrisError, OSError) as error:
        return StoredModel(name, Form.NONE, problem=printable(str(error)))
    return StoredModel(name, Form.GGUF, path, size, header.architecture, header.precision)
