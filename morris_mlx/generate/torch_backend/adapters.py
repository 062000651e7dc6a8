"""The adapters that a model of torch wears: mlx-lm's files, read, checked, put on and taken off.

What is not worn is not on the model at all: without an adapter it is the plain model, to the last
bit.
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
from morris_mlx.generate.torch_backend.lora_layers import (
    AdaptedEmbedding,
    AdaptedHead,
    AdaptedLinear,
    LowRank,
)
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
from morris_mlx.models.families import family_of

SAME_LOGITS = 1e-6  # next to the largest: less is the order of additions


@dataclass(frozen=True, slots=True, eq=False)
class AdapterTensors:
    """An adapter in memory: path of a layer → its tensors by mlx-lm's names, float32."""

    scale: float
    layers: Mapping[str, Mapping[str, Tensor]]


class Wardrobe:
    """The adapters loaded for one model, and what it wears of them."""

    def __init__(self, model: Any) -> None:
        """`model` is transformers' plain one."""
        self._model = model
        self._names = family_of(model.config.model_type).tensors
        self._plain: dict[str, nn.Module] = dict(model.named_modules())
        self._tied = bool(model.config.tie_word_embeddings)
        self.loaded: dict[Path, AdapterTensors] = {}
        self._parts: dict[Path, dict[str, LowRank]] = {}
        self._worn: list[str] = []

    def load(self, folder: Path) -> None:
        """Read the adapter in `folder` and keep it. The model then wears nothing.

        Raises MissingError for a missing file; MorrisError for a damaged one, for an adapter of
        another model, with tensors missing or not finite, and for one that changes nothing.
        """
        if folder in self.loaded:
            return
        config = read_adapter_config(folder)
        tensors = _read_tensors(folder)
        try:
            adapter = self._fitting(config, tensors)
        except MorrisError as error:
            raise not_fitting(folder, error) from error
        parts = self._made(adapter)
        self._require_alive(parts, f"The adapter in {folder}")
        self.loaded[folder], self._parts[folder] = adapter, parts

    def add(self, loaded: Mapping[Path, AdapterTensors]) -> None:
        """Take adapters that another wardrobe, of the same weights, has read and checked."""
        self.loaded |= loaded
        self._parts |= {folder: self._made(adapter) for folder, adapter in loaded.items()}

    def wear(self, folder: Path | None, strength: float) -> None:
        """Put on what was loaded from `folder`, or nothing."""
        self.undress()
        if folder is not None and strength != 0.0:
            self._put_on(self._parts[folder], strength)

    def bytes(self) -> int:
        parts = (part for folder in self._parts.values() for part in folder.values())
        return sum(tensor.nbytes for part in parts for tensor in part.buffers())

    def undress(self) -> None:
        worn, self._worn = self._worn, []
        for path in worn:
            self._replace(path, self._plain[path])

    def _put_on(self, parts: Mapping[str, LowRank], strength: float) -> None:
        for path, part in parts.items():
            part.set_strength(strength)
            if isinstance(part.base, nn.Linear):
                self._set(path, AdaptedLinear(part))
            else:
                self._set(path, AdaptedEmbedding(part))
                if path == self._names.embedding and self._tied:
                    head = self._names.head
                    self._set(head, AdaptedHead(part, self._plain[head]))

    def _set(self, path: str, module: nn.Module) -> None:
        self._worn.append(path)
        self._replace(path, module)

    def _replace(self, path: str, module: nn.Module) -> None:
        parent, _, name = path.rpartition(".")
        setattr(self._plain[parent], name, module)

    def _made(self, adapter: AdapterTensors) -> dict[str, LowRank]:
        parts = {}
        for path, tensors in adapter.layers.items():
            base = self._plain[path]
            if not isinstance(base, nn.Linear | nn.Embedding):
                raise TypeError(f"{path} is a {type(base).__name__}")  # it was checked before
            parts[path] = LowRank(base, tensors, adapter.scale)
        return parts

    def _fitting(self, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> AdapterTensors:
        """The tensors by layer. Raises MorrisError unless they are exactly what `config` asks."""
        rank = config["lora_parameters"]["rank"]
        expected: dict[str, tuple[int, ...]] = {}
        for path in self._adapted_paths(config):
            base = self._plain[path]
            if not isinstance(base, nn.Linear | nn.Embedding):
                raise MorrisError(f"{path} is a {type(base).__name__}, which no adapter goes on.")
            rows, columns = base.weight.shape
            first, last = (columns, rows) if isinstance(base, nn.Linear) else (rows, columns)
            expected[f"{path}.lora_a"], expected[f"{path}.lora_b"] = (first, rank), (rank, last)
            if config.get("fine_tune_type") == "dora":
                expected[f"{path}.m"] = (rows,)
        require_tensors(expected, {name: tuple(t.shape) for name, t in tensors.items()})
        layers: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            path, _, leaf = name.rpartition(".")
            layers.setdefault(path, {})[leaf] = tensor.float()
        return AdapterTensors(float(config["lora_parameters"]["scale"]), layers)

    def _adapted_paths(self, config: Mapping[str, Any]) -> list[str]:
        """Where mlx-lm's linear_to_lora_layers puts layers: by names in a block, and whole ones."""
        layers = self._model.model.layers
        count, keys = config["num_layers"], config["lora_parameters"].get("keys")
        first = max(len(layers) - count, 0) if count > 0 else 0
        prefixes = [f"{self._names.block(number)}." for number in range(first, len(layers))]
        in_blocks = {
            name.removeprefix(prefix)
            for prefix in prefixes
            for name in self._plain
            if name.startswith(prefix)
        }
        # mlx-lm's tied models have no output layer of their own.
        whole = [name for name in self._plain if not (self._tied and name == self._names.head)]
        require_keys(keys, in_blocks | set(whole))
        if keys is None:
            kinds = nn.Linear | nn.Embedding
            keys = [n for n in in_blocks if isinstance(self._plain[prefixes[0] + n], kinds)]
        named = set(keys)
        paths = [
            prefix + name for prefix in prefixes for name in sorted(in_blocks) if name in named
        ]
        paths += [name for name in whole if name in named]
        twice = [path for path in set(paths) if paths.count(path) > 1]
        if twice:
            raise MorrisError(f"its configuration names {twice[0]} twice.")
        return paths

    def _require_alive(self, parts: Mapping[str, LowRank], what: str) -> None:
        """As adapters.require_alive, but for the rounding of the other engine's norms."""
        with torch.inference_mode(), self._undressed():
            for prompt in ALIVE_PROMPTS:
                ids = torch.tensor([prompt], device=self._model.device)
                self.undress()
                base = self._model(ids).logits.float()
                self._put_on(parts, 1.0)
                adapted = self._model(ids).logits.float()
                if bool(base.isfinite().all()) and not bool(adapted.isfinite().all()):
                    raise makes_infinite(what)
                if bool((adapted - base).abs().max() > SAME_LOGITS * base.abs().max()):
                    return
            if not any(part.changes_weights() for part in parts.values()):
                raise changes_nothing(what, len(parts))

    @contextmanager
    def _undressed(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.undress()


def _read_tensors(folder: Path) -> dict[str, Tensor]:
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
    return tensors
