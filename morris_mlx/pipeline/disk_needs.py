"""The download and the disk space that a base needs before it can be trained in fewer bits."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from morris_mlx.models.shape import ModelShape


@dataclass(frozen=True, slots=True)
class DiskNeeds:
    """Sizes in 1e9 bytes: the download, the converted weights, and the free space.

    A size of 0 means that nothing is downloaded or converted. If both are 0, the free space does
    not matter and is None.
    """

    download_gb: float
    converted_gb: float
    free_gb: float | None


def disk_needs(base: str, shape: ModelShape, bits: int) -> DiskNeeds:
    """Return the disk space that a base of this shape needs when it is used in `bits` bits.

    `shape` describes the weights on this machine, or else those that would be downloaded.
    """
    from morris_mlx.models.converted import converted_folder
    from morris_mlx.models.find import find_local
    from morris_mlx.models.gguf_source import gguf_source

    remote = find_local(base) is None and gguf_source(base) is None
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
    """Return the needs as a sentence, "" if nothing is needed."""
    parts = []
    if needs.download_gb:
        parts.append(f"{needs.download_gb:.1f} GB to download")
    if needs.converted_gb:
        parts.append(f"{needs.converted_gb:.1f} GB for the converted weights")
    if needs.free_gb is None:
        return ""
    return f"Disk: {', '.join(parts)}; {needs.free_gb:.0f} GB are free."
