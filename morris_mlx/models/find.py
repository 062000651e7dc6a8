"""Model names → folders with weights and tokenizer, and the MLX model at the engine's precision."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.device import quiet_environment
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import resolve_path
from morris_mlx.models.catalog import (
    MODEL_ALIASES,
    PRACTICE_FOLDER,
    PRACTICE_MODEL,
    ZEPHYR_MODEL,
)
from morris_mlx.models.config import CONFIG, _window, read_config
from morris_mlx.models.converted import find_converted
from morris_mlx.models.load import model_digest

if TYPE_CHECKING:
    pass

TOKENIZER_PATTERNS = ["tokenizer*", "special_tokens_map.json", CONFIG, "chat_template.jinja"]
MODEL_PATTERNS = [*TOKENIZER_PATTERNS, "generation_config.json", "model*.safetensors*"]
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
SHARD = re.compile(r"[\w.-]{1,200}\.safetensors")  # a file beside its index, never elsewhere
INDEX, WEIGHTS = "model.safetensors.index.json", "model.safetensors"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this disk. `window` is the most tokens it can read at once."""

    name: str
    folder: Path
    window: int


def find_model(name: str, tokenizer_only: bool = False) -> ModelFiles:
    """The files of `practice`, of a folder, or of a Hugging Face repository (or its alias).

    Of a repository that `morris convert` has converted, the converted weights are taken: 4 bits
    before mxfp4, 8 and 16 where there are several (another is named by its folder). Else the
    Hugging Face cache is asked, and what is not there is fetched; with `tokenizer_only`, only its
    few small files are. Raises MissingError, RefusedError, or MorrisError for damaged files.
    """
    if name == PRACTICE_MODEL:
        folder = PRACTICE_FOLDER
    elif is_folder(name):
        folder = Path(name).expanduser().resolve()
        name = str(folder)  # found again from any other folder
    else:
        repository = repository_of(name)
        folder = next(find_converted(repository), None) or _from_hub(repository, tokenizer_only)
    return _model_files(name, folder)


def find_local(name: str, tokenizer_only: bool = False) -> ModelFiles | None:
    """What `find_model` takes if it is whole on this disk, else None: nothing is fetched."""
    if name == PRACTICE_MODEL or is_folder(name):
        return find_model(name)
    repository = repository_of(name)
    folder = next(find_converted(repository), None) or find_cached(repository, tokenizer_only)
    return _model_files(name, folder) if folder else None


def find_base(name: str, digest: str) -> ModelFiles | None:
    """The model `name` in the precision that has this digest; None when it is not here."""
    if name != PRACTICE_MODEL and not is_folder(name):
        repository = repository_of(name)
        cached = find_cached(repository)
        for folder in (*find_converted(repository), *([cached] if cached else [])):
            if model_digest(folder) == digest:
                return _model_files(name, folder)
    files = find_model(name)
    return files if model_digest(files.folder) == digest else None


def is_folder(name: str) -> bool:
    """Whether a model's name means a folder; an alias never does."""
    path = None if name in MODEL_ALIASES else resolve_path(name)
    return path is not None and path.is_dir()


def repository_of(name: str) -> str:
    """The repository that a name or alias means. Raises MissingError when it can be none."""
    repository = MODEL_ALIASES.get(name, name)
    if not REPOSITORY.fullmatch(repository) or repository.startswith("."):
        raise MissingError(
            f"Unknown model {name!r}: no such folder, and not a repository's name. Use `practice`, "
            f"`zephyr`, a folder, or a Hugging Face repository like {ZEPHYR_MODEL}."
        )
    return repository


def _model_files(name: str, folder: Path) -> ModelFiles:
    return ModelFiles(name, folder, _window(read_config(folder)))


def find_cached(repository: str, tokenizer_only: bool = False) -> Path | None:
    """A repository's folder in the Hugging Face cache, if nothing of it is missing there."""
    quiet_environment()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    patterns = TOKENIZER_PATTERNS if tokenizer_only else MODEL_PATTERNS
    with suppress(LocalEntryNotFoundError, HFValidationError):
        folder = Path(snapshot_download(repository, allow_patterns=patterns, local_files_only=True))
        if _is_whole(folder, tokenizer_only):
            return folder
    return None


def _from_hub(name: str, tokenizer_only: bool) -> Path:
    cached = find_cached(name, tokenizer_only)
    if cached is not None:
        return cached
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    patterns = TOKENIZER_PATTERNS if tokenizer_only else MODEL_PATTERNS
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (network_error(), LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise MissingError(
            f"The model {name} is not on this machine and could not be fetched "
            f"({type(error).__name__}). Check the name and the connection and start again: what "
            "has arrived is kept. `--model practice` needs neither."
        ) from error


def network_error() -> type[Exception]:
    """What huggingface-hub's HTTP client raises: answers with an error, broken connections."""
    from huggingface_hub.errors import HfHubHTTPError

    base: type[Exception] = HfHubHTTPError.__mro__[1]
    return base


def _is_whole(folder: Path, tokenizer_only: bool) -> bool:
    """Whether nothing is missing: an interrupted download leaves some of the files."""
    needed = {CONFIG, "tokenizer.json"}
    index = folder / INDEX
    if not tokenizer_only:
        needed |= _shards(index) if index.exists() else {WEIGHTS}
    return all((folder / name).exists() for name in needed)


def _shards(index: Path) -> set[str]:
    """The files that hold the weights. Raises MorrisError for an index that is damaged."""
    try:
        named = json.loads(index.read_bytes())["weight_map"].values()
        if not all(isinstance(name, str) and SHARD.fullmatch(name) for name in named):
            raise TypeError("a name that is none")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise MorrisError(
            f"{index} is damaged ({error}). Delete it: it is fetched again."
        ) from error
    return set(named) or {WEIGHTS}
