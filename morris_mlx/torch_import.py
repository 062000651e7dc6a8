"""Control of the import of torch, which transformers imports if it is installed.

mlx-lm imports transformers for its tokenizers, and transformers imports torch, which takes two
seconds even if a command uses only MLX. A process that runs one command therefore imports torch
only for the torch backend.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass


@dataclass(slots=True)
class _Import:
    """The choice of this process, and True in `incomplete` if transformers lacks torch."""

    skip: bool = False
    incomplete: bool = False


_import = _Import()


def skip_torch() -> None:
    """Import transformers without torch from now on. For processes that run a single command.

    It saves nothing in a program that uses both backends.
    """
    _import.skip = True


def import_mlx_lm() -> None:
    """Import mlx-lm, without torch if the process asked for that."""
    if not _import.skip or "torch" in sys.modules or "transformers" in sys.modules:
        importlib.import_module("mlx_lm.utils")
        return
    sys.modules["torch"] = None  # type: ignore[assignment]  # Python's mark of "not installed"
    try:
        importlib.import_module("mlx_lm.utils")
        _import.incomplete = True
    finally:
        del sys.modules["torch"]


def restore_torch() -> None:
    """Make transformers complete again, before the torch backend is imported."""
    _import.skip = False
    if _import.incomplete:
        _import.incomplete = False
        for name in [n for n in sys.modules if n.partition(".")[0] == "transformers"]:
            del sys.modules[name]  # imported again, now with torch
