"""Adapters as a request carries them."""

from __future__ import annotations

from pathlib import Path

from morris_mlx.generate.backend import ActiveAdapter
from morris_mlx.models.find_adapter import read_adapter


def active(folder: Path | None = None, strength: float = 1.0) -> ActiveAdapter:
    """Return the adapter in `folder` as it is now, at a strength; without one the base."""
    return ActiveAdapter(None if folder is None else read_adapter(folder), strength)
