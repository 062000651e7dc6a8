"""GGUF files as models: recognition by name or content, and the search for their conversion."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.files import file_digest, read_json, resolve_path, write_json
from morris_mlx.models.converted import (
    GGUF_PRECISIONS,
    Precision,
    converted_folder,
    find_folder_target,
    holds_conversion,
)
from morris_mlx.typed_json import record_from_json

MAGIC = b"GGUF"
SUFFIX = ".gguf"
# A part of a model in several files, as llama.cpp's own tool names them.
PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
DIGESTS_FILE = "gguf-digests.json"  # beside the converted models


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The stored digest of a file, valid while its size and time of change stay the same."""

    size_bytes: int
    changed_ns: int
    sha256: str


def gguf_file(name: str) -> Path | None:
    """Return the file if a model's name means a GGUF file, else None.

    A name that ends in .gguf always means one. Other files, such as Ollama's blobs, are recognized
    by their first bytes.
    """
    if resolve_path(name) is None:
        return None
    path = Path(name).expanduser().absolute()  # not resolved: a link in a cache keeps its name
    if path.is_dir():
        return None
    if path.name.lower().endswith(SUFFIX):
        return path
    with suppress(OSError), path.open("rb") as file:
        return path if file.read(len(MAGIC)) == MAGIC else None
    return None


def all_parts(path: Path) -> list[Path]:
    """Return the files of a model: one file, or all parts of a split one, sorted by name."""
    match = PART.fullmatch(path.name)
    if match is None:
        return [path]
    count = int(match["count"])
    return [
        path.with_name(f"{match['stem']}-{number:05}-of-{count:05}{path.suffix}")
        for number in range(1, count + 1)
    ]


def model_name(path: Path) -> str:
    """Return the name of a GGUF file's model: the file's name without its extension."""
    match = PART.fullmatch(path.name)
    return match["stem"] if match else path.name.removesuffix(path.suffix)


def gguf_digest(path: Path) -> str:
    """Return the digest of a model's file or files.

    It is stored by path, size and time of change, because hashing many gigabytes takes time. It is
    available even after the file was deleted. Raises MissingError for a file that does not exist
    and was never read.
    """
    digests = [_remembered_digest(part) for part in all_parts(path)]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _remembered_digest(path: Path) -> str:
    known = _known_files()
    found = known.get(str(path))
    try:
        stamp = _stamp(path)
    except OSError:
        if found is None:
            raise MissingError(f"There is no file {path}. Check its name.") from None
        return found.sha256
    if found is not None and (found.size_bytes, found.changed_ns) == stamp:
        return found.sha256
    digest = file_digest(path)
    known[str(path)] = KnownFile(*stamp, digest)
    with suppress(MorrisError, OSError):  # a cache that cannot be written costs only time
        converted_folder().mkdir(parents=True, exist_ok=True)
        write_json(
            converted_folder() / DIGESTS_FILE, {name: asdict(file) for name, file in known.items()}
        )
    return digest


def _stamp(path: Path) -> tuple[int, int]:
    """Return the size of a file in bytes, and its time of change in nanoseconds."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def is_known_file(path: Path) -> bool:
    """Return True if a GGUF file was read before, so its conversion can be found without it."""
    return str(path) in _known_files()


def _known_files() -> dict[str, KnownFile]:
    path = converted_folder() / DIGESTS_FILE
    if not path.exists():
        return {}
    with suppress(MorrisError):
        return {name: record_from_json(KnownFile, file) for name, file in read_json(path).items()}
    return {}


def gguf_target(path: Path, digest: str, precision: Precision) -> Path:
    """Return the folder of a GGUF file's conversion, also of a copy with another name."""
    return find_folder_target(Path(model_name(path)), digest, precision)


def find_gguf_conversion(path: Path) -> Path | None:
    """Return the folder with a GGUF file's conversion, None before the first one.

    Raises MissingError for a file that is not there and was never converted.
    """
    digest = gguf_digest(path)
    targets = (gguf_target(path, digest, precision) for precision in GGUF_PRECISIONS)
    return next((folder for folder in targets if holds_conversion(folder, digest)), None)


def find_known_conversion(path: Path) -> Path | None:
    """Return the folder with a GGUF file's conversion, found without reading the file.

    None if there is none, or if the file was never read or has changed since.
    """
    known = _known_files()
    for part in all_parts(path):
        found = known.get(str(part))
        try:
            if found is None or (found.size_bytes, found.changed_ns) != _stamp(part):
                return None
        except OSError:
            return None
    return find_gguf_conversion(path)
