"""Memory and accuracy of training through the gated delta rule, as in Qwen3.5.

    python scripts/bench/gated_delta.py [--lengths 512,1024,2048,4096,8192] [--layer-tokens 2048]

It prints the largest relative difference of the outputs and gradients from those of mlx-lm's loop;
the peak memory of a training step of a small Qwen3.5 model (three layers with the rule, one with
attention), for rows of several lengths; and the peak of one layer with the sizes of Qwen3.5-4B,
forward and backward, in float32. `--layer-tokens 0` leaves the last part out: it takes minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from morris_mlx.device import prepare_engine

prepare_engine()

import mlx.core as mx
from mlx_lm.models import qwen3_5
from support.gated_delta import largest_difference
from support.gradients import add_random_adapter
from support.mlx_lm_toys import make_toy, toy_config

from morris_mlx.records.training import Recompute, TrainSettings
from morris_mlx.train.light_functions import LightFunctions
from morris_mlx.train.loop import compiled_micro_step

TARGETS = 64
# config.json of Qwen3.5-4B
LAYER = {
    "hidden_size": 2560,
    "linear_num_key_heads": 16,
    "linear_num_value_heads": 32,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_conv_kernel_dim": 4,
}
SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "head_dim": 16,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
}


def peak(function: Any, *arrays: mx.array) -> tuple[float, float]:
    """Return the peak in 1e6 bytes over what exists before the call, and its seconds."""
    mx.eval(arrays)
    before = mx.get_active_memory()
    mx.reset_peak_memory()
    start = time.perf_counter()
    mx.eval(function(*arrays))
    return (mx.get_peak_memory() - before) / 1e6, time.perf_counter() - start


def toy_peak(length: int, recompute: Recompute) -> tuple[float, float]:
    """Return the peak and the seconds of a training step of the small model."""
    model = make_toy("qwen3_5", text_config=toy_config("qwen3_5")["text_config"] | SIZES)
    add_random_adapter(model)
    settings = TrainSettings(
        epochs=1,
        rank=2,
        alpha=4.0,
        dropout=0.0,
        learning_rate=1e-3,
        batch_size=1,
        accumulate=1,
        recompute=recompute,
    )
    ids = mx.random.randint(0, 90, (1, length))
    arrays = (ids, mx.arange(TARGETS), mx.zeros(TARGETS, dtype=mx.int32), mx.ones(TARGETS))
    mx.eval(model.parameters())
    return peak(compiled_micro_step(model, settings), *arrays, mx.random.key(0))


def layer_peak(length: int) -> tuple[float, float]:
    """Return the peak and the seconds of one layer of Qwen3.5-4B, forward and backward."""
    fields = qwen3_5.TextModelArgs(model_type="qwen3_5_text", **LAYER)
    layer = qwen3_5.GatedDeltaNet(fields)
    layer.set_dtype(mx.float32)
    mx.eval(layer.parameters())
    states = mx.random.normal((1, length, LAYER["hidden_size"]))

    def loss(x: mx.array) -> mx.array:
        return layer(x).square().sum()

    with LightFunctions(layer, "full").used():
        return peak(mx.compile(mx.grad(loss)), states)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lengths", default="512,1024,2048,4096,8192")
    parser.add_argument("--recompute", choices=["none", "attention", "full"], default="full")
    parser.add_argument("--layer-tokens", type=int, default=2048)
    options = parser.parse_args()
    for by_key in (False, True):
        kind = "a decay for each number of the key" if by_key else "one decay for each head"
        print(f"{kind}: difference from the loop {largest_difference(200, by_key):.1e}")
    print(f"\n{'tokens':>8}{'peak MB':>10}{'KB a token':>12}{'seconds':>9}")
    for length in map(int, options.lengths.split(",")):
        megabytes, seconds = toy_peak(length, options.recompute)
        print(f"{length:>8,}{megabytes:>10.1f}{megabytes / length * 1e3:>12.1f}{seconds:>9.1f}")
        sys.stdout.flush()
    if options.layer_tokens:
        megabytes, seconds = layer_peak(options.layer_tokens)
        print(
            f"\nOne layer of Qwen3.5-4B, {options.layer_tokens:,} tokens: {megabytes / 1e3:.2f} GB "
            f"in {seconds:.0f} s."
        )


if __name__ == "__main__":
    main()
