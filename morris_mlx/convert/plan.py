"""The plan of a conversion: its downloads, its result and their sizes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from morris_mlx.convert.weights import (
    Weights,
    check_architecture,
    check_precision,
    read_weights,
)
from morris_mlx.device import prepare_engine
from morris_mlx.errors import MorrisError, RefusedError, UsageError
from morris_mlx.files import file_digest
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.models.chat_tokenizer import TOKENIZER_FILE, load_tokenizer
from morris_mlx.models.config import CONFIG, ModelConfig, read_config
from morris_mlx.models.converted import (
    PRECISIONS,
    Precision,
    converted_folder,
    find_damage,
    find_folder_target,
    read_conversion,
    repository_target,
)
from morris_mlx.models.download import (
    Listing,
    fetch_small_files,
    list_files,
    refuse_pickle,
)
from morris_mlx.models.find import find_cached, is_folder
from morris_mlx.models.gguf_files import gguf_digest, gguf_file, gguf_target, model_name
from morris_mlx.models.hub_cache import cache_folder
from morris_mlx.models.names import repository_of
from morris_mlx.models.old_weights import readable_folder
from morris_mlx.models.sentencepiece_model import tokenizer_file

Stamp = tuple[str, int, int]  # name, bytes, nanoseconds
DISK_MARGIN_BYTES = 500_000_000  # left free beside what a conversion writes


@dataclass(frozen=True, slots=True)
class ConversionPlan:
    """The steps of one conversion.

    `source` is the repository, or the folder's name. `listing` holds the files to download, None
    when all are on this machine. `precision` is None when the source needs no conversion. `done`
    is True when the result exists and is complete; `damage` says why an earlier one is replaced.
    `stamps` are those of a folder's files when they were checked.
    """

    name: str
    source: str
    revision: str
    precision: Precision | None
    folder: Path | None
    listing: Listing | None
    target: Path
    download_bytes: int = 0
    converted_bytes: int = 0
    done: bool = False
    damage: str = ""
    is_folder: bool = False
    file: Path | None = None
    stamps: tuple[Stamp, ...] = ()


def plan_conversion(name: str, wanted: Precision | None) -> ConversionPlan:
    """Check the source, ask the hub for sizes if needed, and check the free disk space.

    Only config.json and the tokenizer's files are downloaded.

    Args:
        name: A repository, an alias, a folder, or a GGUF file.
        wanted: The precision; None for 4 bits, or for the one of ready-made weights. For a GGUF
            file, None keeps the weights that MLX supports and makes 16-bit floats of the others.

    Raises:
        MissingError: The model or one of its files is missing.
        RefusedError: The weights cannot be converted, or not to this precision.
        MorrisError: A file is damaged, or the disk is too full.
    """
    if name == PRACTICE_MODEL:
        raise UsageError("The practice base needs no conversion. Use it as it is.")
    if file := gguf_file(name):
        plan = _plan_gguf(name, file, wanted)
    elif is_folder(name):
        plan = _plan_folder(name, Path(name).expanduser().resolve(), wanted)
    else:
        plan = _plan_repository(name, repository_of(name), wanted)
    _check_disk(plan)
    return plan


def _plan_folder(name: str, folder: Path, wanted: Precision | None) -> ConversionPlan:
    folder = readable_folder(folder)
    weights = read_weights(folder)
    load_tokenizer(folder)  # refuses a base that no command could use
    stamps = file_stamps(weights)
    revision = folder_digest(weights)
    precision = _choose(weights.config, wanted, name)
    target = find_folder_target(folder, revision, precision) if precision else folder
    plan = ConversionPlan(
        name,
        folder.name,
        revision,
        precision,
        folder,
        listing=None,
        target=target,
        converted_bytes=_size_of(weights, precision),
        is_folder=True,
        stamps=stamps,
    )
    return _check_earlier(plan)


def _plan_gguf(name: str, file: Path, wanted: Precision | None) -> ConversionPlan:
    prepare_engine()
    from morris_mlx.convert.gguf.converter import (
        choose_precision,
        converted_size,
        judge_tokenizer,
        read_source,
    )

    source = read_source(file)
    precision = choose_precision(source, wanted)
    digest = gguf_digest(file)
    plan = ConversionPlan(
        name,
        model_name(file),
        digest,
        precision,
        folder=None,
        listing=None,
        target=gguf_target(file, digest, precision),
        converted_bytes=converted_size(source, precision),
        file=file,
    )
    plan = _check_earlier(plan)
    if not plan.done:
        judge_tokenizer(source, model_name(file))
    return plan


def _plan_repository(name: str, repository: str, wanted: Precision | None) -> ConversionPlan:
    target = repository_target(repository, wanted or PRECISIONS[0])
    earlier = _check_earlier(
        ConversionPlan(name, repository, "", wanted or PRECISIONS[0], None, None, target)
    )
    if earlier.done:
        return earlier
    cached = find_cached(repository)
    if cached is not None:
        cached = readable_folder(cached)
        weights = read_weights(cached)
        load_tokenizer(cached)
        precision = _choose(weights.config, wanted, name)
        return replace(
            earlier,
            revision=cached.name,
            precision=precision,
            folder=cached,
            target=target if precision else cached,
            converted_bytes=_size_of(weights, precision),
        )
    return _plan_download(earlier, repository, wanted)


def _plan_download(
    earlier: ConversionPlan, repository: str, wanted: Precision | None
) -> ConversionPlan:
    listing = list_files(repository)
    if listing.pickle_only:
        raise refuse_pickle(repository)
    partial = fetch_small_files(listing)
    config = read_config(partial)
    check_architecture(config, repository)
    load_tokenizer(partial)
    precision = _choose(config, wanted, repository)
    # An upper limit: the source may have 32 bits, and then the result is half as large.
    share = precision.bits_per_weight / 16 if precision else 0.0
    return replace(
        earlier,
        revision=listing.revision,
        precision=precision,
        listing=listing,
        target=earlier.target if precision else partial,
        download_bytes=listing.missing_bytes,
        converted_bytes=round(listing.weights_bytes * share),
    )


def _check_earlier(plan: ConversionPlan) -> ConversionPlan:
    """Note in the plan if the result exists already, and if it is complete."""
    if plan.precision is None or not plan.target.exists():
        return plan
    damage = find_damage(plan.target, thorough=True)
    revision = "" if damage else read_conversion(plan.target).revision
    if revision and plan.revision and revision != plan.revision:
        revision, damage = "", "it is the conversion of another model"
    return replace(plan, revision=revision or plan.revision, done=not damage, damage=damage)


def _choose(config: ModelConfig, wanted: Precision | None, name: str) -> Precision | None:
    """Return the precision to convert to; None for weights that are quantized already."""
    if not config.quantization:
        precision = wanted or PRECISIONS[0]
        check_precision(config, precision, name)
        return precision
    if wanted is not None and (config.bits, config.mode) != (wanted.bits, wanted.mode):
        raise RefusedError(
            f"{name} holds {config.mode} weights of {config.bits} bits, and their lost precision "
            f"cannot be restored. Convert the full-precision model to {wanted.name}, or use this "
            "one as it is."
        )
    return None


def _size_of(weights: Weights, precision: Precision | None) -> int:
    return round(weights.parameters * precision.bits_per_weight / 8) if precision else 0


def folder_digest(weights: Weights) -> str:
    """Return the digest of a folder's model: of config, tokenizer and weights."""
    total = hashlib.sha256()
    for name, path in _model_files(weights):
        total.update(f"{name} {file_digest(path)}\n".encode())
    return total.hexdigest()


def file_stamps(weights: Weights) -> tuple[Stamp, ...]:
    """Return the name, the size and the time of change of each file in `folder_digest`."""
    states = ((name, path.stat()) for name, path in _model_files(weights))
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in states)


def _model_files(weights: Weights) -> Iterator[tuple[str, Path]]:
    yield CONFIG, weights.folder / CONFIG
    yield TOKENIZER_FILE, tokenizer_file(weights.folder, TOKENIZER_FILE)
    for name in weights.shards:
        yield name, weights.folder / name


def _check_disk(plan: ConversionPlan) -> None:
    """Raise MorrisError when a disk is too full. Both caches may be on the same one."""
    if plan.done:
        return
    needs: dict[int, tuple[Path, int]] = {}
    for folder, size in (
        (cache_folder(), plan.download_bytes),
        (converted_folder(), plan.converted_bytes),
    ):
        place = next(p for p in (folder, *folder.parents) if p.exists())
        disk = place.stat().st_dev
        here, before = needs.get(disk, (place, 0))
        needs[disk] = (here, before + size)
    for place, size in needs.values():
        free = shutil.disk_usage(place).free
        if size and size + DISK_MARGIN_BYTES > free:
            raise MorrisError(
                f"The disk of {place} is too full: {_gb(size + DISK_MARGIN_BYTES)} are needed and "
                f"{_gb(free)} are free. Make room, or move the caches: HF_HOME for downloads, "
                "MORRIS_CACHE for converted models."
            )


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
