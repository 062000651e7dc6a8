"""Several adapters over one base model, each activated without loading, at any strength."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlx.nn as nn
from mlx.utils import tree_unflatten

from morris_mlx.errors import check_range
from morris_mlx.generate.backend import ActiveAdapter
from morris_mlx.generate.mlx_backend.dora import dora_at_strength
from morris_mlx.generate.recent_adapters import RecentAdapters
from morris_mlx.models.adapters import adapted_layers, is_dora, load_adapter
from morris_mlx.records.generation import MAX_STRENGTH, Adapter


@dataclass(slots=True)
class LoadedAdapter:
    """An adapter in memory: its trained layers by path, and its layers at the last strength."""

    trained: Mapping[str, Any]
    scales: Mapping[str, float]  # as trained, at strength 1
    strength: float | None = None
    layers: dict[str, Any] = field(default_factory=dict)

    def layers_at(self, strength: float) -> Mapping[str, Any]:
        """Return the layers at a strength. LoRA's are the trained ones with another scale."""
        if strength == self.strength:
            return self.layers
        # DoRA first, because it may run out of memory: then the active layers are unchanged.
        self.layers = {
            path: dora_at_strength(layer, self.scales[path], strength) if is_dora(layer) else layer
            for path, layer in self.trained.items()
        }
        for path, layer in self.trained.items():
            if not is_dora(layer):
                layer.scale = self.scales[path] * strength
        self.strength = strength
        return self.layers


class AdapterPool:
    """The adapters loaded for one model, of which one or none is active.

    The base's own modules are kept: at strength 0 the model consists of exactly these.
    """

    def __init__(self, model: nn.Module) -> None:
        """Start with the base `model` of mlx-lm, which is changed in place."""
        self.active = ActiveAdapter()
        self._model = model
        self._own: dict[str, Any] = dict(model.named_modules())
        self._loaded: RecentAdapters[LoadedAdapter] = RecentAdapters()

    def activate(self, active: ActiveAdapter) -> None:
        """Put an adapter on the model at its strength; None or strength 0 is the base, bit for bit.

        An adapter is read at its first use, at strength 0 too, and again when its files have
        changed. Raises UsageError for a strength out of range and the errors of load_adapter; the
        adapter that was active then still is.
        """
        check_range("strength", active.strength, 0.0, MAX_STRENGTH)
        layers: Mapping[str, Any] = {}
        if active.adapter is not None:
            loaded = self._load(active.adapter)
            if active.strength > 0.0:
                layers = loaded.layers_at(active.strength)
        self._set_layers(layers)
        self.active = active

    def _load(self, adapter: Adapter) -> LoadedAdapter:
        """Return the adapter from the pool or its files, now as the most recently used one."""
        loaded = self._loaded.get(adapter) or self._read(adapter.folder)
        self._loaded.use(adapter, loaded)
        return loaded

    def _read(self, folder: Path) -> LoadedAdapter:
        """Read an adapter by putting it on the base; the model's layers are restored after it."""
        before = self._changed()
        self._set_layers({})
        try:
            load_adapter(self._model, folder)
            trained = adapted_layers(self._model)
        finally:
            self._set_layers(before)
        for layer in trained.values():
            layer.train(False)  # a new layer has dropout on
        return LoadedAdapter(trained, {path: layer.scale for path, layer in trained.items()})

    def _set_layers(self, layers: Mapping[str, Any]) -> None:
        """Make the model consist of its base's modules, except for `layers`."""
        base = {path: self._own[path] for path in self._changed()}
        self._model.update_modules(tree_unflatten(list((base | dict(layers)).items())))

    def _changed(self) -> dict[str, Any]:
        """Return the modules that are not the base's own, by path."""
        return {
            path: module
            for path, module in self._model.named_modules()
            if self._own.get(path, module) is not module
        }
