"""Causal attention for training: Morris's blockwise one against MLX's fused one, on this device.

    python scripts/bench/attention.py [--lengths 256,512,1024,2048] [--layers 4] [--repeats 5]

Prints seconds and peak memory of one forward and backward pass through a stack of attention
layers, each of which reads the output of the one before, with the gradients of queries, keys and
values. The heads are those of a small model of Zephyr's shape: 8 heads of 64 dimensions, four to a
key and value. Every measurement has a process of its own. The table decides what `causal_attention`
uses on a device; run it again after an update of MLX.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

from morris_mlx.device import prepare_engine

prepare_engine()

import mlx.core as mx

from morris_mlx.train.attention import blockwise_attention

HEADS, GROUPS, SIZE = 8, 2, 64
SCALE = SIZE**-0.5
Attend = Callable[[mx.array, mx.array, mx.array], mx.array]


def fused(q: mx.array, k: mx.array, v: mx.array) -> mx.array:
    return mx.fast.scaled_dot_product_attention(q, k, v, scale=SCALE, mask="causal")


WAYS: dict[str, Attend] = {
    "blockwise, none": lambda q, k, v: blockwise_attention(q, k, v, SCALE, False),
    "blockwise, attention": lambda q, k, v: blockwise_attention(q, k, v, SCALE, True),
    "fused": fused,
    "fused, checkpointed": mx.checkpoint(fused),
}


def measure(way: str, length: int, layers: int, repeats: int) -> dict[str, float]:
    """Return the seconds of the fastest pass and the peak memory above the inputs, in 1e6 bytes."""
    attend = WAYS[way]
    mx.random.seed(0)
    q = mx.random.normal((1, HEADS, length, SIZE))
    k, v = (mx.random.normal((1, GROUPS, length, SIZE)) for _ in range(2))
    mx.eval(q, k, v)

    def loss(q: mx.array, k: mx.array, v: mx.array) -> mx.array:
        for _ in range(layers):
            q = attend(q, k, v)
        return q.square().sum()

    gradients = mx.grad(loss, argnums=(0, 1, 2))
    before = mx.get_active_memory()
    seconds = []
    mx.reset_peak_memory()
    for _ in range(repeats):
        began = time.perf_counter()
        mx.eval(gradients(q, k, v))
        seconds.append(time.perf_counter() - began)
    return {"seconds": min(seconds), "mb": (mx.get_peak_memory() - before) / 1e6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lengths", default="256,512,1024,2048", help="tokens, with commas")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5, help="the fastest one counts")
    parser.add_argument("--one", nargs=2, metavar=("WAY", "LENGTH"), help="one of them, as JSON")
    options = parser.parse_args()
    if options.one:
        way, length = options.one
        print(json.dumps(measure(way, int(length), options.layers, options.repeats)))
        return
    print(f"{mx.default_device()}, {options.layers} layers, the fastest of {options.repeats}")
    print(f"{'':24}{'length':>8}{'ms':>10}{'peak MB':>10}")
    common = ["--layers", str(options.layers), "--repeats", str(options.repeats)]
    for length in options.lengths.split(","):
        for way in WAYS:
            command = [sys.executable, __file__, "--one", way, length, *common]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            figures = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{way:24}{length:>8}{1000 * figures['seconds']:10.1f}{figures['mb']:10.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
