"""The download and the disk space that a base needs before it can be trained in fewer bits."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from morris_mlx.models.shape import ModelShape


@dataclass(frozen=True, slots=True)
class DiskNeeds:
    """Sizes in 1e9 bytes: of the download, of weights in fewer bits, and what is free for them.

    0 means that nothing is downloaded, or that nothing is converted; where neither is, what is free
    does not matter and is None.
    """

    download_gb: float
    converted_gb: float
    free_gb: float | None


def disk_needs(base: str, shape: ModelShape, bits: int) -> DiskNeeds:
    """Return what has to be put on the disk for a base of this shape, used in `bits` bits.

    `shape` is that of the weights on this machine, else of those that would be downloaded.
    """
    from morris_mlx.models.converted import converted_folder
    from morris_mlx.models.find import find_local
    from morris_mlx.models.names import Kind, parse_model_name

    remote = parse_model_name(base).kind is Kind.REPOSITORY and find_local(base) is None
    download = shape.weight_bytes(shape.stored_bytes) if remote else 0.0
    fewer = bits != shape.bits and not shape.quantized
    converted = shape.with_bits(bits).weight_bytes(2) if fewer else 0.0
    free = None
    if download or converted:
        folder = converted_folder()
        place = next(p for p in (folder, *folder.parents) if p.exists())
        free = shutil.disk_usage(place).free / 1e9
    return DiskNeeds(download / 1e9, converted / 1e9, free)


def describe_disk(needs: DiskNeeds) -> str:
    """Return the needs as a sentence, "" where nothing is needed."""
    parts = []
    if needs.download_gb:
        parts.append(f"{needs.download_gb:.1f} GB to download")
    if needs.converted_gb:
        parts.append(f"{needs.converted_gb:.1f} GB for the converted weights")
    if needs.free_gb is None:
        return ""
    return f"Disk: {', '.join(parts)}; {needs.free_gb:.0f} GB are free."
