"""Several adapters over one base model, each put on in no time, at any strength."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlx.nn as nn
from mlx.utils import tree_unflatten

from morris_mlx.errors import check_range
from morris_mlx.generate.backend import ActiveAdapter
from morris_mlx.generate.mlx_backend.dora import worn_dora
from morris_mlx.models.adapters import adapted_layers, is_dora, load_adapter
from morris_mlx.records.generation import MAX_STRENGTH, Adapter

# Beside the base. One of rank 16 on all of Zephyr's linears is 42 million float32 numbers, 0.17 GB:
# four of them are less than a fifth of the base at 4 bits.
MOST_LOADED = 4


@dataclass(slots=True)
class Outfit:
    """A loaded adapter: its trained layers by path, and what is worn of them at a strength."""

    trained: Mapping[str, Any]
    scales: Mapping[str, float]  # as trained, at strength 1
    strength: float | None = None
    worn: dict[str, Any] = field(default_factory=dict)

    def at(self, strength: float) -> Mapping[str, Any]:
        """The layers to put on. LoRA's are the trained ones, with another scale."""
        if strength == self.strength:
            return self.worn
        # First what may fail for want of memory: then the layers that are worn are as they were.
        self.worn = {
            path: worn_dora(layer, self.scales[path], strength) if is_dora(layer) else layer
            for path, layer in self.trained.items()
        }
        for path, layer in self.trained.items():
            if not is_dora(layer):
                layer.scale = self.scales[path] * strength
        self.strength = strength
        return self.worn


class Wardrobe:
    """What a model can wear. The base's own modules are kept, and are what strength 0 puts on."""

    def __init__(self, model: nn.Module) -> None:
        """`model` is a base of mlx-lm without any adapter; it is changed in place."""
        self.worn = ActiveAdapter()
        self._model = model
        self._own: dict[str, Any] = dict(model.named_modules())
        self._outfits: dict[Adapter, Outfit] = {}  # least recently worn first

    def wear(self, active: ActiveAdapter) -> None:
        """Put an adapter on, at its strength; None or strength 0 is the base, bit for bit.

        An adapter is read when it is first worn, at strength 0 too, and again when its files have
        changed. Raises UsageError for a strength out of range and load_adapter's errors; the model
        then still wears what it wore.
        """
        check_range("strength", active.strength, 0.0, MAX_STRENGTH)
        layers: Mapping[str, Any] = {}
        if active.adapter is not None:
            outfit = self._outfit(active.adapter)
            if active.strength > 0.0:
                layers = outfit.at(active.strength)
        self._put_on(layers)
        self.worn = active

    def _outfit(self, adapter: Adapter) -> Outfit:
        """The loaded adapter, now the most recently worn. Of too many the first one is dropped."""
        outfit = self._outfits.get(adapter) or self._load(adapter.folder)
        for known in [a for a in self._outfits if a.folder == adapter.folder]:
            del self._outfits[known]  # this one, or an earlier version of it
        self._outfits[adapter] = outfit
        while len(self._outfits) > MOST_LOADED:
            del self._outfits[next(iter(self._outfits))]
        return outfit

    def _load(self, folder: Path) -> Outfit:
        """Read an adapter, over the base; what the model wears is the same before and after."""
        before = self._changed()
        self._put_on({})
        try:
            load_adapter(self._model, folder)
            trained = adapted_layers(self._model)
        finally:
            self._put_on(before)
        for layer in trained.values():
            layer.train(False)  # a new one drops out
        return Outfit(trained, {path: layer.scale for path, layer in trained.items()})

    def _put_on(self, layers: Mapping[str, Any]) -> None:
        """The base, but for these layers."""
        base = {path: self._own[path] for path in self._changed()}
        self._model.update_modules(tree_unflatten(list((base | dict(layers)).items())))

    def _changed(self) -> dict[str, Any]:
        """The modules that stand where the base has others."""
        return {
            path: module
            for path, module in self._model.named_modules()
            if self._own.get(path, module) is not module
        }
