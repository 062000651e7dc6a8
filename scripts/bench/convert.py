"""Measure the conversion of a model of Zephyr-7B's shape to 4 bits: seconds and peak memory.

python scripts/bench/convert.py --work FOLDER

Writes the source, 14.5 GB of random bfloat16 weights, to FOLDER in blocks, converts it, prints the
figures, and removes all files unless --keep is given.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from morris_mlx.convert import Step, plan_conversion, run_conversion
from morris_mlx.convert.weights import Shape, expected_shapes
from morris_mlx.device import machine_name
from morris_mlx.models.catalog import PRACTICE_FOLDER
from morris_mlx.models.config import parse_config
from morris_mlx.models.converted import PRECISIONS, Precision

GOAL_GB = 8.0
SHARD_BYTES = 2_000_000_000
BLOCK_NUMBERS = 1 << 24
SPREAD = 0.02  # standard deviation of the weights, as models are initialised
ZEPHYR = {
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 32000,
    "rms_norm_eps": 1e-05,
    "rope_theta": 10000.0,
    "max_position_embeddings": 32768,
    "sliding_window": 4096,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="a folder for about 19 GB")
    parser.add_argument("--keep", action="store_true", help="leave the folder")
    parser.add_argument("--layers", type=int, default=32, help="fewer for a quick look")
    parser.add_argument("--precision", default="4bit", choices=[p.name for p in PRECISIONS])
    options = parser.parse_args()
    work = options.work.resolve() / "bench_convert"
    precision = next(p for p in PRECISIONS if p.name == options.precision)
    try:
        source = make_source(work / "zephyr-shaped", options.layers)
        os.environ["MORRIS_CACHE"] = str(work / "cache")
        measure(source, precision)
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)


def make_source(folder: Path, layers: int) -> Path:
    """Write shards, index, config and tokenizer; use a complete source of an earlier run."""
    index = folder / "model.safetensors.index.json"
    if index.exists():
        return folder
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    config = ZEPHYR | {"num_hidden_layers": layers}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(PRACTICE_FOLDER / name, folder / name)
    shards = list(cut_into_shards(expected_shapes(parse_config(config))))
    random = np.random.Generator(np.random.SFC64(0))
    weight_map = {}
    for number, shapes in enumerate(shards, 1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        write_shard(folder / name, shapes, random)
        weight_map |= dict.fromkeys(shapes, name)
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), encoding="utf-8")
    print(f"source made in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return folder


def cut_into_shards(shapes: dict[str, Shape]) -> Iterator[dict[str, Shape]]:
    shard: dict[str, Shape] = {}
    size = 0
    for name, shape in shapes.items():
        needed = 2 * int(np.prod(shape))
        if size + needed > SHARD_BYTES:
            yield shard
            shard, size = {}, 0
        shard[name] = shape
        size += needed
    yield shard


def write_shard(path: Path, shapes: dict[str, Shape], random: np.random.Generator) -> None:
    """Write a safetensors file in blocks: a header with offsets, then the numbers."""
    header, offset = {}, 0
    for name, shape in shapes.items():
        end = offset + 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for shape in shapes.values():
            for block in blocks(shape, random):
                file.write(block.tobytes())


def blocks(shape: Shape, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield bfloat16 numbers as the upper halves of float32: ones for a norm, else noise."""
    left = int(np.prod(shape))
    while left:
        count = min(left, BLOCK_NUMBERS)
        if len(shape) == 1:
            values = np.ones(count, np.float32)
        else:
            values = (random.random(count, dtype=np.float32) - 0.5) * (SPREAD * 12**0.5)
        yield (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        left -= count


def measure(source: Path, precision: Precision) -> None:
    began: dict[str, float] = {}
    peaks: dict[str, float] = {}

    def note(step: Step) -> None:
        began.setdefault(step.kind, time.monotonic())
        peaks[step.kind] = peak_rss_gb()

    started = time.monotonic()
    plan = plan_conversion(str(source), precision)
    done = run_conversion(plan, note)
    ended = time.monotonic()
    import mlx.core as mx

    card = done.conversion
    assert card is not None
    size = sum(path.stat().st_size for path in source.glob("*.safetensors"))
    made = sum(mark.size_bytes for mark in card.files.values())
    rss, mlx = peak_rss_gb(), mx.get_peak_memory() / 1e9
    print(f"machine            {machine_name()}")
    print(f"source             {size / 1e9:.2f} GB bfloat16 in shards")
    print(f"converted          {made / 1e9:.2f} GB, {card.bits_per_weight:.2f} bits per weight")
    print(f"checking, hashing  {began['convert'] - started:.0f} s")
    print(f"converting         {began['compare'] - began['convert']:.0f} s")
    print(f"comparing, hashing {ended - began['compare']:.0f} s")
    print(f"in all             {ended - started:.0f} s")
    print(f"peak RSS           {rss:.2f} GB ({peaks['convert']:.2f} GB before converting)")
    print(f"peak MLX           {mlx:.2f} GB")
    print(f"logits             {card.check}")
    print(f"under {GOAL_GB:.0f} GB         {'yes' if max(rss, mlx) < GOAL_GB else 'NO'}")


def peak_rss_gb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


if __name__ == "__main__":
    main()
