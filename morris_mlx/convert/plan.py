"""What a conversion will fetch and write, known before it does either."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from morris_mlx.convert.weights import (
    Weights,
    check_architecture,
    check_precision,
    is_ready_made,
    read_weights,
    refuse_pickle,
)
from morris_mlx.errors import MorrisError, RefusedError, UsageError
from morris_mlx.files import file_digest
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.models.chat_tokenizer import TOKENIZER_FILE
from morris_mlx.models.config import CONFIG, read_config
from morris_mlx.models.converted import (
    PRECISIONS,
    Precision,
    converted_folder,
    find_damage,
    folder_target,
    read_conversion,
    repository_target,
)
from morris_mlx.models.download import Listing, cache_folder, fetch_config, list_files
from morris_mlx.models.find import find_cached, is_folder, repository_of

DISK_MARGIN_BYTES = 500_000_000  # left free beside what a conversion writes


@dataclass(frozen=True, slots=True)
class ConversionPlan:
    """`source` is the repository or the folder's name; sizes are in bytes.

    `listing` is what is to be fetched, None when all of it is here; `precision` is None when the
    source is ready-made; `done` says that the result is here, whole; `damage` why an earlier one
    is made again.
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


def plan_conversion(name: str, wanted: Precision | None) -> ConversionPlan:
    """Look at the source, ask the hub for sizes where it must, check the disk.

    Nothing but config.json is fetched. Raises MissingError, RefusedError or MorrisError.
    """
    if name == PRACTICE_MODEL:
        raise UsageError("The practice base needs no conversion. Use it as it is.")
    if is_folder(name):
        plan = _plan_folder(name, Path(name).expanduser().resolve(), wanted)
    else:
        plan = _plan_repository(name, repository_of(name), wanted)
    _check_disk(plan)
    return plan


def _plan_folder(name: str, folder: Path, wanted: Precision | None) -> ConversionPlan:
    weights = read_weights(folder)
    revision = folder_digest(weights)
    precision = _choose(weights.config, wanted, name)
    target = folder_target(folder, revision, precision) if precision else folder
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
    )
    return _mind_earlier(plan)


def _plan_repository(name: str, repository: str, wanted: Precision | None) -> ConversionPlan:
    target = repository_target(repository, wanted or PRECISIONS[0])
    earlier = _mind_earlier(
        ConversionPlan(name, repository, "", wanted or PRECISIONS[0], None, None, target)
    )
    if earlier.done:
        return earlier
    cached = find_cached(repository)
    if cached is not None:
        weights = read_weights(cached)
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
    partial = fetch_config(listing)
    config = read_config(partial)
    check_architecture(config, repository)
    precision = _choose(config, wanted, repository)
    # As if of 16 bits: a source of 32 needs half of what is asked for here.
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


def _mind_earlier(plan: ConversionPlan) -> ConversionPlan:
    """Whether the result is here already, every byte of it."""
    if plan.precision is None or not plan.target.exists():
        return plan
    damage = find_damage(plan.target, thorough=True)
    revision = "" if damage else read_conversion(plan.target).revision
    return replace(plan, revision=revision or plan.revision, done=not damage, damage=damage)


def _choose(config: Mapping[str, Any], wanted: Precision | None, name: str) -> Precision | None:
    """The precision to convert to; None for weights that are ready-made."""
    if not is_ready_made(config):
        precision = wanted or PRECISIONS[0]
        check_precision(config, precision, name)
        return precision
    packing = config["quantization"]
    bits, mode = packing.get("bits"), packing.get("mode", "affine")
    if wanted is not None and (bits, mode) != (wanted.bits, wanted.mode):
        raise RefusedError(
            f"{name} holds {mode} weights of {bits} bits, and what they lack cannot be had back. "
            f"Convert the full-precision model to {wanted.name}, or use this one as it is."
        )
    return None


def _size_of(weights: Weights, precision: Precision | None) -> int:
    return round(weights.parameters * precision.bits_per_weight / 8) if precision else 0


def folder_digest(weights: Weights) -> str:
    """Identity of a folder's model: every byte of config, tokenizer and weights."""
    total = hashlib.sha256()
    for name in (CONFIG, TOKENIZER_FILE, *weights.shards):
        total.update(f"{name} {file_digest(weights.folder / name)}\n".encode())
    return total.hexdigest()


def _check_disk(plan: ConversionPlan) -> None:
    """Both caches may lie on one disk: then it must hold both."""
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
