"""Adapters over a model of torch: mlx-lm's files, read, checked, activated and deactivated.

A layer that is not active is not on the model at all: without an adapter it is the plain model, to
the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from morris_mlx.errors import MorrisError
from morris_mlx.generate.recent_adapters import RecentAdapters
from morris_mlx.generate.torch_backend.expert_layers import (
    ExpertLowRank,
    ExpertMatrix,
    adapted_experts,
    find_expert_matrices,
)
from morris_mlx.generate.torch_backend.lora_layers import (
    AdaptedEmbedding,
    AdaptedHead,
    AdaptedLinear,
    LowRank,
)
from morris_mlx.generate.torch_backend.weight_names import text_name
from morris_mlx.models.adapter_files import (
    ALIVE_PROMPTS,
    changes_nothing,
    checked_weights,
    damaged,
    makes_infinite,
    not_fitting,
    read_adapter_config,
    require_keys,
    require_numbers,
    require_tensors,
)
from morris_mlx.models.families import LLAMA
from morris_mlx.records.generation import Adapter

SAME_LOGITS = 1e-6  # relative to the largest: smaller differences are the order of additions


@dataclass(frozen=True, slots=True, eq=False)
class LoadedAdapter:
    """An adapter in memory: path of a layer → its tensors by mlx-lm's names, float32."""

    scale: float
    layers: Mapping[str, Mapping[str, Tensor]]


@dataclass(frozen=True, slots=True, eq=False)
class _InMemory:
    """An adapter in memory and its layers over the modules of the pool's model."""

    loaded: LoadedAdapter
    parts: Mapping[str, LowRank | ExpertLowRank]


class AdapterPool:
    """The adapters loaded for one model, of which one or none is active.

    `load` reads an adapter, and `keep` makes it the most recently used one. Between the two the one
    that was active before can be activated again.
    """

    def __init__(self, model: Any) -> None:
        """Start with the base `model` of transformers, which is changed in place."""
        self._model = model
        self._names = LLAMA.tensors  # those of all of transformers' text models
        self._plain: dict[str, nn.Module] = dict(model.named_modules())
        self._experts = dict(find_expert_matrices(self._plain))
        self._tied = bool(model.config.tie_word_embeddings)
        self._kept: RecentAdapters[_InMemory] = RecentAdapters()
        self._new: dict[Adapter, _InMemory] = {}  # loaded and not kept yet
        self._replaced: list[str] = []

    def load(self, adapter: Adapter) -> None:
        """Read an adapter, unless it is in memory. The model is then without one.

        Raises MissingError for a missing file; MorrisError for a damaged one, for an adapter of
        another model, with tensors missing or not finite, and for one that changes nothing.
        """
        if self._find(adapter) is not None:
            return
        folder = adapter.folder
        config = read_adapter_config(folder)
        tensors = _read_tensors(folder)
        try:
            loaded = self._fitting(config, tensors)
        except MorrisError as error:
            raise not_fitting(folder, error) from error
        parts = self._make_layers(loaded)
        self._require_alive(parts, f"The adapter in {folder}")
        self._new[adapter] = _InMemory(loaded, parts)

    def keep(self, adapter: Adapter) -> None:
        """Keep a loaded adapter as the most recently used one, and drop those that are too many."""
        found = self._find(adapter)
        self._new.clear()
        if found is not None:
            self._kept.use(adapter, found)

    @property
    def loaded(self) -> Mapping[Adapter, LoadedAdapter]:
        """The adapters in memory."""
        every = [*self._kept.items(), *self._new.items()]
        return {adapter: found.loaded for adapter, found in every}

    def _find(self, adapter: Adapter) -> _InMemory | None:
        return self._new.get(adapter) or self._kept.get(adapter)

    def add(self, loaded: Mapping[Adapter, LoadedAdapter]) -> None:
        """Add adapters that another pool, over the same weights, has read and checked."""
        for adapter, one in loaded.items():
            self._kept.use(adapter, _InMemory(one, self._make_layers(one)))

    def activate(self, adapter: Adapter | None, strength: float) -> None:
        """Put a loaded adapter on the model; None or strength 0 is the base, bit for bit."""
        self.deactivate()
        found = None if adapter is None else self._find(adapter)
        if found is not None and strength != 0.0:
            self._set_layers(found.parts, strength)

    def deactivate(self) -> None:
        """Restore the base's own modules."""
        replaced, self._replaced = self._replaced, []
        for path in replaced:
            self._replace(path, self._plain[path])

    def bytes(self) -> int:
        """Return the memory of all loaded adapters."""
        every = [found for _, found in self._kept.items()] + list(self._new.values())
        parts = (part for found in every for part in found.parts.values())
        return sum(tensor.nbytes for part in parts for tensor in part.buffers())

    def _set_layers(self, parts: Mapping[str, LowRank | ExpertLowRank], strength: float) -> None:
        of_experts: dict[nn.Module, list[ExpertLowRank]] = {}
        for path, part in parts.items():
            part.set_strength(strength)
            if isinstance(part, ExpertLowRank):
                of_experts.setdefault(part.base.module, []).append(part)
            elif isinstance(part.base, nn.Linear):
                self._set_layer(path, AdaptedLinear(part))
            else:
                self._set_layer(path, AdaptedEmbedding(part))
                if path == self._names.embedding and self._tied:
                    head = self._names.head
                    self._set_layer(head, AdaptedHead(part, self._plain[head]))
        for path, module in self._plain.items():
            if module in of_experts:
                self._set_layer(path, adapted_experts(module, of_experts[module]))

    def _set_layer(self, path: str, module: nn.Module) -> None:
        self._replaced.append(path)
        self._replace(path, module)

    def _replace(self, path: str, module: nn.Module) -> None:
        parent, _, name = path.rpartition(".")
        setattr(self._plain[parent], name, module)

    def _make_layers(self, loaded: LoadedAdapter) -> dict[str, LowRank | ExpertLowRank]:
        parts: dict[str, LowRank | ExpertLowRank] = {}
        for path, tensors in loaded.layers.items():
            base = self._base(path)
            if isinstance(base, ExpertMatrix):
                parts[path] = ExpertLowRank(base, tensors, loaded.scale)
            else:
                parts[path] = LowRank(base, tensors, loaded.scale)
        return parts

    def _base(self, path: str) -> nn.Linear | nn.Embedding | ExpertMatrix:
        """Return the layer at a path of mlx-lm's. Raises MorrisError if it takes no adapter."""
        if path in self._experts:
            return self._experts[path]
        base = self._plain[path]
        if not isinstance(base, nn.Linear | nn.Embedding):
            raise MorrisError(f"{path} is a {type(base).__name__}, which takes no adapter.")
        return base

    def _fitting(self, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> LoadedAdapter:
        """Return the tensors by layer. Raises MorrisError unless they are exactly `config`'s."""
        expected: dict[str, tuple[int, ...]] = {}
        for path in self._adapted_paths(config):
            expected |= _tensors_of(path, self._base(path), config)
        require_tensors(expected, {name: tuple(t.shape) for name, t in tensors.items()})
        layers: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            path, _, leaf = name.rpartition(".")
            layers.setdefault(path, {})[leaf] = tensor.float()
        return LoadedAdapter(float(config["lora_parameters"]["scale"]), layers)

    def _adapted_paths(self, config: Mapping[str, Any]) -> list[str]:
        """Return the paths that mlx-lm's linear_to_lora_layers adapts.

        Its keys are names within a block, or whole paths.
        """
        layers = self._model.model.layers
        count, given = config["num_layers"], config["lora_parameters"].get("keys")
        keys = None if given is None else [text_name(key) or key for key in given]
        first = max(len(layers) - count, 0) if count > 0 else 0
        prefixes = [f"{self._names.block(number)}." for number in range(first, len(layers))]
        in_blocks = {
            name.removeprefix(prefix)
            for prefix in prefixes
            for name in (*self._plain, *self._experts)
            if name.startswith(prefix)
        }
        # mlx-lm's tied models have no output layer of their own.
        whole = [name for name in self._plain if not (self._tied and name == self._names.head)]
        require_keys(keys, in_blocks | set(whole))
        if keys is None:
            kinds = nn.Linear | nn.Embedding
            every = {p for p, module in self._plain.items() if isinstance(module, kinds)}
            keys = [n for n in in_blocks if f"{prefixes[0]}{n}" in every | self._experts.keys()]
        named = set(keys)
        # The blocks of a model may differ: mlx-lm adapts a layer where there is one.
        paths = [
            f"{prefix}{name}"
            for prefix in prefixes
            for name in sorted(in_blocks)
            if name in named and self._has(f"{prefix}{name}")
        ]
        paths += [name for name in whole if name in named]
        twice = [path for path in set(paths) if paths.count(path) > 1]
        if twice:
            raise MorrisError(f"its configuration names {twice[0]} twice.")
        return paths

    def _has(self, path: str) -> bool:
        return path in self._plain or path in self._experts

    def _require_alive(self, parts: Mapping[str, LowRank | ExpertLowRank], what: str) -> None:
        """Do as adapters.require_alive does, with room for the rounding of MLX's norms."""
        with torch.inference_mode(), self._deactivated_afterwards():
            for prompt in ALIVE_PROMPTS:
                ids = torch.tensor([prompt], device=self._model.device)
                self.deactivate()
                base = self._model(ids).logits.float()
                self._set_layers(parts, 1.0)
                adapted = self._model(ids).logits.float()
                if bool(base.isfinite().all()) and not bool(adapted.isfinite().all()):
                    raise makes_infinite(what)
                if bool((adapted - base).abs().max() > SAME_LOGITS * base.abs().max()):
                    return
            if not any(part.changes_weights() for part in parts.values()):
                raise changes_nothing(what, len(parts))

    @contextmanager
    def _deactivated_afterwards(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.deactivate()


def _tensors_of(
    path: str, base: nn.Linear | nn.Embedding | ExpertMatrix, config: Mapping[str, Any]
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors that an adapter must have for a layer, by their names."""
    rank = config["lora_parameters"]["rank"]
    *_, rows, columns = base.weight.shape
    a: tuple[int, ...] = (columns, rank)
    b: tuple[int, ...] = (rank, rows)
    if isinstance(base, ExpertMatrix):
        experts = len(base.weight)
        a, b = (experts, rank, columns), (experts, rows, rank)
    elif isinstance(base, nn.Embedding):
        a, b = (rows, rank), (rank, columns)
    dora = {f"{path}.m": (rows,)} if config.get("fine_tune_type") == "dora" else {}
    return {f"{path}.lora_a": a, f"{path}.lora_b": b, **dora}


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    """Read the tensors of an adapter, by the names that they have in a text model."""
    path = checked_weights(folder)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise damaged(path, error) from error
    require_numbers(
        path,
        [
            name
            for name, tensor in tensors.items()
            if not (tensor.is_floating_point() and bool(tensor.isfinite().all()))
        ],
    )
    return {text_name(name) or name: tensor for name, tensor in tensors.items()}
