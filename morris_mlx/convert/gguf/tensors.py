"""The tensors of a GGUF file by their names in mlx-lm, and the model's config.json."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf.constants import GGMLQuantizationType as Kind

from morris_mlx.convert.gguf.architectures import (
    BLOCKS,
    EMBEDDING,
    HEAD,
    KEYS,
    MLX_BLOCKS,
    MODULES,
    QUERIES,
    Architecture,
    Sizes,
    find_architecture,
)
from morris_mlx.convert.gguf.file import GgufFile, GgufTensor
from morris_mlx.convert.gguf.metadata import Metadata
from morris_mlx.convert.gguf.packing import is_readable, unpack
from morris_mlx.convert.gguf.rope import Factors
from morris_mlx.errors import MorrisError, RefusedError

ALL_FACTORS, SHORT_FACTORS, LONG_FACTORS = (
    "rope_freqs.weight",
    "rope_factors_short.weight",
    "rope_factors_long.weight",
)
LONGEST_FACTORS = 4096  # of a rotary embedding: half of the largest plausible head
NORM_PARTS = "norm"  # in the name of every normalization

Rows = slice | npt.NDArray[np.integer]  # rows of a matrix, or values of a vector
EVERY_ROW = slice(None)


@dataclass(frozen=True, slots=True)
class TargetTensor:
    """A tensor of the converted model, with its module in mlx-lm and its source.

    `heads` is the number of heads whose rows are put back in order, 0 if they are in order.
    `shift` is subtracted from the values.
    """

    module: str
    part: str  # "weight" or "bias"
    source: GgufTensor
    heads: int = 0
    shift: float = 0.0

    @property
    def name(self) -> str:
        """The name of the tensor in mlx-lm."""
        return f"{self.module}.{self.part}"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor's numbers."""
        return self.source.shape

    @property
    def is_matrix(self) -> bool:
        """True for the weight of a linear layer or of an embedding."""
        return len(self.shape) == 2

    def row_order(self) -> npt.NDArray[np.intp]:
        """Return the file's row for each row of the model; for a vector, the file's value.

        llama.cpp rotates adjacent pairs of a head's values, so its converter interleaved the two
        halves of a head, which mlx-lm rotates with each other.
        """
        count = self.shape[0]
        order = np.arange(count)
        if not self.heads:
            return order
        return order.reshape(self.heads, -1, 2).swapaxes(1, 2).reshape(count)

    def values(self, rows: Rows = EVERY_ROW) -> npt.NDArray[np.float32]:
        """Return the numbers of some rows, or of some values of a vector; of all by default."""
        order = self.row_order()[rows]
        stored = self.source.rows()
        if self.is_matrix:
            return unpack(stored[order], self.source.kind) - np.float32(self.shift)
        found: npt.NDArray[np.float32] = unpack(stored, self.source.kind)[0][order]
        return found - np.float32(self.shift)


@dataclass(frozen=True, slots=True)
class GgufModel:
    """A model that can be converted: its tensors by name, and its config without quantization."""

    file: GgufFile
    architecture: Architecture
    config: Mapping[str, Any]
    targets: tuple[TargetTensor, ...]

    @property
    def parameters(self) -> int:
        """The number of weights."""
        return sum(math.prod(target.shape) for target in self.targets)

    @property
    def number_format(self) -> str:
        """The format of weights that are not quantized: bfloat16 if the file has it."""
        kinds = {target.source.kind for target in self.targets}
        return "bfloat16" if Kind.BF16 in kinds else "float16"


def read_model(file: GgufFile) -> GgufModel:
    """Return the model of a file, after a check that its tensors are those of its architecture.

    Raises RefusedError for a model that Morris does not convert, and MorrisError for a file whose
    tensors and metadata contradict each other.
    """
    architecture = find_architecture(file.metadata)
    sizes = _read_sizes(file, architecture)
    targets = tuple(_targets(file, architecture, sizes))
    config = _config(file, architecture, sizes, targets)
    model = GgufModel(file, architecture, config, targets)
    for target in targets:
        if not is_readable(target.source.kind):
            raise RefusedError(
                f"{file.path} stores {target.source.name} as {target.source.kind.name}, which "
                "cannot be unpacked. Get the model in another quantization, such as Q8_0."
            )
    _check_shapes(model)
    return model


def _read_sizes(file: GgufFile, architecture: Architecture) -> Sizes:
    """Return the sizes. Each is checked against a tensor, because it determines the memory use."""
    metadata, prefix = file.metadata, architecture.name
    hidden, heads = (
        metadata.size(f"{prefix}.{key}") for key in ("embedding_length", "attention.head_count")
    )
    sizes = Sizes(
        hidden=hidden,
        inner=metadata.size(f"{prefix}.feed_forward_length"),
        layers=metadata.size(f"{prefix}.block_count"),
        heads=heads,
        kv_heads=metadata.size(f"{prefix}.attention.head_count_kv", default=heads),
        head_dim=metadata.size(f"{prefix}.attention.key_length", default=max(hidden // heads, 1)),
    )
    values = metadata.size(f"{prefix}.attention.value_length", default=sizes.head_dim)
    blocks = {name.split(".")[1] for name in file.tensors if name.startswith(f"{BLOCKS}.")}
    expected = {
        f"{EMBEDDING}.weight": {1: hidden},
        f"{BLOCKS}.0.attn_output.weight": {0: hidden, 1: heads * sizes.head_dim},
        f"{BLOCKS}.0.ffn_down.weight": {0: hidden, 1: sizes.inner},
    }
    for name, dimensions in expected.items():
        tensor = file.tensors.get(name)
        shape = tensor.shape if tensor else ()
        if len(shape) != 2 or any(shape[axis] != size for axis, size in dimensions.items()):
            raise MorrisError(
                f"{file.path} is damaged: its metadata do not fit the tensor {name}, which has "
                f"the shape {list(shape)}. Get the file again."
            )
    if blocks != {str(number) for number in range(min(sizes.layers, len(file.tensors)))}:
        raise MorrisError(
            f"{file.path} is damaged: it claims {sizes.layers:,} blocks and contains "
            f"{len(blocks)}. Get the file again."
        )
    if values != sizes.head_dim or sizes.head_dim % 2 or heads % sizes.kv_heads:
        raise RefusedError(
            f"{file.path} has heads of sizes that mlx-lm does not support ({heads} and "
            f"{sizes.kv_heads} heads, {sizes.head_dim} and {values} values). Use another model."
        )
    return sizes


def _targets(file: GgufFile, architecture: Architecture, sizes: Sizes) -> Iterator[TargetTensor]:
    """Yield the tensors of the converted model, in the order of the file."""
    heads = {QUERIES: sizes.heads, KEYS: sizes.kv_heads} if architecture.interleaved else {}
    for name, tensor in file.tensors.items():
        owner, _, part = name.rpartition(".")
        if name in (ALL_FACTORS, SHORT_FACTORS, LONG_FACTORS):
            continue
        module = MODULES.get(owner)
        short = owner
        if owner.startswith(f"{BLOCKS}."):
            _, number, short = owner.split(".", 2)
            inner = architecture.block.get(short)
            module = inner and f"{MLX_BLOCKS}.{number}.{inner}"
        if module is None or part not in ("weight", "bias"):
            raise RefusedError(
                f"{file.path} contains {name[:80]}, which a model of the architecture "
                f"{architecture.name} does not have: it is a variant that Morris does not convert. "
                "Use another model."
            )
        shift = architecture.norm_shift if short.endswith(NORM_PARTS) else 0.0
        count = heads.get(short, 0)
        if count and tensor.shape[0] != count * sizes.head_dim:
            raise MorrisError(
                f"{file.path} is damaged: {name} has {tensor.shape[0]} rows, and the metadata "
                f"require {count * sizes.head_dim}. Get the file again."
            )
        yield TargetTensor(module, part, tensor, count, shift)


def _config(
    file: GgufFile, architecture: Architecture, sizes: Sizes, targets: tuple[TargetTensor, ...]
) -> dict[str, Any]:
    metadata, prefix = file.metadata, architecture.name
    names = {target.name for target in targets}
    rotated = metadata.size(f"{prefix}.rope.dimension_count", default=sizes.head_dim)
    settings = architecture.settings(metadata, sizes)
    if rotated % 2 or rotated > sizes.head_dim:
        raise metadata.wrong(f"{prefix}.rope.dimension_count", "even, and at most a head's size")
    if rotated != sizes.head_dim and "partial_rotary_factor" not in settings:
        raise RefusedError(
            f"{file.path} rotates {rotated} of the {sizes.head_dim} values of a head, which mlx-lm "
            f"does not support for {prefix}. Use another model."
        )
    return {
        "architectures": [architecture.torch_class],
        "model_type": architecture.model_type,
        "hidden_size": sizes.hidden,
        "intermediate_size": sizes.inner,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.kv_heads,
        "head_dim": sizes.head_dim,
        "vocab_size": file.tensors[f"{EMBEDDING}.weight"].shape[0],
        "max_position_embeddings": metadata.size(f"{prefix}.context_length"),
        "rms_norm_eps": _epsilon(metadata, f"{prefix}.attention.layer_norm_rms_epsilon"),
        "tie_word_embeddings": f"{MODULES[HEAD]}.weight" not in names,
        "attention_bias": any(name.endswith("self_attn.q_proj.bias") for name in names),
        **settings,
        **architecture.rope(metadata, _factors(file, rotated)),
    }


def _epsilon(metadata: Metadata, key: str) -> float:
    epsilon = metadata.number(key)
    if epsilon <= 0:
        raise metadata.wrong(key, "a number above 0")
    return epsilon


def _factors(file: GgufFile, size: int) -> Factors:
    """Return the tensors of the rotary embedding, which have a few dozen numbers each."""
    found = []
    for name in (ALL_FACTORS, SHORT_FACTORS, LONG_FACTORS):
        tensor = file.tensors.get(name)
        if tensor is not None and (tensor.kind != Kind.F32 or tensor.shape[0] > LONGEST_FACTORS):
            raise MorrisError(f"{file.path} is damaged: {name} is too long. Get the file again.")
        found.append(None if tensor is None else unpack(tensor.rows(), tensor.kind)[0].tolist())
    return Factors(size, *found)


def build_module(config: Mapping[str, Any]) -> Any:
    """Return mlx-lm's model for a config, with random weights that are never computed."""
    module_name = {"mistral": "llama"}.get(config["model_type"], config["model_type"])
    module = importlib.import_module(f"mlx_lm.models.{module_name}")
    return module.Model(module.ModelArgs.from_dict(dict(config)))


def _check_shapes(model: GgufModel) -> None:
    """Compare the tensors with the parameters of mlx-lm's model."""
    from mlx.utils import tree_flatten

    path, found = model.file.path, {target.name: target for target in model.targets}
    module = build_module(model.config)
    module.sanitize(dict.fromkeys(found)) if hasattr(module, "sanitize") else None
    expected = {name: tuple(value.shape) for name, value in tree_flatten(module.parameters())}
    for name, shape in expected.items():
        if name not in found:
            raise MorrisError(
                f"{path} lacks the tensor for {name}, which its architecture "
                f"{model.architecture.name} needs. Get the file again."
            )
        if found[name].shape != shape:
            raise MorrisError(
                f"{path} is damaged: {found[name].source.name} has the shape "
                f"{list(found[name].shape)}, and the metadata require {list(shape)}. Get the file "
                "again."
            )
    if spare := sorted(found.keys() - expected.keys()):
        raise RefusedError(
            f"{path} contains {found[spare[0]].source.name}, which mlx-lm's "
            f"{model.config['model_type']} does not have. Use another model."
        )
