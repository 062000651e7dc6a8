"""Names that can be given to `--model`: their meaning, and advice for unknown ones.

parse_model_name("https://huggingface.co/owner/name").text  # "owner/name"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from morris_mlx.errors import MissingError
from morris_mlx.files import resolve_path
from morris_mlx.models.catalog import MODEL_ALIASES, PRACTICE_MODEL, ZEPHYR_MODEL
from morris_mlx.models.config import CONFIG
from morris_mlx.models.gguf_files import SUFFIX, gguf_file, is_known_file
from morris_mlx.models.stores import lm_studio, ollama
from morris_mlx.models.stores.record import printable

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
HUB_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
LM_STUDIO_PREFIXES = (lm_studio.PREFIX, "lm-studio:")
KNOWN = "`practice`, `smollm2`, `zephyr`, a folder, a GGUF file, or a Hugging Face repository like"


class Kind(StrEnum):
    """A kind of place that a model's name refers to."""

    PRACTICE = "practice"
    FOLDER = "folder"
    REPOSITORY = "repository"
    GGUF = "gguf"
    OLLAMA = "ollama"
    LM_STUDIO = "lmstudio"


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model's name and its kind.

    `text` is the form in which the name is recorded: an absolute path, a repository, or the name in
    a store. `path` is the folder or the GGUF file on this machine that a path means.
    """

    kind: Kind
    text: str
    path: Path | None = None


def parse_model_name(name: str) -> ModelName:
    """Return the meaning of a name. Raises MissingError, with advice, for an impossible one.

    Nothing is looked up: the repository need not exist, and the store need not have the model.
    """
    if name == PRACTICE_MODEL:
        return ModelName(Kind.PRACTICE, name)
    if name in MODEL_ALIASES:
        return ModelName(Kind.REPOSITORY, name)
    if name.startswith((ollama.PREFIX, *LM_STUDIO_PREFIXES)) and not is_encodable(name):
        raise _unknown(name)
    for prefix in LM_STUDIO_PREFIXES:
        if name.startswith(prefix):
            return ModelName(Kind.LM_STUDIO, lm_studio.PREFIX + name.removeprefix(prefix))
    if name.startswith(ollama.PREFIX):
        return ModelName(Kind.OLLAMA, name)
    path = resolve_path(name)
    if path is not None and path.is_dir():
        return _folder(path)
    gguf = gguf_file(name)
    if gguf is not None and (gguf.exists() or is_known_file(gguf)):
        return ModelName(Kind.GGUF, str(gguf), gguf)
    if path is not None and path.is_file():
        raise _other_file(path)
    return ModelName(Kind.REPOSITORY, _repository(name))


def is_encodable(name: str) -> bool:
    """Return False for a name with bytes that are not UTF-8, which a command line may contain."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def repository_of(name: str) -> str:
    """Return the repository of a name, an alias or an address.

    Raises MissingError for a name that is none of these.
    """
    if name in MODEL_ALIASES:
        return MODEL_ALIASES[name]
    return _repository(name)


def _folder(path: Path) -> ModelName:
    """Return the meaning of a folder: a model, or the GGUF file in it.

    Raises MissingError for a folder with several GGUF models.
    """
    ggufs = [] if (path / CONFIG).exists() else _gguf_models(path)
    if not ggufs:
        return ModelName(Kind.FOLDER, str(path), path)
    if len(ggufs) == 1:
        return ModelName(Kind.GGUF, str(ggufs[0]), ggufs[0])
    names = ", ".join(printable(file.name) for file in ggufs)
    raise MissingError(
        f"{printable(str(path))} holds several GGUF models: {names}. Give the path of one of them."
    )


def _gguf_models(folder: Path) -> list[Path]:
    """Return the GGUF models in a folder; of one in several files, the first."""
    try:
        return sorted(path for path in folder.iterdir() if lm_studio.is_model_file(path.name))
    except OSError:
        return []


def _other_file(path: Path) -> MissingError:
    return MissingError(
        f"{printable(str(path))} is a file, but not a GGUF file. Give the model's folder "
        f"({printable(str(path.parent))}), or a GGUF file."
    )


def _repository(name: str) -> str:
    """Return the repository that a name or an address means. Raises MissingError for others."""
    address = _hub_address(name)
    if address is not None:
        return address
    if REPOSITORY.fullmatch(name) and not name.startswith("."):
        if name.lower().endswith(SUFFIX):
            raise _no_file(name)
        return name
    raise _unknown(name)


def _split(address: str) -> SplitResult:
    """Return the parts of an address; empty parts for a text that cannot be an address."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _hub_address(name: str) -> str | None:
    """Return the repository of an address on Hugging Face; None for anything else."""
    parts = _split(name if "://" in name else f"https://{name}")
    if parts.scheme == "hf":
        host, path = HUB_HOSTS[0], f"{parts.netloc}{parts.path}"
    else:
        host, path = parts.netloc.lower(), parts.path
    if host not in HUB_HOSTS or ("://" not in name and "/" not in name):
        return None
    owner, model, *rest = [*filter(None, unquote(path).split("/")), "", ""]
    model, colon, quantization = model.partition(":")
    repository = f"{owner}/{model}"
    if not REPOSITORY.fullmatch(repository) or owner in ("datasets", "spaces", "docs", "."):
        raise MissingError(
            f"{printable(name)} is not the address of a model on Hugging Face. Give its "
            f"repository, such as {ZEPHYR_MODEL}."
        )
    file = next((part for part in reversed(rest) if part.lower().endswith(SUFFIX)), "")
    if file or colon:
        what = f"the file {file}" if file else f"the quantization {quantization}"
        wanted = file or f"--include '*{quantization}*.gguf'"
        raise MissingError(
            f"{printable(name)} means {what} of the repository {repository}. Download it with "
            f"`hf download {repository} {wanted}` and give the path of the GGUF file, or give the "
            "repository that has the original weights."
        )
    return repository


def _no_file(name: str) -> MissingError:
    return MissingError(
        f"There is no file {printable(name)}. Check the path; `morris models` lists the models on "
        "this machine."
    )


def _unknown(name: str) -> MissingError:
    """Return the error for an unknown name, with suggestions."""
    shown = printable(name)
    if name.lower().endswith(SUFFIX):
        return _no_file(name)
    parts = _split(name)
    host = parts.netloc.lower()
    if host.removeprefix("www.") == "ollama.com":
        model = parts.path.strip("/").removeprefix("library/")
        return MissingError(
            f"{shown} is a page of Ollama. Get the model with `ollama pull {printable(model)}`, "
            f"and use `--model ollama:{printable(model)}`."
        )
    if host:
        return MissingError(
            f"{shown} is an address that Morris cannot use. Use {KNOWN} {ZEPHYR_MODEL}."
        )
    if ollama.has_ollama(name):
        return MissingError(
            f"Unknown model '{shown}'. Ollama has one of this name: use `--model ollama:{shown}`."
        )
    if ":" in name:
        return MissingError(
            f"Unknown model '{shown}'. If it is a model of Ollama, get it with `ollama pull "
            f"{shown}` and use `--model ollama:{shown}`. `morris models` lists the models on this "
            "machine."
        )
    return MissingError(
        f"Unknown model '{shown}': no such folder, and not a repository's name. Use {KNOWN} "
        f"{ZEPHYR_MODEL}. `morris models` lists the models on this machine."
    )
