"""LM Studio's store: `PUBLISHER/MODEL/` holds GGUF files or a folder of MLX weights."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.config import CONFIG, read_config
from morris_mlx.models.gguf_files import PART, SUFFIX, all_parts
from morris_mlx.models.stores.gguf_header import read_gguf_header
from morris_mlx.models.stores.record import Form, StoredModel, link_note, printable

PREFIX = "lmstudio:"
HOME_POINTER = ".lmstudio-home-pointer"  # contains the path of LM Studio's folder, if moved
HOMES = (".lmstudio", ".cache/lm-studio")
DOWNLOADS_KEY = "downloadsFolder"  # in settings.json: the folder that the user chose for models
PROJECTOR = "mmproj"  # begins the name of the part of a model that reads pictures
MOST_BYTES = 1 << 20  # of settings.json


def lm_studio_stores() -> list[Path]:
    """Return the folders with LM Studio's models on this machine."""
    try:
        home = Path.home()
    except RuntimeError:
        return []
    homes = [home / name for name in HOMES]
    with suppress(OSError, ValueError):
        text = (home / HOME_POINTER).read_text(encoding="utf-8")
        homes.insert(0, Path(text.strip().splitlines()[0]).expanduser())
    places: dict[Path, None] = {}
    for folder in homes:
        for place in (_downloads(folder), folder / "models"):
            with suppress(OSError, RuntimeError):
                if place is not None and place.is_dir():
                    places[place.resolve()] = None
    return list(places)


def _downloads(folder: Path) -> Path | None:
    """Return the folder that settings.json names, or None."""
    try:
        with (folder / "settings.json").open("rb") as file:
            value = json.loads(file.read(MOST_BYTES)).get(DOWNLOADS_KEY)
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return Path(value).expanduser() if isinstance(value, str) and value else None


def list_lm_studio() -> Iterator[StoredModel]:
    """Yield the models in LM Studio's stores, in the order of their names, damaged ones too."""
    for store in lm_studio_stores():
        for publisher in _folders(store):
            for model in _folders(publisher):
                yield from _models_in(store, model)


def find_lm_studio(name: str) -> StoredModel:
    """Return the model that `lmstudio:PUBLISHER/MODEL[/FILE.gguf]` means.

    Raises MissingError for a name that is not in a store or means several files, and MorrisError
    for a damaged model.
    """
    wanted = name.removeprefix(PREFIX).strip("/")
    found = list(list_lm_studio())
    exact = [m for m in found if m.name.removeprefix(PREFIX) == wanted]
    below = [m for m in found if m.name.removeprefix(PREFIX).startswith(f"{wanted}/")]
    for model in exact or (below if len(below) == 1 else []):
        if model.problem:
            raise MorrisError(f"{model.name}: {model.problem}")
        return model
    if below:
        files = ", ".join(model.name for model in below)
        raise MissingError(f"LM Studio has several files of {wanted}. Give one of them: {files}.")
    names = ", ".join(model.name for model in found)
    there = f" It has: {names}." if names else " No model of LM Studio is on this machine."
    raise MissingError(
        f"LM Studio has no model {wanted!r} on this machine.{there} Get it in LM Studio, or choose "
        "another one: `morris models` lists them."
    )


def _folders(folder: Path) -> list[Path]:
    try:
        paths = sorted(folder.iterdir(), key=os.fsencode)
        return [path for path in paths if path.is_dir() and not path.name.startswith(".")]
    except OSError:
        return []


def _models_in(store: Path, folder: Path) -> Iterator[StoredModel]:
    """Yield the models in a folder: one for each GGUF file, or one for a folder of MLX weights."""
    name = f"{PREFIX}{printable(f'{folder.parent.name}/{folder.name}')}"
    try:
        files = sorted((path.name for path in folder.iterdir()), key=os.fsencode)
        if CONFIG in files:
            yield _mlx_folder(store, folder, name)
            return
        ggufs = [file for file in files if is_model_file(file)]
        for file in ggufs:
            path = folder / file
            yield _gguf_file(store, path, name if len(ggufs) == 1 else f"{name}/{printable(file)}")
        if not ggufs:
            note = "it holds neither a GGUF file nor MLX weights."
            yield StoredModel(name, Form.NONE, problem=note)
    except OSError as error:
        problem = f"{printable(str(folder))} cannot be read ({error.strerror or error})."
        yield StoredModel(name, Form.NONE, problem=problem)


def is_model_file(file: str) -> bool:
    """Return True for the GGUF file of a model, or the first part of a split one."""
    part = PART.fullmatch(file)
    later = part is not None and int(part["number"]) > 1
    return file.lower().endswith(SUFFIX) and not file.lower().startswith(PROJECTOR) and not later


def _mlx_folder(store: Path, folder: Path, name: str) -> StoredModel:
    weights = [path for path in folder.iterdir() if path.suffix == ".safetensors"]
    try:
        config = read_config(folder)
        note = link_note(folder, store)
        size = sum(path.stat().st_size for path in weights)
    except (MorrisError, OSError) as error:
        return StoredModel(name, Form.NONE, problem=printable(str(error)))
    precision = f"{config.bits} bits"
    family = config.model_type or ""
    problem = "" if weights else "its weights (model*.safetensors) are missing."
    return StoredModel(name, Form.FOLDER, folder, size, family, precision, note, problem)


def _gguf_file(store: Path, path: Path, name: str) -> StoredModel:
    try:
        note = link_note(path, store)
        parts = all_parts(path)
        missing = [part.name for part in parts if not part.is_file()]
        size = sum(part.stat().st_size for part in parts if part.is_file())
        header = read_gguf_header(path)
    except (MorrisError, OSError) as error:
        return StoredModel(name, Form.NONE, problem=printable(str(error)))
    problem = "it is an adapter (LoRA), not a model." if header.is_adapter else ""
    if missing:
        problem = f"{len(missing)} of its {len(parts)} parts are missing, such as {missing[0]}."
    kind, precision = header.architecture, header.precision
    return StoredModel(name, Form.GGUF, path, size, kind, precision, note, printable(problem))
