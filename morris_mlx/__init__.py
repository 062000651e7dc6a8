"""Morris: turn a writer's own texts into a private language model that writes like them.

    from morris_mlx import audit, best_of, collect, load_generator, prepare, rewrite, train

Importing this package loads nothing heavy. The Python API is `morris_mlx.pipeline.api`.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from morris_mlx.pipeline.api import (
        audit,
        best_of,
        collect,
        load_generator,
        prepare,
        rewrite,
        train,
    )

__version__ = "0.1.0"

# Four functions of the API have the names of packages. The packages are made callable, so that
# `collect(folder)` and `morris_mlx.collect.collect_files` both work, whichever is imported first.
_STEPS = ("audit", "collect", "prepare", "train")


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Any:
        api = importlib.import_module("morris_mlx.pipeline.api")
        return getattr(api, self.__name__.rpartition(".")[2])(*args, **options)


class _Package(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        """Make a package callable when the import system binds it here."""
        if name in _STEPS and type(value) is ModuleType:
            value.__class__ = _CallablePackage
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in ("best_of", "load_generator", "rewrite"):
        return getattr(importlib.import_module("morris_mlx.pipeline.api"), name)
    if name in _STEPS:
        return importlib.import_module(f"morris_mlx.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["audit", "best_of", "collect", "load_generator", "prepare", "rewrite", "train"]
