"""Comparison of converted weights with the GGUF file, by the logits of both on a few prompts.

Both models are computed by mlx-lm in float32. The weights of a layer are read when it is computed
and dropped afterwards, so a model of any size fits. The file's weights are unpacked by the gguf
package. Names and the order of rows come from the same table for both, so this comparison finds
wrong numbers but not a wrong table. The tests compare the table with llama.cpp.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import mlx.core as mx
import numpy as np

from morris_mlx.convert.gguf.packing import restore
from morris_mlx.convert.gguf.tensors import (
    EVERY_ROW,
    GgufModel,
    Rows,
    TargetTensor,
    build_module,
)
from morris_mlx.convert.gguf.write import choose_packing
from morris_mlx.convert.verify import measure_logits, prompt_ids
from morris_mlx.models.config import WEIGHTS
from morris_mlx.models.converted import LogitsCheck, Precision
from morris_mlx.models.gguf_files import model_name

CHUNK_NUMBERS = 16_000_000  # of the output layer at a time: 64 MB in float32
LAYOUTS = {"U32": "<u4", "U8": "u1", "F16": "<f2", "BF16": "<u2"}  # by safetensors' name


class RowReader(Protocol):
    """A source of a model's weights in float32."""

    def rows(self, target: TargetTensor, rows: Rows = EVERY_ROW) -> mx.array:
        """Return some rows of a matrix, or values of a vector."""


class SourceRows:
    """The weights of a GGUF file."""

    def rows(self, target: TargetTensor, rows: Rows = EVERY_ROW) -> mx.array:
        """Return some rows of a matrix, or values of a vector."""
        return mx.array(target.values(rows))


class WrittenRows:
    """The weights of a converted model, read from its file."""

    def __init__(self, path: Path, precision: Precision) -> None:
        self._path, self._precision = path, precision
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            self._header: Mapping[str, Any] = json.loads(file.read(size))
        self._data = 8 + size

    def rows(self, target: TargetTensor, rows: Rows = EVERY_ROW) -> mx.array:
        """Return some rows of a matrix, or values of a vector."""
        packing = choose_packing(target, self._precision)
        if packing is None:
            return self._part(target.name, rows).astype(mx.float32)
        names = ("weight", "scales", "biases")
        parts = {name: f"{target.module}.{name}" for name in names}
        found = {
            name: self._part(full, rows) for name, full in parts.items() if full in self._header
        }
        return restore(found, packing.bits, packing.group_size, packing.mode)

    def _part(self, name: str, rows: Rows) -> mx.array:
        entry = self._header[name]
        place = self._data + entry["data_offsets"][0]
        kind, shape = LAYOUTS[entry["dtype"]], tuple(entry["shape"])
        found = mx.array(np.array(np.memmap(self._path, kind, "r", place, shape)[rows]))
        return found.view(mx.bfloat16) if entry["dtype"] == "BF16" else found


class StreamedTable:
    """An embedding or an output layer that reads its rows when they are needed."""

    def __init__(self, reader: RowReader, target: TargetTensor, is_embedding: bool) -> None:
        self._reader, self._target, self._is_embedding = reader, target, is_embedding

    def __call__(self, inputs: mx.array) -> mx.array:
        """Return the vectors of tokens, or the logits of states."""
        if not self._is_embedding:
            return self.as_linear(inputs)
        ids = np.array(inputs).flatten()
        return self._reader.rows(self._target, ids).reshape(*inputs.shape, -1)

    def as_linear(self, states: mx.array) -> mx.array:
        """Return the logits of states."""
        count, width = self._target.shape
        step = max(1, CHUNK_NUMBERS // width)
        parts = []
        for start in range(0, count, step):
            parts.append(states @ self._reader.rows(self._target, slice(start, start + step)).T)
            mx.eval(parts)
        return mx.concatenate(parts, axis=-1)


class StreamedBlock:
    """A block whose weights are read for one call and dropped after it."""

    def __init__(self, block: Any, load: Callable[[], Mapping[str, mx.array]]) -> None:
        self._block, self._load = block, load

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """Return the block's outputs."""
        before = self._block.parameters()  # random weights that were never evaluated
        self._block.load_weights(list(self._load().items()))
        found = self._block(*args, **settings)
        mx.eval(found)
        self._block.update(before)
        mx.clear_cache()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._block, name)  # models read the kind of attention from their blocks


def compare_with_file(
    model: GgufModel,
    precision: Precision,
    folder: Path,
    on_layer: Callable[[int, int], None],
) -> LogitsCheck:
    """Run the model of a file and its conversion on the prompts, and compare their logits.

    Args:
        model: The model in the GGUF file.
        precision: The precision of the conversion.
        folder: The converted model.
        on_layer: Called after every block of either model, with the number done and the total.

    Raises:
        MorrisError: The logits differ so much that the conversion must have failed.
    """
    # A single sequence, because each one reads all weights.
    ids = mx.concatenate(prompt_ids(folder), axis=1)
    readers: tuple[RowReader, ...] = SourceRows(), WrittenRows(folder / WEIGHTS, precision)
    total = len(readers) * model.config["num_hidden_layers"]
    done = 0

    def on_block() -> None:
        nonlocal done
        done += 1
        on_layer(done, total)

    expected, found = (_streamed(model, reader, on_block)(ids)[0] for reader in readers)
    return measure_logits(expected, found, model_name(model.file.path))


def _streamed(model: GgufModel, reader: RowReader, on_block: Callable[[], None]) -> Any:
    """Return mlx-lm's model with weights that are read when they are needed."""
    targets = {target.name: target for target in model.targets}
    module = build_module(model.config)
    if hasattr(module, "sanitize"):
        module.sanitize(dict.fromkeys(targets))  # a tied model of some families drops its head here
    blocks = []
    for number, block in enumerate(module.model.layers):
        prefix = f"model.layers.{number}."
        own = {
            name.removeprefix(prefix): t for name, t in targets.items() if name.startswith(prefix)
        }

        def load(own: Mapping[str, TargetTensor] = own) -> Mapping[str, mx.array]:
            on_block()
            return {name: reader.rows(t) for name, t in own.items()}

        blocks.append(StreamedBlock(block, load))
    module.model.layers = blocks
    module.model.embed_tokens = StreamedTable(
        reader, targets["model.embed_tokens.weight"], is_embedding=True
    )
    if head := targets.get("lm_head.weight"):
        module.lm_head = StreamedTable(reader, head, is_embedding=False)
    module.model.norm.weight = reader.rows(targets["model.norm.weight"])
    return module
