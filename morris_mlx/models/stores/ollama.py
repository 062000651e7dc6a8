"""Ollama's store: `manifests/HOST/NAMESPACE/NAME/TAG` name files in `blobs/` by their digest."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.stores.record import Form, StoredModel, link_note, printable

PREFIX = "ollama:"
HOST, NAMESPACE, TAG = "registry.ollama.ai", "library", "latest"
MODELS_VARIABLE = "OLLAMA_MODELS"
SYSTEM_STORE = Path("/usr/share/ollama/.ollama/models")  # of Ollama's service on Linux
PART = re.compile(r"[\w.-]{1,128}")  # of a name; never "..": see _is_part
DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
MOST_BYTES = 4 << 20  # of a manifest or a config
MOST_DEPTH = 6  # folders below manifests/
MODEL_LAYER = "application/vnd.ollama.image.model"
TENSOR_LAYER = "application/vnd.ollama.image.tensor"  # for Ollama's own MLX runner
ADAPTER_LAYER = "application/vnd.ollama.image.adapter"


@dataclass(frozen=True, slots=True)
class _Name:
    """The parts of a model's name: host, namespaces and name; and the tag."""

    parts: tuple[str, ...]
    tag: str

    @property
    def shown(self) -> str:
        """The name as Ollama prints it, without the parts that are its defaults."""
        parts = self.parts
        if parts[:1] == (HOST,):
            parts = parts[2:] if parts[1:2] == (NAMESPACE,) else parts[1:]
        tag = "" if self.tag == TAG else f":{self.tag}"
        return printable("/".join(parts) + tag)


def ollama_stores() -> list[Path]:
    """Return the folders of Ollama's stores on this machine: `$OLLAMA_MODELS`, else its own."""
    named = os.environ.get(MODELS_VARIABLE)
    try:
        places = [Path(named).expanduser()] if named else [Path.home() / ".ollama" / "models"]
    except RuntimeError:  # no home folder
        places = []
    return [place for place in (*places, *([] if named else [SYSTEM_STORE])) if place.is_dir()]


def list_ollama() -> Iterator[StoredModel]:
    """Yield the models in Ollama's stores, in the order of their names, damaged ones too."""
    for store in ollama_stores():
        for path in _manifests(store):
            yield _stored(store, path)


def find_ollama(name: str) -> StoredModel:
    """Return the model that `ollama:NAME[:TAG]` means, with or without the prefix.

    Raises MissingError for a name that is not in a store, and MorrisError for a damaged model.
    """
    wanted = parse_ollama_name(name)
    for store in ollama_stores():
        path = (store / "manifests").joinpath(*wanted.parts, wanted.tag)
        if path.is_file():
            found = _stored(store, path)
            if found.problem:
                raise MorrisError(f"{found.name}: {found.problem}")
            return found
    names = [model.name for model in list_ollama()]
    there = f" It has: {', '.join(names)}." if names else " No model of Ollama is on this machine."
    raise MissingError(
        f"Ollama has no model {wanted.shown!r} on this machine.{there} Get it with `ollama pull "
        f"{wanted.shown}`, or choose another one: `morris models` lists them."
    )


def has_ollama(name: str) -> bool:
    """Return True if Ollama has a model of this name."""
    try:
        wanted = parse_ollama_name(name)
        places = [(s / "manifests").joinpath(*wanted.parts, wanted.tag) for s in ollama_stores()]
        return any(place.is_file() for place in places)
    except (MissingError, OSError, ValueError):
        return False


def parse_ollama_name(name: str) -> _Name:
    """Split `[HOST/][NAMESPACE/]NAME[:TAG]`. Raises MissingError for another form."""
    rest, colon, tag = name.removeprefix(PREFIX).rpartition(":")
    if not colon or "/" in tag:
        rest, tag = name.removeprefix(PREFIX), TAG
    parts = tuple(rest.split("/"))
    if len(parts) == 1:
        parts = (HOST, NAMESPACE, *parts)
    elif len(parts) == 2:
        parts = (HOST, *parts)
    host, *others = parts
    if not all(map(_is_part, (host.replace(":", "."), *others, tag))) or len(parts) > MOST_DEPTH:
        raise MissingError(
            f"{name!r} is not a valid name of an Ollama model. Write a name like "
            "`ollama:llama3.2:1b`; `morris models` lists yours."
        )
    return _Name(parts, tag)


def _is_part(text: str) -> bool:
    return bool(PART.fullmatch(text)) and not text.startswith(".")


def _manifests(store: Path) -> Iterator[Path]:
    root = store / "manifests"
    found = []
    for folder, names, files in os.walk(root):  # links to folders are not followed
        depth = len(Path(folder).relative_to(root).parts)
        if depth >= MOST_DEPTH:
            names.clear()
        found += [Path(folder, file) for file in files if not file.startswith(".") and depth]
    return iter(sorted(found, key=os.fsencode))


def _stored(store: Path, manifest: Path) -> StoredModel:
    """Return the model of a manifest; its `problem` says what is wrong with it, if anything."""
    *parts, tag = manifest.relative_to(store / "manifests").parts
    name = f"{PREFIX}{_Name(tuple(parts), tag).shown}"
    if not all(_is_part(part.replace(":", ".")) for part in (*parts, tag)):
        return StoredModel(name, Form.NONE, problem="its name has characters that Ollama forbids.")
    try:
        return _read_manifest(store, manifest, name)
    except OSError as error:
        problem = f"{manifest} cannot be read ({error.strerror or error})."
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        problem = f"{manifest} is damaged. Get the model again with `ollama pull`."
    return StoredModel(name, Form.NONE, problem=printable(problem))


def _read_manifest(store: Path, manifest: Path, name: str) -> StoredModel:
    values = _json(manifest)
    layers: Sequence[Mapping[str, Any]] = values["layers"]
    config = _config(store, values.get("config"))
    family, precision = (str(config.get(key) or "") for key in ("model_family", "file_type"))
    kinds = [layer["mediaType"] for layer in layers]

    def unusable(problem: str) -> StoredModel:
        return StoredModel(name, Form.NONE, None, 0, family, precision, problem=problem)

    models = [layer for layer in layers if layer["mediaType"] == MODEL_LAYER]
    if config.get("remote_host") or config.get("remote_model"):
        return unusable("it runs on Ollama's servers; its weights are not on this machine.")
    if not models:
        stored = "tensors of Ollama's own format" if TENSOR_LAYER in kinds else "no weights"
        return unusable(f"it holds {stored}, which Morris does not read. Use a GGUF of the model.")
    if len(models) > 1:
        return unusable("its weights are in several files, which Morris does not join.")
    size = int(models[0]["size"])
    blob = _blob(store, models[0]["digest"])
    if not blob.is_file():
        again = f"Get it again: `ollama pull {name.removeprefix(PREFIX)}`."
        return unusable(f"its weights are missing ({blob.name[:19]}…). {again}")
    if (there := blob.stat().st_size) != size:
        return unusable(f"its weights are incomplete: {there:,} of {size:,} bytes.")
    remarks = [link_note(blob, store)]
    remarks += ["its adapter is left out"] if ADAPTER_LAYER in kinds else []
    note = "; ".join(filter(None, remarks))
    return StoredModel(name, Form.GGUF, blob, size, family, precision, note)


def _config(store: Path, entry: object) -> Mapping[str, Any]:
    """Return the description of a model, empty where it is missing or damaged."""
    try:
        digest = entry["digest"] if isinstance(entry, dict) else ""
        return _json(_blob(store, digest))
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return {}


def _blob(store: Path, digest: object) -> Path:
    """Return the path of a blob. Raises ValueError for an invalid digest."""
    match = DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    if match is None:
        raise ValueError("a digest is wrong")
    return store / "blobs" / f"sha256-{match[1]}"


def _json(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError("the file is too long")
    value = json.loads(data)
    if not isinstance(value, dict):
        raise TypeError("the file holds no object")
    return value
