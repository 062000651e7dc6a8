"""Converted models in the user's cache, shared by projects: names, cards and damage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from morris_mlx.errors import MorrisError
from morris_mlx.files import file_digest, morris_cache_folder, read_json, write_json
from morris_mlx.typed_json import record_from_json

CARD_FILE = "morris.json"
HASHED_BYTES = 100_000_000  # larger files are compared by size: hashing 4 GB is slow
LONGEST_NAME = 100  # bytes of a name in a folder's: file systems allow 255 for all of it
FOLDER_PREFIX = "folder"  # never a repository's owner: after those follow "--" and a single name


@dataclass(frozen=True, slots=True)
class Precision:
    """A way to store weights.

    `name` is part of a folder's name. `group_size` is 0 where weights are not quantized in groups.
    """

    name: str
    bits: int
    mode: Literal["affine", "mxfp4", "none"]
    group_size: int

    @property
    def bits_per_weight(self) -> float:
        """Stored bits per weight. Affine adds a 16-bit scale and bias to every group."""
        overhead = {"affine": 32, "mxfp4": 8, "none": 0}[self.mode]
        return self.bits + overhead / max(self.group_size, 1)


@dataclass(frozen=True, slots=True)
class LogitsCheck:
    """Comparison of the logits of converted weights with those of their source.

    Over `positions` next-token choices: absolute differences of logits, the mean divergence
    KL(source || converted) in nats, and the share of positions with the same likeliest token.
    """

    positions: int
    max_difference: float
    mean_difference: float
    kl_nats: float
    same_choice: float


@dataclass(frozen=True, slots=True)
class FileMark:
    """The size and the hash of a file, by which changes are found."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """The card of a converted model, written as morris.json into its folder.

    `revision` is the commit of a repository, or the digest of a folder's files.
    """

    source: str
    revision: str
    precision: Precision
    bits_per_weight: float
    check: LogitsCheck
    files: Mapping[str, FileMark]
    versions: Mapping[str, str]


# In the order in which they are preferred where a model exists in several.
PRECISIONS = (
    Precision("4bit", 4, "affine", 64),  # 4.5 bits per weight: Zephyr in 4.1 GB
    Precision("mxfp4", 4, "mxfp4", 32),
    Precision("8bit", 8, "affine", 64),
    Precision("16bit", 16, "none", 0),
)

# For GGUF files only: quantized weights that MLX supports are kept, and all others become floats.
# `bits` is that of most weights; config.json has the bits of each layer.
AS_STORED = "as-stored"
KEPT_PRECISIONS = tuple(Precision(AS_STORED, bits, "affine", 32) for bits in (4, 8))
GGUF_PRECISIONS = (KEPT_PRECISIONS[0], *PRECISIONS)  # by name, in the order of preference


def converted_folder() -> Path:
    """Return `converted/` in `$MORRIS_CACHE`, or in the user's cache folder."""
    return morris_cache_folder() / "converted"


def repository_target(repository: str, precision: Precision) -> Path:
    """Return the folder of a repository's conversion, converted/OWNER--NAME-4bit."""
    return converted_folder() / f"{repository.replace('/', '--')}-{precision.name}"


def folder_target(folder: Path, digest: str, precision: Precision) -> Path:
    """Return the folder of a local model's conversion; its name depends on the content."""
    name = "".join(character if character.isprintable() else "_" for character in folder.name)
    short = name.encode()[:LONGEST_NAME].decode(errors="ignore")
    return converted_folder() / f"{FOLDER_PREFIX}--{short}--{digest[:8]}-{precision.name}"


def find_folder_target(folder: Path, digest: str, precision: Precision) -> Path:
    """Return the folder of a local model's conversion, also of one made under another name."""
    usual = folder_target(folder, digest, precision)
    if holds_conversion(usual, digest):
        return usual
    named = f"{FOLDER_PREFIX}--*--{digest[:8]}-{precision.name}"
    others = sorted(converted_folder().glob(named))
    return next((other for other in others if holds_conversion(other, digest)), usual)


def holds_conversion(folder: Path, digest: str) -> bool:
    """Return True if a folder has the conversion of the model with this digest, undamaged."""
    return not find_damage(folder) and read_conversion(folder).revision == digest


def find_converted(repository: str) -> Iterator[Path]:
    """Yield the folders of a repository's conversions, the preferred precision first.

    Raises MorrisError when the next one is damaged.
    """
    for precision in PRECISIONS:
        folder = repository_target(repository, precision)
        if folder.is_dir():
            damage = find_damage(folder)
            if damage:
                raise MorrisError(
                    f"The converted model in {folder} is damaged: {damage}. Make it again: "
                    f"`{convert_command(repository, precision)}`."
                )
            yield folder


def list_converted() -> list[str]:
    """Return the converted repositories, as "OWNER/NAME (4bit)"."""
    found = []
    for path in sorted(converted_folder().glob(f"*/{CARD_FILE}")):
        if not path.parent.name.startswith(f"{FOLDER_PREFIX}--") and not find_damage(path.parent):
            card = read_conversion(path.parent)
            found.append(f"{card.source} ({card.precision.name})")
    return found


def list_preferred() -> set[Path]:
    """Return the undamaged folder that the name of each converted repository refers to."""
    found = set()
    for path in converted_folder().glob(f"*/{CARD_FILE}"):
        if path.parent.name.startswith(f"{FOLDER_PREFIX}--") or find_damage(path.parent):
            continue
        source = read_conversion(path.parent).source
        targets = (repository_target(source, precision) for precision in PRECISIONS)
        found |= set(islice((t for t in targets if t.is_dir() and not find_damage(t)), 1))
    return found


def convert_command(name: str, precision: Precision) -> str:
    """Return the command that makes a conversion."""
    if precision.name == AS_STORED:
        return f"morris convert {name}"
    option = "--mode mxfp4" if precision.mode == "mxfp4" else f"--bits {precision.bits}"
    return f"morris convert {name} {option}"


def write_conversion(folder: Path, conversion: Conversion) -> None:
    """Write the card of a converted model."""
    write_json(folder / CARD_FILE, asdict(conversion))


def read_conversion(folder: Path) -> Conversion:
    """Read the card of a converted model. Raises MissingError or MorrisError."""
    value = read_json(folder / CARD_FILE)
    try:
        return record_from_json(Conversion, value)
    except MorrisError as error:
        raise MorrisError(
            f"{folder / CARD_FILE} is not the card of a conversion: {error} Convert the model "
            "again."
        ) from None


def mark_file(path: Path) -> FileMark:
    """Return the size and the hash of a file."""
    return FileMark(path.stat().st_size, file_digest(path))


def find_damage(folder: Path, thorough: bool = False) -> str:
    """Compare a converted model with its card; return the first difference in words, or "".

    Big files are compared by size, and by hash too if `thorough`.
    """
    if not (folder / CARD_FILE).is_file():
        return f"{CARD_FILE} is missing"
    try:
        conversion = read_conversion(folder)
    except MorrisError:
        return f"{CARD_FILE} is unreadable"
    there = {path.name for path in folder.iterdir() if path.is_file()}
    for name, mark in conversion.files.items():
        path = folder / name
        if name not in there:
            return f"{name[:80]} is missing"
        size = path.stat().st_size
        if size != mark.size_bytes:
            return f"{name} has {size:,} bytes instead of {mark.size_bytes:,}"
        if (thorough or size <= HASHED_BYTES) and file_digest(path) != mark.sha256:
            return f"{name} was changed"
    return ""
