"""Model names and the folders that hold their weights and tokenizers."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.device import quiet_environment
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import resolve_path
from morris_mlx.models.catalog import (
    MODEL_ALIASES,
    PRACTICE_FOLDER,
    PRACTICE_MODEL,
    ZEPHYR_MODEL,
)
from morris_mlx.models.config import CONFIG, read_config
from morris_mlx.models.converted import find_converted
from morris_mlx.models.download import (
    MODEL_PATTERNS,
    TOKENIZER_PATTERNS,
    Report,
    fetch_files,
    list_files,
    refuse_pickle,
)
from morris_mlx.models.load import model_digest

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
SHARD = re.compile(r"[\w.-]{1,200}\.safetensors")  # a file in the folder of its index
INDEX, WEIGHTS = "model.safetensors.index.json", "model.safetensors"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this machine. `window` is the largest number of tokens it can read at once."""

    name: str
    folder: Path
    window: int


def find_model(name: str, tokenizer_only: bool = False, report: Report | None = None) -> ModelFiles:
    """Find a model; download a repository that is not on this machine.

    A repository's converted weights are preferred: 4 bits before mxfp4, 8 and 16. To use others,
    name their folder. Otherwise the model comes from the Hugging Face cache, and missing files are
    downloaded into it.

    Args:
        name: `practice`, a folder, a Hugging Face repository, or an alias of one.
        tokenizer_only: Download only the few small files that a tokenizer needs.
        report: Called with the progress of a download; without it a bar is shown on stderr.

    Raises:
        MissingError: There is no such model, or it cannot be downloaded.
        RefusedError: Its files would run code.
        MorrisError: A file is damaged.
    """
    if name == PRACTICE_MODEL:
        folder = PRACTICE_FOLDER
    elif is_folder(name):
        folder = Path(name).expanduser().resolve()
        name = str(folder)  # valid in any working directory
    else:
        repository = repository_of(name)
        converted = next(find_converted(repository), None)
        folder = converted or _from_hub(repository, tokenizer_only, report)
    return _model_files(name, folder)


def find_local(name: str, tokenizer_only: bool = False) -> ModelFiles | None:
    """Find a model as `find_model` does; return None where that would download anything."""
    if name == PRACTICE_MODEL or is_folder(name):
        return find_model(name)
    repository = repository_of(name)
    folder = next(find_converted(repository), None) or find_cached(repository, tokenizer_only)
    return _model_files(name, folder) if folder else None


def find_base(name: str, digest: str) -> ModelFiles | None:
    """Return the model `name` in the precision that has this digest, or None without one."""
    if name != PRACTICE_MODEL and not is_folder(name):
        repository = repository_of(name)
        cached = find_cached(repository)
        for folder in (*find_converted(repository), *([cached] if cached else [])):
            if model_digest(folder) == digest:
                return _model_files(name, folder)
    files = find_model(name)
    return files if model_digest(files.folder) == digest else None


def is_folder(name: str) -> bool:
    """Return True if a model's name means a folder; an alias never does."""
    path = None if name in MODEL_ALIASES else resolve_path(name)
    return path is not None and path.is_dir()


def repository_of(name: str) -> str:
    """Return the repository of a name or alias. Raises MissingError for an impossible name."""
    repository = MODEL_ALIASES.get(name, name)
    if not REPOSITORY.fullmatch(repository) or repository.startswith("."):
        raise MissingError(
            f"Unknown model {name!r}: no such folder, and not a repository's name. Use `practice`, "
            f"`zephyr`, a folder, or a Hugging Face repository like {ZEPHYR_MODEL}."
        )
    return repository


def _model_files(name: str, folder: Path) -> ModelFiles:
    return ModelFiles(name, folder, read_config(folder).window)


def find_cached(repository: str, tokenizer_only: bool = False) -> Path | None:
    """Return a repository's folder in the Hugging Face cache, or None if a file is missing."""
    quiet_environment()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    patterns = TOKENIZER_PATTERNS if tokenizer_only else MODEL_PATTERNS
    with suppress(LocalEntryNotFoundError, HFValidationError):
        folder = Path(snapshot_download(repository, allow_patterns=patterns, local_files_only=True))
        if _is_whole(folder, tokenizer_only):
            return folder
    return None


def _from_hub(repository: str, tokenizer_only: bool, report: Report | None) -> Path:
    """Return a repository's folder in the cache, after a download if anything is missing."""
    cached = find_cached(repository, tokenizer_only)
    if cached is not None:
        return cached
    try:
        listing = list_files(repository, tokenizer_only)
        if listing.pickle_only and not tokenizer_only:
            raise refuse_pickle(repository)
        return fetch_files(listing, report)
    except MissingError as error:
        raise MissingError(
            f"The model {repository} is not on this machine. {error} `--model practice` needs no "
            "download."
        ) from error


def _is_whole(folder: Path, tokenizer_only: bool) -> bool:
    """Return True if no file is missing; an interrupted download leaves some of them."""
    needed = {CONFIG, "tokenizer.json"}
    index = folder / INDEX
    if not tokenizer_only:
        needed |= _shards(index) if index.exists() else {WEIGHTS}
    return all((folder / name).exists() for name in needed)


def _shards(index: Path) -> set[str]:
    """Return the names of the weights' files. Raises MorrisError for a damaged index."""
    try:
        named = json.loads(index.read_bytes())["weight_map"].values()
        if not all(isinstance(name, str) and SHARD.fullmatch(name) for name in named):
            raise TypeError("a file's name is wrong")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise MorrisError(
            f"{index} is damaged ({error}). Delete it: it is downloaded again."
        ) from error
    return set(named) or {WEIGHTS}
