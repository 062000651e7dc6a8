"""One training step of published models' shapes in 4 bits: planned against measured.

    python scripts/bench/shapes.py [--models Qwen3-4B,Llama] [--tokens 16] [--recompute attention]

The models have random weights, made one block at a time and never written to disk, so nothing is
downloaded. The row is so short because MLX multiplies by packed weights slowly on a CPU. "GB" are
the peak of the step, with the optimizer's moments in place. The tokens an hour that are measured are
those of an hour of the processor's time, which other programs do not change. The exit code is 1 if a
predicted peak differs by more than a tenth from the measured one. Each model has its own process,
and needs up to 7 GB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from support.real_shapes import REAL_CONFIGS

from morris_mlx.models.config import ModelConfig, parse_config
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.layout import planned_shape, remove_unused_head
from morris_mlx.train.memory.estimate import CPU, BatchShape, matrix_flops, training_parts
from morris_mlx.train.memory.machine import Machine
from morris_mlx.train.recipes import ARTICLES_RECIPE

TOLERANCE = 0.1
QUANTIZATION = {"group_size": 64, "bits": 4}
BASE = replace(ARTICLES_RECIPE, dropout=0.0, batch_size=1, accumulate=1, packing="never")


def config_of(name: str) -> ModelConfig:
    """Return the config of a model in 4 bits."""
    return parse_config({**REAL_CONFIGS[name], "quantization": QUANTIZATION})


def predict(name: str, settings: TrainSettings, tokens: int) -> tuple[float, float]:
    """Return the planned peak in 1e9 bytes and the tokens an hour."""
    shape = planned_shape(config_of(name), name)
    peak = training_parts(shape, settings, BatchShape(1, tokens, tokens), CPU).peak
    speed = Machine(0.0, 0.0, gpu=False).flops(shape) / matrix_flops(shape, settings)
    return peak / 1e9, 3600 * speed


def build_quantized(name: str) -> Any:
    """Return a random model in 4 bits. Only one block exists unquantized at a time."""
    import mlx.core as mx
    import mlx.nn as nn
    from mlx_lm.utils import _get_classes

    config = dict(REAL_CONFIGS[name])
    mx.random.seed(0)
    model_class, fields = _get_classes(config)
    model = model_class(fields.from_dict(config))  # lazy: nothing is in memory yet
    remove_unused_head(model)
    nn.quantize(model, **QUANTIZATION)
    for part in (*model.layers, model):
        mx.eval(part.parameters())
        mx.clear_cache()
    return model


def measure(name: str, settings: TrainSettings, tokens: int) -> tuple[float, float]:
    """Return the measured peak in 1e9 bytes, and the processor's seconds of the step."""
    from morris_mlx.device import prepare_engine

    prepare_engine()
    import mlx.core as mx
    from mlx.utils import tree_map

    from morris_mlx.train.loop import compiled_micro_step
    from morris_mlx.train.lora import adapter_config, add_adapter
    from morris_mlx.train.optimizer import build_optimizer, scale_and_clip

    model = build_quantized(name)
    add_adapter(model, adapter_config(model, settings))
    optimizer = build_optimizer(settings)
    optimizer.init(model.trainable_parameters())
    before = tree_map(lambda x: x + 1, model.trainable_parameters())  # the gradients before
    arrays = (
        mx.random.randint(3, 1000, (1, tokens)),
        mx.arange(tokens),
        mx.random.randint(3, 1000, (tokens,)),
        mx.ones(tokens),
    )
    mx.eval(model.parameters(), optimizer.state, before, arrays)
    mx.reset_peak_memory()
    began = time.process_time()
    _, gradients = compiled_micro_step(model, settings)(*arrays, mx.random.key(0))
    mx.eval(gradients)
    del before
    gradients, _ = scale_and_clip(gradients, tokens, settings.clip_norm)
    optimizer.update(model, gradients)
    mx.eval(model.trainable_parameters(), optimizer.state)
    return mx.get_peak_memory() / 1e9, time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default="", help="parts of names, with commas; all by default")
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--recompute", choices=["none", "attention", "full"], default="attention")
    parser.add_argument("--one", help="measure one model, as JSON")
    options = parser.parse_args()
    settings = replace(BASE, recompute=options.recompute)
    if options.one:
        print(json.dumps(measure(options.one, settings, options.tokens)))
        return
    parts = options.models.split(",")
    names = [name for name in REAL_CONFIGS if any(part in name for part in parts)]
    print(
        f"{'':42}{'predicted GB':>13}{'measured':>10}{'ratio':>7}{'tokens/h':>10}{'measured':>10}"
    )
    good = True
    for name in names:
        peak, speed = predict(name, settings, options.tokens)
        command = [sys.executable, *sys.argv, "--one", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        measured, seconds = json.loads(done.stdout.splitlines()[-1])
        good &= abs(peak / measured - 1) <= TOLERANCE
        print(
            f"{name:42}{peak:13.2f}{measured:10.2f}{peak / measured:7.2f}{speed:10.0f}"
            f"{3600 * options.tokens / seconds:10.0f}",
            flush=True,
        )
    print("all within 10 %" if good else "NOT all within 10 %")
    sys.exit(not good)


if __name__ == "__main__":
    main()
