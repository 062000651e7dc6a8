"""Adapter names → adapters on this disk, each with the base model that it was trained on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import lru_cache, partial
from pathlib import Path

from morris_mlx.defaults import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    BUILT_IN_ADAPTERS,
    LAST,
    RUN_FILE,
    built_in_adapter,
    project_home,
)
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import file_digest, read_json, resolve_path, write_json
from morris_mlx.models.adapter_files import refuse_peft
from morris_mlx.models.catalog import default_model
from morris_mlx.models.converted import CARD_FILE, read_conversion
from morris_mlx.models.find import ModelFiles, find_base, find_model
from morris_mlx.models.load import model_digest
from morris_mlx.models.names import repository_of
from morris_mlx.records.generation import Adapter
from morris_mlx.records.training import TrainRun
from morris_mlx.typed_json import record_from_json

AdapterFinder = Callable[[str], Adapter]  # a name or folder → its adapter; raises MissingError
CHECKPOINT_NAME = re.compile(r"(?P<name>[^@]+)@(?P<step>\d+)")  # no adapter's name has an @
KEPT_IN_MEMORY = 64  # adapters whose digests are known: as many as a user chooses among

# Modification time, size and inode of a file; None where it is missing.
Stamp = tuple[int, int, int] | None


def find_adapter(name: str, adapters: Path | None = None) -> Adapter:
    """Return the adapter of this name in the folder `adapters`, a built-in one, or a folder.

    Its files are read again only when they have changed. Raises MissingError, with the names that
    there are, for an unknown adapter, RefusedError for one of PEFT, and MorrisError for a damaged
    run.json.
    """
    options = [resolve_path(name)]
    if name in BUILT_IN_ADAPTERS:
        options.insert(0, built_in_adapter(name))
    if adapters is not None:
        options.insert(0, resolve_path(str(adapters / unicodedata.normalize("NFC", name))))
    for folder in filter(None, options):
        if folder.is_dir():
            refuse_peft(folder)
        if (folder / ADAPTER_CONFIG).exists():
            return read_adapter(folder, name)
    for folder in filter(None, options):
        if (folder / RUN_FILE).exists() and (folder / LAST / ADAPTER_CONFIG).exists():
            raise MissingError(
                f"The training of {name} found no adapter that is better than the base, so none "
                f"was kept. Use {name}/{LAST}, the adapter of its last step, or train again with "
                "other settings."
            )
    file = next((option for option in filter(None, options) if option.is_file()), None)
    if file is not None:
        raise MissingError(
            f"{file} is a file. Give the adapter's folder, which holds {ADAPTER_CONFIG} and "
            f"{ADAPTER_WEIGHTS}: --adapter {file.parent}."
        )
    if CHECKPOINT_NAME.fullmatch(name):
        raise MissingError(
            f"{name} names a checkpoint, which can only be compared: morris evaluate {name}. To "
            "use an adapter, give its name without the @ and the step."
        )
    present = (
        sorted(p.parent.name for p in adapters.glob(f"*/{ADAPTER_CONFIG}")) if adapters else []
    )
    names = list(dict.fromkeys((*present, *BUILT_IN_ADAPTERS)))
    like = get_close_matches(name, names, n=1)
    meant = f" Did you mean {like[0]}?" if like else ""
    raise MissingError(
        f"There is no adapter {name!r}.{meant} Choose one of: {', '.join(names)}. Or train one "
        "with `morris train`."
    )


def finder_of_home() -> AdapterFinder:
    """Return a finder for the adapters of the project at home, as the environment names it now.

    Only this call reads the environment; the finder does not.
    """
    return partial(find_adapter, adapters=project_home() / "adapters")


def read_adapter(folder: Path, name: str | None = None) -> Adapter:
    """Return the adapter in `folder`, under `name` or the folder's own name.

    A file that is missing has the digest "": the engine names it when it loads the adapter.
    """
    files = (ADAPTER_WEIGHTS, ADAPTER_CONFIG, RUN_FILE)
    weights, config, run = _read_files(folder, tuple(_stamp(folder / file) for file in files))
    return Adapter(folder.name if name is None else name, folder, weights, config, run)


@lru_cache(maxsize=KEPT_IN_MEMORY)
def _read_files(folder: Path, stamps: tuple[Stamp, ...]) -> tuple[str, str, TrainRun | None]:
    """Return the digests of weights and configuration, and the run; `stamps` tell file versions.

    Hashing the weights of a large adapter takes tenths of a second, too long for each request.
    """
    digests = [
        "" if stamp is None else file_digest(folder / file)
        for file, stamp in zip((ADAPTER_WEIGHTS, ADAPTER_CONFIG), stamps, strict=False)
    ]
    return digests[0], digests[1], None if stamps[2] is None else read_run(folder)


def _stamp(path: Path) -> Stamp:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def find_base_model(model: str | None, adapter: Adapter | None) -> ModelFiles:
    """Return the model to load: the named one, else the adapter's base, else the default model.

    Raises MissingError when the adapter's base is not known, MorrisError when it is another one
    now, and the errors of `find_model`.
    """
    if model is not None:
        return find_model(model)
    if adapter is None:
        return find_model(default_model())
    if adapter.run is not None:
        return base_of(adapter.run)
    base = _base_for_mlx_lm(adapter.folder)
    if base is None:
        raise MissingError(
            f"{adapter.folder} has no {RUN_FILE}, so its base model is not known. Name the base "
            "with --model."
        )
    try:
        return find_model(base)
    except MissingError as error:
        raise MissingError(
            f"{adapter.folder / ADAPTER_CONFIG} names the base {base!r}, which is not found: "
            f"{error} Or name the base with --model."
        ) from error


def _base_for_mlx_lm(folder: Path) -> str | None:
    """Return the model that mlx-lm trained an adapter on, from its adapter_config.json, or None."""
    path = folder / ADAPTER_CONFIG
    model = read_json(path).get("model") if path.exists() else None
    return model if isinstance(model, str) and model else None


def note_on_other_base(files: ModelFiles, adapter: Adapter) -> str:
    """Return a remark if an adapter is put on a model that it was not trained on, else "".

    Other precisions of its base are right: those of one repository, and those that were converted
    from one source.
    """
    run = adapter.run
    if run is None or model_digest(files.folder) == run.base_digest:
        return ""
    here, base = _origin(files.name, files.folder), _origin(run.base_model, None)
    if here.source == base.source and not (here.original and base.original):
        return ""
    return (
        f"Warning: the adapter {adapter.name} was trained on {run.base_model}, not on the weights "
        f"of {files.name}. On other weights its texts may make no sense."
    )


@dataclass(frozen=True, slots=True)
class _Origin:
    """A model's repository, or the name of the folder that it was converted from.

    `original` is True for a folder that was not converted: its name says nothing about its content.
    """

    source: str
    original: bool = False


def _origin(name: str, folder: Path | None) -> _Origin:
    place = folder or resolve_path(name)
    if place is not None and (place / CARD_FILE).exists():
        with suppress(MorrisError):
            return _Origin(read_conversion(place).source)
    with suppress(MissingError):
        return _Origin(repository_of(name))
    return _Origin(Path(name).name, original=True)


def base_of(run: TrainRun) -> ModelFiles:
    """Return the base that an adapter was trained on. Raises MorrisError if it has changed."""
    files = find_base(run.base_model, run.base_digest)
    if files is None:
        raise MorrisError(
            f"{run.base_model} is no longer the model that {run.name!r} was trained on. "
            "Train the adapter again on the present model."
        )
    return files


def write_run(folder: Path, run: TrainRun) -> None:
    """Write run.json, the record of a training, beside its adapter."""
    write_json(folder / RUN_FILE, asdict(run))


def read_run(folder: Path) -> TrainRun:
    """Return the record of the training that made the adapter in `folder`.

    Raises MissingError where there is none, and MorrisError for one that cannot be read.
    """
    if not (folder / RUN_FILE).exists():
        raise MissingError(
            f"{folder} has no {RUN_FILE}, because `morris train` did not make it, so its training "
            "texts are not known. Use an adapter that was trained with Morris."
        )
    value = read_json(folder / RUN_FILE)
    try:
        return record_from_json(TrainRun, value)
    except MorrisError as error:
        raise MorrisError(
            f"{folder / RUN_FILE} is not the record of a training: {error} Train the adapter again."
        ) from None
